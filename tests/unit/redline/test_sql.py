from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from support import rows as make
from support.folder import publish

from redline import sql
from schemas.tables import TABLES

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("table", TABLES)
def test_every_table_can_be_asked_before_anything_was_written(tmp_path: Path, table: str) -> None:
    header, rows = sql.query(tmp_path, f"select * from {table}")  # noqa: S608
    assert list(header) == TABLES[table].schema.names
    assert rows == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("table", ["pairs", "interactions"])
def test_a_table_with_rows_has_the_same_columns_as_an_empty_one(tmp_path: Path, table: str) -> None:
    row = make.pair if table == "pairs" else make.interaction
    publish(tmp_path, table, [row(n) for n in range(6)])
    asked = f"select column_name, column_type from (describe {table})"  # noqa: S608
    full, empty = sql.query(tmp_path, asked)[1], sql.query(tmp_path / "other", asked)[1]
    assert full == empty
    assert [name for name, _ in full] == TABLES[table].schema.names


def test_rows_are_counted_by_partition_and_revised_rows_once(tmp_path: Path) -> None:
    publish(tmp_path, "pairs", [make.pair(n) for n in range(6)])
    publish(tmp_path, "pairs", [make.pair(1, revision=1, final="other")])
    header, rows = sql.query(tmp_path, "select event_date, count(*) as n from pairs group by 1 order by 1")
    assert list(header) == ["event_date", "n"]
    assert rows == [(dt.date(2026, 1, 5), 3), (dt.date(2026, 1, 6), 3)]
    assert sql.query(tmp_path, "select final from pairs where revision = 1")[1] == [("other",)]


def test_a_query_that_duckdb_does_not_understand_is_told_in_its_words(tmp_path: Path) -> None:
    for text, said in (
        ("selec 1", "syntax error"),
        ("select nope from pairs", '"nope"'),
        ("select 1 from x", "x does not"),
    ):
        with pytest.raises(sql.QueryError, match=said) as caught:
            sql.query(tmp_path, text)
        assert "\n" not in str(caught.value)


def test_a_query_that_fails_on_a_value_does_not_quote_it(tmp_path: Path) -> None:
    publish(tmp_path, "pairs", [make.pair(0, final="XYZZY")])
    for text in (
        "select final::int from pairs",
        "select final::timestamp from pairs",
        "select error(final) from pairs",
    ):
        with pytest.raises(sql.QueryError, match="failed on a value") as caught:
            sql.query(tmp_path, text)
        assert "XYZZY" not in str(caught.value)
        assert caught.value.__context__ is None


def test_nothing_is_installed_or_loaded_at_run_time(tmp_path: Path) -> None:
    with pytest.raises(sql.QueryError):
        sql.query(tmp_path, "select * from 'https://127.0.0.1:1/x.parquet'")


def test_what_does_not_fit_into_memory_spills_below_the_data_folder(tmp_path: Path) -> None:
    assert sql.query(tmp_path, "select current_setting('temp_directory')")[1] == [(str(tmp_path / "state" / "duckdb"),)]
