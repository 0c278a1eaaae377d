"""Expectations of one's own, from `quality.toml` or a Python file: read and checked before the first batch comes.

A TOML file has one array of tables per table of ours:

    [[pairs]]
    name = "model_is_one_we_pay_for"
    column = "model"
    kind = "in_set"
    values = ["m-1", "m-2"]
    severity = "warning"

Kinds: `in_set` (values), `between` (low, high), `length` (low, high: code points, or elements of a list), `matches`
(pattern: RE2, found anywhere), `unique`, `not_null`. A Python file has `EXPECTATIONS`, a dict from a table's name to a
list of `quality.suites.Expectation`; only there can an expectation be a rule.

What is wrong is told by file, place and key. Patterns are RE2's: there is none that takes more than linear time.
"""

from __future__ import annotations

import importlib.util
import math
import re
import tomllib
from typing import TYPE_CHECKING, Any, NoReturn

import pyarrow as pa

from quality.facts import Facts
from quality.suites import SUITES, Expectation
from schemas.errors import SettingsError
from schemas.tables import TABLES
from schemas.verdict import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from schemas.tables import Table

    Suites = Mapping[str, tuple[Expectation, ...]]

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")  # stands in quarantine reasons, alerts and metrics
_NEEDED = ("name", "column", "kind", "severity")
_OF_KIND: dict[str, tuple[str, ...]] = {
    "in_set": ("values",),
    "between": ("low", "high"),
    "length": ("low", "high"),
    "matches": ("pattern",),
    "unique": (),
    "not_null": (),
}
_MOST = 200  # expectations of one table: each costs a look at every row
_LONGEST_PATTERN = 1_000
_MOST_VALUES = 10_000


def load(paths: Sequence[Path]) -> Suites:
    """The expectations of these files by table, in their order.

    Raises:
        SettingsError: a file cannot be read, or an expectation is none; with the file, the place and what was needed.
    """
    found: dict[str, list[Expectation]] = {}
    for path in paths:
        read = _python(path) if path.suffix == ".py" else _toml(path)
        for table, expectations in read.items():
            found.setdefault(table, []).extend(expectations)
            names = [e.name for e in (*SUITES[table], *found[table])]
            if len(set(names)) < len(names):
                twice = next(name for name in names if names.count(name) > 1)
                _refuse(path, table, f"{twice} is the name of another expectation already; choose another one")
            if len(found[table]) > _MOST:
                _refuse(path, table, f"needed at most {_MOST} expectations, came {len(found[table])}")
    return {table: tuple(expectations) for table, expectations in found.items()}


def _refuse(path: Path, place: str, what: str) -> NoReturn:
    raise SettingsError(f"{path}, {place}: {what}; see docs/quality.md, `Your own expectations`")


def _tables(path: Path, tree: Mapping[Any, Any]) -> dict[str, list[Any]]:
    """Lists by table, as they came."""
    for table, listed in tree.items():
        if table not in TABLES:
            _refuse(path, "tables", f"needed some of {', '.join(TABLES)}, came another name")
        if not isinstance(listed, list | tuple):
            _refuse(path, table, f"needed a list of expectations, came {type(listed).__name__}")
    return {table: list(listed) for table, listed in tree.items()}


def _toml(path: Path) -> dict[str, list[Expectation]]:
    came, line = "", ""
    try:
        tree = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError, RecursionError) as error:
        came = type(error).__name__
        if isinstance(error, tomllib.TOMLDecodeError) and (at := re.search(r"line \d+", str(error))):
            line = f" in {at[0]}"
    if came:
        raise SettingsError(f"{path}: needed a readable TOML file, came {came}{line}; see docs/quality.md")
    return {
        table: [_checked(path, table, n, _entry(path, table, n, one)) for n, one in enumerate(listed, 1)]
        for table, listed in _tables(path, tree).items()
    }


