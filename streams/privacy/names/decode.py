"""Which labels the words of one stretch have, and how surely: forward and backward sums of the random field. Pure.

Words that are no candidates are O, so the stretches between them are decoded alone; the sums are those of the whole
line under that condition (a test compares them).
"""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streams.privacy.names.model import Vector



class Decoder:
    """Probabilities of labels from scores."""

    def __init__(self, transitions: Sequence[Sequence[float]], outside: int) -> None:
        """`transitions[a][b]` is the score of label b behind label a; `outside` is the label of no name."""
        self._factor = [[exp(score) for score in row] for row in transitions]
        self._columns = [list(column) for column in zip(*self._factor, strict=True)]
        self._enter = self._factor[outside]
        self._leave = self._columns[outside]
        self._one = [1.0] * len(self._factor)

    def probabilities(self, scores: Sequence[Vector], *, after: bool, before: bool) -> list[list[float]]:
        """One row of probabilities for each word of a stretch.

        Args:
            scores: of every label, for each word.
            after: whether a word (which is O) stands in front of the stretch, or its line begins there.
            before: whether a word (which is O) stands behind it.
        """
        enter, leave = self._enter if after else self._one, self._leave if before else self._one
        emitted = []
        for row in scores:
            top = max(row)
            emitted.append([exp(score - top) for score in row])
        if len(emitted) == 1:
            return [_normal([a * b * c for a, b, c in zip(enter, emitted[0], leave, strict=True)])]
        forward = [_normal([a * b for a, b in zip(enter, emitted[0], strict=True)])]
        for row in emitted[1:]:
            previous = forward[-1]
            forward.append(
                _normal([b * sum(map(float.__mul__, previous, column)) for b, column in zip(row, self._columns, strict=True)])
            )
        behind = leave
        found = [_normal([a * b for a, b in zip(forward[-1], behind, strict=True)])]
        for i in range(len(emitted) - 2, -1, -1):
            reached = [a * b for a, b in zip(emitted[i + 1], behind, strict=True)]
            behind = _normal([sum(map(float.__mul__, reached, row)) for row in self._factor])
            found.append(_normal([a * b for a, b in zip(forward[i], behind, strict=True)]))
        found.reverse()
        return found


def _normal(row: list[float]) -> list[float]:
    total = sum(row)
    return [value / total for value in row]
