"""One Delta table's log: the only import of deltalake.

A commit goes to exactly the version after the one that was read (`max_commit_retries=0`), so that whatever was decided
on that version still holds. Delta itself accepts an equal or lower transaction version from a fresh handle, and rebases
over other app ids: neither is a fence. Reading, comparing and committing on one handle is.
"""

from __future__ import annotations

import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from deltalake import DeltaTable, Schema, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, CommitProperties, RemoveAction, Transaction

from schemas.errors import SinkError
from schemas.evolution import added
from schemas.tables import PURPOSE_KEY
from sinks import log, store
from sinks.parquet import sync_file, sync_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schemas.records import Partition
    from schemas.tables import Table
    from sinks.parquet import DataFile
    from sinks.places import Place

_CONFIGURATION: dict[str, str | None] = {
    # Minima and maxima of text columns would put text into the log, out of reach of an erasure.
    "delta.dataSkippingNumIndexedCols": "0",
    # Reading the log back costs about 1 ms an entry; a checkpoint costs some 20 ms.
    "delta.checkpointInterval": "100",
}
# Of a table whose rows stay: entries of its log stay too, and Delta's own writers refuse to remove a row.
_APPEND_ONLY: dict[str, str | None] = {"delta.appendOnly": "true", "delta.enableExpiredLogCleanup": "false"}
# Each try fails only if another sink committed at that moment.
_EVOLVERS = 20


class ConflictError(SinkError):
    """Another commit took the version: read again, decide again."""


class AmbiguousError(SinkError):
    """The log cannot be read after a commit, so nobody knows whether it holds: leave the files where they are."""


class TableLog:
    """The log of one table at one version; `refresh` moves on, nothing else does."""

    def __init__(self, root: Place, table: Table) -> None:
        """Open the table, creating it on first use, and adding the columns that an older version did not know.

        Racing creators are fine, and so are sinks that write on while columns are added.

        Raises:
            SinkError: the newest entry is torn, or the table has other columns or partitions.
            OSError: the disk refuses.
        """
        self._root = root
        self._table = table
        self._schema = Schema.from_arrow(table.stored)
        log.check_tail(root)
        self._delta = self._evolved(self._open())

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
        except (DeltaError, OSError) as error:
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
        failure = self._append(
            actions, {**note, "commit": identity}, [Transaction(p.app_id, offset) for p, offset in offsets.items()]
        )
        commits = self._since(base)
        if commits == [] and not isinstance(self._root, Path):
            # A store may still be at it: what we asked for could land after we said that it did not.
            try:
                self.fence()
            except (SinkError, OSError):
                commits = None
            else:
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

    def fence(self) -> None:
        """Take the next version for an entry that says nothing, so that nobody's older request can take it.

        An object store may do what it was asked after the asker has given up, or died. A local disk does not: then
        this is nothing. The handle is moved on.

        Raises:
            SinkError: the store does not answer.
        """
        if isinstance(self._root, Path):
            return
        base = self.version
        failure = self._append([], {"fence": True}, [])
        self.refresh()
        if self.version == base:
            raise SinkError(f"{self._root}: needed an entry of version {base + 1}, came {failure or 'nothing'}")

    def _append(self, actions: Sequence[AddAction | RemoveAction], note: Any, offsets: list[Transaction]) -> str:
        """One entry at exactly the next version; returns what went wrong, if anything did."""
        try:
            self._delta.create_write_transaction(
                list(actions),
                "append",
                self._schema,
                list(self._table.partition_by),
                commit_properties=CommitProperties(
                    custom_metadata={"redline": note}, max_commit_retries=0, app_transactions=offsets
                ),
            )
        except (DeltaError, OSError) as error:
            return type(error).__name__
        return ""

    def sync(self, version: int) -> None:
        """Force an entry and the log's folder to the disk; delta-rs does neither, object stores do. Raises OSError."""
        entry, folder = log.entry(self._root, version), log.folder(self._root)
        if isinstance(entry, Path) and isinstance(folder, Path):
            sync_file(entry)
            sync_folder(folder)

    def _since(self, base: int) -> list[log.Commit] | None:
        try:
            self.refresh()
            return log.commits(self._root, base, self.version)
        except (SinkError, OSError):
            return None

    def _open(self) -> DeltaTable:
        try:
            return self._with_purpose(_table(self._root))
        except TableNotFoundError:
            pass
        if isinstance(self._root, Path):
            self._root.mkdir(parents=True, exist_ok=True)
        try:
            delta = DeltaTable.create(
                str(self._root),
                self._schema,
                mode="ignore",
                partition_by=list(self._table.partition_by),
                name=self._table.name,
                description=self._table.meaning,
                configuration=_CONFIGURATION
                | {PURPOSE_KEY: self._table.purpose}
                | (_APPEND_ONLY if self._table.append_only else {}),
                storage_options=store.options(self._root),
                raise_if_key_not_exists=False,
            )
        except DeltaError:
            delta = _table(self._root)  # another sink was first
        self.sync(0)
        if isinstance(self._root, Path):
            sync_folder(self._root)
        return delta

    def _with_purpose(self, delta: DeltaTable) -> DeltaTable:
        """The table with its purpose in its metadata, also if it was written before tables had one."""
        if PURPOSE_KEY in delta.metadata().configuration:
            return delta
        try:
            delta.alter.set_table_properties({PURPOSE_KEY: self._table.purpose}, raise_if_not_exists=False)
        except DeltaError:
            return _table(self._root)  # another sink was first, or published meanwhile: then the next opening does
        self.sync(delta.version())
        return delta

    def _evolved(self, delta: DeltaTable) -> DeltaTable:
        """The table with all columns of this version in its metadata; old files stay as they are."""
        for _ in range(_EVOLVERS):
            missing = _missing(delta, self._table)
            if missing is None:
                raise SinkError(
                    f"{self._root}: needed the columns and partitions of table {self._table.name}, came others. "
                    "The data folder was written by another version: `redline doctor` says what can be done"
                )
            if not missing:
                return delta
            # Another sink may be first with the same columns: then the second look finds them.
            with suppress(DeltaError):
                write_deltalake(delta, self._table.stored.empty_table(), mode="append", schema_mode="merge")
            delta = _table(self._root)
            self.sync(delta.version())
        raise SinkError(
            f"{self._root}: needed to add the columns {', '.join(missing or ())}, other commits kept coming first"
        )


