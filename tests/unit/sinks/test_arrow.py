from __future__ import annotations

from typing import Any

import msgspec
import pytest
from support import rows as make

from schemas.errors import RowError
from schemas.records import Coordinate
from schemas.rows import encode
from schemas.tables import INTERACTIONS, PAIRS, TABLES
from sinks.arrow import decode, split, to_table
from sinks.quarantine import quarantine_of

PLACES = [Coordinate("t", 0, offset) for offset in range(10)]


def maps(*rows: Any) -> list[dict[str, Any]]:
    return [msgspec.to_builtins(row) for row in rows]


def test_rows_become_the_tables_schema() -> None:
    rows = decode([encode(make.interaction(i)) for i in range(3)], PLACES[:3], INTERACTIONS)
    table = to_table(rows, INTERACTIONS)
    assert table.schema.equals(INTERACTIONS.schema, check_metadata=True)
    assert str(table.column("event_date")[1]) == "2026-01-06"
    assert table.column("event_time").cast("int64").to_pylist()[2] == 1_767_600_000_000_002


def test_no_rows_become_an_empty_table() -> None:
    assert to_table(decode([], [], PAIRS), PAIRS).num_rows == 0


@pytest.mark.parametrize(
    ("column", "value", "needed"),
    [
        ("final", 7, "came int"),
        ("final", None, "came null in 1 rows"),
        ("similarity", "Jane Doe", "came str"),
        ("revision", 1.5, "came float"),
        ("revision", True, "came bool"),
        ("revision", 2**40, "came int"),
        ("event_date", "Jane Doe", "came str"),
        ("event_date", "2026-13-01", "came str"),
        ("sources", "Jane Doe", "came str"),
        ("kept_spans", [{"start": "Jane Doe", "end": 1}], "came list"),
    ],
)
def test_a_wrong_type_is_told_by_column_and_type_never_by_value(column: str, value: Any, needed: str) -> None:
    (row,) = maps(make.pair(1))
    with pytest.raises(RowError, match=f"column {column}.*{needed}") as caught:
        to_table([{**row, column: value}], PAIRS)
    error: BaseException | None = caught.value
    while error is not None:
        assert "Jane" not in str(error)
        assert "2026-13" not in str(error)
        error = error.__cause__ or error.__context__


def test_a_missing_column_and_an_unknown_one_are_told() -> None:
    (row,) = maps(make.pair(1))
    del row["final"]
    with pytest.raises(RowError, match=r"t/0/0.*missing columns: final; unknown columns: 0"):
        decode([msgspec.msgpack.encode(row)], PLACES[:1], PAIRS)
    row["Jane"] = "Doe"
    with pytest.raises(RowError, match="no such column") as caught:
        to_table(decode([msgspec.msgpack.encode(row)], PLACES[:1], PAIRS), PAIRS)
    assert "Jane" not in str(caught.value)


def test_rows_are_split_by_their_folders_and_lose_the_partition_columns() -> None:
    table = to_table(maps(*(make.pair(i) for i in range(6))), PAIRS)
    parts = split(table, PAIRS.partition_by)
    assert len(parts) == 6
    assert sorted(i for _, _, positions in parts for i in positions) == list(range(6))
    folder, body, (position,) = parts[0]
    assert folder == {"event_date": "2026-01-05", "surface": "chat"}
    assert body.column("record_id").to_pylist() == [f"{position:032x}"]
    assert not set(PAIRS.partition_by) & set(body.schema.names)


@pytest.mark.parametrize("surface", ["../x", "a b", "a/b", "", "ä", "a%20"])
def test_a_value_that_cannot_be_a_folder_is_refused(surface: str) -> None:
    (row,) = maps(make.pair(1))
    with pytest.raises(RowError, match="folder name") as caught:
        split(to_table([{**row, "surface": surface}], PAIRS), PAIRS.partition_by)
    assert not surface.strip() or surface not in str(caught.value).replace("A-Za-z0-9", "")


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_a_quarantine_table_is_the_table_and_the_reason(table: Any) -> None:
    aside = quarantine_of(table)
    assert aside.schema.names == [*table.schema.names, "quarantine_reason"]
    assert len(set(aside.schema.names)) == len(aside.schema.names)
    assert not aside.published
    assert aside.partition_by == table.partition_by
