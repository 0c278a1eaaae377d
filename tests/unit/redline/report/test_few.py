"""What is hidden stays hidden: an attacker with linear algebra, over random tables."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from redline.report.few import Cell, bins, grid, line

K = 5
ROWS, COLUMNS = "abcd", "wxyz"
PEOPLE = st.lists(st.tuples(st.sampled_from(ROWS), st.sampled_from(COLUMNS), st.integers(0, 30)), max_size=120)


def cells(events: list[tuple[str, str, int]], *by: int) -> dict[object, Cell]:
    """Counts and people of a table in which each event is (row, column, person)."""
    held: dict[object, list[int]] = {}
    for event in events:
        held.setdefault(tuple(event[n] for n in by) if len(by) > 1 else event[by[0]], []).append(event[2])
    return {key: Cell(len(who), len(set(who))) for key, who in held.items()}


def whole(events: list[tuple[str, str, int]]) -> Cell:
    return Cell(len(events), len({who for _, _, who in events}))


@given(PEOPLE)
def test_no_count_of_few_is_shown_or_follows_from_what_is(events: list[tuple[str, str, int]]) -> None:
    inner, rows, columns = cells(events, 0, 1), cells(events, 0), cells(events, 1)
    shown = grid(inner, rows, columns, whole(events), K)  # type: ignore[arg-type]
    for key, count in shown.counts.items():
        assert count is None or count == inner.get(key, Cell(0, 0)).size
        assert not count or inner[key].people >= K
    assert all(rows[name].people >= K for name in shown.rows)
    assert all(columns[name].people >= K for name in shown.columns)
    if shown.total is None:
        assert whole(events).people < K
        return
    # Everything an attacker knows, as equations over all cells that are not empty.
    unknown = [key for key in product(ROWS, COLUMNS) if key in inner and shown.counts.get(key) is None]
    known = [
        *([key[0] == row for key in unknown] for row in shown.rows),
        *([key[1] == column for key in unknown] for column in shown.columns),
        [True] * len(unknown),
    ]
    matrix = np.array(known, dtype=float).reshape(len(known), len(unknown))
    rank = np.linalg.matrix_rank(matrix) if unknown else 0
    for place, key in enumerate(unknown):
        just_this = np.eye(len(unknown))[place]
        follows = np.linalg.matrix_rank(np.vstack([matrix, just_this])) == rank
        assert not (follows and inner[key].people < K), key


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.tuples(st.integers(0, 50), st.integers(0, 12))))
def test_of_a_line_either_nothing_is_hidden_or_enough(counts: dict[str, tuple[int, int]]) -> None:
    given_cells = {name: Cell(max(size, people), people) for name, (size, people) in counts.items()}
    total = Cell(sum(c.size for c in given_cells.values()), sum(c.people for c in given_cells.values()))
    shown = line(given_cells, total, K)
    if total.people < K:
        assert shown.total == (None if total.size else 0)
        assert not shown.counts or not total.size
        return
    hidden = [given_cells[name] for name, count in shown.counts.items() if count is None]
    assert all(
        given_cells[name].people >= K or not given_cells[name].size
        for name in shown.counts
        if shown.counts[name] is not None
    )
    assert not hidden or sum(c.people for c in hidden) >= K


@given(st.lists(st.lists(st.tuples(st.integers(1, 2), st.integers(0, 20)), max_size=12), min_size=1, max_size=20))
def test_neighbours_are_joined_until_there_are_enough_people(fine: list[list[tuple[int, int]]]) -> None:
    held = []
    for who in fine:
        people: dict[int, set[int]] = {}
        for epoch, person in who:
            people.setdefault(epoch, set()).add(person)
        held.append((len(who), people))
    found = bins(held, K)
    if not found:
        assert all(
            len({p for who in fine for e, p in who if e == epoch}) < K or not fine for epoch in (1, 2)
        ) or not any(fine)
        return
    assert [b.start for b in found] == [0, *(b.end for b in found[:-1])]
    assert found[-1].end == len(fine)
    assert sum(b.size for b in found) == sum(map(len, fine))
    for b in found:
        of = [pair for who in fine[b.start : b.end] for pair in who]
        assert not of or max(len({p for e, p in of if e == epoch}) for epoch in (1, 2)) >= K


def test_two_cells_of_few_take_a_third_with_them_and_a_single_one_too() -> None:
    cells = {"a": Cell(100, 50), "b": Cell(40, 20), "c": Cell(3, 2)}
    assert line(cells, Cell(143, 60), 10).counts == {"a": 100, "b": None, "c": None}
    assert line({**cells, "d": Cell(9, 9)}, Cell(152, 60), 10).counts == {"a": 100, "b": None, "c": None, "d": None}
