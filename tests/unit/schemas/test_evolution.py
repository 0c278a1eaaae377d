from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from schemas.evolution import added, at_version, later
from schemas.tables import TABLES

S, I = pa.string(), pa.int32()  # noqa: E741
SECOND = {"since": "2"}


def needed(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, kind, nullable=False)


STEP = [needed("a", S)]
LATER_STEP = [needed("a", S), pa.field("b", I, metadata=SECOND)]


@pytest.mark.parametrize(
    ("older", "newer", "wanted"),
    [
        ([needed("a", S)], [needed("a", S)], ()),
        ([needed("a", S), needed("b", I)], [needed("b", I), needed("a", S)], ()),
        ([needed("a", S)], [pa.field("n", I), needed("a", S)], ("n",)),
        ([needed("a", S)], [needed("n", I), needed("a", S)], None),
        ([needed("a", S), needed("b", I)], [needed("a", S)], None),
        ([needed("a", S)], [needed("a", I)], None),
        ([needed("s", pa.list_(pa.struct(STEP)))], [needed("s", pa.list_(pa.struct(LATER_STEP)))], ("s.b",)),
        ([needed("s", pa.list_(pa.struct(LATER_STEP)))], [needed("s", pa.list_(pa.struct(STEP)))], None),
        ([needed("s", pa.list_(pa.field("item", S)))], [needed("s", pa.list_(pa.field("element", S)))], ()),
        ([needed("s", pa.list_(S))], [needed("s", pa.struct(STEP))], None),
    ],
)
def test_only_what_may_be_null_is_added(older: Any, newer: Any, wanted: Any) -> None:
    assert added(older, newer) == wanted


def test_a_row_reads_as_it_did_before_columns_and_fields_came() -> None:
    changed = pa.field("c", I, nullable=False, metadata={"changed": "2"})
    schema = pa.schema([needed("s", pa.list_(pa.struct(LATER_STEP))), pa.field("n", I, metadata=SECOND), changed])
    row = {"s": [{"a": "x", "b": 1}], "n": 3, "c": 4}
    assert at_version(row, schema, 2) == row
    assert at_version(row, schema, 1) == {"s": [{"a": "x"}]}
    assert later(schema) == {"n"}


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_column_that_came_later_may_be_null_and_partitions_nothing(table: Any) -> None:
    for name in later(table.schema):
        assert table.schema.field(name).nullable
        assert name not in table.partition_by