def _entry(path: Path, table: str, number: int, one: Any) -> Expectation:
    """One `[[table]]` of a TOML file."""
    place = f"[[{table}]] number {number}"
    if not isinstance(one, dict):
        _refuse(path, place, f"needed a table of keys, came {type(one).__name__}")
    for key in _NEEDED:
        if not isinstance(one.get(key), str):
            _refuse(path, place, f"key {key}: needed a text, came {type(one.get(key)).__name__}")
    kind = one["kind"]
    if kind not in _OF_KIND:
        _refuse(path, place, f"key kind: needed one of {', '.join(_OF_KIND)}, came another word")
    if one["severity"] not in tuple(Severity):
        _refuse(path, place, f"key severity: needed one of {', '.join(Severity)}, came another word")
    known = {*_NEEDED, *_OF_KIND[kind]}
    if more := sorted(set(one) - known):
        _refuse(path, place, f"key {more[0]}: a {kind} has only {', '.join(sorted(known))}")
    values, pattern = one.get("values", []), one.get("pattern", "")
    if not isinstance(values, list):
        _refuse(path, place, f"key values: needed a list, came {type(values).__name__}")
    if not isinstance(pattern, str):
        _refuse(path, place, f"key pattern: needed a text, came {type(pattern).__name__}")
    column = one["column"]
    if kind == "length":
        kind, column = "between", f"{column}.{_measure(TABLES[table], column)}"
    return Expectation(
        name=one["name"],
        kind=kind,
        column=column,
        severity=Severity(one["severity"]),
        values=tuple(values),
        low=one.get("low"),
        high=one.get("high"),
        pattern=pattern,
    )


def _measure(table: Table, column: str) -> str:
    place = table.schema.get_field_index(column)
    return "count" if place >= 0 and pa.types.is_list(table.schema.field(place).type) else "length"


def _python(path: Path) -> dict[str, list[Expectation]]:
    came = ""
    spec = importlib.util.spec_from_file_location("redline_expectations", path)
    module = importlib.util.module_from_spec(spec) if spec is not None else None
    try:
        if spec is not None and spec.loader is not None and module is not None:
            spec.loader.exec_module(module)
    except Exception as error:  # noqa: BLE001 - somebody's own code
        came = f"{type(error).__name__}{_line(error, path)}"
    if came:
        raise SettingsError(f"{path}: needed a Python file that runs, came {came}; see docs/quality.md")
    tree = getattr(module, "EXPECTATIONS", None)
    if not isinstance(tree, dict):
        _refuse(path, "EXPECTATIONS", f"needed a dict from tables to lists, came {type(tree).__name__}")
    found: dict[str, list[Expectation]] = {}
    for table, listed in _tables(path, tree).items():
        for number, one in enumerate(listed, 1):
            if not isinstance(one, Expectation):
                _refuse(path, f"{table} number {number}", f"needed an Expectation, came {type(one).__name__}")
        found[table] = [_checked(path, table, number, one) for number, one in enumerate(listed, 1)]
    return found


def _line(error: Exception, path: Path) -> str:
    """Where in the file it was raised."""
    if isinstance(error, SyntaxError):
        return f" in line {error.lineno}"
    line, at = 0, error.__traceback__
    while at is not None:
        if at.tb_frame.f_code.co_filename == str(path):
            line = at.tb_lineno
        at = at.tb_next
    return f" in line {line}" if line else ""


def _checked(path: Path, table: str, number: int, e: Any) -> Expectation:
    """The expectation, if it can be asked of the table. It is asked: of no rows, and of two blank ones.

    A Python file may have put anything in any of its fields.
    """
    place = f"{table} number {number}"
    if not isinstance(e.name, str) or not _NAME.fullmatch(e.name):
        _refuse(path, place, "name: needed lower-case letters, digits and _, a letter first, at most 63")
    place = f"{place} ({e.name})"
    kind = _type_of(path, place, TABLES[table], e)
    _check_kind(path, place, e, kind)
    for rows in (0, 2):
        came = ""
        try:
            Facts(_blank(TABLES[table], rows), TABLES[table]).broken(e)
        except Exception as error:  # noqa: BLE001 - Arrow, or somebody's own rule
            came = f"{type(error).__name__}{_line(error, path)}"
        if came and e.rule is not None:
            _refuse(path, place, f"rule: needed a Boolean for each of {rows} blank rows, came {came}")
        if came and e.kind == "matches":
            _refuse(path, place, f"pattern: needed one that RE2 knows and can hold, came one that it refuses ({came})")
        if came:
            _refuse(path, place, f"needed a {e.kind} that can be asked of this column, came {came}")
    checked: Expectation = e
    return checked


