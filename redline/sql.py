"""`redline sql`: DuckDB over the published tables, live files as the Delta log names them.

A query is one SELECT. It can open the files of these tables and no others, write nothing, fetch nothing, and cannot
undo that. Other commands ask the restricted tables what they need to know, by `connection`.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from schemas.errors import PurposeError, RedlineError
from schemas.tables import AUDIT, PUBLISHED, QUALITY_HISTORY, TABLES
from sinks import location, reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# Their messages are about the query; the others quote values of the rows.
_OF_THE_QUERY = (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException, duckdb.SyntaxException)
# A sink unlinks a file that it has replaced; a view that names it is made anew.
_ATTEMPTS = 5


_UNKNOWN = re.compile(r"Table with name \"?(\w+)\"? does not exist")
# What to run instead, where there is something: each tells what its table is there for, and no more.
_INSTEAD = {
    "rejects": "`redline rejects` counts them",
    "interactions": "`redline rebuild pairs` makes the pairs anew from it",
    "subjects": "`redline erase` looks into it for the one person that is erased",
    AUDIT.name: "`redline audit list` shows it",
    QUALITY_HISTORY.name: "`redline quality show` shows what enough events share of it",
}


class QueryError(RedlineError):
    """DuckDB refused the query."""


def query(data_dir: Path, text: str) -> tuple[Sequence[str], Sequence[Sequence[Any]]]:
    """Column names and rows of one SELECT. Every published table is a view, empty if nothing was written yet.

    Raises:
        PurposeError: it asks for a restricted table.
        QueryError: DuckDB refused it. What it says of the query is passed on, what it says of values is not.
        SinkError: a table's log cannot be read.
    """
    refused, restricted = "", ""
    for _ in range(_ATTEMPTS):
        try:
            with connection(data_dir, PUBLISHED, confined=True) as live:
                if [statement.type for statement in live.extract_statements(text)] != [duckdb.StatementType.SELECT]:
                    refused = "needed one SELECT, came something else"
                    break
                found = live.execute(text)
                return [column[0] for column in found.description or ()], found.fetchall()
        except duckdb.PermissionException:
            refused = f"needed a query over {', '.join(PUBLISHED)}, came one that opens something else"
            break
        except _OF_THE_QUERY as error:
            refused = str(error).splitlines()[0]
            restricted = _restricted(refused)
            break
        except duckdb.Error as error:
            if not is_unread(error):
                refused = f"{type(error).__name__}: the query failed on a value of the tables"
                break
            refused = "a file could not be read; run `redline doctor`"
    # Not where it was caught: the error's chain would hold DuckDB's words.
    if restricted:
        raise PurposeError(
            f"sql: {restricted} is restricted, its rows lead to people: only {', '.join(PUBLISHED)} can be asked; "
            + _INSTEAD[restricted]
        )
    raise QueryError(f"sql: {refused}")


def is_unread(error: duckdb.Error) -> bool:
    """True if a file could not be read: a sink may have replaced it. Of object stores DuckDB only hears from Arrow."""
    return isinstance(error, duckdb.IOException) or (
        isinstance(error, duckdb.InvalidInputException) and "reading the stream" in str(error)
    )


def _restricted(said: str) -> str:
    """The restricted table that a query asked for, or nothing."""
    match = _UNKNOWN.search(said)
    name = match[1].casefold() if match else ""
    return name if name in _INSTEAD else ""


@contextmanager
def connection(
    data_dir: Path, names: Iterable[str] = tuple(TABLES), *, confined: bool = False
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB in memory with a view for each table. What does not fit spills into the state folder, not elsewhere.

    `confined`: it opens the live files of these tables and nothing else, for good. It may still write to those files:
    let nobody's text in that is no SELECT.
    """
    live = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "temp_directory": str(data_dir / "state" / "duckdb"),
        },
    )
    try:
        opened = [path for name in names for path in _view(live, data_dir, name)]
        if confined:
            live.execute(f"set allowed_paths = [{_quoted(opened)}]")
            live.execute("set enable_external_access = false")
            live.execute("set lock_configuration = true")
        yield live
    finally:
        live.close()


def _view(live: duckdb.DuckDBPyConnection, data_dir: Path, name: str) -> list[str]:
    """A view over the live files of a table; returns the paths that DuckDB itself opens."""
    table = TABLES[name]
    columns = ", ".join(f'"{column}"' for column in table.schema.names)
    source = f"_{name}"
    if not isinstance(location.tables(data_dir), Path):
        # DuckDB's own client of object stores is an extension that it would have to fetch.
        live.register(source, reader.dataset(data_dir, name) or table.stored.empty_table())
        live.execute(f"create view {name} as select {columns} from {source}")  # noqa: S608 - our own names
        return []
    files = reader.files(data_dir, name)
    live.register(source, table.stored.empty_table())
    if files:
        types = "{'event_date': DATE" + (", 'surface': VARCHAR" if "surface" in table.partition_by else "") + "}"
        read = f"read_parquet([{_quoted(files)}], hive_partitioning = true, hive_types = {types}, union_by_name = true)"
        # Files of earlier versions lack columns that came later: what no file has comes from the empty table.
        source = f"(select * from {read} union all by name select * from {source})"  # noqa: S608 - our own names
    live.execute(f"create view {name} as select {columns} from {source}")  # noqa: S608 - our own names
    return files


def _quoted(paths: Iterable[str]) -> str:
    return ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
