"""The path in Bytewax: scrub, key, `stateful_map`; no recovery store, which favours it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSource
from bytewax.dataflow import Dataflow
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from path import TOPIC, Peer

if TYPE_CHECKING:
    from bytewax.inputs import Source

peer = Peer()


class _Rows(StatelessSinkPartition[Any]):
    def write_batch(self, items: list[Any]) -> None:
        for _, (event, pair) in items:
            peer.keep(event, pair)


class _ToParquet(DynamicSink[Any]):
    def build(self, _step_id: str, _worker_index: int, _worker_count: int) -> _Rows:
        return _Rows()


def work(state: dict[str, Any] | None, event: dict[str, Any] | None) -> tuple[dict[str, Any], Any]:
    """Join."""
    if event is None or not event["data"].get("interaction_id"):
        return state or {}, (event, None)
    joined, pair = peer.joined(state, event)
    return joined, (event, pair)


def key_of(event: dict[str, Any] | None) -> str:
    """Events of one interaction go to one worker."""
    data = event["data"] if event else {}
    return str(data.get("interaction_id") or data.get("session_id") or "")


flow = Dataflow("peer")
source: Source[Any] = KafkaSource([os.environ["PEER_BROKER"]], [TOPIC], tail=True, batch_size=50)
scrubbed = op.map("scrub", op.input("kafka", flow, source), lambda record: peer.event(record.value))
joined = op.stateful_map("join", op.key_on("key", scrubbed, key_of), work)
op.output("parquet", joined, _ToParquet())
