"""One Delta table's log: the only import of deltalake.

A commit goes to exactly the version after the one that was read (`max_commit_retries=0`), so that whatever was decided
on that version still holds. Delta itself accepts an equal or lower transaction version from a fresh handle, and rebases
over other app ids: neither is a fence. Reading, comparing and committing on one handle is.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from deltalake import DeltaTable, Schema
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, CommitProperties, RemoveAction, Transaction

from schemas.errors import SinkError
from schemas.tables import PURPOSE_KEY
from sinks import log
from sinks.parquet import sync_file, sync_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from schemas.records import Partition
    from schemas.tables import Table
    from sinks.parquet import DataFile

_CONFIGURATION: dict[str, str | None] = {
    # Minima and maxima of text columns would put text into the log, out of reach of an erasure.
    "delta.dataSkippingNumIndexedCols": "0",
    # Reading the log back costs about 1 ms an entry; a checkpoint costs some 20 ms.
    "delta.checkpointInterval": "100",
}
# Of a table whose rows stay: entries of its log stay too, and Delta's own writers refuse to remove a row.
_APPEND_ONLY: dict[str, str | None] = {"delta.appendOnly": "true", "delta.enableExpiredLogCleanup": "false"}


class ConflictError(SinkError):
    """Another commit took the version: read again, decide again."""


class AmbiguousError(SinkError):
    """The log cannot be read after a commit, so nobody knows whether it holds: leave the files where they are."""


class TableLog:
    """The log of one table at one version; `refresh` moves on, nothing else does."""

    def __init__(self, root: Path, table: Table) -> None:
        """Open the table, creating it on first use; racing creators are fine.

        Raises:
            SinkError: the newest entry is torn, or the table has other columns or partitions.
            OSError: the disk refuses.
        """
        self._root = root
        self._table = table
        self._schema = Schema.from_arrow(table.stored)
        log.check_tail(root)
        self._delta = self._open()
        found = pa.schema(self._delta.schema().to_arrow())
        if found.names != table.stored.names or tuple(self._delta.metadata().partition_columns) != tuple(
            table.partition_by
        ):
            raise SinkError(
                f"{root}: needed the columns and partitions of table {table.name}, came others. "
                "The data folder was written by another version: `redline doctor` says what can be done"
            )

    @property
    def version(self) -> int:
        """The version that was read."""
        return self._delta.version()

    @property
    def table_id(self) -> str:
        """The table's own id: another table in the same folder has another."""
        return str(self._delta.metadata().id)

    def refresh(self) -> None:
        """Read on to the newest version. Raises SinkError if the log cannot be read."""
        try:
            self._delta.update_incremental()
        except DeltaError as error:
            kind = type(error).__name__
        else:
            return
        log.check_tail(self._root)
        raise SinkError(f"{self._root}: needed a readable Delta log, came {kind}; run `redline doctor`")

    def offset(self, partition: Partition) -> int | None:
        """The next offset to read, or None if the table has nothing of that partition."""
        return self._delta.transaction_version(partition.app_id)

    def live(self) -> dict[str, dict[str, str]]:
        """Every data file of this version: relative path -> partition values."""
        return _live(self._delta)

    def changes(self, after: int) -> tuple[set[str], set[str]] | None:
        """Files (added, removed) net since that version, or None if the log no longer tells."""
        commits = log.commits(self._root, after, self.version)
        if commits is None:
            return None
        added: set[str] = set()
        removed: set[str] = set()
        for commit in commits:
            added = (added | commit.adds) - commit.removes
            removed = (removed - commit.adds) | commit.removes
        return added, removed

    def commit(
        self,
        *,
        adds: Sequence[DataFile],
        removes: Mapping[str, Mapping[str, str]],
        offsets: Mapping[Partition, int],
        note: Mapping[str, Any],
    ) -> int:
        """Files and offsets in one entry, at exactly the next version; returns it. The handle is moved on.

        An answer that got lost is looked up in the log before anything is said: what is returned is true.

        Raises:
            ConflictError: another commit took that version; nothing of ours is in the table.
            OSError: the disk is full or refuses; nothing of ours is in the table.
            AmbiguousError: the log cannot be read to find out.
        """
        base, now_ms, identity = self.version, time.time_ns() // 1_000_000, uuid.uuid4().hex
        actions: list[AddAction | RemoveAction] = [
            # Only the count as statistics: see _CONFIGURATION.
            AddAction(f.path, f.size, dict(f.partition), now_ms, True, f'{{"numRecords":{f.rows}}}')
            for f in adds
        ]
        actions += [RemoveAction(path, True, now_ms, None, dict(partition)) for path, partition in removes.items()]
        failure = ""
        try:
            self._delta.create_write_transaction(
                actions,
                "append",
                self._schema,
                list(self._table.partition_by),
                commit_properties=CommitProperties(
                    custom_metadata={"redline": {**note, "commit": identity}},
                    max_commit_retries=0,
                    app_transactions=[Transaction(p.app_id, offset) for p, offset in offsets.items()],
                ),
            )
        except (DeltaError, OSError) as error:
            failure = type(error).__name__
        commits = self._since(base)
        if commits is None:
            raise AmbiguousError(f"{self._root}: needed the log after version {base}, came one that cannot be read")
        for commit in commits:
            if commit.note.get("commit") == identity:
                return commit.version
        if self.version > base:
            raise ConflictError(f"{self._root}: another commit took version {base + 1}")
        if failure == CommitFailedError.__name__:
            raise ConflictError(f"{self._root}: the commit of version {base + 1} was refused")
        raise OSError(f"{self._root}: needed a commit of version {base + 1}, came {failure or 'nothing'}")

    def sync(self, version: int) -> None:
        """Force an entry and the log's folder to the disk; delta-rs does neither. Raises OSError."""
        sync_file(log.entry(self._root, version))
        sync_folder(log.folder(self._root))

    def _since(self, base: int) -> list[log.Commit] | None:
        try:
            self.refresh()
        except SinkError:
            return None
        return log.commits(self._root, base, self.version)

    def _open(self) -> DeltaTable:
        try:
            return self._with_purpose(DeltaTable(self._root))
        except TableNotFoundError:
            pass
        self._root.mkdir(parents=True, exist_ok=True)
        try:
            delta = DeltaTable.create(
                self._root,
                self._schema,
                mode="ignore",
                partition_by=list(self._table.partition_by),
                name=self._table.name,
                description=self._table.meaning,
                configuration=_CONFIGURATION
                | {PURPOSE_KEY: self._table.purpose}
                | (_APPEND_ONLY if self._table.append_only else {}),
                raise_if_key_not_exists=False,
            )
        except DeltaError:
            delta = DeltaTable(self._root)  # another sink was first
        self.sync(0)
        sync_folder(self._root)
        return delta

    def _with_purpose(self, delta: DeltaTable) -> DeltaTable:
        """The table with its purpose in its metadata, also if it was written before tables had one."""
        if PURPOSE_KEY in delta.metadata().configuration:
            return delta
        try:
            delta.alter.set_table_properties({PURPOSE_KEY: self._table.purpose}, raise_if_not_exists=False)
        except DeltaError:
            return DeltaTable(self._root)  # another sink was first, or published meanwhile: then the next opening does
        self.sync(delta.version())
        return delta


