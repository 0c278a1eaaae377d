"""Whether what a row was made from is there: sources of pairs and trajectories among those of `interactions`. Pure.

A pair may become visible before its events do, as each table has a sink of its own. So a reference is judged only once
`interactions` has everything that stood on its topic when the row was seen: those ends are the row's mark.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.records import Partition

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy.typing as npt

    Offsets = npt.NDArray[np.int64]

_BLOCK = 1 << 20  # offsets of one piece of the bitmap: 128 KB, and there are pieces only where there are offsets
_MOST_MARKS = 1_000  # looks that may wait; beyond, the sink of `interactions` stands still, and others say so


class Missing(NamedTuple):
    """Raw offsets of one partition that rows of a table refer to and that are not there."""

    table: str
    partition: Partition
    offsets: Offsets


@dataclass(frozen=True, slots=True)
class _Waiting:
    table: str
    sources: Mapping[Partition, Offsets]
    mark: Mapping[Partition, int]


@dataclass(slots=True)
class References:
    """What came so far, one bit for each raw offset, and what waits to be judged."""

    _there: dict[Partition, dict[int, npt.NDArray[np.uint8]]] = field(default_factory=lambda: defaultdict(dict))
    _waiting: list[_Waiting] = field(default_factory=list)

    def came(self, sources: Mapping[Partition, Offsets]) -> None:
        """Events that are in `interactions` now, or in its quarantine."""
        for partition, offsets in sources.items():
            for number, within in _blocks(offsets):
                block = self._there[partition].setdefault(number, np.zeros(_BLOCK >> 3, np.uint8))
                np.bitwise_or.at(block, within >> 3, np.left_shift(1, within & 7).astype(np.uint8))

    def refer(self, table: str, sources: Mapping[Partition, Offsets], mark: Mapping[Partition, int]) -> None:
        """New rows of a table refer to these. They are judged once `interactions` has reached the mark."""
        if sources and len(self._waiting) < _MOST_MARKS:
            self._waiting.append(_Waiting(table, sources, mark))

    def judge(self, reached: Mapping[Partition, int]) -> list[Missing]:
        """What is missing, of all rows whose mark is reached. Each is told of once."""
        waiting, self._waiting = self._waiting, []
        due: list[_Waiting] = []
        found: list[Missing] = []
        for one in waiting:
            ripe = all(reached.get(partition, 0) >= end for partition, end in one.mark.items())
            (due if ripe else self._waiting).append(one)
        for one in due:
            for partition, offsets in sorted(one.sources.items()):
                gone = offsets[~self._holds(partition, offsets)]
                if len(gone):
                    found.append(Missing(one.table, partition, np.unique(gone)))
        return found

    def _holds(self, partition: Partition, offsets: Offsets) -> npt.NDArray[np.bool_]:
        holds = np.zeros(len(offsets), np.bool_)
        there = self._there.get(partition, {})
        numbers = offsets // _BLOCK
        for number in np.unique(numbers).tolist():
            if (block := there.get(number)) is not None:
                own = numbers == number
                within = offsets[own] % _BLOCK
                holds[own] = (block[within >> 3] >> (within & 7).astype(np.uint8)) & 1
        return holds


def by_partition(column: Any) -> dict[Partition, Offsets]:
    """Raw offsets of a column of sources (`schemas.tables.SOURCE`), by partition; in no order."""
    flat = pc.list_flatten(column)
    if isinstance(flat, pa.ChunkedArray):
        flat = flat.combine_chunks()
    if not len(flat):
        return {}
    topics = pc.struct_field(flat, "topic").dictionary_encode()
    if isinstance(topics, pa.ChunkedArray):
        topics = topics.combine_chunks()
    names = topics.dictionary.to_pylist()
    which = np.asarray(topics.indices.to_numpy(zero_copy_only=False), np.int64)
    parts = np.asarray(pc.struct_field(flat, "partition").to_numpy(zero_copy_only=False), np.int64)
    offsets = np.asarray(pc.struct_field(flat, "offset").to_numpy(zero_copy_only=False), np.int64)
    found = {}
    for code, part in np.unique(np.stack([which, parts]), axis=1).T.tolist():
        found[Partition(names[code], part)] = offsets[(which == code) & (parts == part)]
    return found


def _blocks(offsets: Offsets) -> Iterator[tuple[int, Offsets]]:
    numbers = offsets // _BLOCK
    for number in np.unique(numbers).tolist():
        yield number, offsets[numbers == number] % _BLOCK
