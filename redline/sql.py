"""`redline sql`: DuckDB over the tables, live files as the Delta log names them, nothing fetched from anywhere."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import duckdb

from schemas.errors import RedlineError
from schemas.tables import TABLES
from sinks import reader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

# Their messages are about the query; the others quote values of the rows.
_OF_THE_QUERY = (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException, duckdb.SyntaxException)
# A sink unlinks a file that it has replaced; a view that names it is made anew.
_ATTEMPTS = 5


class QueryError(RedlineError):
    """DuckDB refused the query."""


def query(data_dir: Path, text: str) -> tuple[Sequence[str], Sequence[Sequence[Any]]]:
    """Column names and rows of one query. Every table of the vocabulary is a view, empty if nothing was written yet.

    Raises:
        QueryError: DuckDB refused it. What it says of the query is passed on, what it says of values is not.
        SinkError: a table's log cannot be read.
    """
    refused = ""
    for _ in range(_ATTEMPTS):
        try:
            with connection(data_dir) as live:
                found = live.execute(text)
                return [column[0] for column in found.description or ()], found.fetchall()
        except duckdb.IOException:
            refused = "a file could not be read; run `redline doctor`"
        except _OF_THE_QUERY as error:
            refused = str(error).splitlines()[0]
            break
        except duckdb.Error as error:
            refused = f"{type(error).__name__}: the query failed on a value of the tables"
            break
    raise QueryError(f"sql: {refused}")  # not where it was caught: the error's chain would hold DuckDB's words


@contextmanager
def connection(data_dir: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB in memory with a view for each table. What does not fit spills into the state folder, not elsewhere."""
    live = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "temp_directory": str(data_dir / "state" / "duckdb"),
        },
    )
    try:
        for name in TABLES:
            _view(live, data_dir, name)
        yield live
    finally:
        live.close()


def _view(live: duckdb.DuckDBPyConnection, data_dir: Path, name: str) -> None:
    table = TABLES[name]
    columns = ", ".join(f'"{column}"' for column in table.schema.names)
    files = reader.files(data_dir, name)
    if files:
        listed = ", ".join("'" + path.replace("'", "''") + "'" for path in files)
        types = "{'event_date': DATE" + (", 'surface': VARCHAR" if "surface" in table.partition_by else "") + "}"
        source = f"read_parquet([{listed}], hive_partitioning = true, hive_types = {types})"
    else:
        source = f"_{name}"
        live.register(source, table.schema.empty_table())
    live.execute(f"create view {name} as select {columns} from {source}")  # noqa: S608 - our own names
