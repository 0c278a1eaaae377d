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

    from quality.alert import Alert
    from quality.references import Missing
    from redline.lag import Progress
    from redline.quality.read import New
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

    def take(self, new: New) -> None:
        """Files that came: events are there from now on, other rows are asked of later."""
        if self._release is None:
            return
        if new.table == _EVENTS:
            if self._references is not None:
                for sources in self._sources(map(str, new.files)):
                    self._references.came(by_partition(sources))
        elif new.table in _REFERRING and not new.quarantine:
            for rows in self._sources(map(str, new.files)):
                whole = pa.table({_SOURCES: rows})
                opened = self._release.seal.open(whole, TABLES[new.table])
                self._new.append((new.table, by_partition(opened.column(_SOURCES))))

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
                for sources in self._sources(reader.places(self._data_dir, _EVENTS, quarantine=quarantine)):
                    references.came(by_partition(sources))
            if not self._lost:
                self._references = references
                return

    def _sources(self, paths: Iterable[Place]) -> Iterator[pa.Array]:
        """The column of each file. If one is gone it was written anew, and what it held is in another one."""
        for path in paths:
            try:
                with store.parquet(path) as file:
                    for batch in file.iter_batches(_BATCH, columns=[_SOURCES]):
                        yield batch.column(0)
            except FileNotFoundError:
                self._lost = True
            except (OSError, ValueError, pa.ArrowException) as error:
                log.warning("%s: its sources cannot be read (%s); run `redline doctor`", path, type(error).__name__)


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