def purpose(root: Path) -> str:
    """What the table says it is for; empty if there is no table, or it was written before tables said so."""
    try:
        return str(DeltaTable(root).metadata().configuration.get(PURPOSE_KEY, ""))
    except TableNotFoundError:
        return ""


def fits(root: Path, table: Table) -> bool:
    """True if the table at `root` has the columns that this version writes, or there is none."""
    try:
        return bool(pa.schema(DeltaTable(root).schema().to_arrow()).names == table.stored.names)
    except TableNotFoundError:
        return True


@dataclass(frozen=True, slots=True)
class FileFact:
    """One live data file, as the log tells it. `path` is relative to the table's root."""

    path: str
    rows: int
    size: int
    partition: Mapping[str, str]


def facts(root: Path) -> tuple[int, list[FileFact]]:
    """The newest version and its data files, without opening one; (-1, []) if there is no table. Creates nothing."""
    try:
        delta = DeltaTable(root)
    except TableNotFoundError:
        return -1, []
    actions = pa.table(delta.get_add_actions())
    found = actions.select(["path", "num_records", "size_bytes"]).to_pylist()
    live = _live(delta)
    return delta.version(), [
        FileFact(one["path"], one["num_records"] or 0, one["size_bytes"], live[one["path"]]) for one in found
    ]


def live_files(root: Path) -> list[str]:
    """Paths of a table's data files as of now, relative to its root; empty if there is no table. Creates nothing."""
    try:
        return sorted(_live(DeltaTable(root)))
    except TableNotFoundError:
        return []


def _live(delta: DeltaTable) -> dict[str, dict[str, str]]:
    actions = pa.table(delta.get_add_actions())
    paths = actions.column("path").to_pylist()
    # Delta gives no column for the partitions of a table that has none.
    split = "partition" in actions.schema.names
    values = actions.column("partition").to_pylist() if split else [{}] * len(paths)
    return {
        path: {name: str(value) for name, value in partition.items()}
        for path, partition in zip(paths, values, strict=True)
    }
