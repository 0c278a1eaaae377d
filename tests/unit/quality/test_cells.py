"""No released cell below k, and nothing to learn from two releases."""

from __future__ import annotations

from collections import defaultdict
from itertools import product as every
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.cells import RESIDUAL, Cell, Person, count, decide, family, product

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CELLS = st.builds(
    Cell,
    surface=st.sampled_from(["ide", "mail", "other"]),
    language=st.sampled_from(["", "python", "cobol"]),
    model=st.sampled_from(["", "claude-sonnet-4", "claude-opus-4", "gpt-4o", "claude", "other"]),
    tool=st.sampled_from(["code/1", "code/2", "code", "mail", "other"]),
    task=st.sampled_from(["", "edit", "reply"]),
)
PEOPLE = st.frozensets(
    st.builds(Person, st.sampled_from([1, 1, 1, 2]), st.sampled_from("abcdefghijklmnop")), max_size=9
)
DAYS = st.dictionaries(CELLS, PEOPLE, max_size=14)


def held(day: Mapping[Cell, Iterable[Person]], decision: Mapping[Cell, Cell]) -> dict[Cell, set[Person]]:
    found: dict[Cell, set[Person]] = defaultdict(set)
    for cell, people in day.items():
        found[decision[cell]].update(people)
    return found


@given(DAYS, st.integers(1, 12))
def test_no_released_cell_is_below_k(day: dict[Cell, frozenset[Person]], k: int) -> None:
    decision = decide(day, k)
    assert decision.keys() == day.keys()
    released = held(day, decision)
    small = [cell for cell, people in released.items() if count(people) < k]
    assert not small or set(released) == {RESIDUAL}
    # Nor is any choice by some of the columns: a small day has one cell, and each choice finds all of it or nothing.
    for mask in every((False, True), repeat=5):
        for cell in released:
            chosen = [to for to in released if all(a == b for a, b, on in zip(to, cell, mask, strict=True) if on)]
            assert small or count({p for to in chosen for p in released[to]}) >= k


@given(DAYS, st.integers(1, 12), st.dictionaries(CELLS, PEOPLE, max_size=6))
def test_two_releases_tell_no_more_than_the_last(
    day: dict[Cell, frozenset[Person]], k: int, late: dict[Cell, frozenset[Person]]
) -> None:
    """Rows of both do not change; a late one is in a cell that held k people already, or in one that says nothing."""
    decision = decide(day, k)
    first = held(day, decision)
    for cell in late:
        to = decision.get(cell, RESIDUAL)
        assert to == RESIDUAL or count(first[to]) >= k
    again = decide(dict(sorted(day.items(), reverse=True)), k)
    assert again == decision, "a second look by whoever was killed after the first decides the same"


@given(DAYS, st.integers(1, 12))
def test_a_cell_only_ever_becomes_coarser(day: dict[Cell, frozenset[Person]], k: int) -> None:
    for cell, to in decide(day, k).items():
        assert to.surface in {cell.surface, "other"}
        assert to.language in {cell.language, "other"}
        assert to.model in {cell.model, family(cell.model), "other"}
        assert to.tool in {cell.tool, product(cell.tool), "other"}
        assert to.task in {cell.task, "other"}


@given(DAYS, st.integers(1, 12))
def test_what_all_cells_of_a_released_one_share_is_told(day: dict[Cell, frozenset[Person]], k: int) -> None:
    decision = decide(day, k)
    for to in set(decision.values()) - {RESIDUAL}:
        for place, value in enumerate(to):
            shared = {cell[place] for cell in day if decision[cell] == to}
            assert value == "other" or shared == {value} or len(shared) > 1
            assert value != "other" or len(shared) > 1 or shared == {"other"}


def some(number: int, start: int = 0) -> frozenset[Person]:
    return frozenset(Person(1, f"p{n}") for n in range(start, start + number))


@pytest.mark.parametrize(
    ("day", "published"),
    [
        # enough: as it is
        ([(("ide", "py", "claude-4", "code/1", "edit"), some(10))], [("ide", "py", "claude-4", "code/1", "edit")]),
        # two versions of a tool
        (
            [
                (("ide", "py", "claude-4", "code/1", "edit"), some(6)),
                (("ide", "py", "claude-4", "code/2", "edit"), some(6, 6)),
            ],
            [("ide", "py", "claude-4", "code", "edit")] * 2,
        ),
        # the same people by two versions are no more people
        (
            [
                (("ide", "py", "claude-4", "code/1", "edit"), some(6)),
                (("ide", "py", "claude-4", "code/2", "edit"), some(6)),
            ],
            [RESIDUAL] * 2,
        ),
        # two models of a family: the tool's version divides nobody, and is told
        (
            [
                (("ide", "py", "claude-4", "code/1", "edit"), some(6)),
                (("ide", "py", "claude-3", "code/1", "edit"), some(6, 6)),
            ],
            [("ide", "py", "claude", "code/1", "edit")] * 2,
        ),
        # two tasks of few: the task goes before the language does
        (
            [
                (("ide", "py", "claude-4", "code/1", "edit"), some(6)),
                (("ide", "py", "claude-4", "code/1", "review"), some(6, 6)),
            ],
            [("ide", "py", "claude-4", "code/1", "other")] * 2,
        ),
        # one person with a task of their own is not told by it
        (
            [
                (("ide", "py", "m", "t", "edit"), some(12)),
                (("ide", "py", "m", "t", "review"), some(1)),
            ],
            [RESIDUAL] * 2,
        ),
        # a rare version joins its product, which is there already
        (
            [(("ide", "py", "m", "code", "edit"), some(12)), (("ide", "py", "m", "code/2", "edit"), some(1))],
            [("ide", "py", "m", "code", "edit")] * 2,
        ),
        # one person of a rare language would stand alone: the smallest cell goes with them
        (
            [
                (("ide", "py", "m", "t", "edit"), some(30)),
                (("ide", "c", "m", "t", "edit"), some(12)),
                (("mail", "en", "x", "y", "reply"), some(1, 50)),
            ],
            [("ide", "py", "m", "t", "edit"), RESIDUAL, RESIDUAL],
        ),
        # rows of nobody are not a crowd
        (
            [(("ide", "py", "m", "t", "edit"), some(10)), (("doc", "en", "m", "t", "edit"), some(0))],
            [RESIDUAL] * 2,
        ),
        # a person of two epochs counts once
        (
            [(("ide", "py", "m", "t", "edit"), some(5) | {Person(2, f"q{n}") for n in range(5)})],
            [RESIDUAL],
        ),
    ],
)
def test_cells_of_a_day(day: list[tuple[tuple[str, ...], frozenset[Person]]], published: list[tuple[str, ...]]) -> None:
    decision = decide({Cell(*cell): people for cell, people in day}, 10)
    assert [decision[Cell(*cell)] for cell, _ in day] == [Cell(*cell) for cell in published]


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("claude-sonnet-4-20250514", "claude"),
        ("us.anthropic.claude-sonnet-4-v1:0", "claude"),
        ("anthropic/claude-3.5", "claude"),
        ("gpt-4o-mini", "gpt"),
        ("openai/gpt-oss-120b", "gpt"),
        ("Qwen2.5-Coder", "qwen"),
        ("accounts/x/models/llama-v3", "llama"),
        ("meta.llama3-70b", "llama"),
        ("o3-mini", "o"),
        ("openai", "openai"),
        ("", "other"),
        ("7b", "other"),
        ("тест", "other"),
    ],
)
def test_a_models_family(model: str, expected: str) -> None:
    assert family(model) == expected
