"""One measurement in a process of its own, on one core: figures on standard output as JSON. Run by `bench.scrub`."""

from __future__ import annotations

import gc
import json
import os
import random
import sys
import time
from typing import Any

from bench import record
from bench.scrub import corpus
from bench.scrub.stock import LANGUAGE, fast, stock

_THRESHOLD = 0.5
_CHARACTERS = 150_000  # of each kind
_PAIRS = 60_000
_SHORT = 1000  # characters of the texts whose latency is measured


def main() -> None:
    """Measure the side and what is named on the command line."""
    side, round_, core = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    os.sched_setaffinity(0, {core})
    started = time.process_time()
    analyzer = _side(side)
    _run(analyzer, ["call 212-867-5309 or mail jane@corp-zeta.com, see http://corp-zeta.com"])  # the plan is made
    gc.collect()
    gc.freeze()  # as workers do (streams.privacy.warm), for both sides: what is loaded is not looked through again
    figures: dict[str, Any] = {"load_s": time.process_time() - started}
    if side in ("stock", "fast", "plain"):
        for kind in corpus.KINDS:
            texts = corpus.texts(kind, 100 + round_, _CHARACTERS)
            figures[kind] = sum(map(len, texts)) / _run(analyzer, texts)
    if side in ("stock", "lines"):
        figures["pairs"] = _pairs(analyzer, round_)
    if side == "fast":
        figures["p99_ms"] = _latency(analyzer, round_)
    figures["rss_mb"] = record.rss_mb()
    print(json.dumps(figures))


def _side(side: str) -> Any:
    if side == "stock":
        return stock()
    return fast(hyperscan=side != "plain", lines=100_000 if side == "lines" else 0)


def _run(analyzer: Any, texts: list[str]) -> float:
    start = time.process_time()
    for text in texts:
        analyzer.analyze(text, LANGUAGE, score_threshold=_THRESHOLD)
    return time.process_time() - start


def _pairs(analyzer: Any, round_: int) -> float:
    """Characters a second over suggestions, each followed by its edit."""
    chooser = random.Random(round_)  # noqa: S311 - which line, not a secret
    suggestions = corpus.texts("code", 200 + round_, _PAIRS)
    texts = [text for one in suggestions for text in (one, corpus.edited(one, chooser))]
    return sum(map(len, texts)) / _run(analyzer, texts)


def _latency(analyzer: Any, round_: int) -> float:
    """The 99th percentile over texts of 1 KB of all kinds, in milliseconds of CPU time."""
    taken = []
    for kind in corpus.KINDS:
        texts = corpus.texts(kind, 300 + round_, _CHARACTERS)
        taken += [_run(analyzer, [text[:_SHORT]]) for text in texts if len(text) >= _SHORT]
    taken.sort()
    return taken[int(len(taken) * 0.99)] * 1000


if __name__ == "__main__":
    main()
