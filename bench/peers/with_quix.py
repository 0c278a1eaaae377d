"""The path in Quix Streams: one dataframe, state by key, at least once."""

from __future__ import annotations

import os
from typing import Any

from path import TOPIC, Peer
from quixstreams import Application, State

peer = Peer()
app = Application(
    broker_address=os.environ["PEER_BROKER"],
    consumer_group="peer-quix",
    auto_offset_reset="earliest",
    state_dir=f"{os.environ['PEER_OUT']}/state-{os.getpid()}",
    loglevel="ERROR",
)
raw = app.topic(TOPIC, value_deserializer="bytes", key_deserializer="bytes")


def work(value: bytes, state: State) -> Any:
    """Scrub, join, keep."""
    event, pair = peer.event(value), None
    key = event["data"].get("interaction_id") if event else None
    if event and key:
        joined, pair = peer.joined(state.get(key), event)
        state.set(key, joined)
    peer.keep(event, pair)


frame = app.dataframe(raw).update(work, stateful=True)

if __name__ == "__main__":
    app.run()
