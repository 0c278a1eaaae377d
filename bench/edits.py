"""What the metrics of an edit cost: the join with and without them, and pairs of a megabyte. CPU time.

The events are a generated company's, scrubbed of nothing. The join is run in turns with the metrics of
`streams.edit_metrics` and with what stood there before: similarity, 4-grams in a Counter, and spans of characters.
Run: `python -m bench.edits`; writes bench/results/edits.json.
"""

from __future__ import annotations

import random
import statistics
import time
import tracemalloc
from collections import Counter
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest import mock

from rapidfuzz.distance import Indel

from bench import record
from bench.stages import _KEYS, _join
from redline.company import Company
from schemas import rows, topics
from schemas.codec import decode
from schemas.errors import DecodeError
from schemas.records import Coordinate, Record
from schemas.rows import Span
from streams import join, similarity
from streams.edit_metrics import measure
from streams.scrub import Job, scrub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_EVENTS = 2_000
_ROUNDS = 9
_MEGABYTE = 1_000_000


def main() -> None:
    """Measure and write the result."""
    interactions = _interactions()
    ours: list[float] = []
    before: list[float] = []
    for _ in range(_ROUNDS):
        before.append(_timed(lambda: _with(_characters, interactions)))
        ours.append(_timed(lambda: _with(measure, interactions)))
    pairs = sum(isinstance(row, rows.Pair) for row in _join(interactions))
    ratios = [mine / theirs for mine, theirs in zip(ours, before, strict=True)]
    record.write(
        "edits",
        {
            "pairs": pairs,
            "join_us_per_pair_with_characters": round(statistics.median(before) / pairs * 1e6),
            "join_us_per_pair": round(statistics.median(ours) / pairs * 1e6),
            "ratio_median": round(statistics.median(ratios), 3),
            "ratio_range": [round(min(ratios), 3), round(max(ratios), 3)],
            "megabytes": {name: _of(left, right) for name, left, right in _megabytes()},
        },
    )


def _interactions() -> list[rows.Interaction]:
    found = []
    for place, one in enumerate(Company(3, _EVENTS, 1_767_600_000_000_000)):
        try:
            event = decode(Record(Coordinate(topics.EVENTS, 0, place), one.key, one.value, one.headers))
        except DecodeError:
            continue
        if event.type in join.TYPES:
            job = Job(event, Coordinate(topics.EVENTS, 0, place), "bench")
            found.append(
                rows.decode_interaction(scrub(job, lambda texts, _subject: [[] for _ in texts], _KEYS).interaction)
            )
    return found


def _with(metrics: Callable[..., Any], interactions: list[rows.Interaction]) -> None:
    with mock.patch("streams.join.measure", metrics):
        _join(interactions)


def _characters(suggestion: str, final: str, *, language: str = "", surface: str = "") -> Any:
    """What `join` asked for before: of the same texts, nothing but numbers and spans of characters."""
    del language, surface
    kept: list[Span] = []
    edited: list[Span] = []
    if suggestion == final:
        kept = [Span(0, len(final))] if final else []
    else:
        for op in Indel.opcodes(suggestion, final):
            if op.tag == "equal":
                kept.append(Span(op.src_start, op.src_end))
            elif op.dest_end > op.dest_start:
                edited.append(Span(op.dest_start, op.dest_end))
    nothing = dict.fromkeys(
        ("words", "segments", "kept_segments", "edited_segments", "kind", "identifier_match", "edit_rate")
    )
    return SimpleNamespace(
        similarity=similarity.similarity(suggestion, final),
        retention_4gram=_grams(suggestion, final),
        kept_spans=kept,
        edited_spans=edited,
        **nothing,
    )


def _grams(suggestion: str, final: str) -> float:
    if suggestion == final or not suggestion:
        return 1.0
    size = min(4, len(suggestion))
    ours, theirs = (Counter(t[i : i + size] for i in range(max(len(t) - size + 1, 0))) for t in (suggestion, final))
    return sum(min(count, theirs[gram]) for gram, count in ours.items()) / sum(ours.values())


def _megabytes() -> Iterator[tuple[str, str, str]]:
    chance = random.Random(1)  # noqa: S311
    words = ["".join(chance.choices("abcdefghij", k=chance.randint(1, 8))) for _ in range(30_000)]
    lines = [" ".join(chance.choices(words, k=6)) + "\n" for _ in range(_MEGABYTE // 33)]
    code = "".join(lines)
    text = chance.choices(words, k=_MEGABYTE // 6)
    yield "one line in twenty deleted", code, "".join(line for line in lines if chance.random() > 0.05)
    yield "lines shuffled", code, "".join(chance.sample(lines, len(lines)))
    yield "CRLF for LF", code, code.replace("\n", "\r\n")
    one = " ".join(text)
    yield "one line, one word in ten replaced", one, " ".join(w if chance.random() > 0.1 else "Q" for w in text)
    yield "another text", code, one
    yield "500,000 empty lines", "\n" * 500_000, "\n" * 400_000
    yield "500,000 equal lines", "x\n" * 500_000, "x\n" * 400_000
    two = ["".join(chance.choice("ab") + "\n" for _ in range(500_000)) for _ in range(2)]
    yield "500,000 lines of two kinds", two[0], two[1]
    signs = ["".join(chance.choices("(){}", k=_MEGABYTE)) for _ in range(2)]
    yield "1,000,000 signs", signs[0], signs[1]
    yield "white space", " " * _MEGABYTE + "x", "x" + " " * _MEGABYTE


def _of(left: str, right: str) -> dict[str, float]:
    seconds = _timed(lambda: measure(left, right, surface="ide"))
    tracemalloc.start()
    measure(left, right, surface="ide")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return {"s": round(seconds, 2), "peak_mb": round(peak / 1e6)}


def _timed(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    main()
