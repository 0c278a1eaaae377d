from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
import pytest

from schemas import codec, events
from schemas.records import Coordinate, Record
from schemas.rows import REASONS

PAGE = (Path(__file__).parents[3] / "docs" / "events.md").read_text()
BEHIND_THE_CODEC = {
    "no_consent", "consent_withdrawn", "out_of_scope", "erased", "discarded", "key_destroyed",
    "duplicate", "late", "orphan", "scrub_failed", "scrub_timeout",
}  # fmt: skip


def rows(title: str) -> list[list[str]]:
    """The cells of the first table under a heading."""
    section = PAGE.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def fields(struct: type[Any], without: set[str]) -> list[list[str]]:
    hints = get_type_hints(struct)
    found = []
    for field in msgspec.structs.fields(struct):
        if field.name not in without:
            default = "needed" if field.required else f"`{json.dumps(field.default)}`"
            found.append([f"`{field.name}`", codec.describe(hints[field.name]), default])
    return found


def test_the_page_lists_the_fields_of_every_event() -> None:
    assert [row[:3] for row in rows("In every event")] == fields(events.Common, set())


@pytest.mark.parametrize("name", list(events.TYPES))
def test_the_page_lists_the_fields_of(name: str) -> None:
    struct = events.TYPES[name]
    assert [row[:3] for row in rows(name)] == fields(struct, set(events.Common.__struct_fields__))


def test_every_field_on_the_page_has_a_meaning() -> None:
    for title in ("In every event", *events.TYPES):
        assert all(row[3] for row in rows(title))


def test_the_page_lists_every_reason_of_the_codec() -> None:
    listed = {row[0].strip("`") for row in rows("Why a record is refused")}
    assert listed == set(REASONS) - BEHIND_THE_CODEC


def test_the_example_on_the_page_decodes_without_unknown_fields() -> None:
    example = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    event = codec.decode(Record(Coordinate("redline.events", 0, 0), None, example.group(1).encode()))
    assert event.type == "redline.suggestion.v1"
    assert event.unknown == ()
