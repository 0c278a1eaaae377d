"""Referential checks on what comes: do the events that a pair or session was made from stand in `interactions`?

At its start the process reads the sources of every event that is there; then only those of new files. Rows whose
events had no time to come yet wait in memory; after a restart they are not asked again: `redline ledger` asks of all.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pyarrow as pa

from quality.alert import LISTED, OffsetRange
from quality.references import References, by_partition
from redline.alerting import alert_of
from schemas import topics
from schemas.tables import TABLES
from sinks import reader, store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    import pyarrow.parquet as pq

    from quality.alert import Alert
    from quality.references import Missing
    from redline.lag import Progress
    from redline.quality.read import Opened
    from schemas.records import Partition
    from sinks.places import Place
    from sinks.release import Release

log = logging.getLogger("redline.quality")

KIND = "reference_missing"
_EVENTS = "interactions"
_REFERRING = ("pairs", "trajectories", "revisions")
_SOURCES = "sources"
_BATCH = 65_536
_ATTEMPTS = 5
_UNREADABLE = (OSError, ValueError, pa.ArrowException)
_UNREAD = "%s: its sources cannot be read (%s); run `redline doctor`"
_CLEAN = topics.BY_TABLE[_EVENTS].name


class Lineage:
    """What one process knows of sources. `release` opens those of published rows; without it nothing is checked."""

    def __init__(self, data_dir: Path, release: Release | None) -> None:
        self._data_dir = data_dir
        self._release = release
        self._references: References | None = None
        self._lost = False
        self._new: list[tuple[str, Mapping[Partition, pa.Array]]] = []
        self._reached: Mapping[Partition, int] = {}

    def take(self, opened: Opened) -> None:
        """A file that came: its events are there from now on, other rows are asked of later."""
        if self._release is None:
            return
        if opened.table == _EVENTS:
            if self._references is not None:
                for sources in self._sources(opened.path, opened.file):
                    self._references.came(by_partition(sources))
        elif opened.table in _REFERRING and not opened.quarantine:
            for rows in self._sources(opened.path, opened.file):
                told = self._release.seal.open(pa.table({_SOURCES: rows}), TABLES[opened.table])
                self._new.append((opened.table, by_partition(told.column(_SOURCES))))

    def missed(self) -> None:
        """A file that came was written anew before it was read: what it held is in another one."""
        self._lost = True

    def judge(self, progress: Progress | None) -> list[Missing]:
        """What is missing. `progress` is from after the files were taken; without one nothing is judged."""
        if self._release is None or (self._references is None and not self._new):
            return []
        if self._references is None or self._lost:
            self._read_everything()
        if self._references is None:
            return []
        # What interactions had reached at the look before has been taken in by now.
        found = self._references.judge(self._reached)
        if progress is not None:
            mark = {partition: end for partition, end in progress.ends.items() if partition.topic == _CLEAN}
            for table, sources in self._new:
                self._references.refer(table, sources, mark)
            self._reached = {p: offset for p, offset in progress.stored.items() if p.topic == _CLEAN}
        self._new = []
        return found

    def _read_everything(self) -> None:
        """Every event that is there; once more if a file was written anew meanwhile."""
        references = self._references or References()
        for _ in range(_ATTEMPTS):
            self._lost = False
            for quarantine in (False, True):
                for path in reader.places(self._data_dir, _EVENTS, quarantine=quarantine):
                    self._read(path, references)
            if not self._lost:
                self._references = references
                return

    def _read(self, path: Place, references: References) -> None:
        try:
            with store.parquet(path) as file:
                for sources in self._sources(path, file):
                    references.came(by_partition(sources))
        except FileNotFoundError:
            self._lost = True
        except _UNREADABLE as error:
            log.warning(_UNREAD, path, type(error).__name__)

    def _sources(self, path: Place, file: pq.ParquetFile) -> Iterator[pa.Array]:
        """The column of a file that is open."""
        try:
            for batch in file.iter_batches(_BATCH, columns=[_SOURCES]):
                yield batch.column(0)
        except _UNREADABLE as error:
            log.warning(_UNREAD, path, type(error).__name__)


def of_missing(missing: Iterable[Missing]) -> list[Alert]:
    """One alert for each table: how many offsets, and the first of them."""
    by_table: dict[str, list[Missing]] = {}
    for one in missing:
        by_table.setdefault(one.table, []).append(one)
    return [
        alert_of(
            KIND,
            table,
            got={"offsets": sum(len(one.offsets) for one in found)},
            where=tuple(
                OffsetRange(one.partition.topic, one.partition.index, int(offset), int(offset))
                for one in found
                for offset in one.offsets[:LISTED].tolist()
            )[:LISTED],
        )
        for table, found in sorted(by_table.items())
    ]
