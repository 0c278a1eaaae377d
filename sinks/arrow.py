"""Row payloads into Arrow, column by column, with errors that name the column and never the value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa

from schemas.errors import RowError
from schemas.evolution import later
from schemas.rows import decode_map

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.records import Coordinate
    from schemas.tables import Table

# Partition values become folder names; this set needs no escaping by any reader (Hive, Delta's URL encoding).
_FOLDER = re.compile(r"[A-Za-z0-9_.-]+")
_many = msgspec.msgpack.Decoder(list[dict[str, Any]])
_ARRAY32 = b"\xdd"


def decode(payloads: Sequence[bytes], coordinates: Sequence[Coordinate], table: Table) -> list[dict[str, Any]]:
    """Payloads as row dicts.

    Raises:
        RowError: a payload is not a msgpack map with exactly the table's columns; names its coordinate. Columns that
            came later may be missing: they are null in a row that an older worker wrote.
    """
    try:
        # One msgpack array around all payloads: one call instead of thousands.
        rows = _many.decode(b"".join((_ARRAY32, len(payloads).to_bytes(4, "big"), *payloads)))
    except msgspec.DecodeError:
        rows = []
    columns = len(table.schema)
    if len(rows) != len(payloads) or any(len(row) != columns for row in rows):
        _blame(payloads, coordinates, table)
        return [dict.fromkeys(table.schema.names) | row for row in rows]
    return rows


def to_table(rows: Sequence[dict[str, Any]], table: Table) -> pa.Table:
    """Row dicts as an Arrow table of the table's schema.

    `event_date` comes as `YYYY-MM-DD`, times as microseconds since 1970 UTC.

    Raises:
        RowError: a column is missing, has another type, or a null where none is allowed.
    """
    arrays = [_column(rows, field, table) for field in table.schema]
    return pa.Table.from_arrays(arrays, schema=table.schema)


def split(
    rows: pa.Table, by: Sequence[str], order: pa.Array | None = None
) -> list[tuple[dict[str, str], pa.Table, Sequence[int]]]:
    """The rows of each partition, without its partition columns, and their positions in `rows`.

    In the `order` of positions within each partition; without one in that of `rows`.

    Raises:
        RowError: a partition value cannot be a folder name.
    """
    which, keys = _groups([rows.column(name) for name in by], rows.num_rows)
    for key in keys:
        for name, value in zip(by, key, strict=True):
            if value is None or _FOLDER.fullmatch(value) is None:
                raise RowError(
                    f"column {name}: needed a value that can be a folder name ({_FOLDER.pattern}); "
                    f"one row has another, of type {type(value).__name__}"
                )
    body = rows.drop_columns(list(by))
    if len(keys) == 1 and order is None:
        return [(dict(zip(by, keys[0], strict=True)), body, range(rows.num_rows))]
    at = np.arange(rows.num_rows) if order is None else order.to_numpy()
    at = at[np.argsort(which[at], kind="stable")]
    placed = np.split(at, np.cumsum(np.bincount(which, minlength=len(keys)))[:-1])
    return [
        (dict(zip(by, keys[group], strict=True)), body.take(pa.array(placed[group])), placed[group].tolist())
        for group in sorted(range(len(keys)), key=keys.__getitem__)
    ]


def _groups(columns: Sequence[pa.ChunkedArray], rows: int) -> tuple[Any, list[tuple[Any, ...]]]:
    """For each row the number of its group, and what each group has in these columns."""
    which, first = np.zeros(rows, np.int64), np.zeros(min(rows, 1), np.int64)
    texts = [column.cast(pa.string()).combine_chunks() for column in columns]
    for text in texts:
        codes = text.dictionary_encode(null_encoding="encode").indices.to_numpy(zero_copy_only=False)
        # Numbered anew after each column: products of many columns could be more than 64 bits hold.
        _, first, which = np.unique(which * (rows + 1) + codes, return_index=True, return_inverse=True)
    return which.reshape(-1), list(zip(*(text.take(pa.array(first)).to_pylist() for text in texts), strict=True))


def _column(rows: Sequence[dict[str, Any]], field: pa.Field, table: Table) -> pa.Array:
    name, kind = field.name, field.type
    array: pa.Array | None = None
    try:
        values = [row[name] for row in rows]
        if pa.types.is_date32(kind):
            array = pa.array(values, pa.string()).cast(kind)
        elif pa.types.is_integer(kind) or pa.types.is_timestamp(kind):
            array = _integers(values, kind)
        else:
            array = pa.array(values, kind)
    except KeyError:
        values = None
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        array = None  # Arrow's message quotes the value: it must not survive, not even as a context
    if array is None:
        came = "no such column" if values is None else _types(values)
        raise RowError(f"table {table.name}, column {name}: needed {kind}, came {came}")
    if array.null_count and not field.nullable:
        raise RowError(f"table {table.name}, column {name}: needed {kind}, came null in {array.null_count} rows")
    return array


def _integers(values: Sequence[Any], kind: pa.DataType) -> pa.Array | None:
    """Arrow would cut 1.5 to 1 without a word; so let it say first what it saw."""
    seen = pa.array(values)
    return seen.cast(kind) if pa.types.is_integer(seen.type) or pa.types.is_null(seen.type) else None


def _types(values: Sequence[Any]) -> str:
    return ", ".join(sorted({type(value).__name__ for value in values}))


def _blame(payloads: Sequence[bytes], coordinates: Sequence[Coordinate], table: Table) -> None:
    """Find the first payload that is not a row, and say where it is."""
    names = set(table.schema.names)
    needed = names - later(table.schema)
    for payload, coordinate in zip(payloads, coordinates, strict=True):
        try:
            row = decode_map(payload)
        except msgspec.DecodeError:
            came = f"{len(payload)} bytes that are none"
        else:
            if needed <= row.keys() <= names:
                continue
            # Names only of the columns that we know: an unknown key may be anybody's text.
            missing = ", ".join(sorted(needed - row.keys())) or "none"
            came = f"missing columns: {missing}; unknown columns: {len(row.keys() - names)}"
        topic, partition, offset = coordinate
        break
    else:
        return
    raise RowError(
        f"{topic}/{partition}/{offset}: needed a msgpack map with the columns of table {table.name}, came {came}. "
        "This is a bug of the stage that wrote it; the table stands still so that nothing is skipped"
    )
