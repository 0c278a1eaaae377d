from __future__ import annotations

import gc
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import rows as make

from schemas.errors import RowError
from schemas.evolution import later
from schemas.records import Coordinate
from schemas.rows import encode
from schemas.tables import INTERACTIONS, PAIRS, SUBJECTS, TABLES, Table
from sinks import payloads
from sinks.arrow import decode, to_table
from sinks.parquet import identities_of
from sinks.payloads import table_of

_ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, 7, -1, 1.0, 1.5, True, "", "Jane Doe", b"x", [], [None], {}, 2**40, 2**63, 2**64 - 1]
)


def places(payloads_: list[bytes]) -> list[Coordinate]:
    return [Coordinate("t", 0, offset) for offset in range(len(payloads_))]


def _of(kind: pa.DataType, *, nullable: bool) -> st.SearchStrategy[Any]:
    """Values of a column, and of what is in it."""
    found: st.SearchStrategy[Any]
    if pa.types.is_list(kind):
        found = st.lists(_of(kind.value_type, nullable=True), max_size=3)
    elif pa.types.is_struct(kind):
        fields = {one.name: _of(one.type, nullable=True) for one in kind.fields}
        found = st.fixed_dictionaries({}, optional={**fields, "unknown": st.integers(0, 3)})
    elif pa.types.is_date32(kind):
        found = st.dates().map(str)
    elif pa.types.is_integer(kind) or pa.types.is_timestamp(kind):
        found = st.integers(0, 2**31 - 1)
    elif pa.types.is_floating(kind):
        found = st.floats(allow_nan=False) | st.integers(-5, 5)
    elif pa.types.is_boolean(kind):
        found = st.booleans()
    else:
        found = st.text(max_size=5)
    return found | st.none() if nullable else found


@st.composite
def batches(draw: st.DrawFn) -> tuple[Table, list[dict[str, Any]]]:
    table = draw(st.sampled_from(sorted(TABLES.values(), key=lambda one: one.name)))
    columns = {one.name: _of(one.type, nullable=one.nullable) for one in table.schema}
    new = {name: columns.pop(name) for name in later(table.schema)}
    rows: list[dict[str, Any]] = draw(st.lists(st.fixed_dictionaries(columns, optional=new), max_size=4))
    if rows and draw(st.sampled_from([False, True])):
        row = draw(st.sampled_from(rows))
        row[draw(st.sampled_from([*table.schema.names, "unknown"]))] = draw(_ODD)
    return table, rows


@given(batches(), st.sampled_from([1, 2, 500]))
def test_typed_rows_are_those_of_the_slow_way_and_so_are_its_refusals(
    batch: tuple[Table, list[dict[str, Any]]], at_once: int
) -> None:
    table, rows = batch
    raw = [msgspec.msgpack.encode(row) for row in rows]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(payloads, "_AT_ONCE", at_once)
        slow, refusal = _slowly(raw, table)
        if slow is None:
            with pytest.raises(RowError) as caught:
                table_of(raw, places(raw), table)
            assert "Jane" not in str(caught.value)
            assert str(caught.value).partition(": needed")[0] == refusal.partition(": needed")[0]
            return
        fast = table_of(raw, places(raw), table)
    assert fast.schema.equals(table.schema, check_metadata=True)
    assert fast.equals(slow)


def _slowly(raw: list[bytes], table: Table) -> tuple[pa.Table | None, str]:
    try:
        return to_table(decode(raw, places(raw), table), table), ""
    except RowError as error:
        return None, str(error)


@pytest.mark.parametrize(
    "row", [make.interaction(1), make.pair(1), make.subject(1)], ids=lambda row: type(row).__name__
)
def test_usual_rows_need_not_go_the_slow_way(row: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payloads, "decode", None)
    name = {"Interaction": "interactions", "Pair": "pairs", "Subject": "subjects"}[type(row).__name__]
    raw = [encode(row)] * 3
    assert table_of(raw, places(raw), TABLES[name]).num_rows == len(raw)
    assert gc.isenabled()


@pytest.mark.parametrize("raw", [b"", b"\xff", b"Jane Doe", msgspec.msgpack.encode([1]), b"\xdd\xff\xff\xff\xff" * 9])
def test_what_is_no_row_is_told_by_its_place(raw: bytes) -> None:
    good = encode(make.interaction(1))
    with pytest.raises(RowError, match=r"t/0/1: needed a msgpack map") as caught:
        table_of([good, raw], places([good, raw]), INTERACTIONS)
    assert "Jane" not in str(caught.value)
    assert gc.isenabled()


def test_identities_hold_revisions_of_amendable_tables_and_digests_of_the_others() -> None:
    (amended,) = _identities([make.pair(1, revision=3)], PAIRS)
    assert (amended.record_id, amended.revision) == (f"{1:032x}", 3)
    first, second = _identities([make.subject(1), make.subject(1, source=2)], SUBJECTS)
    assert first.digest != second.digest


def _identities(rows: list[Any], table: Table) -> list[Any]:
    raw = [encode(row) for row in rows]
    return identities_of(table_of(raw, places(raw), table), amendable=table.amendable)
