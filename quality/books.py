"""What the tables hold of every raw partition, as the ledger wants it: numpy arrays of offsets. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.records import Partition

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    Offsets = npt.NDArray[np.int64]

# What a revision is called that came before there was a table for it: it ended in `interactions`.
EARLIER_REVISION = "redline.revision.v1, earlier"
# Where the events of a type end. Those of messages end in `interactions`: what is counted of them leads to no event.
ROUTES: Mapping[str, str | None] = MappingProxyType(
    {
        "redline.suggestion.v1": "pairs",
        "redline.decision.v1": "pairs",
        "redline.edit.v1": "pairs",
        "redline.step.v1": "trajectories",
        "redline.session.v1": "trajectories",
        "redline.revision.v1": "revisions",
        "redline.message.v1": None,
        EARLIER_REVISION: None,
    }
)
EVENT_TYPES: tuple[str, ...] = tuple(ROUTES)
MADE: tuple[str, ...] = tuple(dict.fromkeys(table for table in ROUTES.values() if table is not None))
"""The tables that events end in."""


class Cause(NamedTuple):
    """What a reject says of itself."""

    stage: str
    fate: str
    reason: str


def _no_offsets() -> Offsets:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Typed:
    """Interactions: `types[i]` is the place in `EVENT_TYPES` of the type of `offsets[i]`, -1 if it is none of them."""

    offsets: Offsets = field(default_factory=_no_offsets)
    types: Offsets = field(default_factory=_no_offsets)


@dataclass(frozen=True, slots=True)
class Rejects:
    """Rejected offsets: `codes[i]` is the place in `causes` of the cause of `offsets[i]`."""

    offsets: Offsets = field(default_factory=_no_offsets)
    codes: Offsets = field(default_factory=_no_offsets)
    causes: tuple[Cause, ...] = ()


@dataclass(frozen=True, slots=True)
class Book:
    """What the tables, quarantine and state hold of one raw partition, whose records are [low, high).

    Arrays in any order, repetitions included. `joined`, `open` and `quarantined` go by table name (one of
    `MADE`); `held` are interactions in quarantine.
    """

    partition: Partition
    low: int
    high: int
    interactions: Typed = field(default_factory=Typed)
    held: Typed = field(default_factory=Typed)
    rejects: Rejects = field(default_factory=Rejects)
    joined: Mapping[str, Offsets] = field(default_factory=dict)
    open: Mapping[str, Offsets] = field(default_factory=dict)
    quarantined: Mapping[str, Offsets] = field(default_factory=dict)


def of_tables(
    watermarks: Mapping[Partition, tuple[int, int]],
    tables: Mapping[str, pa.Table],
    *,
    quarantine: Mapping[str, pa.Table] | None = None,
    open_: Mapping[str, Mapping[Partition, Offsets]] | None = None,
) -> list[Book]:
    """One book per raw partition, from Arrow tables by name and `(low, high)` watermarks.

    Columns needed: `sources` everywhere; `event_type` of interactions; `stage`, `fate`, `reason` of rejects. A table
    that is not there is empty. A row in quarantine of rejects counts as a reject. Sources of a partition without
    watermarks make a book of the range [0, 0): the ledger calls them conflicting.
    """
    kept = quarantine or {}
    interactions = _typed(tables.get("interactions"))
    held = _typed(kept.get("interactions"))
    rejects, causes = _rejects([t for t in (tables.get("rejects"), kept.get("rejects")) if t is not None])
    joined = {name: _spread(tables.get(name)) for name in MADE}
    kept_back = {name: _spread(kept.get(name)) for name in MADE}
    parts = set(watermarks).union(interactions, held, rejects, *joined.values(), *kept_back.values())
    return [
        Book(
            part,
            *watermarks.get(part, (0, 0)),
            interactions=Typed(*interactions.get(part, _nothing())),
            held=Typed(*held.get(part, _nothing())),
            rejects=Rejects(*rejects.get(part, _nothing()), causes),
            joined={name: found[part][0] for name, found in joined.items() if part in found},
            open={name: found[part] for name, found in (open_ or {}).items() if part in found},
            quarantined={name: found[part][0] for name, found in kept_back.items() if part in found},
        )
        for part in sorted(parts)
    ]


def _nothing() -> tuple[Offsets, Offsets]:
    return _no_offsets(), _no_offsets()


def _typed(table: pa.Table | None) -> dict[Partition, tuple[Offsets, Offsets]]:
    if table is None:
        return {}
    places = pc.fill_null(pc.index_in(table.column("event_type"), value_set=pa.array(EVENT_TYPES)), -1)
    return _spread(table, _ints(places))


def _rejects(tables: list[pa.Table]) -> tuple[dict[Partition, tuple[Offsets, Offsets]], tuple[Cause, ...]]:
    if not tables:
        return {}, ()
    table = pa.concat_tables([t.select(["sources", "stage", "fate", "reason"]) for t in tables])
    words = pc.binary_join_element_wise(*(table.column(c).cast(pa.string()) for c in Cause._fields), "\x00")
    coded = words.combine_chunks().dictionary_encode() if table.num_rows else None
    if coded is None:
        return {}, ()
    causes = tuple(Cause(*word.split("\x00")) for word in coded.dictionary.to_pylist())
    return _spread(table, _ints(coded.indices)), causes


def _spread(table: pa.Table | None, codes: Offsets | None = None) -> dict[Partition, tuple[Offsets, Offsets]]:
    """All sources of all rows by partition, each with its row's code."""
    if table is None or table.num_rows == 0:
        return {}
    column = table.column("sources").combine_chunks()
    column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    rows = _ints(pc.list_parent_indices(column))
    sources = pc.list_flatten(column)
    topics = pc.struct_field(sources, "topic").dictionary_encode()
    indexes = _ints(pc.struct_field(sources, "partition"))
    offsets = _ints(pc.struct_field(sources, "offset"))
    by_code = codes[rows] if codes is not None else np.zeros(len(rows), dtype=np.int64)
    found: dict[Partition, tuple[Offsets, Offsets]] = {}
    places = _ints(topics.indices)
    for place, topic in enumerate(topics.dictionary.to_pylist()):
        for index in np.unique(indexes[places == place]).tolist():
            here = (places == place) & (indexes == index)
            found[Partition(topic, index)] = (offsets[here], by_code[here])
    return found


def _ints(array: Any) -> Offsets:
    return np.asarray(array.to_numpy(), dtype=np.int64)