def _missing(delta: DeltaTable, table: Table) -> tuple[str, ...] | None:
    """Columns that the table's metadata lacks; None if it is another table."""
    if tuple(delta.metadata().partition_columns) != tuple(table.partition_by):
        return None
    return added(pa.schema(delta.schema().to_arrow()), table.stored)


def _table(root: Place) -> DeltaTable:
    return DeltaTable(str(root), storage_options=store.options(root))


def purpose(root: Place) -> str:
    """What the table says it is for; empty if there is no table, or it was written before tables said so."""
    try:
        return str(_table(root).metadata().configuration.get(PURPOSE_KEY, ""))
    except TableNotFoundError:
        return ""


def fits(root: Place, table: Table) -> bool:
    """True if this version can write to the table at `root`, adding columns to it if need be, or there is none."""
    try:
        return _missing(_table(root), table) is not None
    except TableNotFoundError:
        return True


@dataclass(frozen=True, slots=True)
class FileFact:
    """One live data file, as the log tells it. `path` is relative to the table's root."""

    path: str
    rows: int
    size: int
    partition: Mapping[str, str]


def facts(root: Place) -> tuple[int, list[FileFact]]:
    """The newest version and its data files, without opening one; (-1, []) if there is no table. Creates nothing."""
    try:
        delta = _table(root)
    except TableNotFoundError:
        return -1, []
    actions = pa.table(delta.get_add_actions())
    found = actions.select(["path", "num_records", "size_bytes"]).to_pylist()
    return delta.version(), [
        FileFact(one["path"], one["num_records"] or 0, one["size_bytes"], values)
        for one, values in zip(found, _partitions(actions), strict=True)
    ]


def live_files(root: Place) -> list[str]:
    """Paths of a table's data files as of now, relative to its root; empty if there is no table. Creates nothing."""
    try:
        return sorted(_live(_table(root)))
    except TableNotFoundError:
        return []


def _live(delta: DeltaTable) -> dict[str, dict[str, str]]:
    actions = pa.table(delta.get_add_actions())
    return dict(zip(actions.column("path").to_pylist(), _partitions(actions), strict=True))


def _partitions(actions: pa.Table) -> list[dict[str, str]]:
    """Partition values of each file."""
    # Delta gives no column for the partitions of a table that has none.
    if "partition" not in actions.schema.names:
        return [{} for _ in range(actions.num_rows)]
    found = actions.column("partition").to_pylist()
    return [{name: str(value) for name, value in values.items()} for values in found]
