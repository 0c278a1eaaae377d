"""Stock Presidio against ours for as long as one likes: `python -m bench.scrub.differential --seconds 60`.

Exits 1 at the first text on which they differ, with the text: it is made up, from a seed that is printed.
"""

from __future__ import annotations

import random
import sys
import time

import click

from bench.scrub import corpus, mutations
from bench.scrub.stock import fast, found, stock

THRESHOLDS = (0.0, 0.3, 0.5, 0.85)


@click.command()
@click.option("--seconds", default=60.0, help="How long to go on.")
@click.option("--seed", default=0, help="Where to begin; 0 takes the clock.")
@click.option("--hyperscan/--no-hyperscan", default=True, help="With or without Hyperscan.")
def main(seconds: float, seed: int, hyperscan: bool) -> None:
    """Compare findings on generated texts."""
    seed = seed or time.time_ns() % 1_000_000
    chooser = random.Random(seed)  # noqa: S311 - which text, not a secret
    plain, ours, memo = stock(), fast(hyperscan=hyperscan), fast(hyperscan=hyperscan, lines=1000)
    texts = findings = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        text = mutations.text(chooser)
        if chooser.random() < 0.2:
            text = corpus.texts(chooser.choice(corpus.KINDS), chooser.randrange(10**9), 1)[0]
        if chooser.random() < 0.3:
            text = "\n".join([text, mutations.text(chooser), text])
        threshold = chooser.choice(THRESHOLDS)
        try:
            expected = found(plain, text, threshold)
        except ValueError:  # Presidio's checksums fail on some digits outside ASCII
            continue
        for one in (ours, memo):
            if (got := found(one, text, threshold)) != expected:
                print(f"seed {seed}, text {texts}, threshold {threshold}: {text!r}")
                print("only stock:", sorted(set(expected) - set(got)), "only ours:", sorted(set(got) - set(expected)))
                sys.exit(1)
        texts += 1
        findings += len(expected)
    print(f"seed {seed}: {texts} texts, {findings} findings of stock's, no difference")


if __name__ == "__main__":
    main()
