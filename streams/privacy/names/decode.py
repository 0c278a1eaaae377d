"""Which labels the words of one stretch have, and how surely: forward and backward sums of the random field. Pure.

Words that are no candidates are O, so the stretches between them are decoded alone; the sums are those of the whole
line under that condition (a test compares them).
"""

from __future__ import annotations

from math import exp, log
from operator import add, mul
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streams.privacy.names.model import Vector


class Decoder:
    """Probabilities of labels from scores."""

    def __init__(
        self, transitions: Sequence[Sequence[float]], outside: int, scale: float, *, least: float = 0.01
    ) -> None:
        """`transitions[a][b]` is the score of label b behind label a; `outside` is the label of no name.

        The scores of words come in units of `scale`. `least` is the probability of two labels together from which they
        are of interest.
        """
        self._scale = scale
        self._far = (
            log(2 / least) / scale
        )  # so far ahead of each of the others, one label leaves two of them less than that
        self._factor = [[exp(score) for score in row] for row in transitions]
        self._columns = [list(column) for column in zip(*self._factor, strict=True)]
        self._enter = self._factor[outside]
        self._leave = self._columns[outside]
        self._one = [1.0] * len(self._factor)
        self._outside = outside
        self._edges = {
            (after, before): [
                ((transitions[outside][i] if after else 0.0) + (transitions[i][outside] if before else 0.0)) / scale
                for i in range(len(self._factor))
            ]
            for after in (False, True)
            for before in (False, True)
        }

    def one(self, row: Vector, *, after: bool, before: bool) -> list[float] | None:
        """The probabilities of a stretch of one word; None if no two labels but O have `least` together."""
        totals = list(map(add, row, self._edges[after, before]))
        top = max(totals)
        outside = totals[self._outside]
        if outside == top:
            totals[self._outside] = top - self._far
            if max(totals) == totals[self._outside]:
                return None
            totals[self._outside] = outside
        scale = self._scale
        return _normal([exp((total - top) * scale) for total in totals])

    def probabilities(self, scores: Sequence[Vector], *, after: bool, before: bool) -> list[list[float]]:
        """One row of probabilities for each word of a stretch.

        Args:
            scores: of every label, for each word.
            after: whether a word (which is O) stands in front of the stretch, or its line begins there.
            before: whether a word (which is O) stands behind it.
        """
        enter, leave = self._enter if after else self._one, self._leave if before else self._one
        scale = self._scale
        emitted = []
        for row in scores:
            top = max(row)
            emitted.append([exp((score - top) * scale) for score in row])
        forward = [list(map(mul, enter, emitted[0]))]
        columns, factor = self._columns, self._factor
        for factors in emitted[1:]:
            previous = _normal(forward[-1])
            forward.append(list(map(mul, factors, [sum(map(mul, previous, column)) for column in columns])))
        behind = leave
        found = [_normal(list(map(mul, forward[-1], behind)))]
        for i in range(len(emitted) - 2, -1, -1):
            reached = _normal(list(map(mul, emitted[i + 1], behind)))
            behind = [sum(map(mul, reached, row)) for row in factor]
            found.append(_normal(list(map(mul, forward[i], behind))))
        found.reverse()
        return found


def _normal(row: list[float]) -> list[float]:
    total = sum(row)
    return [value / total for value in row]
