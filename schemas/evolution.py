"""How a table gets columns: added ones may be null, old rows read null there, and nothing else ever changes. Pure.

A column says by `since` in its metadata with which `schema_version` it came, and by `changed` from which on its values
are made otherwise; so does a field inside a column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SINCE, CHANGED = b"since", b"changed"


def added(older: Iterable[pa.Field], newer: Iterable[pa.Field]) -> tuple[str, ...] | None:
    """What `newer` has more than `older`, by dotted path; None if rows of `older` cannot be read as `newer`.

    They can if every older field is there with its type, and every other field may be null. The order of fields does
    not matter, nor what Delta does not keep: the names of the elements of lists.
    """
    before = {field.name: field.type for field in older}
    found: list[str] = []
    for field in newer:
        if field.name not in before:
            if not field.nullable:
                return None
            found.append(field.name)
            continue
        inner = _inside(before.pop(field.name), field.type)
        if inner is None:
            return None
        found += [f"{field.name}.{path}" for path in inner]
    return None if before else tuple(found)


def later(schema: pa.Schema) -> frozenset[str]:
    """The columns that rows of earlier versions do not have."""
    return frozenset(field.name for field in schema if _since(field) > 1)


def at_version(row: Mapping[str, Any], schema: pa.Schema, version: int) -> dict[str, Any]:
    """A row of plain values without what came or changed after `version`: what rows of two versions have in common."""
    return {
        field.name: _value_at(row[field.name], field.type, version)
        for field in schema
        if field.name in row and _since(field, CHANGED) <= version
    }


def _inside(older: pa.DataType, newer: pa.DataType) -> tuple[str, ...] | None:
    if pa.types.is_list(older) and pa.types.is_list(newer):
        return _inside(older.value_type, newer.value_type)
    if pa.types.is_struct(older) and pa.types.is_struct(newer):
        return added(older.fields, newer.fields)
    return () if older == newer else None


def _value_at(value: Any, kind: pa.DataType, version: int) -> Any:
    if value is None or not pa.types.is_nested(kind):
        return value
    if pa.types.is_list(kind):
        return [_value_at(one, kind.value_type, version) for one in value]
    return {f.name: _value_at(value[f.name], f.type, version) for f in kind.fields if _since(f, CHANGED) <= version}


def _since(field: pa.Field, *others: bytes) -> int:
    return max(int((field.metadata or {}).get(name, b"1")) for name in (SINCE, *others))
