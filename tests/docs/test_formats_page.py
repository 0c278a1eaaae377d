"""docs/formats.md lists every format, option and reason, with what the code says of them."""

from __future__ import annotations

from pathlib import Path

from sinks.export.example import CHOICES, REASONS, Options
from sinks.export.formats import FORMATS

PAGE = (Path(__file__).parents[2] / "docs" / "formats.md").read_text("utf-8")


def rows(title: str) -> list[list[str]]:
    """The first table below a title, without its head."""
    below = PAGE.split(f"{title}\n", 1)[1]
    table = below[below.index("\n|") + 1 :].split("\n\n", 1)[0].splitlines()
    return [[cell.strip().replace("`", "") for cell in line.strip("|").split("|")] for line in table[2:]]


def test_the_page_lists_every_format_with_its_table_and_fields() -> None:
    told = {name: (table, fields) for name, table, _, fields in rows("# Training formats")}
    assert list(told) == list(FORMATS)
    for name, (table, fields) in told.items():
        assert table == FORMATS[name].table
        assert all(field in fields for field in FORMATS[name].fields) or fields.startswith("as ")


def test_the_page_lists_every_option_with_its_default() -> None:
    defaults = {name: str(getattr(Options(), name)) for name in CHOICES}
    assert {name: default for name, default, _ in rows("## Options")} == {
        name: default.lower() if default in {"True", "False"} else default for name, default in defaults.items()
    }


def test_the_page_lists_every_reason() -> None:
    assert {name for name, _ in rows("## Rows without an example")} == set(REASONS)
