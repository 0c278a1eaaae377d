"""The path in stock Faust: one agent, one table, at least once."""

from __future__ import annotations

import os
import sys

import faust
from path import PARTITIONS, TOPIC, Peer

os.environ.setdefault("FAUST_DATADIR", os.environ["PEER_OUT"])
peer = Peer()
app = faust.App(
    "peer-faust",
    broker="kafka://" + os.environ["PEER_BROKER"],
    store="memory://",
    topic_partitions=PARTITIONS,
    consumer_auto_offset_reset="earliest",
    web_enabled=False,
)
raw = app.topic(TOPIC, value_type=bytes, value_serializer="raw", key_serializer="raw")
open_interactions = app.Table("open", partitions=PARTITIONS)


@app.agent(raw)
async def work(stream):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201 - as Faust's guide writes it
    """Scrub, join, keep."""
    async for value in stream:
        event, pair = peer.event(value), None
        key = event["data"].get("interaction_id") if event else None
        if event and key:
            state, pair = peer.joined(open_interactions.get(key), event)
            open_interactions[key] = state
        peer.keep(event, pair)


if __name__ == "__main__":
    sys.argv = ["peer", "worker", "--without-web", "-l", "error"]
    app.main()
