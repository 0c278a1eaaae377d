"""Runs an expression only where it can match, with the matches it has on the whole text.

Around each end that the scan reports lies a window that holds every match with that end and all that such a match may
look at: so many characters as the expression can be long, or the run between two separators that it cannot contain. The
expression itself runs there with Presidio's own engine, from left to right as it would on the whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import regex  # type: ignore[import-untyped]

from streams.privacy.presidio.alternatives import gathered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from streams.privacy.presidio.shape import Shape

TIMEOUT_S = 60.0  # Presidio's own; it skips the pattern, here the text is refused


class Pattern:
    """One pattern of a recogniser.

    Args:
        expression: Presidio's, as `regex` reads it.
        flags: of the recogniser.
        shape: of the expression, or None: then it runs on whole texts.
    """

    def __init__(self, expression: str, flags: int, shape: Shape | None) -> None:
        self._find = regex.compile(gathered(expression), flags).finditer
        self.shape = shape
        self._margin = shape.ahead + 1 if shape else 0
        self._bounded = bool(shape and shape.bounded)
        self.windowed = bool(shape and (self._bounded or shape.excluded))

    def whole(self, text: str) -> Iterator[Any]:
        """All its matches."""
        yield from self._find(text, timeout=TIMEOUT_S)

    def near(self, text: str, ends: Sequence[int]) -> Iterator[Any]:
        """All its matches, given every place where one can end, ascending."""
        if not self.windowed or self.shape is None:
            yield from self.whole(text)
        elif self._bounded:
            yield from self._in_reach(text, ends)
        else:
            yield from self._in_runs(text, ends)

    def _in_reach(self, text: str, ends: Sequence[int]) -> Iterator[Any]:
        width = (self.shape and self.shape.width) or 0
        low = high = -1
        for end in ends:
            if low >= 0 and end - width <= high:
                high = end
                continue
            if low >= 0:
                yield from self._between(text, low, high, high + width + self._margin)
            low, high = max(0, end - width), end
        if low >= 0:
            yield from self._between(text, low, high, high + width + self._margin)

    def _in_runs(self, text: str, ends: Sequence[int]) -> Iterator[Any]:
        excluded = self.shape.excluded if self.shape else ()
        done = 0
        for end in ends:
            if end <= done:
                continue
            low, high = done, len(text)
            for separator in excluded:
                low = max(low, text.rfind(separator, low, end) + 1)
                at = text.find(separator, end, high)
                high = high if at < 0 else at
            done = high
            yield from self._between(text, low, high, high + self._margin)

    def _between(self, text: str, low: int, high: int, limit: int) -> Iterator[Any]:
        for match in self._find(text, low, limit, timeout=TIMEOUT_S):
            start, end = match.span()
            if start >= high:
                return
            if end <= high:
                yield match


def shortened(recogniser: Any, match: Any, score: float) -> tuple[int, float]:
    """End and score of what `IbanRecognizer` makes of a match: it may end with any group; 0 is none."""
    start, last = match.start(), -1
    for group in range(len(match.groups()), 0, -1):
        end = match.end(group)
        end = end if end > 0 else match.end()
        if end in {last, start}:
            continue
        last = end
        verdict = recogniser.validate_result(match.string[start:end])
        best = score if verdict is None else float(bool(verdict))
        if best > 0:
            return end, best
    return start, 0.0


def judged(recogniser: Any, value: str, score: float) -> float:
    """The score after the recogniser's own checks, as `PatternRecognizer` applies them; 0 for none."""
    verdict = recogniser.validate_result(value)
    if verdict is not None:
        score = 1.0 if verdict else 0.0
    if recogniser.invalidate_result(value):
        score = 0.0
    return score
