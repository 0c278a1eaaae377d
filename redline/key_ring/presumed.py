"""Events of destroyed epochs, for the ledger: which published row they became can no longer be told. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from redline.key_ring.traces import DESTROYED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.rows import Source


def joined(
    interactions: pa.Table, rejected: set[Source], routes: Mapping[str, str | None], table: str, like: pa.Table
) -> pa.Table:
    """Rows with the coordinates of such events that lead to `table` and were not rejected, in the shape of `like`.

    That each was joined is taken for granted: an epoch is destroyed after all of its events had their fate.
    """
    types = [name for name, target in routes.items() if target == table]
    rows = interactions.filter(
        pc.and_(pc.equal(interactions["key_epoch"], DESTROYED), pc.is_in(interactions["event_type"], pa.array(types)))
    )
    places = {(one.topic, one.partition, one.offset) for one in rejected}
    kept = [
        sources
        for sources in rows["sources"].to_pylist()
        if not any((s["topic"], s["partition"], s["offset"]) in places for s in sources)
    ]
    return pa.table([pa.array(kept, like.schema.field("sources").type)], schema=like.schema)
