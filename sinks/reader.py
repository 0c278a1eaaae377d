"""What a table holds, for rooms that must not know Delta: rows, live files, offsets. Reads only, creates nothing.

`quarantine=True` asks for the rows that failed the gate instead; they have a column `quarantine_reason` more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from schemas.errors import SinkError
from schemas.records import Partition
from schemas.tables import TABLES
from sinks import delta_table, log, store
from sinks.layout import Layout
from sinks.quarantine import quarantine_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow.dataset as ds

    from schemas.tables import Table
    from sinks.delta_table import FileFact
    from sinks.places import Place
    from sinks.seal import Seal

# A sink unlinks a file as soon as its replacement is committed; a reader that listed it before lists again.
_ATTEMPTS = 10


def read(
    data_dir: Path,
    table_name: str,
    columns: Sequence[str] | None = None,
    *,
    quarantine: bool = False,
    seal: Seal | None = None,
) -> pa.Table:
    """The rows of a table, with its partition columns, as of one Delta version; in no order.

    `seal` opens the coordinates of a table that has them sealed.

    Raises:
        SinkError: there is no such table in the vocabulary, or its files kept changing.
    """
    table, root = _find(data_dir, table_name, quarantine=quarantine)
    names = list(columns) if columns is not None else table.schema.names
    stored = pa.schema([table.stored.field(name) for name in names])
    for _ in range(_ATTEMPTS):
        paths = delta_table.live_files(root)
        if not paths:
            rows = stored.empty_table()
            break
        try:
            rows = store.dataset(root, paths, table).to_table(columns=names)
        except FileNotFoundError:
            continue
        rows = rows.cast(stored)
        break
    else:
        raise SinkError(f"{root}: needed files that stay while they are read, came {_ATTEMPTS} changes in a row")
    return rows if seal is None else seal.open(rows, table)


def files(data_dir: Path, table_name: str, *, quarantine: bool = False) -> list[str]:
    """Paths or URLs of the live data files, as the Delta log names them; empty if nothing was written yet."""
    return [str(place) for place in places(data_dir, table_name, quarantine=quarantine)]


def places(data_dir: Path, table_name: str, *, quarantine: bool = False) -> list[Place]:
    """Likewise, as `sinks.store` takes them."""
    _, root = _find(data_dir, table_name, quarantine=quarantine)
    return [root / path for path in delta_table.live_files(root)]


def dataset(data_dir: Path, table_name: str, *, quarantine: bool = False, day: str | None = None) -> ds.Dataset | None:
    """The live files as one Arrow dataset, only those of an `event_date` if that is asked; None if there are none.

    A file that a sink replaces before it is read: FileNotFoundError. What is sealed stays so.

    Raises:
        SinkError: there is no such table in the vocabulary.
    """
    table, root = _find(data_dir, table_name, quarantine=quarantine)
    paths = delta_table.live_files(root)
    if day is not None:
        paths = [path for path in paths if path.startswith(f"event_date={day}/")]
    return store.dataset(root, paths, table) if paths else None


def facts(data_dir: Path, table_name: str, *, quarantine: bool = False) -> tuple[int, list[FileFact]]:
    """Version of a table and its live files with their rows and bytes, as the Delta log tells; (-1, []) without one."""
    _, root = _find(data_dir, table_name, quarantine=quarantine)
    return delta_table.facts(root)


def offsets(data_dir: Path, table_name: str, *, quarantine: bool = False) -> dict[Partition, int]:
    """The next offset to read of every partition the table has something of. Everything below is in the table.

    Raises:
        SinkError: the log is torn or has holes.
    """
    _, root = _find(data_dir, table_name, quarantine=quarantine)
    found = {Partition.of_app_id(app_id): version for app_id, version in log.app_versions(root).items()}
    return {partition: version for partition, version in found.items() if partition is not None}


def _find(data_dir: Path, table_name: str, *, quarantine: bool) -> tuple[Table, Place]:
    table = TABLES.get(table_name)
    if table is None:
        raise SinkError(f"table: needed one of {', '.join(TABLES)}, came another name")
    layout = Layout(data_dir)
    if quarantine:
        return quarantine_of(table), layout.quarantine(table.name)
    return table, layout.dataset(table.name)
