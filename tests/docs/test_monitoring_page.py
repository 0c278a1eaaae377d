"""The page of what is measured has every series, as the code has it."""

from __future__ import annotations

from pathlib import Path

from quality.measures import SERIES
from schemas.tables import QUALITY_HISTORY

PAGE = (Path(__file__).parents[2] / "docs" / "monitoring.md").read_text("utf-8")


def test_the_page_lists_every_series() -> None:
    section = PAGE.split("## What is measured\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| `")]
    assert [tuple(cell.strip() for cell in row) for row in rows] == [
        (f"`{one.name}`", one.kind, one.meaning) for one in SERIES.values()
    ]


def test_the_page_names_every_column_of_the_table_and_each_has_a_meaning() -> None:
    for field in QUALITY_HISTORY.schema:
        assert f"`{field.name}`" in PAGE
        assert field.metadata[b"meaning"]
