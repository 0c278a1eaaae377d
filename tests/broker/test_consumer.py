"""The worker's consumer on a real broker: a seek back never leaves events out."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from streams.agents import agent_of
from streams.commit import Changelog
from streams.connection import Connection
from streams.delivery import Delivery
from streams.runtime import RuntimePolicy, build_app

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from schemas.records import Record
    from streams.outputs import Committer

pytestmark = pytest.mark.broker
RECORDS = 50


class Gated:
    """A stage that is through with nothing until it is let."""

    name = "gated"
    table: str | None = None

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.open = asyncio.Event()
        self.begun: list[int] = []
        self.handled: list[int] = []

    async def handle(self, records: Sequence[Record], commit: Committer) -> None:
        """Note what came."""
        offsets = [record.coordinate.offset for record in records]
        self.begun += offsets
        await self.open.wait()
        await commit.write([])
        self.handled += offsets


async def until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110 - it looks at Faust from outside, which sets no event
        await asyncio.sleep(0.02)


def test_what_was_never_committed_is_read_again_after_a_seek(
    bootstrap: str, unique: Callable[[str], str], tmp_path: Path
) -> None:
    topic, group = unique("events"), unique("group")
    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result()
    producer = Producer({"bootstrap.servers": bootstrap})
    for number in range(RECORDS):
        producer.produce(topic, b"%d" % number)
    assert producer.flush(30) == 0
    handled = asyncio.run(sought_back(bootstrap, topic, group, tmp_path))
    assert Counter(handled)[0] == 2, "once by the batch in hand, once more after the seek"
    assert set(handled) == set(range(RECORDS))


async def sought_back(bootstrap: str, topic: str, group: str, datadir: Path) -> list[int]:
    """Read, seek while the first batch is in hand, and go on until everything is committable."""
    policy = RuntimePolicy(batch=10, commit_interval_s=0.1)
    app = build_app(Connection(bootstrap), app_id=group, datadir=datadir, partitions=1, policy=policy)
    delivery = Delivery(bootstrap, {})
    stage = Gated(topic)
    agent_of(app, stage, None, delivery=delivery, changelog=Changelog(delivery), policy=policy)
    app.finalize()
    async with asyncio.timeout(60), app:
        await until(lambda: bool(stage.begun))  # the first batch is in hand, the rest in buffers; nothing is committed
        await app.consumer.perform_seek()
        stage.open.set()
        tracker = next(iter(app.consumer.trackers.values()))
        await until(lambda: tracker.committable() == RECORDS)
    delivery.close()
    return stage.handled
