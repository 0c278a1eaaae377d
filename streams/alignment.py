"""Which words of one text stand in another, in order: longest common subsequences in bounded memory. Pure.

Segments are aligned first, then the words between those that stand in both. Up to `CELLS` cells of its table an
alignment is a longest common subsequence (rapidfuzz). A larger one is cut where both sides have an element that each
has once (the anchors of Bram Cohen's patience diff), and where there are none at the same share of both lengths: time
and memory grow with the length of the texts, whatever stands in them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from math import ceil, sqrt
from typing import TYPE_CHECKING

from rapidfuzz.distance import Indel

from schemas.rows import Span
from streams.words import Words, ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# 4,000 by 4,000 elements align in about 10 ms and 2 MB; twice the length costs four times as much.
CELLS = 16_000_000
_DEPTH = 4  # how often a part between anchors is looked at for anchors of its own
Block = tuple[int, int, int]
"""Elements from here on the left, from there on the right, and how many are equal."""


def matches(left: str, right: str) -> list[Block]:
    """Equal elements of two sequences (a character each), as blocks that ascend on both sides."""
    found: list[Block] = []
    parts = [(0, len(left), 0, len(right), 0)]
    while parts:
        a, a_end, b, b_end, depth = parts.pop()
        if (a_end - a) * (b_end - b) > CELLS:
            head = _common(left[a:a_end], right[b:b_end])
            found += [(a, b, head)] if head else []
            a, b = a + head, b + head
            tail = _common(left[a:a_end][::-1], right[b:b_end][::-1])
            a_end, b_end = a_end - tail, b_end - tail
            found += [(a_end, b_end, tail)] if tail else []
        ours, theirs = left[a:a_end], right[b:b_end]
        if not ours or not theirs:
            continue
        if len(ours) * len(theirs) <= CELLS:
            found += [
                (a + one.a, b + one.b, one.size) for one in Indel.editops(ours, theirs).as_matching_blocks() if one.size
            ]
            continue
        cuts = _anchors(ours, theirs) if depth < _DEPTH else []
        found += [(a + i, b + j, 1) for i, j in cuts]
        width = 1
        if not cuts:
            pieces = ceil(sqrt(len(ours) * len(theirs) / CELLS))
            cuts = [(len(ours) * n // pieces, len(theirs) * n // pieces) for n in range(1, pieces)]
            width, depth = 0, _DEPTH
        edges = zip([(-width, -width), *cuts], [*cuts, (len(ours), len(theirs))], strict=True)
        parts += [(a + i + width, a + k, b + j + width, b + m, depth + 1) for (i, j), (k, m) in edges]
    return _joined(sorted(found))


@dataclass(slots=True)
class Alignment:
    """Two texts compared. Words and segments are numbered from 0."""

    left: Words
    right: Words
    left_segments: list[tuple[int, int]] = field(repr=False)
    right_segments: list[tuple[int, int]] = field(repr=False)
    segment_blocks: list[Block] = field(repr=False)
    word_blocks: list[Block] = field(repr=False)
    word_ids: tuple[str, str] = field(default=("", ""), repr=False)
    """A character for each word, equal ones for equal words; empty for equal texts."""

    @classmethod
    def of(cls, left: str, right: str, *, prose: bool = False) -> Alignment:
        """Compare two texts."""
        ours = Words.of(left)
        if left == right:
            segments = ours.segments(prose=prose)
            return cls(ours, ours, segments, segments, _joined([(0, 0, len(segments))]), _joined([(0, 0, len(ours))]))
        theirs = Words.of(right)
        our_segments, their_segments = ours.segments(prose=prose), theirs.segments(prose=prose)
        both = matches(*ids(list(_texts(ours, our_segments)), list(_texts(theirs, their_segments))))
        words = ids(ours.values(), theirs.values())
        return cls(
            ours,
            theirs,
            our_segments,
            their_segments,
            both,
            _words(*words, our_segments, their_segments, both),
            words,
        )

    @property
    def kept_words(self) -> int:
        """How many words of the left stand in the right, in order."""
        return sum(size for _, _, size in self.word_blocks)

    @property
    def kept_segments(self) -> int:
        """Likewise, segments."""
        return sum(size for _, _, size in self.segment_blocks)

    @property
    def moved_segments(self) -> int:
        """Segments that stand in both, but not in order; those without a letter or digit do not count."""
        kept = self.kept_segments
        if kept in {len(self.left_segments), len(self.right_segments)}:
            return 0
        ours = Counter(_others(self.left, self.left_segments, ((i, n) for i, _, n in self.segment_blocks)))
        theirs = Counter(_others(self.right, self.right_segments, ((j, n) for _, j, n in self.segment_blocks)))
        return sum((ours & theirs).values())

    def spans(self) -> tuple[list[Span], list[Span]]:
        """(ranges of the left that stand in the right, ranges of the right that do not come from the left).

        In code points, ascending, disjoint. With a word stays the white space behind it, where it is the same. The kept
        ranges and the right without its edited ones are the same text.
        """
        left, right = self.left, self.right
        if left.text == right.text:
            return ([Span(0, len(left.text))] if left.text else []), []
        ours: list[Span] = []
        theirs: list[Span] = []
        head = _common(left.text[: left.starts[0]], right.text[: right.starts[0]])
        if head:
            ours.append(Span(0, head))
            theirs.append(Span(0, head))
        for i, j, size in self.word_blocks:
            for a, a_end, b, b_end in _stretches(left, right, i, j, size):
                ours.append(Span(a, a_end))
                theirs.append(Span(b, b_end))
        tail = len(left.text) - (left.ends[-1] if left.ends else 0)
        free = left.ends and right.ends and not _reaches_end(ours, left) and not _reaches_end(theirs, right)
        if tail and free and left.text[-tail:] == right.text[right.ends[-1] :]:
            ours.append(Span(len(left.text) - tail, len(left.text)))
            theirs.append(Span(len(right.text) - tail, len(right.text)))
        return merged(ours), _between(merged(theirs), len(right.text))

    def segment_spans(self) -> tuple[list[Span], list[Span]]:
        """(segments of the left that stand in the right, segments of the right that do not come from the left).

        As ranges of code points from the first word of a run of segments to its last.
        """
        kept = merged(Span(i, i + n) for i, _, n in self.segment_blocks)
        new = _between([Span(j, j + n) for _, j, n in self.segment_blocks], len(self.right_segments))
        ours, theirs = self.left_segments, self.right_segments
        return (
            [self.left.range(ours[run.start][0], ours[run.end - 1][1]) for run in kept],
            [self.right.range(theirs[run.start][0], theirs[run.end - 1][1]) for run in new],
        )


def merged(ranges: Iterable[Span]) -> list[Span]:
    """Ascending ranges, those that touch as one."""
    found: list[Span] = []
    for span in ranges:
        if found and found[-1].end == span.start:
            found[-1] = Span(found[-1].start, span.end)
        else:
            found.append(span)
    return found


def _words(
    left: str, right: str, ours: list[tuple[int, int]], theirs: list[tuple[int, int]], segments: list[Block]
) -> list[Block]:
    found: list[Block] = []
    a = b = 0
    for i, j, size in [*segments, (len(ours), len(theirs), 0)]:
        a_end = ours[i][0] if i < len(ours) else len(left)
        b_end = theirs[j][0] if j < len(theirs) else len(right)
        found += [(a + x, b + y, n) for x, y, n in matches(left[a:a_end], right[b:b_end])]
        if size:
            a, b = ours[i + size - 1][1], theirs[j + size - 1][1]
            found.append((a_end, b_end, a - a_end))
    return _joined(found)


def _texts(words: Words, segments: list[tuple[int, int]]) -> Iterator[str]:
    return (words.text[words.starts[start] : words.ends[end - 1]] for start, end in segments)


def _others(words: Words, segments: list[tuple[int, int]], taken: Iterable[tuple[int, int]]) -> Iterator[str]:
    kept = {place for start, size in taken for place in range(start, start + size)}
    left = [segment for place, segment in enumerate(segments) if place not in kept]
    return (text for text in _texts(words, left) if any(sign.isalnum() for sign in text))


def _stretches(left: Words, right: Words, i: int, j: int, size: int) -> Iterator[tuple[int, int, int, int]]:
    """Ranges of equal text of a block of equal words, with the white space behind each word where it is equal."""
    a, a_end = left.starts[i], left.starts[i + size]
    b, b_end = right.starts[j], right.starts[j + size]
    if left.text[a:a_end] == right.text[b:b_end]:
        yield a, a_end, b, b_end
        return
    for n in range(size):
        a, a_end, a_next = left.starts[i + n], left.ends[i + n], left.starts[i + n + 1]
        b, b_end, b_next = right.starts[j + n], right.ends[j + n], right.starts[j + n + 1]
        if a_next - a_end == b_next - b_end and left.text[a_end:a_next] == right.text[b_end:b_next]:
            yield a, a_next, b, b_next
        else:
            yield a, a_end, b, b_end


def _reaches_end(ranges: list[Span], words: Words) -> bool:
    return bool(ranges) and ranges[-1].end == len(words.text)


def _between(ranges: list[Span], length: int) -> list[Span]:
    bounds = [0, *(edge for span in ranges for edge in (span.start, span.end)), length]
    return [Span(start, end) for start, end in zip(bounds[::2], bounds[1::2], strict=True) if end > start]


def _joined(blocks: list[Block]) -> list[Block]:
    found: list[Block] = []
    for i, j, size in blocks:
        if not size:
            continue
        if found and found[-1][0] + found[-1][2] == i and found[-1][1] + found[-1][2] == j:
            found[-1] = (found[-1][0], found[-1][1], found[-1][2] + size)
        else:
            found.append((i, j, size))
    return found


def _common(left: str, right: str) -> int:
    """Length of the common beginning, by halves: comparing slices costs nothing beside a loop."""
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _anchors(left: str, right: str) -> list[tuple[int, int]]:
    """Places of elements that each side has once, as many as ascend on both sides."""
    ours, theirs = Counter(left), Counter(right)
    places = {element: j for j, element in enumerate(right) if theirs[element] == 1}
    pairs = [(i, places[element]) for i, element in enumerate(left) if ours[element] == 1 and element in places]
    # A longest ascending run: the least end of a run of each length, and for each pair the one before it.
    ends: list[int] = []
    at: list[int] = []
    before: list[int] = []
    for place, (_, j) in enumerate(pairs):
        length = bisect_left(ends, j)
        before.append(at[length - 1] if length else -1)
        ends[length : length + 1] = [j]
        at[length : length + 1] = [place]
    found: list[tuple[int, int]] = []
    place = at[-1] if at else -1
    while place >= 0:
        found.append(pairs[place])
        place = before[place]
    return found[::-1]
