"""Tables as an earlier version of Redline knew them: without the columns and fields that came later."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa

from schemas.evolution import SINCE

if TYPE_CHECKING:
    from schemas.rows import AnyRow
    from schemas.tables import Table

VERSION = 1


def older(table: Table) -> Table:
    """The table of schema version 1."""
    return dataclasses.replace(table, schema=pa.schema(_kept(table.schema)))


def payload(row: AnyRow, table: Table) -> bytes:
    """A row as a worker of that version sent it."""
    return msgspec.msgpack.encode(plain(row, table))


def plain(row: AnyRow, table: Table) -> dict[str, Any]:
    """Likewise, as plain values."""
    return _value(msgspec.to_builtins(row), _kept(table.schema)) | {"schema_version": VERSION}


def _value(value: dict[str, Any], fields: list[pa.Field]) -> dict[str, Any]:
    return {field.name: _inside(value[field.name], field.type) for field in fields}


def _inside(value: Any, kind: pa.DataType) -> Any:
    if value is None or not pa.types.is_nested(kind):
        return value
    if pa.types.is_list(kind):
        return [_inside(one, kind.value_type) for one in value]
    return _value(value, kind.fields)


def _kept(fields: Any) -> list[pa.Field]:
    return [
        field.with_type(_older(field.type))
        for field in fields
        if int((field.metadata or {}).get(SINCE, b"1")) <= VERSION
    ]


def _older(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_list(kind):
        return pa.list_(_older(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct(_kept(kind.fields))
    return kind
