"""A Delta table as it lies there: made on first use, given its columns and its purpose, looked at.

With `sinks.delta`, which commits, the only import of deltalake.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from deltalake import DeltaTable, Schema, write_deltalake
from deltalake.exceptions import DeltaError, TableNotFoundError

from schemas.errors import SinkError
from schemas.evolution import added
from schemas.tables import PURPOSE_KEY
from sinks import log, store
from sinks.parquet import sync_file, sync_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.tables import Table
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


def opened(root: Place, table: Table) -> DeltaTable:
    """The table, created on first use, with the columns that an older version did not know.

    Racing creators are fine, and so are sinks that write on while columns are added.

    Raises:
        SinkError: the newest entry is torn, or the table has other columns or partitions.
        OSError: the disk refuses.
    """
    log.check_tail(root)
    return _evolved(_open(root, table), root, table)


def sync(root: Place, version: int) -> None:
    """Force an entry and the log's folder to the disk; delta-rs does neither, object stores do. Raises OSError."""
    entry, folder = log.entry(root, version), log.folder(root)
    if isinstance(entry, Path) and isinstance(folder, Path):
        sync_file(entry)
        sync_folder(folder)


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
        return sorted(live(_table(root)))
    except TableNotFoundError:
        return []


def live(delta: DeltaTable) -> dict[str, dict[str, str]]:
    """Every data file of the version that was read: relative path -> partition values."""
    actions = pa.table(delta.get_add_actions())
    return dict(zip(actions.column("path").to_pylist(), _partitions(actions), strict=True))


def _open(root: Place, table: Table) -> DeltaTable:
    try:
        return _with_purpose(_table(root), root, table)
    except TableNotFoundError:
        pass
    if isinstance(root, Path):
        root.mkdir(parents=True, exist_ok=True)
    try:
        delta = DeltaTable.create(
            str(root),
            Schema.from_arrow(table.stored),
            mode="ignore",
            partition_by=list(table.partition_by),
            name=table.name,
            description=table.meaning,
            configuration=_CONFIGURATION | {PURPOSE_KEY: table.purpose} | (_APPEND_ONLY if table.append_only else {}),
            storage_options=store.options(root),
            raise_if_key_not_exists=False,
        )
    except DeltaError:
        delta = _table(root)  # another sink was first
    sync(root, 0)
    if isinstance(root, Path):
        sync_folder(root)
    return delta


def _with_purpose(delta: DeltaTable, root: Place, table: Table) -> DeltaTable:
    """The table with its purpose in its metadata, also if it was written before tables had one."""
    if PURPOSE_KEY in delta.metadata().configuration:
        return delta
    try:
        delta.alter.set_table_properties({PURPOSE_KEY: table.purpose}, raise_if_not_exists=False)
    except DeltaError:
        return _table(root)  # another sink was first, or published meanwhile: then the next opening does
    sync(root, delta.version())
    return delta


def _evolved(delta: DeltaTable, root: Place, table: Table) -> DeltaTable:
    """The table with all columns of this version in its metadata; old files stay as they are."""
    for _ in range(_EVOLVERS):
        missing = _missing(delta, table)
        if missing is None:
            raise SinkError(
                f"{root}: needed the columns and partitions of table {table.name}, came others. "
                "The data folder was written by another version: `redline doctor` says what can be done"
            )
        if not missing:
            return delta
        # Another sink may be first with the same columns: then the second look finds them.
        with suppress(DeltaError):
            write_deltalake(delta, table.stored.empty_table(), mode="append", schema_mode="merge")
        delta = _table(root)
        sync(root, delta.version())
    raise SinkError(f"{root}: needed to add the columns {', '.join(missing or ())}, other commits kept coming first")


def _missing(delta: DeltaTable, table: Table) -> tuple[str, ...] | None:
    """Columns that the table's metadata lacks; None if it is another table."""
    if tuple(delta.metadata().partition_columns) != tuple(table.partition_by):
        return None
    return added(pa.schema(delta.schema().to_arrow()), table.stored)


def _table(root: Place) -> DeltaTable:
    return DeltaTable(str(root), storage_options=store.options(root))


def _partitions(actions: pa.Table) -> list[dict[str, str]]:
    """Partition values of each file."""
    # Delta gives no column for the partitions of a table that has none.
    if "partition" not in actions.schema.names:
        return [{} for _ in range(actions.num_rows)]
    found = actions.column("partition").to_pylist()
    return [{name: str(value) for name, value in values.items()} for values in found]
