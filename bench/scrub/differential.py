"""Stock Presidio against ours for as long as one likes: `python -m bench.scrub.differential --seconds 60`.

Exits 1 at the first text on which they differ, with the text: it is made up, from a seed that is printed.
"""

from __future__ import annotations

import random
import sys
import time

import click

from bench.scrub import corpus, mutations, settings
from bench.scrub.stock import fast, found, stock

THRESHOLDS = (0.5, 0.0, 0.3, 0.85, 0.9)


@click.command()
@click.option("--seconds", default=60.0, help="How long to go on; each setting takes some seconds to begin with.")
@click.option("--seed", default=0, help="Where to begin; 0 takes the clock.")
@click.option("--hyperscan/--no-hyperscan", default=True, help="With or without Hyperscan.")
@click.option("--setting", default="", help="One of `bench.scrub.settings` only, and not all in turn.")
def main(seconds: float, seed: int, hyperscan: bool, setting: str) -> None:
    """Compare findings on generated texts."""
    seed = seed or time.time_ns() % 1_000_000
    chooser = random.Random(seed)  # noqa: S311 - which text, not a secret
    names = [setting] if setting else chooser.sample(list(settings.SETTINGS), len(settings.SETTINGS))
    end = time.monotonic() + seconds
    for number, name in enumerate(names):
        until = time.monotonic() + (end - time.monotonic()) / (len(names) - number)
        texts, findings = _compare(name, chooser, until, hyperscan=hyperscan)
        print(f"seed {seed}, {name}: {texts} texts, {findings} findings of stock's, no difference", flush=True)


def _compare(name: str, chooser: random.Random, until: float, *, hyperscan: bool) -> tuple[int, int]:
    language, make = settings.SETTINGS[name]
    registry = make() if make else None
    plain = stock(language, registry)
    # The one that remembers lines scans with nothing, so that both are tried.
    ours = [
        fast(hyperscan=hyperscan, language=language, registry=registry),
        fast(hyperscan=False, lines=1000, language=language, registry=registry),
    ]
    recognisers = plain.registry.recognizers if make else ()
    entities = sorted({entity for one in plain.registry.recognizers for entity in one.supported_entities})
    entities = chooser.sample(entities, min(3, len(entities)))
    threshold = chooser.choice((*THRESHOLDS, None))  # another one is another plan, which takes a second to make
    texts = findings = 0
    while time.monotonic() < until:
        text = mutations.text(chooser, recognisers)
        if chooser.random() < 0.1:
            text = corpus.texts(chooser.choice(corpus.KINDS), chooser.randrange(10**9), 1)[0]
        if chooser.random() < 0.3:
            text = "\n".join([text, mutations.text(chooser, recognisers), text])
        more = settings.call(chooser, text, entities, language)
        try:
            expected = found(plain, text, threshold, language, **more)
        except ValueError:  # Presidio's checksums fail on some digits outside ASCII
            continue
        for one in ours:
            if (got := found(one, text, threshold, language, **more)) != expected:
                print(f"{name}, text {texts}, threshold {threshold}, {more}: {text!r}")
                print("only stock:", sorted(set(expected) - set(got)), "only ours:", sorted(set(got) - set(expected)))
                sys.exit(1)
        texts += 1
        findings += len(expected)
    return texts, findings


if __name__ == "__main__":
    main()
