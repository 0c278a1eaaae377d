"""`redline tables`, `describe`, `head`: what there is to read, and what each column means.

Rows, bytes and days come from the Delta log, meanings from `schemas.tables`; no data file is opened but for `head`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from quality import report
from redline import sql
from schemas.errors import InputError, PurposeError
from schemas.tables import PURPOSES, TABLES
from sinks import halts, reader

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from schemas.tables import Table

_CLIPPED = 48  # characters of a cell of `head`
_DAY = "event_date"
_UNITS = ("B", "kB", "MB", "GB", "TB")
_THOUSAND = 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """One table of a data folder. `version` is Delta's, -1 if nothing was written yet; days are UTC, ISO 8601."""

    table: str
    rows: int
    first_day: str
    last_day: str
    files: int
    bytes: int
    version: int
    published: bool
    halted: bool
    meaning: str


def entries(data_dir: Path) -> list[Entry]:
    """Every table of the vocabulary, also those without a row.

    Raises:
        SinkError: a table's log cannot be read.
    """
    halted = _halted(data_dir)
    return [_entry(data_dir, table, halted) for table in TABLES.values()]


def _halted(data_dir: Path) -> set[str]:
    return {halt.table for halt in halts.halted(data_dir)}


def _entry(data_dir: Path, table: Table, halted: set[str]) -> Entry:
    version, files = reader.facts(data_dir, table.name)
    days = sorted({file.partition[_DAY] for file in files if _DAY in file.partition})
    return Entry(
        table=table.name,
        rows=sum(file.rows for file in files),
        first_day=days[0] if days else "",
        last_day=days[-1] if days else "",
        files=len(files),
        bytes=sum(file.size for file in files),
        version=version,
        published=table.published,
        halted=table.name in halted,
        meaning=table.meaning,
    )


def tables(data_dir: Path) -> str:
    """All tables, a line each."""
    return report.table(
        ("table", "rows", "first day", "last day", "files", "size", "version", "who may read it", "one row is"),
        [
            (
                one.table + (" (HALTED)" if one.halted else ""),
                one.rows,
                one.first_day,
                one.last_day,
                one.files,
                _size(one.bytes),
                one.version if one.version >= 0 else "none",
                "published" if one.published else "restricted",
                one.meaning,
            )
            for one in entries(data_dir)
        ],
    )


def tables_json(data_dir: Path) -> str:
    """All tables as a JSON list of objects; `bytes` are bytes."""
    return msgspec.json.encode([asdict(one) for one in entries(data_dir)]).decode()


def describe(data_dir: Path, name: str) -> str:
    """What a table is for and what each of its columns means, with how much of it there is.

    Raises:
        InputError: there is no such table.
    """
    table = _known(name)
    one = _entry(data_dir, table, _halted(data_dir))
    days = f", days {one.first_day} to {one.last_day}" if one.first_day else ""
    of = f"{one.rows:,} rows in {one.files:,} files, {_size(one.bytes)}{days}, Delta version {one.version}"
    lines = [
        f"{name}: {table.meaning}",
        f"{'published' if table.published else 'restricted'}; for {table.purpose}: {PURPOSES[table.purpose]}",
        f"folders by {', '.join(table.partition_by)}",
        of if one.version >= 0 else "nothing was written yet",
    ]
    if table.amendable:
        lines.append("a row is replaced by one of the same record_id and a higher revision")
    columns = [
        (field.name, str(field.type), "null" if field.nullable else "", (field.metadata or {})[b"meaning"].decode())
        for field in table.schema
    ]
    return "\n".join(lines) + "\n\n" + report.table(("column", "type", "may be", "meaning"), columns)


def describe_json(data_dir: Path, name: str) -> str:
    """The same as one JSON object. Raises InputError: there is no such table."""
    table = _known(name)
    columns = [
        {
            "name": field.name,
            "type": str(field.type),
            "nullable": field.nullable,
            "meaning": (field.metadata or {})[b"meaning"].decode(),
        }
        for field in table.schema
    ]
    entry = asdict(_entry(data_dir, table, _halted(data_dir)))
    answer = {**entry, "purpose": table.purpose, "partition_by": table.partition_by, "columns": columns}
    return msgspec.json.encode(answer).decode()


def head(data_dir: Path, name: str, rows: int, columns: Sequence[str] = ()) -> tuple[list[str], list[list[Any]]]:
    """Names of columns and the first rows that DuckDB finds, of a published table.

    Raises:
        InputError: there is no such table or column.
        PurposeError: the table is restricted.
    """
    table = _known(name)
    if not table.published:
        raise PurposeError(f"head: {name} is restricted, its rows lead to people; `redline describe {name}` tells it")
    unknown = [column for column in columns if column not in table.schema.names]
    if unknown:
        raise InputError(
            f"head: needed columns of {name}, came {len(unknown)} that it does not have; "
            f"`redline describe {name}` lists them"
        )
    wanted = ", ".join(f'"{column}"' for column in columns) or "*"
    header, found = sql.query(data_dir, f"select {wanted} from {name} limit {rows:d}")  # noqa: S608 - checked names
    return list(header), [list(row) for row in found]


def head_text(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Rows one under another, a line for each column; long values are clipped."""
    width = max(map(len, header), default=0)
    parts = [
        "\n".join(f"{column.ljust(width)}  {_clipped(value)}" for column, value in zip(header, row, strict=True))
        for row in rows
    ]
    return "\n\n".join(parts) or "no rows"


def head_json(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Rows as JSON, one object a line; bytes are base64, days ISO 8601."""
    return "\n".join(msgspec.json.encode(dict(zip(header, row, strict=True))).decode() for row in rows)


def _known(name: str) -> Table:
    if name not in TABLES:
        raise InputError(f"table: needed one of {', '.join(TABLES)}, came another name")
    return TABLES[name]


def _clipped(value: Any) -> str:
    text = value if isinstance(value, str) else "" if value is None else str(value)
    whole = len(text) <= 2 * _CLIPPED
    shown = text if whole else text[:_CLIPPED]
    shown = shown.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in shown)
    return shown if whole else f"{shown} ... ({len(text):,} characters)"


def _size(count: float) -> str:
    for unit in _UNITS[:-1]:
        if count < _THOUSAND:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= _THOUSAND
    return f"{count:.1f} {_UNITS[-1]}"
