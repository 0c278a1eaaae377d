"""One Delta table with its files and its index, as one sink sees it: refresh, stage, commit, settle, discard.

The dataset table and its quarantine are two shelves: what is decided differs, how it becomes durable does not.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from schemas.errors import SinkError
from sinks import location, orphans
from sinks.dedupe import displaced, plan
from sinks.delta import ConflictError, TableLog
from sinks.destroyed import DestroyedRows
from sinks.index import Index
from sinks.parquet import MOVED, Files
from sinks.tombstones import Tombstones

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from schemas.records import Partition
    from schemas.tables import Table
    from sinks.dedupe import Identity, Known
    from sinks.layout import Layout
    from sinks.parquet import DataFile

# Sinks that commit once a second each, some 20 ms long, collide rarely; twenty in a row means something is wrong.
ATTEMPTS = 20
_BACKOFF_S = 0.05


@dataclass(frozen=True, slots=True)
class Staged:
    """Files in their folders that no log names yet, and the files they replace (path -> partition values)."""

    adds: tuple[DataFile, ...]
    removes: Mapping[str, Mapping[str, str]]
    moved: Mapping[str, frozenset[str]]
    """What `displaced` said when this was staged."""
    ids: tuple[Identity, ...]
    """The rows that are new: those of `adds` without the ones that only moved from a replaced file."""
    intent: Path | None = None


def pause(attempt: int, sink: str) -> None:
    """Wait before another attempt: longer each time, and not as long as the other sink."""
    time.sleep(min(1.0, _BACKOFF_S * attempt) * (1 + (hash(sink) % 8) / 8))


class Shelf:
    """One table below `root` for one sink. `kind` is `dataset` or `quarantine`.

    Raises:
        SinkError: the table is torn or of another version.
        OSError: the disk refuses.
    """

    def __init__(self, *, layout: Layout, kind: str, table: Table, sink: str) -> None:
        self.table = table
        self._root = layout.dataset(table.name) if kind == "dataset" else layout.quarantine(table.name)
        self._staging = layout.staging(sink, kind, table.name)
        location.claim(layout.data_dir)
        self._locks = layout.locks
        self._sink = sink
        self._files = Files(root=self._root, staging=self._staging, sink=sink, table=table)
        self.log = TableLog(self._root, table)
        self._tombstones = Tombstones(layout, table.name)
        self._destroyed = DestroyedRows(layout, table.name)
        self._index = Index(layout.index(kind, table.name, sink))

    def collect_orphans(self) -> int:
        """Remove what crashes left; see `sinks.orphans`. Returns how many files."""
        return orphans.collect(
            root=self._root,
            staging=self._staging,
            locks=self._locks,
            sink=self._sink,
            table=self.log,
            files=self._files,
        )

    def close(self) -> None:
        """Release the index."""
        self._index.close()

    def refresh(self) -> None:
        """Read the newest version, and cover it with the index. Raises SinkError, OSError."""
        for attempt in range(ATTEMPTS):
            self.log.refresh()
            self._tombstones.refresh()  # after the log: an erasure writes its list, then a commit
            self._destroyed.refresh()  # likewise
            try:
                self._index.catch_up(self.log, self._files)
            except FileNotFoundError:
                pause(attempt, self._sink)  # replaced by another sink between its commit and our reading
            else:
                return
        raise SinkError(f"{self._root}: needed every live file to be there, came a missing one; run `redline doctor`")

    @property
    def fresh(self) -> bool:
        """True if the index covers exactly the version that the log has read."""
        return self._index.version == self.log.version

    def known(self, ids: Sequence[Identity]) -> dict[str, Known]:
        """What the table holds of these ids, as of the last refresh."""
        return self.known_ids([identity.record_id for identity in ids])

    def known_ids(self, record_ids: Sequence[str]) -> dict[str, Known]:
        """Likewise, of ids alone."""
        return self._index.known(record_ids)

    def erased(self, ids: Sequence[Identity]) -> frozenset[str]:
        """Which of these ids must never be there (again), as of the last refresh."""
        return self._tombstones.of(identity.record_id for identity in ids)

    def destroyed(self, rows: pa.Table) -> frozenset[str]:
        """Ids of these rows that are there under another id since their key was destroyed, as of the last refresh."""
        if not self._destroyed:
            return frozenset()
        return self._destroyed.of(rows.select(["record_id", "sources"]).to_pylist())

    def stage(self, rows: pa.Table, ids: Sequence[Identity], moved: Mapping[str, frozenset[str]], label: str) -> Staged:
        """Write rows, and copies of the files that hold older revisions of them (`moved`) without those.

        `ids[i]` is the identity of row `i`.

        Raises:
            ConflictError: another sink replaced such a file meanwhile.
            OSError: the disk is full or refuses; nothing is left.
        """
        adds: list[DataFile] = []
        removes: dict[str, Mapping[str, str]] = {}
        conflict = False
        try:
            if rows.num_rows:
                adds += self._files.write(rows, ids, label)
            live = self.log.live() if moved else {}
            for path, record_ids in moved.items():
                removes[path] = live[path]
                adds += self._files.without(path, live[path], record_ids, f"{MOVED}{label}")
            self._files.verify(adds)
            intent = orphans.intend(self._staging, removes) if removes else None
        except (FileNotFoundError, KeyError):
            conflict = True
        except BaseException:
            self._files.remove(file.path for file in adds)
            raise
        if conflict:
            self._files.remove(file.path for file in adds)
            raise ConflictError(f"{self._root}: a file to be replaced is gone")
        return Staged(tuple(adds), removes, moved, tuple(ids), intent)

    def holds(self, staged: Staged) -> bool:
        """True if what was staged is still what must be done, after another sink's commit."""
        return displaced(staged.ids, self.known(staged.ids)) == staged.moved

    def verify(self, staged: Staged) -> None:
        """Raises SinkError if a staged file is not there with its size."""
        self._files.verify(staged.adds)

    def commit(self, staged: Staged, offsets: Mapping[Partition, int], note: Mapping[str, Any]) -> int:
        """One log entry; see `TableLog.commit`."""
        return self.log.commit(adds=staged.adds, removes=staged.removes, offsets=offsets, note=note)

    def settle(self, version: int, staged: Staged) -> None:
        """After the commit: the entry onto the disk, then the replaced files away, then the index. Raises OSError."""
        self.log.sync(version)
        self._files.remove(staged.removes)
        if staged.intent is not None:
            staged.intent.unlink(missing_ok=True)
        adds = {file.path: file.identities for file in staged.adds}
        self._index.apply(version, self.log.table_id, adds, staged.removes)

    def discard(self, staged: Staged | None) -> None:
        """Remove staged files that were not committed."""
        if staged is not None:
            self._files.remove(file.path for file in staged.adds)
            if staged.intent is not None:
                staged.intent.unlink(missing_ok=True)

    def publish(
        self,
        rows: pa.Table,
        ids: Sequence[Identity],
        offsets: Mapping[Partition, int],
        label: str,
        note: Mapping[str, Any],
    ) -> int:
        """Add those of the rows that are not there yet, in a commit of their own; returns how many.

        `ids[i]` is the identity of row `i`.

        Idempotent by `record_id`, whatever the batch limits of the first try were.

        Raises:
            SinkError: other commits kept coming first.
            OSError: the disk is full or refuses; nothing is left.
        """
        for attempt in range(ATTEMPTS):
            self.refresh()
            known = self.known(ids)
            keep = plan(ids, known, {}, amendable=self.table.amendable, erased=self.erased(ids)).keep
            if not keep:
                return 0
            kept = [ids[i] for i in keep]
            try:
                staged = self.stage(rows.take(pa.array(keep)), kept, displaced(kept, known), label)
            except ConflictError:
                pause(attempt, self._sink)
                continue
            ahead = {partition: max(end, self.log.offset(partition) or 0) for partition, end in offsets.items()}
            try:
                version = self.commit(staged, ahead, note)
            except ConflictError:
                self.discard(staged)
                pause(attempt, self._sink)
                continue
            except OSError:
                self.discard(staged)
                raise
            self.settle(version, staged)
            return len(keep)
        raise SinkError(f"{self._root}: needed a commit, came {ATTEMPTS} of other sinks in a row")


def labelled(ranges: Iterable[tuple[Partition, tuple[int, int]]]) -> str:
    """Part of a file name that tells where its rows came from: the first partition's range, and how many more."""
    (topic, index), (start, end) = min(ranges)
    return f"{topic}-{index}-{start}-{end}"
