"""Which of a day's attributes are published: those that enough people share. Pure.

A cell is a combination of surface, language, model, tool and task. Cells of fewer than k people are made coarser step
by step (tool: product and version, product, other; model: name, family, other; task: other; language: other; surface:
other) until enough people share one. What is then the same in all cells that came together is told all the same. So
any choice by these columns finds k people or more; a day of fewer than k people has one cell, and that says nothing but
the day.

A day is decided once. What comes later goes where its cell went, or to `other`: nothing that was released changes.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from collections.abc import Set as AbstractSet

OTHER = "other"
WITHHELD = "withheld"  # stands in all five columns until the day is decided

# The letters a model's name begins with, after the names of who hosts it: `us.anthropic.claude-sonnet-4` is a claude.
_HOSTS = re.compile(
    r"^(?:.*/)?(?:(?:[a-z]{2}|global|anthropic|openai|meta|mistral|amazon|google|cohere)\.)*", re.IGNORECASE
)
_FAMILY = re.compile(r"[A-Za-z]+")


class Cell(NamedTuple):
    """What a row says of how it came about."""

    surface: str
    language: str
    model: str
    tool: str
    task: str


RESIDUAL = Cell(OTHER, OTHER, OTHER, OTHER, OTHER)


class Person(NamedTuple):
    """Someone, as far as one epoch's pseudonyms tell."""

    epoch: int
    pseudonym: str


def count(people: Iterable[Person]) -> int:
    """How many there are at least: who has a pseudonym in two epochs must not count twice."""
    return max(Counter(person.epoch for person in set(people)).values(), default=0)


def product(tool: str) -> str:
    """`name` of `name/version`; a tool without a version is its own product."""
    return tool.partition("/")[0] or OTHER


def family(model: str) -> str:
    """`claude` of `claude-sonnet-4-20250514`; `other` if it begins with no letters."""
    found = _FAMILY.match(model[len(match[0]) :] if (match := _HOSTS.match(model)) else model)
    return found[0].lower() if found else OTHER


# Each step goes on from the one before: finest first. What trainers choose by (surface, language, model) goes last.
_STEPS: tuple[Callable[[Cell], Cell], ...] = (
    lambda cell: cell,
    lambda cell: cell._replace(tool=product(cell.tool)),
    lambda cell: cell._replace(model=family(cell.model)),
    lambda cell: cell._replace(tool=OTHER),
    lambda cell: cell._replace(task=OTHER),
    lambda cell: cell._replace(model=OTHER),
    lambda cell: cell._replace(language=OTHER),
)


def decide(cells: Mapping[Cell, AbstractSet[Person]], k: int) -> dict[Cell, Cell]:
    """For each cell of a day the one its rows are published in.

    Every released cell has k people or more, unless the whole day has fewer: then all of it is `RESIDUAL`.

    Args:
        cells: who is in each cell. Nobody may be in it: rows of events without a person.
        k: fewest people of a released cell.
    """
    left = {cell: cell for cell in cells}  # as coarse as it is by now
    released: dict[Cell, set[Cell]] = {}
    for step in _STEPS:
        groups: dict[Cell, set[Cell]] = {}
        left = {cell: step(coarse) for cell, coarse in left.items()}
        for cell, coarse in left.items():
            groups.setdefault(coarse, set()).add(cell)
        for to, members in groups.items():
            joined = members | released.get(to, set())
            if to != RESIDUAL and _people(cells, joined) >= k:
                released[to] = joined
                for cell in members:
                    del left[cell]
    rest = set(left)
    while rest and released and _people(cells, rest) < k:
        # What is left would be a cell of few: the smallest of the others goes with it.
        smallest = min(released, key=lambda to: (_people(cells, released[to]), to))
        rest |= released.pop(smallest)
    told = {cell: _common(members) for members in released.values() for cell in members}
    return told | dict.fromkeys(rest, RESIDUAL)


def _common(cells: AbstractSet[Cell]) -> Cell:
    """What all of them share, as fine as they do. Telling it divides nobody: they are published as one in any case."""
    surface, language, model, tool, task = (sorted(set(values)) for values in zip(*cells, strict=True))
    return Cell(
        surface=_one(surface),
        language=_one(language),
        model=_one(model) if len(model) == 1 else _one({family(name) for name in model}),
        tool=_one(tool) if len(tool) == 1 else _one({product(name) for name in tool}),
        task=_one(task),
    )


def _one(values: Collection[str]) -> str:
    return next(iter(values)) if len(values) == 1 else OTHER


def _people(cells: Mapping[Cell, AbstractSet[Person]], among: Iterable[Cell]) -> int:
    return count(person for cell in among for person in cells[cell])
