"""Each format of a few rows, as it was checked by hand: what a trainer reads does not change unseen."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pyarrow as pa
import pytest

from schemas.tables import TABLES
from sinks.export.example import Format, Options
from sinks.export.formats import FORMATS

FOLDER = Path(__file__).parents[3] / "fixtures" / "export"


def batch(table: str) -> pa.Table:
    rows = json.loads((FOLDER / f"{table}.json").read_text("utf-8"))
    blank = {"content": "", "tool_name": "", "arguments": "", "outcome": ""}
    for row in rows:
        row["steps"] = [{**blank, **step} for step in row.get("steps", ())]
    schema = TABLES[table].schema
    names = [name for name in rows[0] if name in schema.names]
    return pa.table({name: pa.array([row[name] for row in rows], schema.field(name).type) for name in names})


@pytest.mark.parametrize("one", FORMATS.values(), ids=lambda one: one.name)
def test_examples_are_those_that_were_checked(one: Format) -> None:
    told = one.rows(batch(one.table), Options())
    lines = [msgspec.json.encode(outcome) for outcome in told]
    assert lines == (FOLDER / f"{one.name}.jsonl").read_bytes().splitlines()
