"""Which examples go into which file: by split, in the order of the export, so many rows and bytes each."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class Shard(msgspec.Struct, frozen=True):
    """One file of the export: examples `start` to `stop` of the selection."""

    name: str
    split: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Selection:
    """The chosen examples, by split and then in order: run and place of the line, bytes, and its row in `Rows`."""

    run: npt.NDArray[np.int32]
    place: npt.NDArray[np.uint32]
    size: npt.NDArray[np.uint32]
    row: npt.NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.run)

    def save(self, folder: Path) -> None:
        """Write the arrays below a folder. Raises OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        for one in fields(self):
            np.save(folder / f"{one.name}.npy", getattr(self, one.name), allow_pickle=False)


def load(folder: Path) -> Selection:
    """What `save` wrote, read when it is asked for (memory maps). Raises OSError."""
    return Selection(**{one.name: np.load(folder / f"{one.name}.npy", mmap_mode="r") for one in fields(Selection)})


def shards(
    counts: Mapping[str, int], size: npt.NDArray[np.uint32], *, rows: int, most_bytes: int, suffix: str
) -> list[Shard]:
    """The files of every split. `counts`: examples by split, in the order of the selection.

    A file has at most `rows` rows, and bytes as JSON at most `most_bytes` unless a single row is larger.
    """
    found: list[Shard] = []
    begin = 0
    for split, count in counts.items():
        ends = _ends(size[begin : begin + count], rows, most_bytes)
        for number, (start, stop) in enumerate(zip([0, *ends], ends, strict=False)):
            name = f"{split}-{number:05}-of-{len(ends):05}.{suffix}"
            found.append(Shard(name, split, begin + start, begin + stop))
        begin += count
    return found


def _ends(size: npt.NDArray[np.uint32], rows: int, most_bytes: int) -> Sequence[int]:
    total = np.cumsum(size, dtype=np.int64)
    ends: list[int] = []
    start = 0
    while start < len(size):
        before = int(total[start - 1]) if start else 0
        by_bytes = int(np.searchsorted(total, before + most_bytes, "right"))
        start = min(start + rows, max(by_bytes, start + 1), len(size))
        ends.append(start)
    return ends
