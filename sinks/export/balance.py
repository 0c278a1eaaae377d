"""Which of too many rows stay: caps, balance of kinds, a largest number. Pure.

All functions take arrays of rows in the order of the export and answer which rows stay. The first ones do: the order is
a keyed hash of the rows' ids, so this is a draw by lot that comes out the same for the same seed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[Any]


def capped(groups: Codes, most: int) -> Bools:
    """At most so many rows of each group; a row of no group (a negative number) stays."""
    return (_turn(groups) < most) | (np.asarray(groups) < 0)


def balanced(kinds: Codes, splits: Codes) -> Bools:
    """As many rows of each kind, within each split on its own, and as many as can be. Both are numbers from 0.

    A kind that a split has no rows of does not count there: a small split may well lack a rare one.
    """
    kinds, splits = np.asarray(kinds), np.asarray(splits)
    if not len(kinds):
        return np.empty(0, np.bool_)
    cells = _counts(kinds, splits)
    least = np.where(cells > 0, cells, len(kinds)).min(axis=1)
    return _first(kinds, splits, np.minimum(least[:, None], cells))


def at_most(count: int, kinds: Codes, splits: Codes) -> Bools:
    """So many rows in all, of each kind in each split the same share as before, to the row."""
    kinds, splits = np.asarray(kinds), np.asarray(splits)
    if len(kinds) <= count:
        return np.ones(len(kinds), np.bool_)
    cells = _counts(kinds, splits)
    exact = cells * (count / len(kinds))
    most = np.floor(exact).astype(np.int64)
    # The largest remainders get what is left (Hamilton's method); equal ones in the order of splits and kinds.
    left = count - int(most.sum())
    remainders = np.argsort(-(exact - most).ravel(), kind="stable")
    most.ravel()[remainders[:left]] += 1
    return _first(kinds, splits, most)


def _counts(kinds: Codes, splits: Codes) -> npt.NDArray[np.int64]:
    """Rows by split and kind."""
    found = np.zeros((int(splits.max()) + 1, int(kinds.max()) + 1), np.int64)
    np.add.at(found, (splits, kinds), 1)
    return found


def _first(kinds: Codes, splits: Codes, most: npt.NDArray[np.int64]) -> Bools:
    """The first so many of each cell."""
    cells = splits.astype(np.int64) * most.shape[1] + kinds
    stays: Bools = _turn(cells) < most.ravel()[cells]
    return stays


def _turn(groups: Codes) -> npt.NDArray[np.int64]:
    """How many rows of the same group stand before each row."""
    groups = np.asarray(groups)
    order = np.argsort(groups, kind="stable")
    ordered = groups[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])) if len(order) else order
    turns = np.empty(len(order), np.int64)
    turns[order] = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
    return turns
