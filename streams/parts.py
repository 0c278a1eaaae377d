"""Where a long session is cut, pure: parts of bounded size, and a tool call stays with its result if it can."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_LARGEST = 1_048_576  # bytes that one event counts for at most: a raw record is no longer, by default
LEAST_STEPS = 100
LEAST_BYTES = 4 * _LARGEST
MOST_BYTES = 8 * _LARGEST  # a row is one record, and no record of ours is longer than 16 MB
_FEWEST = 4  # every part but the last has at least as many events, whatever the limits
_SLACK = 4  # a cut goes back by at most this share of a part, in events and in bytes


@dataclass(frozen=True, slots=True)
class PartLimits:
    """A part is closed before the event with which it would be longer; a quarter more where a cut goes back.

    Limits lower than the least or higher than the most are taken as these.
    """

    steps: int = 2_000
    bytes: int = MOST_BYTES


def most_parts(events: int) -> int:
    """How many parts a session of so many events can have, under whatever limits it was cut."""
    return 1 + events // _FEWEST


def cuts(sizes: Sequence[int], spans: Sequence[tuple[int, int]], limits: PartLimits) -> list[int]:
    """Positions at which the second and all further parts begin.

    More events never make fewer parts: without regard to spans, cutting as late as possible gives the fewest, and a cut
    that goes back for the sake of one does not move the others.

    Args:
        sizes: bytes of each event, in order.
        spans: (call, result) positions that belong together.
        limits: of a part.
    """
    most, room = max(limits.steps, LEAST_STEPS), min(max(limits.bytes, LEAST_BYTES), MOST_BYTES)
    straddled = _straddled(len(sizes), spans)
    found: list[int] = []
    begun = used = 0
    counted = [min(size, _LARGEST) for size in sizes]
    for at, size in enumerate(counted):
        if at > begun and (at - begun >= most or used + size > room):
            first = max(begun, at - most // _SLACK)
            found.append(_back(at, first, counted, room // _SLACK, straddled))
            begun, used = at, 0
        used += size
    return found


def _straddled(events: int, spans: Sequence[tuple[int, int]]) -> list[int]:
    """How many spans a cut before each position would go through."""
    changes = [0] * (events + 1)
    for first, last in spans:
        if first < last:
            changes[first + 1] += 1
            changes[last + 1 if last < events else events] -= 1
    return list(accumulate(changes))


def _back(at: int, first: int, sizes: Sequence[int], room: int, straddled: Sequence[int]) -> int:
    """The latest position after `first` where no span is cut, and not more than `room` lies before `at`; else `at`."""
    for place in range(at, first, -1):
        room -= sizes[place] if place < at else 0
        if room < 0:
            break
        if not straddled[place]:
            return place
    return at
