"""Rows of `interactions` as the logic of a stage takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from schemas.rows import Interaction, Mark, Source, Variant

if TYPE_CHECKING:
    from collections.abc import Iterator

COLUMNS = [
    "record_id",
    "schema_version",
    "scrub_version",
    "sources",
    "event_date",
    "event_type",
    "event_time",
    "surface",
    "tool",
    "session_key",
    "interaction_key",
    "thread_key",
    "document_key",
    "data",
    "marks",
    "subject_mark",
    "variants",
    "key_epoch",
    "consent_version",
]
"""What is read of them. Findings are not: no row is made of them."""
Place = tuple[str, int, int]


def place(source: dict[str, Any]) -> Place:
    """The raw coordinates of one entry of `sources`."""
    return source["topic"], source["partition"], source["offset"]


def interactions(part: pa.Table | None) -> Iterator[Interaction]:
    """Every row of a table with these columns."""
    if part is None:
        return
    at = part.schema.get_field_index("event_time")
    part = part.set_column(at, "event_time", part["event_time"].cast(pa.int64()))
    at = part.schema.get_field_index("event_date")
    part = part.set_column(at, "event_date", part["event_date"].cast(pa.string()))
    for row in part.to_pylist():
        sources = [Source(*place(source)) for source in row["sources"]]
        variants = [Variant(**{**one, "marks": _marks(one["marks"])}) for one in row["variants"] or ()]
        yield Interaction(**{**row, "sources": sources, "marks": _marks(row["marks"]), "variants": variants})


def _marks(values: list[dict[str, Any]] | None) -> list[Mark]:
    return [Mark(**mark) for mark in values or ()]
