"""Rendered examples on their way to their shards: files of lines, each sorted by order key, to be merged by ranges.

A run is an Arrow IPC file of lines and one of numbers (`.npz`). Only the lines that a shard wants are read again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_BATCH_BYTES = 256 << 10  # what is read at least for one line of it
_BATCH_ROWS = 4096
_LINES = pa.schema([("line", pa.large_binary())])


@dataclass(frozen=True, slots=True)
class Examples:
    """Examples without their lines: the row's order key, which of the row's examples, bytes, number of its kind.

    `kind` is that of `--balance` where it names a field of the example, else -1.
    """

    keys: npt.NDArray[np.uint64]
    part: npt.NDArray[np.uint16]
    size: npt.NDArray[np.uint32]
    kind: npt.NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.keys)


def write(path: Path, examples: Examples, lines: Sequence[bytes]) -> None:
    """One run, sorted. `path` has no suffix. Raises OSError."""
    order = np.lexsort((examples.part, examples.keys))
    rows = _rows_per_batch(len(lines), int(examples.size.sum()))
    with (
        pa.OSFile(f"{path}.arrow", "wb") as out,
        pa.ipc.new_file(out, _LINES, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer,
    ):
        for start in range(0, len(order), rows):
            part = pa.array([lines[i] for i in order[start : start + rows].tolist()], pa.large_binary())
            writer.write_batch(pa.record_batch([part], schema=_LINES))
    np.savez(
        f"{path}.npz",
        keys=examples.keys[order],
        part=examples.part[order],
        size=examples.size[order],
        kind=examples.kind[order],
    )


def examples(path: Path) -> Examples:
    """The numbers of a run. Raises OSError."""
    with np.load(f"{path}.npz", allow_pickle=False) as held:
        return Examples(held["keys"], held["part"], held["size"], held["kind"])


def lines(path: Path, places: npt.NDArray[np.intp]) -> Iterator[bytes]:
    """The lines at these places of a run, which ascend. Raises OSError."""
    with pa.memory_map(f"{path}.arrow") as mapped:
        reader = pa.ipc.open_file(mapped)
        rows = reader.get_batch(0).num_rows  # all but the last have as many
        for number in np.unique(places // rows).tolist():
            inside = places[np.searchsorted(places, number * rows) : np.searchsorted(places, (number + 1) * rows)]
            column = reader.get_batch(number).column(0)
            yield from column.take(pa.array(inside - number * rows)).to_pylist()


def _rows_per_batch(rows: int, size: int) -> int:
    return max(1, min(_BATCH_ROWS, rows * _BATCH_BYTES // max(size, 1)))


def joined(parts: Sequence[Examples]) -> Examples:
    """The examples of several runs, one run after the other."""
    none = Examples(np.empty(0, np.uint64), np.empty(0, np.uint16), np.empty(0, np.uint32), np.empty(0, np.int16))
    every = [none, *parts]
    return Examples(
        np.concatenate([part.keys for part in every]),
        np.concatenate([part.part for part in every]),
        np.concatenate([part.size for part in every]),
        np.concatenate([part.kind for part in every]),
    )
