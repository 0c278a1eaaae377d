"""New rows of every table, and of every quarantine, into points: file by file, only the columns that are measured.

How far a table was read is a version of its Delta log. Rows count once, when they come: what rewrites files does not
bring rows. A file that is gone before it was read counts by its number of rows, which the log knows.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from quality.measures import Point, merge
from quality.points import COLUMNS, QUARANTINED, of_quarantine, of_rows, of_unread
from schemas.errors import SinkError
from schemas.tables import HIDDEN, TABLES
from sinks import arrivals
from sinks.layout import Layout
from sinks.release import COLUMNS as TOLD_LATER
from sinks.release import TIME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from schemas.tables import Table
    from sinks.arrivals import Arrival
    from sinks.release import Release

log = logging.getLogger("redline.quality")

_BATCH = 8_192  # rows held at a time: of texts some ten megabytes
_SEALED = (*TOLD_LATER, TIME)
_UNREADABLE = (OSError, ValueError, KeyError, pa.ArrowException)


@dataclass(slots=True)
class New:
    """What came of one table (or its quarantine) up to a version. `name` is what the position is kept under."""

    name: str
    version: int
    rows: int = 0
    points: list[Point] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    table: str = ""
    quarantine: bool = False


def new_rows(data_dir: Path, position: Callable[[str], int | None], *, release: Release | None = None) -> Iterator[New]:
    """What every table got since the position that is kept of it, in parts; each part is to be dealt with whole.

    `release` opens what is withheld of published rows; without it their tools are not known.
    A table that cannot be read is left out, and said so in the log.
    """
    layout = Layout(data_dir)
    for table in TABLES.values():
        for quarantine in (False, True):
            root = layout.quarantine(table.name) if quarantine else layout.dataset(table.name)
            try:
                yield from _of_table(root, table, position, release, quarantine=quarantine)
            except SinkError as error:
                log.warning("not measured: %s", error)


def _of_table(
    root: Path, table: Table, position: Callable[[str], int | None], release: Release | None, *, quarantine: bool
) -> Iterator[New]:
    identity = arrivals.table_id(root)
    if identity is None:
        return
    name = f"{table.name}{'.quarantine' if quarantine else ''}@{identity}"
    after = position(name)
    newest = arrivals.newest(root)
    if after is not None and after > newest:
        log.warning(
            "%s: it was at version %d and is at %d now (a backup?): nothing of it is counted", root, after, newest
        )
        yield New(name, newest, table=table.name, quarantine=quarantine)
        return
    for part in arrivals.since(root, -1 if after is None else after):
        found = New(name, part.version, table=table.name, quarantine=quarantine)
        for file in part.files:
            found.rows += file.rows
            found.points = merge([*found.points, *_of_file(file, table, release, quarantine=quarantine)])
            found.files.append(file.path)
        yield found


def _of_file(file: Arrival, table: Table, release: Release | None, *, quarantine: bool) -> list[Point]:
    """Points of one file: all of it, or as many rows as the log says it had."""
    if not quarantine and not COLUMNS[table.name]:
        return of_unread(table.name, file.rows, file.at_us)
    found: list[Point] = []
    try:
        for rows in _batches(file.path, table, release, quarantine=quarantine):
            measure = of_quarantine if quarantine else of_rows
            found = merge([*found, *measure(table.name, rows, file.at_us)])
    except FileNotFoundError:
        pass
    except _UNREADABLE as error:
        log.warning("%s: needed a readable file, came %s; run `redline doctor`", file.path, type(error).__name__)
    else:
        return found
    if quarantine:
        return []
    return of_unread(table.name, file.rows, file.at_us)


def _batches(path: Path, table: Table, release: Release | None, *, quarantine: bool) -> Iterator[pa.Table]:
    opening = release is not None and table.sealed and not quarantine
    wanted: Sequence[str] = QUARANTINED if quarantine else COLUMNS[table.name]
    columns = [*wanted, *(("record_id", HIDDEN) if opening else ())]
    with pq.ParquetFile(path) as file:
        if missing := set(columns) - set(file.schema_arrow.names):
            raise KeyError(", ".join(sorted(missing)))
        for batch in file.iter_batches(_BATCH, columns=columns):
            rows = pa.Table.from_batches([batch])
            yield _opened(rows, table, release) if opening and release is not None else rows


def _opened(rows: pa.Table, table: Table, release: Release) -> pa.Table:
    """Rows with what is withheld of them in its columns."""
    hidden = release.revealed(rows, table)
    if all(one is None for one in hidden):
        return rows
    for place, name in enumerate(_SEALED):
        if name in rows.column_names:
            shown = rows.column(name).to_pylist()
            values = [value if told is None else told[place] for value, told in zip(shown, hidden, strict=True)]
            rows = rows.set_column(rows.schema.get_field_index(name), name, pa.array(values, pa.string()))
    return rows
