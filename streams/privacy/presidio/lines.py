"""Lines seen before: a suggestion comes back as an edit of which most lines are the same.

What is kept of a line are the findings before context, which do not depend on other lines but for a few signs around
it; these are part of the key. Context is looked at again in every text as a whole.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from streams.privacy.presidio.results import Finding
    from streams.privacy.presidio.shape import Shape

_AROUND = 4  # signs of the neighbouring lines, line ends included
_LEAST = 200  # characters of a text; for shorter ones a scan costs less than the book-keeping


class Line(NamedTuple):
    """What is known of a line.

    `findings` count from its start. `present` are the recognisers of which a context word was in the text: only their
    findings are among these, of the ones that need one.
    """

    findings: tuple[Finding, ...]
    present: frozenset[int]


def local(shape: Shape | None) -> bool:
    """Whether matches of an expression depend on one line, and the signs around it, only."""
    return shape is not None and (
        shape.inline or ("\n" in shape.excluded and max(shape.ahead, shape.behind) <= _AROUND)
    )


class Lines:
    """Findings of so many lines."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: dict[str, Line] = {}

    @staticmethod
    def worth(text: str) -> bool:
        """Whether a text is looked at line by line."""
        return len(text) >= _LEAST and "\n" in text

    def of(self, text: str, present: frozenset[int], look: Callable[[str], list[Finding]]) -> Iterator[Finding]:
        """Findings in a text of several lines.

        Args:
            text: the text.
            present: recognisers of which a context word is in the text.
            look: findings in a text.
        """
        known, missing = self._known, []
        start, size = 0, len(text)
        while start <= size:
            end = text.find("\n", start)
            end = size if end < 0 else end
            line = known.get(text[start - _AROUND if start > _AROUND else 0 : end + _AROUND])
            if line is None or not present <= line.present:
                missing.append((start, end))
            else:
                for one in line.findings:
                    yield one._replace(start=one.start + start, end=one.end + start)
            start = end + 1
        if missing:
            yield from self._learn(text, missing, present, look)

    def _learn(
        self,
        text: str,
        missing: list[tuple[int, int]],
        present: frozenset[int],
        look: Callable[[str], list[Finding]],
    ) -> Iterator[Finding]:
        """Look at the missing lines, with the signs around them, as at one text."""
        parts: list[str] = []
        starts: list[int] = []  # of the lines, in the text that is looked at
        at = 0
        for low, high, run in _runs(missing, len(text)):
            parts.append(text[low:high])
            starts += [at + start - low for start, _ in run]
            at += high - low + 1
        by_line: dict[int, list[Finding]] = {}
        for one in look("\n".join(parts)):
            place = bisect_right(starts, one.start) - 1
            begin = starts[place] if place >= 0 else 0
            if place >= 0 and one.end - begin <= missing[place][1] - missing[place][0]:
                by_line.setdefault(place, []).append(one._replace(start=one.start - begin, end=one.end - begin))
        if len(self._known) + len(missing) > self._most:
            self._known.clear()
        empty = Line((), present)
        for place, (start, end) in enumerate(missing):
            found = by_line.get(place)
            line = empty if found is None else Line(tuple(found), present)
            self._known[text[start - _AROUND if start > _AROUND else 0 : end + _AROUND]] = line
            for one in line.findings:
                yield one._replace(start=one.start + start, end=one.end + start)


def _runs(lines: list[tuple[int, int]], size: int) -> Iterator[tuple[int, int, list[tuple[int, int]]]]:
    """Lines in a row together, with where they begin and end and the signs around them."""
    run: list[tuple[int, int]] = []
    for line in [*lines, (-1, -1)]:
        if run and run[-1][1] + 1 != line[0]:
            yield max(0, run[0][0] - _AROUND), min(size, run[-1][1] + _AROUND), run
            run = []
        run.append(line)
