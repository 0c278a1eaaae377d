"""`python -m bench.secrets.measure [--seed N] [--each N] [--every N] [--show N]`: how much is found, wrongly, how fast.

Recall is on values drawn from our own rules' shapes, so it tells whether the gate and the surroundings work, not
whether the shapes are right. False alarms are counted on the installed packages' and Python's own sources, of which
every `--every`th file is read.
"""

from __future__ import annotations

import argparse
import random
import sysconfig
import time
from collections import Counter
from pathlib import Path

from bench.secrets.samples import negatives, positives
from streams.privacy import secrets

_LARGEST = 1_000_000


def recall(seed: int, each: int, show: int) -> None:
    """Print, per kind and surrounding, the share of drawn secrets that are covered, and found to the character."""
    total: Counter[str] = Counter()
    covered: Counter[str] = Counter()
    exact: Counter[str] = Counter()
    for one in positives(random.Random(seed), each):  # noqa: S311 - made-up values
        spans = [(found.start, found.end) for found in secrets.find(one.text)]
        whole = set(range(one.start, one.end)) <= {at for start, end in spans for at in range(start, end)}
        kind = one.kind if one.kind.startswith("assigned") else one.kind.split()[0]
        for group in (kind, f"in {one.surrounding}"):
            total[group] += 1
            covered[group] += whole
            exact[group] += (one.start, one.end) in spans
        if not whole and show > 0:
            show -= 1
            print("MISS", one.kind, "in", one.surrounding)
    for group in total:
        n = total[group]
        print(f"{group:24} n {n:5} recall {covered[group] / n:.3f} exact {exact[group] / n:.3f}")


def alarms(seed: int, each: int) -> None:
    """Print the share of stand-ins, references and values with harmless names in which something is found."""
    total: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for one in negatives(random.Random(seed), each):  # noqa: S311 - made-up values
        kind = one.kind.split()[0]
        total[kind] += 1
        wrong[kind] += bool(secrets.find(one.text))
    for kind in total:
        print(f"stand-in: {kind:14} n {total[kind]:5} false {wrong[kind] / total[kind]:.3f}")


def code(every: int, show: int) -> None:
    """Print findings per MB of sources, nearly all of them false, and the processor time taken."""
    folders = [Path(sysconfig.get_paths()[kind]) for kind in ("purelib", "stdlib")]
    files = [path for folder in folders for path in sorted(folder.rglob("*.py"))][::every]
    size = hits = 0
    taken = 0.0
    for path in files:
        if path.stat().st_size > _LARGEST:
            continue
        text = path.read_text("utf-8", "replace")
        before = time.process_time()
        found = secrets.find(text)
        taken += time.process_time() - before
        size, hits = size + len(text), hits + len(found)
        for one in found[: max(0, show)]:
            show -= 1
            print(f"FOUND {path.name} line {text.count(chr(10), 0, one.start) + 1} score {one.score}")
    print(
        f"sources: {size / 1e6:.1f} MB, {hits} findings, {hits / size * 1e6:.2f} per MB, {size / taken / 1e6:.1f} MB/s"
    )
    text = "\n".join(path.read_text("utf-8", "replace") for path in files[:40])
    pieces = [text[at : at + 1_000] for at in range(0, min(len(text), 400_000), 1_000)]
    before = time.process_time()
    for piece in pieces:
        secrets.find(piece)
    print(f"code of 1,000 characters: {(time.process_time() - before) / len(pieces) * 1e6:.1f} us")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=10)
    parser.add_argument("--every", type=int, default=10)
    parser.add_argument("--show", type=int, default=0)
    asked = parser.parse_args()
    recall(asked.seed, asked.each, asked.show)
    alarms(asked.seed, min(8, asked.each))
    code(asked.every, asked.show)
