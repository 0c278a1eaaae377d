"""The table of what is measured over time: parts of points appended, each exactly once; read as they add up; compacted.

Who appends says in the same commit how far it has read, so a kill counts nothing twice and leaves nothing out:

1. The parts, in one file for each day, forced to the disk. A kill leaves files that no entry names: the next one
   opening the table removes them.
2. One Delta commit at exactly the next version: the files, and one position for each thing that was read.
3. The entry is forced to the disk.

One process writes at a time, by the lock of whoever opens it. A second writer that comes in all the same is found by
Delta's create-if-absent, and has to open the table anew.
"""

from __future__ import annotations

import os
import uuid
from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas.errors import SinkError
from schemas.records import Partition
from schemas.tables import PURPOSE_KEY, QUALITY_HISTORY
from sinks import delta_table
from sinks.delta import AmbiguousError, ConflictError, TableLog
from sinks.layout import Layout
from sinks.parquet import COMPRESSION, DataFile, sync_folders

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

Merge = Callable[[pa.Table], pa.Table]

_DAY = "day"
_MOST_FILES = 24  # of one day, before they are compacted into one
_READ_ATTEMPTS = 10
_BODY = pa.schema([field for field in QUALITY_HISTORY.schema if field.name != _DAY]).with_metadata(
    {PURPOSE_KEY: QUALITY_HISTORY.purpose}
)


class History:
    """The table as its one writer sees it.

    Raises:
        SinkError: the table is torn or of another version.
        OSError: the disk refuses.
    """

    def __init__(self, data_dir: Path, *, crash: Callable[[int], None] = lambda _step: None) -> None:
        self._root = Layout(data_dir).history
        self._log = TableLog(self._root, QUALITY_HISTORY)
        self._crash = crash
        live = self._log.live()
        for path in self._root.glob(f"{_DAY}=*/*.parquet"):
            if str(path.relative_to(self._root)) not in live:
                path.unlink(missing_ok=True)

    def position(self, name: str) -> int | None:
        """How far the thing of this name has been read; None: never."""
        return self._log.offset(_named(name))

    def append(self, rows: pa.Table, read: Mapping[str, int]) -> None:
        """Add parts of points, and say how far things have been read.

        Args:
            rows: columns of `QUALITY_HISTORY`; may be none.
            read: name of a thing (letters, digits, `.`, `@`, `-`) to its position.

        Raises:
            ConflictError: another process has written meanwhile; open the table anew, read on from its positions.
            OSError: the disk is full or refuses; nothing was added.
        """
        if not rows.num_rows and not read:
            return
        adds = self._write(rows)
        self._crash(1)
        self._commit(adds, {}, read)

    def compact(self, merge: Merge, *, first_day: str) -> int:
        """Make one file of a day that has many; drop days before `first_day`. Returns how many files went.

        `merge` adds up the rows of one day; whatever it is told twice it may be told once.

        Raises:
            ConflictError: another process has written meanwhile; nothing was changed.
            OSError: likewise: the disk is full or refuses.
        """
        days: dict[str, list[str]] = defaultdict(list)
        live = self._log.live()
        for path, partition in live.items():
            days[partition[_DAY]].append(path)
        old = {path for day, paths in days.items() if day < first_day for path in paths}
        many = {day: paths for day, paths in days.items() if day >= first_day and len(paths) > _MOST_FILES}
        if not old and not many:
            return 0
        adds: list[DataFile] = []
        for paths in many.values():
            adds += self._write(merge(_read(self._root, sorted(paths))))
        gone = old.union(*many.values())
        self._crash(3)
        self._commit(adds, {path: live[path] for path in gone}, {})
        for path in gone:
            (self._root / path).unlink(missing_ok=True)
        return len(gone)

    def _commit(self, adds: list[DataFile], removes: Mapping[str, Mapping[str, str]], read: Mapping[str, int]) -> None:
        try:
            version = self._log.commit(
                adds=adds,
                removes=removes,
                offsets={_named(name): position for name, position in read.items()},
                note={"quality": "compacted" if removes else "looked"},
            )
        except AmbiguousError:
            raise  # the files may be the table's: whoever opens it next looks
        except (ConflictError, OSError):
            for file in adds:
                (self._root / file.path).unlink(missing_ok=True)
            raise
        self._crash(2)
        self._log.sync(version)

    def _write(self, rows: pa.Table) -> list[DataFile]:
        """One file for each day, durable, that no entry names yet."""
        done = []
        days = rows.column(_DAY).cast(pa.string())
        for day in sorted(pc.unique(days).to_pylist()):
            body = (
                rows.filter(pc.equal(days, day)).select(_BODY.names).cast(_BODY).replace_schema_metadata(_BODY.metadata)
            )
            path = f"{_DAY}={day}/{uuid.uuid4().hex}.parquet"
            target = self._root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as out:
                pq.write_table(body, out, write_statistics=QUALITY_HISTORY.plain, **COMPRESSION)
                out.flush()
                os.fsync(out.fileno())
            done.append(DataFile(path, target.stat().st_size, body.num_rows, {_DAY: day}))
        sync_folders(self._root, [file.path for file in done])
        return done


def read(data_dir: Path, *, first_day: str = "") -> pa.Table:
    """All parts of the days from `first_day` (`YYYY-MM-DD`) on, in no order; none if nothing was written yet.

    Raises:
        SinkError: its files kept changing.
    """
    root = Layout(data_dir).history
    for _ in range(_READ_ATTEMPTS):
        paths = [path for path in delta_table.live_files(root) if path.partition("/")[0].partition("=")[2] >= first_day]
        try:
            return _read(root, paths)
        except FileNotFoundError:
            continue  # compacted between the log and our reading
    raise SinkError(f"{root}: needed files that stay while they are read, came {_READ_ATTEMPTS} changes in a row")


def _read(root: Path, paths: Iterable[str]) -> pa.Table:
    parts = [QUALITY_HISTORY.schema.empty_table()]
    for path in paths:
        body = pq.ParquetFile(root / path).read()
        day = pa.scalar(path.partition("/")[0].partition("=")[2]).cast(pa.date32())
        columns: list[Any] = [
            pa.repeat(day, body.num_rows) if field.name == _DAY else body.column(field.name)
            for field in QUALITY_HISTORY.schema
        ]
        parts.append(pa.Table.from_arrays(columns, schema=QUALITY_HISTORY.schema))
    return pa.concat_tables(parts)


def _named(name: str) -> Partition:
    return Partition(f"quality.{name}", 0)
