"""One measurement in a process of its own, on one core: figures on standard output as JSON. Run by `bench.full`."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from bench import record
from bench.scrub import corpus

_CHARACTERS = {"ours": 150_000, "stock": 50_000}  # of each kind
_SHORT = 1000  # characters of the texts whose latency is measured
_LANGUAGE, _THRESHOLD = "en", 0.5

Look = Callable[[str], Any]


def main() -> None:
    """Measure the side on the command line: `ours` or `stock`, the round, the core, and the directory's file."""
    side, round_, core, directory = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    os.sched_setaffinity(0, {core})
    started = time.process_time()
    look = _ours(directory) if side == "ours" else _stock()
    figures: dict[str, Any] = {"load_s": time.process_time() - started}
    for phase, seed in (("first", 400), ("later", 500)):
        for kind in corpus.KINDS:
            texts = corpus.texts(kind, seed + round_, _CHARACTERS[side])
            figures[f"{phase}_{kind}"] = sum(map(len, texts)) / _run(look, texts)
    figures |= _latency(look, round_)
    figures["rss_mb"] = record.rss_mb()
    print(json.dumps(figures))


def _ours(directory: str) -> Look:
    from streams.privacy.engine import Engine  # noqa: PLC0415 - of one side only
    from streams.privacy.options import Options  # noqa: PLC0415
    from streams.privacy.warm import warm  # noqa: PLC0415

    engine = Engine.of(Options(directory=directory))
    warm(engine)
    return lambda text: engine.analyze([text])


def _stock() -> Look:
    from bench.full.model import stock  # noqa: PLC0415

    analyzer = stock()
    analyzer.analyze("call Jane Doe at 212-456-7890", _LANGUAGE, score_threshold=_THRESHOLD)
    return lambda text: analyzer.analyze(text, _LANGUAGE, score_threshold=_THRESHOLD)


def _run(look: Look, texts: list[str]) -> float:
    start = time.process_time()
    for text in texts:
        look(text)
    return time.process_time() - start


def _latency(look: Look, round_: int) -> dict[str, float]:
    """Percentiles over texts of 1 KB of all kinds, in milliseconds of CPU time."""
    taken = []
    for kind in corpus.KINDS:
        texts = corpus.texts(kind, 600 + round_, 100_000)
        taken += [_run(look, [text[:_SHORT]]) * 1000 for text in texts if len(text) >= _SHORT]
    taken.sort()
    return {"p50_ms": taken[len(taken) // 2], "p99_ms": taken[int(len(taken) * 0.99)]}


if __name__ == "__main__":
    main()
