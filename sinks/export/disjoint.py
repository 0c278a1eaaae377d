"""Things that belong together: a union-find over whole arrays of numbers. Pure.

Each set is named by its least member. A union hooks the greater root below the lesser one, for all pairs at once, until
no pair has two roots (Shiloach and Vishkin 1982); the outcome does not depend on the order of the pairs.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


class Disjoint:
    """The numbers below `count`, each at first alone. Takes 4 bytes for each of at most 2^31."""

    def __init__(self, count: int) -> None:
        self._above = np.arange(count, dtype=np.int32)

    def find(self, some: npt.ArrayLike) -> npt.NDArray[np.int32]:
        """The least member of the set of each of these."""
        numbers = np.asarray(some)
        roots: npt.NDArray[np.int32] = self._above[numbers]
        while True:
            higher = self._above[roots]
            if np.array_equal(higher, roots):
                break
            self._above[roots] = self._above[higher]  # twice as far the next time: a long chain takes few rounds
            roots = higher
        self._above[numbers] = roots
        return roots

    def unite(self, left: npt.ArrayLike, right: npt.ArrayLike) -> None:
        """The sets of `left[i]` and `right[i]` are one, for every i."""
        a, b = np.asarray(left), np.asarray(right)
        while len(a):
            one, other = self.find(a), self.find(b)
            apart = one != other
            a, b, one, other = a[apart], b[apart], one[apart], other[apart]
            np.minimum.at(self._above, np.maximum(one, other), np.minimum(one, other))

    def sets(self) -> npt.NDArray[np.int32]:
        """The least member of every number's set."""
        while True:
            higher = self._above[self._above]
            if np.array_equal(higher, self._above):
                return higher
            self._above = higher