def _type_of(path: Path, place: str, table: Table, e: Any) -> pa.DataType:
    """The type of the column it speaks of; numbers, if that is one of `quality.facts`."""
    index = table.schema.get_field_index(e.column) if isinstance(e.column, str) else -1
    if index >= 0:
        kind = table.schema.field(index).type
        return pa.string() if pa.types.is_large_string(kind) else kind
    measured = {
        f"{field.name}.{'count' if pa.types.is_list(field.type) else 'length'}"
        for field in table.schema
        if pa.types.is_list(field.type) or pa.types.is_string(field.type)
    }
    if e.column in measured | {own.column for own in SUITES[table.name] if not own.whole}:
        return pa.int64()
    _refuse(path, place, f"column: needed one of {', '.join(table.schema.names)}; the table has no such column")


def _check_kind(path: Path, place: str, e: Any, kind: pa.DataType) -> None:
    text, whole = pa.types.is_string(kind), pa.types.is_integer(kind)
    number = whole or pa.types.is_floating(kind)
    fits = {
        "in_set": (text or whole, "texts or whole numbers"),
        "between": (number, "numbers; the length of a text is kind `length`"),
        "matches": (text, "texts"),
        "unique": (text or whole, "texts or whole numbers"),
        "not_null": (True, ""),
        "rule": (True, ""),
    }
    if e.kind not in fits:
        _refuse(path, place, f"kind: needed one of {', '.join(fits)}, came another word")
    if not isinstance(e.severity, Severity):
        _refuse(path, place, f"severity: needed one of {', '.join(Severity)}, came {type(e.severity).__name__}")
    if not fits[e.kind][0]:
        _refuse(path, place, f"column: {e.kind} needs {fits[e.kind][1]}, the column has {kind}")
    if e.whole:
        _refuse(path, place, "whole: an expectation of one's own speaks of rows")
    if (e.rule is not None) != (e.kind == "rule") or (e.rule is not None and not callable(e.rule)):
        _refuse(path, place, "rule: a function, for kind rule and no other")
    if e.kind == "in_set":
        wanted = str if text else int
        if not 0 < len(e.values) <= _MOST_VALUES or not all(type(v) is wanted for v in e.values):
            _refuse(path, place, f"values: needed 1 to {_MOST_VALUES:,} of type {wanted.__name__}, as the column has")
    if e.kind == "matches" and not (isinstance(e.pattern, str) and 0 < len(e.pattern) <= _LONGEST_PATTERN):
        _refuse(path, place, f"pattern: needed 1 to {_LONGEST_PATTERN:,} characters")
    if e.kind == "between":
        bounds = [bound for bound in (e.low, e.high) if bound is not None]
        numbers = all(type(bound) in {int, float} and math.isfinite(bound) for bound in bounds)
        if not bounds or not numbers or bounds != sorted(bounds):
            _refuse(path, place, "low, high: needed one of them or both, as numbers, the low one first")


def _blank(table: Table, rows: int) -> pa.Table:
    """Rows that say nothing: empty texts and lists, zeros, no."""
    columns = [pa.array([_nothing(field.type)] * rows, field.type) for field in table.schema]
    return pa.Table.from_arrays(columns, schema=pa.schema([f.with_nullable(nullable=True) for f in table.schema]))


def _nothing(kind: pa.DataType) -> Any:
    if pa.types.is_list(kind):
        return []
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return ""
    return False if pa.types.is_boolean(kind) else None if pa.types.is_nested(kind) else 0
