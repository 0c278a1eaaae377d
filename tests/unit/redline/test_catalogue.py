from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support import rows as make
from support.folder import publish

from redline import catalogue
from schemas.errors import InputError, PurposeError
from schemas.tables import PUBLISHED, TABLES

if TYPE_CHECKING:
    from pathlib import Path

RESTRICTED = sorted(set(TABLES) - set(PUBLISHED))


def test_tables_are_counted_by_the_log(tmp_path: Path) -> None:
    publish(tmp_path, "pairs", [make.pair(n) for n in range(6)])
    publish(tmp_path, "pairs", [make.pair(1, revision=1, final="other")])
    by_name = {one["table"]: one for one in json.loads(catalogue.tables_json(tmp_path))}
    assert list(by_name) == list(TABLES)
    pairs = by_name["pairs"]
    assert (pairs["rows"], pairs["first_day"], pairs["last_day"]) == (6, "2026-01-05", "2026-01-06")
    sizes = [path.stat().st_size for path in (tmp_path / "dataset" / "pairs").rglob("*.parquet")]
    assert (pairs["files"], pairs["bytes"]) == (len(sizes), sum(sizes))
    assert (by_name["subjects"]["rows"], by_name["subjects"]["version"]) == (0, -1)
    text = catalogue.tables(tmp_path)
    assert all(name in text for name in TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_every_column_of_every_table_is_described(tmp_path: Path, name: str) -> None:
    columns = json.loads(catalogue.describe_json(tmp_path, name))["columns"]
    assert [column["name"] for column in columns] == TABLES[name].schema.names
    assert all(column["meaning"] for column in columns)
    text = catalogue.describe(tmp_path, name)
    assert all(column["meaning"] in text for column in columns)
    assert TABLES[name].meaning in text
    assert list(tmp_path.iterdir()) == []


def test_head_shows_rows_of_what_is_published(tmp_path: Path) -> None:
    publish(tmp_path, "pairs", [make.pair(n, final="a\nb\x1b[31m" + "c" * 500) for n in range(4)])
    header, rows = catalogue.head(tmp_path, "pairs", 2, ["label", "final"])
    assert (header, len(rows)) == (["label", "final"], 2)
    text = catalogue.head_text(header, rows)
    assert "a\\nb" in text
    assert "(508 characters)" in text
    assert "\x1b" not in text
    assert [json.loads(line)["label"] for line in catalogue.head_json(header, rows).splitlines()] == ["edited"] * 2
    header, rows = catalogue.head(tmp_path, "pairs", 1)
    assert header == TABLES["pairs"].schema.names
    assert json.loads(catalogue.head_json(header, rows))["event_date"].startswith("2026-01-0")


@pytest.mark.parametrize("name", RESTRICTED)
def test_head_of_a_restricted_table_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(PurposeError, match="restricted"):
        catalogue.head(tmp_path, name, 1)


@pytest.mark.parametrize("column", ['label" from pairs; --', "nope", "withheld"])
def test_a_column_that_is_none_is_refused_without_being_quoted(tmp_path: Path, column: str) -> None:
    with pytest.raises(InputError) as caught:
        catalogue.head(tmp_path, "pairs", 1, [column])
    assert column not in str(caught.value).replace("withheld", "") or column == "withheld"
    with pytest.raises(InputError, match="needed one of"):
        catalogue.describe(tmp_path, column)
