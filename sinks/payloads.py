"""Row payloads into Arrow: each decoded once, into what its table's schema says, and column by column from there.

A part of a batch at a time: its values are still in the processor's cache when they become a column. What does not fit
goes the way of `sinks.arrow`, which says why.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa

from schemas.errors import RowError
from schemas.evolution import later
from sinks.arrow import decode, to_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schemas.records import Coordinate
    from schemas.tables import Table

_AT_ONCE = 500  # rows: some 1 MB of texts


def table_of(payloads: Sequence[bytes], coordinates: Sequence[Coordinate], table: Table) -> pa.Table:
    """Payloads as rows of the table's schema, in their order.

    Raises:
        RowError: a payload is not a msgpack map with exactly the table's columns, or one of them has another type, or
            is null where none is allowed. Columns that came later may be missing: they are null in a row that an
            older worker wrote.
    """
    with _uncollected():
        parts = [
            _part(payloads[at : at + _AT_ONCE], coordinates[at : at + _AT_ONCE], table)
            for at in range(0, len(payloads), _AT_ONCE)
        ]
    return pa.concat_tables(parts).combine_chunks() if parts else table.schema.empty_table()


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without Python's collector: it would look for cycles among a million values that have none, at twice the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _part(payloads: Sequence[bytes], coordinates: Sequence[Coordinate], table: Table) -> pa.Table:
    try:
        return _typed(payloads, table)
    except (msgspec.DecodeError, pa.ArrowException, OverflowError, RowError):
        pass  # its message may quote a value: it must not survive, not even as a context
    return to_table(decode(payloads, coordinates, table), table)


def _typed(payloads: Sequence[bytes], table: Table) -> pa.Table:
    rows = map(msgspec.structs.astuple, map(_decoder(table.name, table.schema).decode, payloads))
    columns = zip(*rows, strict=True)
    arrays = [_array(values, field.type) for values, field in zip(columns, table.schema, strict=True)]
    if any(array.null_count and not field.nullable for array, field in zip(arrays, table.schema, strict=True)):
        raise RowError("a null where none is allowed")
    return pa.Table.from_arrays(arrays, schema=table.schema)


@cache
def _decoder(name: str, schema: pa.Schema) -> msgspec.msgpack.Decoder[Any]:
    new = later(schema)
    fields = [
        (one.name, _type(one.name, one.type) | None, None)
        if one.name in new
        else (one.name, _type(one.name, one.type) | None if one.nullable else _type(one.name, one.type))
        for one in schema
    ]
    return msgspec.msgpack.Decoder(msgspec.defstruct(name, fields, forbid_unknown_fields=True, gc=False, kw_only=True))


def _type(name: str, kind: pa.DataType) -> Any:
    if pa.types.is_list(kind):
        return list[_type(name, kind.value_type)]  # type: ignore[misc]
    if pa.types.is_struct(kind):
        # As Arrow does with dicts: what is missing is null, what is unknown is passed over.
        fields = [(one.name, _type(one.name, one.type) | None, None) for one in kind.fields]
        return msgspec.defstruct(name, fields, gc=False)
    if pa.types.is_integer(kind) or pa.types.is_timestamp(kind):
        return int
    if pa.types.is_floating(kind):
        return float
    if pa.types.is_boolean(kind):
        return bool
    return bytes if pa.types.is_binary(kind) else str


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_list(kind):
        return _lists(values, kind)
    if pa.types.is_struct(kind):
        return _structs(values, kind)
    if pa.types.is_date32(kind):
        return pa.array(values, pa.string()).cast(kind)
    return pa.array(values, kind)


def _lists(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    mask = _nulls(values)
    some = values if mask is None else [value or () for value in values]
    lengths = np.fromiter(map(len, some), np.int32, len(some))
    offsets = np.zeros(len(some) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    elements = _array(list(chain.from_iterable(some)), kind.value_type)
    return pa.ListArray.from_arrays(pa.array(offsets), elements, type=kind, mask=mask)


def _structs(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    mask, width = _nulls(values), kind.num_fields
    if mask is not None:
        nothing = (None,) * width
        rows = [nothing if value is None else msgspec.structs.astuple(value) for value in values]
    else:
        rows = list(map(msgspec.structs.astuple, values))
    columns = list(zip(*rows, strict=True)) or [()] * width
    arrays = [_array(column, field.type) for column, field in zip(columns, kind.fields, strict=True)]
    return pa.StructArray.from_arrays(arrays, fields=kind.fields, mask=mask)


def _nulls(values: Sequence[Any]) -> pa.Array | None:
    return pa.array([value is None for value in values]) if None in values else None
