from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from support import rows as make
from support.folder import publish

from redline import sql
from schemas.errors import PurposeError
from schemas.tables import PUBLISHED, TABLES
from sinks import reader

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("table", PUBLISHED)
def test_every_published_table_can_be_asked_before_anything_was_written(tmp_path: Path, table: str) -> None:
    header, rows = sql.query(tmp_path, f"select * from {table}")  # noqa: S608
    assert list(header) == TABLES[table].schema.names
    assert rows == []
    assert list(tmp_path.iterdir()) == []


def test_a_table_with_rows_has_the_same_columns_as_an_empty_one(tmp_path: Path) -> None:
    publish(tmp_path, "pairs", [make.pair(n) for n in range(6)])
    asked = "select column_name, column_type from (describe pairs)"
    full, empty = sql.query(tmp_path, asked)[1], sql.query(tmp_path / "other", asked)[1]
    assert full == empty
    assert [name for name, _ in full] == TABLES["pairs"].schema.names


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


@pytest.mark.parametrize(
    ("table", "instead"),
    [
        ("rejects", "redline rejects"),
        ("Interactions", "redline rebuild pairs"),
        ('"subjects"', "redline erase"),
        ("main.subjects", "redline erase"),
        ("audit", "redline audit list"),
    ],
)
def test_a_restricted_table_is_refused_with_the_reason_and_what_to_run(
    tmp_path: Path, table: str, instead: str
) -> None:
    publish(tmp_path, "subjects", [make.subject(0)])
    for text in (
        f"select count(*) from {table}",  # noqa: S608
        f"with t as (select * from {table}) select * from pairs, t",  # noqa: S608
    ):
        with pytest.raises(PurposeError, match="restricted, its rows lead to people") as caught:
            sql.query(tmp_path, text)
        assert instead in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "select * from read_parquet('{data}/dataset/subjects/**/*.parquet')",
        "select * from '{file}'",
        "select * from read_blob('{data}/state/keys.json')",
        "select * from glob('{data}/**')",
        "select * from parquet_metadata('{file}')",
        "select * from query('select * from ''{file}''')",
        "from (from '{file}')",
    ],
)
def test_no_other_file_can_be_opened(tmp_path: Path, text: str) -> None:
    publish(tmp_path, "pairs", [make.pair(0)])
    publish(tmp_path, "subjects", [make.subject(0)])
    (tmp_path / "state" / "keys.json").write_text("{}")
    [file] = reader.files(tmp_path, "subjects")
    with pytest.raises(sql.QueryError, match="opens something else"):
        sql.query(tmp_path, text.format(data=tmp_path, file=file))


@pytest.mark.parametrize(
    "text",
    [
        "copy (select 1) to '{file}' (format parquet, use_tmp_file false)",
        "explain analyze copy (select 1) to '{file}' (format parquet, use_tmp_file false)",
        "select 1; copy (select 1) to '{file}' (format parquet, use_tmp_file false)",
        "attach '{file}.db'",
        "set enable_external_access = true",
        "drop view pairs",
        "install httpfs",
        "pragma database_list",
        "",
    ],
)
def test_a_query_is_one_select_and_writes_nothing(tmp_path: Path, text: str) -> None:
    publish(tmp_path, "pairs", [make.pair(0)])
    [file] = reader.files(tmp_path, "pairs")
    with pytest.raises(sql.QueryError, match="needed one SELECT"):
        sql.query(tmp_path, text.format(file=file))
    assert sql.query(tmp_path, "select count(*) from pairs")[1] == [(1,)]
    assert sql.query(tmp_path, "with t as (from pairs) select count(*) from t")[1] == [(1,)]
