"""What of a table of counts is shown: nothing about fewer than k people, not by subtraction either. Pure.

Totals are shown. So a cell of few people that is hidden alone could be had from its line's total. Other cells are
hidden with it (complementary suppression), the smallest first, until

1. what is hidden in a line is about k people or more. Who is in two cells is not known here: their union counts as the
   larger of them, so that too much is hidden at times, never too little;
2. no cell of few follows from the totals and what is shown, as the equations of all lines together would give it.

What stays possible is a bound: a hidden count is no more than what its line leaves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

_ZERO = 1e-9  # of a vector of length 1

Key = tuple[str, str]


class Cell(NamedTuple):
    """A count, and how many people it is about at least."""

    size: int
    people: int


class Line(NamedTuple):
    """Counts by name; None: hidden. `total` holds the hidden ones too; None if even that is about too few."""

    counts: Mapping[str, int | None]
    total: int | None


class Grid(NamedTuple):
    """Counts by row and column, likewise. Rows and columns whose own total is hidden are not in it."""

    rows: Mapping[str, int]
    columns: Mapping[str, int]
    counts: Mapping[Key, int | None]
    total: int | None


def line(cells: Mapping[str, Cell], whole: Cell, k: int) -> Line:
    """The counts that may be shown, in the order they came."""
    if _few(whole, k):
        return Line({}, None)
    gone = _gone(cells, k)
    return Line({name: None if name in gone else cell.size for name, cell in cells.items()}, whole.size)


def grid(cells: Mapping[Key, Cell], rows: Mapping[str, Cell], columns: Mapping[str, Cell], whole: Cell, k: int) -> Grid:
    """Likewise over two dimensions. A cell that is not given is empty: 0 is told as 0."""
    if _few(whole, k):
        return Grid({}, {}, {}, None)
    known = {key: cell for key, cell in cells.items() if cell.size}
    rows_gone, columns_gone = _gone(rows, k), _gone(columns, k)
    gone = {key for key, cell in known.items() if key[0] in rows_gone or key[1] in columns_gone or cell.people < k}
    lines = [_line(known, 0, {row}) for row in rows if row not in rows_gone]
    lines += [_line(known, 1, {column}) for column in columns if column not in columns_gone]
    # Of lines whose totals are hidden, the sum of all still follows.
    lines += [_line(known, 0, rows_gone), _line(known, 1, columns_gone)]
    _protect(known, lines, gone, k)
    counts = {
        (row, column): None if (row, column) in gone else cells.get((row, column), Cell(0, 0)).size
        for row in rows
        for column in columns
        if row not in rows_gone and column not in columns_gone
    }
    return Grid(_left(rows, rows_gone), _left(columns, columns_gone), counts, whole.size)


class Bin(NamedTuple):
    """A range of a distribution, in steps of its finest bins: from `start` to before `end`."""

    start: int
    end: int
    size: int


def bins(fine: Sequence[tuple[int, Mapping[int, AbstractSet[int]]]], k: int) -> tuple[Bin, ...]:
    """Neighbours put together until k people are in each bin that is not empty; none if there are fewer in all.

    Args:
        fine: of each finest bin its count, and who is in it, by the epoch of their pseudonyms.
        k: fewest people of a bin.
    """
    found: list[Bin] = []
    start, count, people = 0, 0, dict[int, set[int]]()
    for place, (more, whose) in enumerate(fine):
        count += more
        for epoch, who in whose.items():
            people.setdefault(epoch, set()).update(who)
        if not count or max(map(len, people.values()), default=0) >= k:
            found.append(Bin(start, place + 1, count))
            start, count, people = place + 1, 0, {}
    # What is left at the end goes with the last that has enough.
    while count and found:
        last = found.pop()
        start, count = last.start, count + last.size
        if last.size:
            found.append(Bin(start, len(fine), count))
            return tuple(found)
    return () if count else tuple(found)


def _few(cell: Cell, k: int) -> bool:
    return cell.size > 0 and cell.people < k


def _line(cells: Mapping[Key, Cell], side: int, names: set[str]) -> list[Key]:
    return [key for key in cells if key[side] in names]


def _left(cells: Mapping[str, Cell], gone: set[str]) -> dict[str, int]:
    return {name: cell.size for name, cell in cells.items() if name not in gone}


def _gone(cells: Mapping[str, Cell], k: int) -> set[str]:
    """Names of one line that are hidden."""
    keyed = {("", name): cell for name, cell in cells.items() if cell.size}
    gone = {key for key, cell in keyed.items() if cell.people < k}
    _protect(keyed, [list(keyed)], gone, k)
    return {name for _, name in gone}


def _protect(cells: Mapping[Key, Cell], lines: Sequence[Sequence[Key]], gone: set[Key], k: int) -> None:
    """Add to what is gone until nothing about few follows from the rest."""
    while True:
        weak = [line for line in lines if max((cells[key].people for key in line if key in gone), default=k) < k]
        weak = [line for line in weak if any(key not in gone for key in line)]
        if not weak:
            known = _follow(lines, gone)
            weak = [line for line in lines if any(key in known and cells[key].people < k for key in line)]
        if not weak:
            return
        near = {key for line in weak for key in line if key not in gone} or cells.keys() - gone
        if not near:
            return  # nothing but totals is shown
        gone.add(min(near, key=lambda key: (cells[key].people, key)))


def _follow(lines: Sequence[Sequence[Key]], gone: set[Key]) -> set[Key]:
    """The hidden cells whose count is the only one that all totals allow: zero in every solution of A·x = 0."""
    place = {key: number for number, key in enumerate(sorted(gone))}
    equations = [[place[key] for key in line if key in gone] for line in lines]
    matrix = np.zeros((len(equations), len(place)))
    for number, places in enumerate(equations):
        matrix[number, places] = 1.0
    if not place:
        return set()
    _, sizes, spans = np.linalg.svd(matrix, full_matrices=True)
    free = spans[int((sizes > _ZERO * max(matrix.shape)).sum()) :]
    return {key for key, number in place.items() if not (np.abs(free[:, number]) > _ZERO).any()}
