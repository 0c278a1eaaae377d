"""Lines seen before: a suggestion comes back as an edit of which most lines are the same.

What is kept of a line are the findings before context of recognisers that look at no other line. Context is looked at
again in every text as a whole.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from streams.privacy.presidio.results import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    # Line -> findings in it, of texts in which there are context words for the same recognisers.
    Known = dict[str, tuple[Finding, ...]]

_LEAST = 200  # characters of a text; for shorter ones a scan costs less than the book-keeping


class Lines:
    """Findings of so many lines; those seen longest ago are forgotten."""

    def __init__(self, most: int) -> None:
        self._most = most // 2  # in each of two generations
        self._size = 0
        self._young: dict[frozenset[int], Known] = {}
        self._old: dict[frozenset[int], Known] = {}

    @staticmethod
    def worth(text: str) -> bool:
        """Whether a text is looked at line by line."""
        return len(text) >= _LEAST and "\n" in text

    def of(self, text: str, present: frozenset[int], look: Callable[[str], list[Finding]]) -> Iterator[Finding]:
        """Findings in a text of several lines.

        Args:
            text: the text.
            present: recognisers of which a context word is in the text; others may have been left out.
            look: findings in a text.
        """
        lines = text.split("\n")
        known = self._young.setdefault(present, {})
        self._learn(known, self._old.get(present, {}), lines, look)
        for line, start in zip(lines, _starts(lines), strict=False):
            for entity, first, end, score, slot, result in known[line]:
                yield Finding(entity, first + start, end + start, score, slot, result)
        if self._size > self._most:
            self._old, self._young, self._size = self._young, {}, 0

    def _learn(self, known: Known, old: Known, lines: list[str], look: Callable[[str], list[Finding]]) -> None:
        missing = [line for line in lines if line not in known]
        if not missing:
            return
        if old:
            known.update((line, old[line]) for line in missing if line in old)
            missing = [line for line in missing if line not in known]
        known.update(dict.fromkeys(missing, ()))
        self._size += len(missing)
        starts = _starts(missing)
        found: dict[int, list[Finding]] = {}
        for one in look("\n".join(missing)):
            place = bisect_right(starts, one.start) - 1
            low = starts[place]
            found.setdefault(place, []).append(one._replace(start=one.start - low, end=one.end - low))
        known.update((missing[place], tuple(several)) for place, several in found.items())


def _starts(lines: list[str]) -> list[int]:
    """Where each line begins, in the text that they are the lines of, and one past it."""
    return [start + number for number, start in enumerate(accumulate(map(len, lines), initial=0))]
