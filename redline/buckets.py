"""Rows spread over files by an id, so that one bucket after the other fits in memory (a partitioned hash join)."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, Self

import pyarrow as pa

from redline.lock import DataLock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

_ROWS = 25_000  # of one bucket: as Python objects some 100 MB
_MOST = 400  # open files: two sides stay below the usual limit of 1,024
_DIGITS = 8


class Side:
    """One side of a join: the files of its buckets. All its tables have the same schema."""

    def __init__(self, folder: Path, buckets: int) -> None:
        self._folder = folder
        self._buckets = buckets
        self._writers: dict[int, Any] = {}
        folder.mkdir(mode=0o700)

    def add(self, rows: pa.Table, ids: Sequence[str]) -> None:
        """Put row `i` into the bucket of `ids[i]`, 32 hex digits."""
        places: dict[int, list[int]] = {}
        for position, identity in enumerate(ids):
            places.setdefault(int(identity[:_DIGITS], 16) * self._buckets >> (4 * _DIGITS), []).append(position)
        for bucket, positions in places.items():
            if bucket not in self._writers:
                options = pa.ipc.IpcWriteOptions(compression="zstd")
                self._writers[bucket] = pa.ipc.new_stream(str(self._path(bucket)), rows.schema, options=options)
            self._writers[bucket].write_table(rows.take(pa.array(positions)))

    def take(self, bucket: int) -> pa.Table | None:
        """The rows of one bucket, None if it has none; its file is gone afterwards."""
        writer = self._writers.pop(bucket, None)
        if writer is None:
            return None
        writer.close()
        with pa.OSFile(str(self._path(bucket)), "rb") as file:
            rows = pa.ipc.open_stream(file).read_all()
        self._path(bucket).unlink()
        return rows

    def close(self) -> None:
        """Close what is open."""
        for writer in self._writers.values():
            writer.close()

    def _path(self, bucket: int) -> Path:
        return self._folder / f"{bucket}.arrow"


class Buckets:
    """As a context manager: files below `folder` (mode 0700), removed at the end, and at the next start after a crash.

    Buckets are ranges of ids, so going through them in order is going through the ids in order.

    Args:
        folder: made on entry; nothing else may be in it.
        rows: how many are expected on the greater side.

    Raises:
        LockedError: on entry, if another process works in the folder.
    """

    def __init__(self, folder: Path, rows: int) -> None:
        self._folder = folder
        self._number = min(_MOST, rows // _ROWS + 1)
        self._lock = DataLock(folder.parent, name=f"{folder.name}.lock")
        self._sides: list[Side] = []

    def side(self) -> Side:
        """A side of the join; ends with this."""
        self._sides.append(Side(self._folder / f"{len(self._sides)}", self._number))
        return self._sides[-1]

    def all(self) -> range:
        """Every bucket, in the order of ids."""
        return range(self._number)

    def __enter__(self) -> Self:
        self._lock.acquire()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(mode=0o700)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for side in self._sides:
            side.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._lock.release()
