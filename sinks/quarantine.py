"""The quarantine table of a table: its columns, and why the row is there."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from schemas.tables import Table

# Not `reason`: the table of rejects has a column of that name.
REASON = pa.field(
    "quarantine_reason",
    pa.string(),
    nullable=False,
    metadata={"meaning": "first expectation that failed, and its column"},
)


def quarantine_of(table: Table) -> Table:
    """Rows of `table` that failed its gate. Never published."""
    return dataclasses.replace(
        table,
        meaning=f"rows of {table.name} that failed the gate, with the reason",
        schema=table.schema.append(REASON),
        published=False,
        purpose="review",
    )
