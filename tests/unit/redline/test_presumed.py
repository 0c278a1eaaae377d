"""The ledger's rows for events of destroyed epochs."""

from __future__ import annotations

import pyarrow as pa

from quality.books import ROUTES
from redline.key_ring.presumed import joined
from schemas.rows import Source
from schemas.tables import INTERACTIONS, SOURCE


def _place(offset: int) -> dict[str, str | int]:
    return {"topic": "t", "partition": 0, "offset": offset}


def test_events_of_destroyed_epochs_count_as_joined_unless_they_were_rejected() -> None:
    columns = ["sources", "event_type", "key_epoch"]
    kinds = [("edit", 0), ("edit", 1), ("suggestion", 0), ("step", 0), ("message", 0)]
    events = pa.Table.from_pylist(
        [
            {
                "sources": [{"topic": "t", "partition": 0, "offset": n}],
                "event_type": f"redline.{kind}.v1",
                "key_epoch": e,
            }
            for n, (kind, e) in enumerate(kinds)
        ],
        schema=pa.schema([INTERACTIONS.schema.field(name) for name in columns]),
    )
    there = pa.schema([pa.field("sources", pa.list_(SOURCE), nullable=False)]).empty_table()
    found = {name: joined(events, {Source("t", 0, 2)}, ROUTES, name, there) for name in ("pairs", "trajectories")}
    assert {name: pa.concat_tables([there, rows])["sources"].to_pylist() for name, rows in found.items()} == {
        "pairs": [[_place(0)]],
        "trajectories": [[_place(3)]],
    }
