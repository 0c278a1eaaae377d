"""What a finder gives: ranges of a text and what they are, and how overlapping ones become one. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

SECRET = "SECRET"  # noqa: S105 - the name of an entity type


class Found(NamedTuple):
    """A half-open range of code points and what it is; `score` is between 0 and 1."""

    start: int
    end: int
    entity: str
    score: float


def merge(found: Iterable[Found]) -> list[Found]:
    """Findings as disjoint ranges in text order, whatever order they came in.

    Overlapping findings become one that covers all of them: cutting one short would leave its rest in the text. Its
    type is that of a secret if there is one, else of the longest, then the strongest, then the last by name.
    """
    merged: list[tuple[int, int, Found]] = []
    for one in sorted(found):
        if one.end <= one.start:
            continue
        if merged and one.start < merged[-1][1]:
            start, end, best = merged[-1]
            merged[-1] = (start, max(end, one.end), max(best, one, key=_weight))
        else:
            merged.append((one.start, one.end, one))
    return [Found(start, end, best.entity, best.score) for start, end, best in merged]


def _weight(one: Found) -> tuple[bool, int, float, str, int]:
    return (one.entity == SECRET, one.end - one.start, one.score, one.entity, -one.start)
