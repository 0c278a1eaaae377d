"""Which rows: flags and a condition in SQL, as one Polars expression over a table's own columns.

The condition is an expression, not a query: it has no SELECT and no FROM, and of functions only those listed here,
none of which reads anything but its arguments. What it may name are published columns that tell nobody apart.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa

from quality.cohorts import refuse_person_grouping
from schemas.errors import InputError
from schemas.tables import HIDDEN
from sinks.decisions import COLUMNS, WITHHELD

if TYPE_CHECKING:
    from collections.abc import Iterable

    from redline.export.plan import Asked
    from schemas.tables import Table

_TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--|/\*|[A-Za-z_]\w*|\S")
_CALL = re.compile(r"[A-Za-z_]\w*\Z")
# Words that a bracket may follow without being a function.
_BEFORE_BRACKET = frozenset(
    ["and", "or", "not", "in", "like", "ilike", "between", "then", "else", "when", "case", "is"]
)
_FUNCTIONS = frozenset(
    [
        *("abs", "array_contains", "array_length", "cast", "ceil", "char_length", "coalesce", "concat", "date"),
        *("date_part", "ends_with", "floor", "greatest", "if", "ifnull", "initcap", "least", "left", "length"),
        *("lower", "ltrim", "mod", "nullif", "octet_length", "regexp_like", "replace", "reverse", "right"),
        *("round", "rtrim", "starts_with", "strpos", "substr", "substring", "trim", "try_cast", "upper"),
    ]
)
# A query in the condition could open files; a window or a clock would make it another one tomorrow.
_REFUSED = frozenset(
    [
        *("select", "from", "table", "values", "with", "over", "partition", "columns", "exclude", "union"),
        *("intersect", "except", "current_date", "current_time", "current_timestamp", "localtime"),
        *("localtimestamp", "--", "/*", ";"),
    ]
)
_FLAGS = ("surface", "language", "model", "label", "licence")


@dataclass(frozen=True, slots=True)
class Condition:
    """`keep` says which rows; `shown` is true of rows in which every column that it names is no longer withheld."""

    keep: pl.Expr
    shown: pl.Expr
    columns: tuple[str, ...]


def condition(asked: Asked, table: Table) -> Condition:
    """What is asked for as an expression over the table's columns.

    Raises:
        InputError: a flag for a column that the table does not have; SQL that is no condition over its columns.
        PurposeError: it names a column that tells people apart.
    """
    wanted: list[pl.Expr] = []
    columns: set[str] = set()
    for name in _FLAGS:
        if values := getattr(asked, name):
            columns.add(_column(name, table))
            wanted.append(pl.col(name).is_in(list(values)))
    if asked.since:
        wanted.append(pl.col("event_date") >= _day(asked.since, "--since"))
    if asked.until:
        wanted.append(pl.col("event_date") <= _day(asked.until, "--until"))
    for bound, flag in ((asked.min_similarity, "--min-similarity"), (asked.max_similarity, "--max-similarity")):
        if bound is not None:
            columns.add(_column("similarity", table))
            similar = pl.col("similarity")
            wanted.append(similar >= bound if flag.startswith("--min") else similar <= bound)
    if asked.where:
        expression, named = _sql(asked.where, table)
        wanted.append(expression)
        columns.update(named)
    if asked.balance and asked.balance in table.schema.names:
        columns.add(asked.balance)
    hidden = [pl.col(name) != WITHHELD for name in sorted(columns & set(COLUMNS))]
    return Condition(_all(wanted), _all(hidden), tuple(sorted(columns)))


def filterable(table: Table) -> list[str]:
    """Columns of a table that a condition may name."""
    return [name for name in table.schema.names if name not in {"record_id", "sources", HIDDEN}]


def _sql(text: str, table: Table) -> tuple[pl.Expr, list[str]]:
    tokens = [token.casefold() for token in _TOKEN.findall(text)]
    for token, after in zip(tokens, [*tokens[1:], ""], strict=True):
        if token in _REFUSED:
            raise InputError(f"--where: needed a condition on the columns of a row, came a query or a clock ({token})")
        if after == "(" and _CALL.match(token) and token not in _FUNCTIONS | _BEFORE_BRACKET:
            raise InputError(
                "--where: needed a condition with functions of a row's own values, came another function; "
                f"there are: {', '.join(sorted(_FUNCTIONS))}"
            )
    said = ""
    try:
        expression = pl.sql_expr(text)
        named = sorted(set(expression.meta.root_names()))
    except (pl.exceptions.PolarsError, ValueError) as error:
        # What Polars says of the text is the person's own; it has seen no row.
        said = str(error).splitlines()[0]
    if said:
        raise InputError(f"--where: needed SQL, came something else: {said}")
    refuse_person_grouping(named)
    for name in named:
        _column(name, table)
    try:
        kind = _of_no_row(table).select(expression.alias("found")).schema["found"]
    except pl.exceptions.PolarsError as error:
        said = str(error).splitlines()[0]
    if said:
        raise InputError(f"--where: {said}; days are written date '2026-01-31'")
    if not named or kind != pl.Boolean:
        raise InputError("--where: needed something that is true or false of a row's columns, came something else")
    return expression, named


def _of_no_row(table: Table) -> pl.DataFrame:
    made = pl.from_arrow(pa.schema([table.schema.field(name) for name in filterable(table)]).empty_table())
    if not isinstance(made, pl.DataFrame):
        raise TypeError("needed a table")
    return made


def _column(name: str, table: Table) -> str:
    if name not in filterable(table):
        raise InputError(f"{name}: needed a column of {table.name}: {', '.join(filterable(table))}")
    return name


def _day(text: str, flag: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        pass
    raise InputError(f"{flag}: needed a day such as 2026-01-31, came something else")


def _all(conditions: Iterable[pl.Expr]) -> pl.Expr:
    return reduce(lambda a, b: a & b, conditions, pl.lit(True))
