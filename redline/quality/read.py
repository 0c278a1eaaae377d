"""New rows of every table, and of every quarantine, into points: file by file, only the columns that are measured.

How far a table was read is a version of its Delta log. Rows count once, when they come: what rewrites files does not
bring rows. A file that is gone before it was read counts by its number of rows, which the log knows. Each file is
opened once: who else looks at new rows is shown it while it is open.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa

from quality.measures import Point, merge
from quality.points import COLUMNS, QUARANTINED, of_quarantine, of_rows, of_unread
from schemas.errors import SinkError
from schemas.tables import HIDDEN, TABLES
from sinks import arrivals, store
from sinks.decisions import COLUMNS as TOLD_LATER
from sinks.decisions import TIME
from sinks.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import pyarrow.parquet as pq

    from schemas.tables import Table
    from sinks.places import Place
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
    gone: int = 0
    """Files that were written anew before they were read."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A new file while it is open. `at_us`: when it came."""

    path: Place
    table: str
    quarantine: bool
    at_us: int
    file: pq.ParquetFile


@dataclass(frozen=True, slots=True)
class _Looking:
    release: Release | None
    show: Sequence[Callable[[Opened], None]]


def new_rows(
    data_dir: Path,
    position: Callable[[str], int | None],
    *,
    release: Release | None = None,
    show: Sequence[Callable[[Opened], None]] = (),
) -> Iterator[New]:
    """What every table got since the position that is kept of it, in parts; each part is to be dealt with whole.

    `release` opens what is withheld of published rows; without it their tools are not known. Every file is shown to
    each of `show`, who deal themselves with what they cannot read of it.
    A table that cannot be read is left out, and said so in the log.
    """
    layout = Layout(data_dir)
    for table in TABLES.values():
        for quarantine in (False, True):
            root = layout.quarantine(table.name) if quarantine else layout.dataset(table.name)
            try:
                yield from _of_table(root, table, position, _Looking(release, show), quarantine=quarantine)
            except SinkError as error:
                log.warning("not measured: %s", error)


def _of_table(
    root: Place, table: Table, position: Callable[[str], int | None], looking: _Looking, *, quarantine: bool
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
        yield New(name, newest)
        return
    for part in arrivals.since(root, -1 if after is None else after):
        found = New(name, part.version)
        for file in part.files:
            found.rows += file.rows
            try:
                with store.parquet(file.path) as opened:
                    measured = _of_file(Opened(file.path, table.name, quarantine, file.at_us, opened), table, looking)
            except FileNotFoundError:
                found.gone += 1
                measured = None
            except _UNREADABLE as error:
                kind = type(error).__name__
                log.warning("%s: needed a readable file, came %s; run `redline doctor`", file.path, kind)
                measured = None
            if measured is None:
                measured = [] if quarantine else of_unread(table.name, file.rows, file.at_us)
            found.points = merge([*found.points, *measured])
        yield found


def _of_file(opened: Opened, table: Table, looking: _Looking) -> list[Point]:
    """Points of one file, all of it; then it is shown to who else looks."""
    found: list[Point] = []
    if not opened.quarantine and not COLUMNS[table.name]:
        found = of_unread(table.name, opened.file.metadata.num_rows, opened.at_us)
    else:
        measure = of_quarantine if opened.quarantine else of_rows
        for rows in _batches(opened, table, looking.release):
            found = merge([*found, *measure(table.name, rows, opened.at_us)])
    for one in looking.show:
        one(opened)
    return found


def _batches(opened: Opened, table: Table, release: Release | None) -> Iterator[pa.Table]:
    opening = release is not None and table.sealed and not opened.quarantine
    wanted: Sequence[str] = QUARANTINED if opened.quarantine else COLUMNS[table.name]
    columns = [*wanted, *(("record_id", HIDDEN) if opening else ())]
    if missing := set(columns) - set(opened.file.schema_arrow.names):
        raise KeyError(", ".join(sorted(missing)))
    for batch in opened.file.iter_batches(_BATCH, columns=columns):
        rows = pa.Table.from_batches([batch])
        yield _told(rows, table, release) if opening and release is not None else rows


def _told(rows: pa.Table, table: Table, release: Release) -> pa.Table:
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
