"""Where a piece of a text is in a later text of the same file, and whether what stands there now is only laid out anew.

Both texts are compared by lines, and a change that runs over the border of a piece by characters. The border follows
what stands outside of it, so lines that come, go or move above it change nothing. Whole lines that are added right
before or after a piece are not of it; what is added on its first or last line is. A piece that stands elsewhere word
for word, once, has moved. Positions are code points.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from rapidfuzz.distance import Indel

if TYPE_CHECKING:
    from collections.abc import Sequence

# The alignment holds a bit for each pair: 12 MB. Above it the files have nothing in common that could be told in time.
_LINE_CELLS = 100_000_000
_CHARACTER_CELLS = 4_000_000  # one change of 2,000 characters by 2,000: some 3 ms
_LEAST_ALIKE = 0.5  # of a change that runs over a border; random lines of code reach 0.4
_LEAST_MOVED = 20  # characters; a shorter piece is found again by chance

_SPACE = re.compile(r"\s+")
_LAST_COMMA = re.compile(r",(?=[)\]}>])")


class Region(NamedTuple):
    """A half-open range of code points."""

    start: int
    end: int


class _Change(NamedTuple):
    """`then[start:end]` became `now[at:upto]`; between changes both texts are equal."""

    start: int
    end: int
    at: int
    upto: int


def carry(then: str, now: str, regions: Sequence[Region]) -> list[Region | None]:
    """Where each region of `then` is in `now`; None where the texts have too little in common to tell."""
    if then == now:
        return list(regions)
    changes = _changes(then, now)
    if changes is None:
        return [_moved(then, now, region) for region in regions]
    finer = _Finer(then, now)
    return [_carried(then, now, region, changes, finer) for region in regions]


def replaced(region: Region, start: int, end: int, length: int) -> Region | None:
    """The region after `[start, end)` became `length` characters; None if that change reaches into the region."""
    if region.end <= start:
        return region
    if region.start >= end:
        shift = length - (end - start)
        return Region(region.start + shift, region.end + shift)
    return None


def narrowed(text: str, start: int, end: int, new: str) -> tuple[int, int, str]:
    """The change of `text[start:end]` to `new` without what is equal at its two ends."""
    old = text[start:end]
    head = _common(old, new)
    old, new = old[head:], new[head:]
    tail = _common(old[::-1], new[::-1])
    return start + head, end - tail, new[: len(new) - tail]


def same_but_layout(a: str, b: str) -> bool:
    """True if a formatter could have made one of the other: white space, kind of quotes, last commas, semicolons."""
    return a == b or _bare(a) == _bare(b)


def _bare(text: str) -> str:
    return _LAST_COMMA.sub("", _SPACE.sub("", text).replace("'", '"').replace(";", ""))


def _common(a: str, b: str) -> int:
    """How many characters both begin with."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _changes(then: str, now: str) -> list[_Change] | None:
    """What differs, by lines, in order; None if that would take too long to say."""
    left, right = then.splitlines(keepends=True), now.splitlines(keepends=True)
    head = 0
    while head < min(len(left), len(right)) and left[head] == right[head]:
        head += 1
    tail = 0
    while tail < min(len(left), len(right)) - head and left[-1 - tail] == right[-1 - tail]:
        tail += 1
    middle_left, middle_right = left[head : len(left) - tail], right[head : len(right) - tail]
    if len(middle_left) * len(middle_right) > _LINE_CELLS:
        return None
    start = sum(map(len, left[:head]))
    return _aligned(middle_left, middle_right, start)


def _aligned(left: Sequence[str], right: Sequence[str], start: int) -> list[_Change]:
    """The changes between two sequences of pieces of text that both begin at `start`."""
    lefts, rights = _starts(left, start), _starts(right, start)
    found: list[_Change] = []
    for op in Indel.opcodes(left, right):
        if op.tag == "equal":
            continue
        change = _Change(lefts[op.src_start], lefts[op.src_end], rights[op.dest_start], rights[op.dest_end])
        if found and found[-1].end == change.start and found[-1].upto == change.at:
            change = _Change(found[-1].start, change.end, found[-1].at, change.upto)
            found.pop()
        found.append(change)
    return found


def _starts(pieces: Sequence[str], start: int) -> list[int]:
    starts = [start]
    for piece in pieces:
        starts.append(starts[-1] + len(piece))
    return starts


