"""One Delta table's log, and commits to it. With `sinks.delta_table`, the only import of deltalake.

A commit goes to exactly the version after the one that was read (`max_commit_retries=0`), so that whatever was decided
on that version still holds. Delta itself accepts an equal or lower transaction version from a fresh handle, and rebases
over other app ids: neither is a fence. Reading, comparing and committing on one handle is.
"""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deltalake import Schema
from deltalake.exceptions import CommitFailedError, DeltaError
from deltalake.transaction import AddAction, CommitProperties, RemoveAction, Transaction

from schemas.errors import SinkError
from sinks import delta_table, log

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schemas.records import Partition
    from schemas.tables import Table
    from sinks.parquet import DataFile
    from sinks.places import Place


class ConflictError(SinkError):
    """Another commit took the version: read again, decide again."""


class AmbiguousError(SinkError):
    """The log cannot be read after a commit, so nobody knows whether it holds: leave the files where they are."""


class TableLog:
    """The log of one table at one version; `refresh` moves on, nothing else does."""

    def __init__(self, root: Place, table: Table) -> None:
        """Open the table, creating it on first use. Raises as `delta_table.opened`."""
        self._root = root
        self._table = table
        self._schema = Schema.from_arrow(table.stored)
        self._delta = delta_table.opened(root, table)

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
        return delta_table.live(self._delta)

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
            # Only the count as statistics: see `delta_table`.
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
        delta_table.sync(self._root, version)

    def _since(self, base: int) -> list[log.Commit] | None:
        try:
            self.refresh()
            return log.commits(self._root, base, self.version)
        except (SinkError, OSError):
            return None