class _Finer:
    """Changes by lines looked into by characters, each once however many regions it touches."""

    def __init__(self, then: str, now: str) -> None:
        self._then, self._now = then, now
        self._known: dict[_Change, list[_Change] | None] = {}

    def of(self, change: _Change) -> list[_Change] | None:
        """The changes within a change; None if its two sides are too long, or have too little in common."""
        if change not in self._known:
            self._known[change] = self._look(change)
        return self._known[change]

    def _look(self, change: _Change) -> list[_Change] | None:
        old, new = self._then[change.start : change.end], self._now[change.at : change.upto]
        if len(old) * len(new) > _CHARACTER_CELLS or Indel.normalized_similarity(old, new) < _LEAST_ALIKE:
            return None
        return [
            _Change(c.start + change.start, c.end + change.start, c.at + change.at, c.upto + change.at)
            for c in _aligned(old, new, 0)
        ]


def _carried(then: str, now: str, region: Region, changes: list[_Change], finer: _Finer) -> Region | None:
    start = _border(then, now, region.start, changes, finer, begins=True)
    end = _border(then, now, region.end, changes, finer, begins=False)
    if start is None or end is None:
        return _moved(then, now, region)
    first, last = _start(then, now, region.start, start), _end(then, now, region.end, end)
    if region.start == region.end:  # where something was taken out: what was put back there
        first, last = (start.at, start.upto) if start.start == start.end else (min(first, last), min(first, last))
    image = Region(first, max(first, last))
    if then[region.start : region.end] == now[image.start : image.end]:
        return image
    return _moved(then, now, region) or _own_lines(then[region.start : region.end], now, image)


def _own_lines(old: str, now: str, image: Region) -> Region:
    """The image without whole lines that were added above the first or below the last line, where that was changed too.

    Lines alone do not tell them from changed ones. The first line alike the region's own first is where it begins.
    """
    lines, own = now[image.start : image.end].splitlines(keepends=True), old.splitlines(keepends=True)
    added = len(lines) - len(own)
    if added <= 0 or not own:
        return image
    start, end = image
    if start == 0 or now[start - 1] == "\n":
        above = _alike(lines[: added + 1], own[0])
        start += sum(map(len, lines[:above]))
        added -= above
    if end == len(now) or "\n" in {now[end], now[end - 1]}:
        below = _alike(lines[::-1][: added + 1], own[-1])
        dropped = lines[len(lines) - below :]
        end -= sum(map(len, dropped))
        if dropped and not own[-1].endswith("\n"):
            end -= len(now[:end]) - len(now[:end].rstrip("\r\n"))
    return Region(start, max(start, end))


def _alike(lines: list[str], line: str) -> int:
    """The number of the first line that is like this one; 0 if none is."""
    bare = line.strip()
    return next((i for i, one in enumerate(lines) if Indel.normalized_similarity(one.strip(), bare) >= _LEAST_ALIKE), 0)


def _border(then: str, now: str, at: int, changes: list[_Change], finer: _Finer, *, begins: bool) -> _Change | None:
    """The change that touches a border, or an empty one where nothing changed; None if that cannot be told.

    `begins`: a region begins there, else one ends there.
    """
    shift = 0
    for change in changes:
        if change.start > at:
            break
        if change.start < at < change.end:
            outside = then[change.start : at] if begins else then[at : change.end]
            if begins and now.startswith(outside, change.at, change.upto):
                return change._replace(start=at, at=change.at + len(outside))
            if not begins and now.endswith(outside, change.at, change.upto):
                return change._replace(end=at, upto=change.upto - len(outside))
            inner = finer.of(change)
            if inner is None:
                return None
            return _nearest(inner, at, change.at - change.start)
        if change.end >= at:
            return change
        shift = change.upto - change.end
    return _Change(at, at, at + shift, at + shift)


def _nearest(changes: list[_Change], at: int, shift: int) -> _Change:
    for change in changes:
        if change.start > at:
            break
        if change.end >= at:
            return change
        shift = change.upto - change.end
    return _Change(at, at, at + shift, at + shift)


def _start(then: str, now: str, at: int, change: _Change) -> int:
    """Where a region that began at `at` begins now."""
    if change.start == change.end:
        added = now[change.at : change.upto]
        lines = added.endswith("\n") and (at == 0 or then[at - 1] == "\n")
        return change.upto if lines else change.at
    return change.upto if change.end == at else change.at


def _end(then: str, now: str, at: int, change: _Change) -> int:
    """Where a region that ended at `at` ends now."""
    if change.start == change.end:
        added = now[change.at : change.upto]
        lines = added.endswith("\n") if at == 0 or then[at - 1] == "\n" else added.startswith(("\n", "\r\n"))
        return change.at if lines else change.upto
    return change.at if change.start == at else change.upto


def _moved(then: str, now: str, region: Region) -> Region | None:
    """The only place where the region's text stands word for word, if it is long enough to be told from chance."""
    text = then[region.start : region.end]
    if len(text.strip()) < _LEAST_MOVED or then.count(text) != 1 or now.count(text) != 1:
        return None
    start = now.index(text)
    return Region(start, start + len(text))
