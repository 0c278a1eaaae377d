from __future__ import annotations

import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

import msgspec
import pytest
from confluent_kafka import Consumer, TopicPartition
from support.command import wait

from redline import admin
from redline.kafka_section import Kafka
from redline.settings import Settings
from redline.simulate.curve import Flat
from redline.simulate.run import Order, simulate, week_of
from schemas import topics
from schemas.errors import BrokerError, InputError
from schemas.topics import Topic

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from schemas.records import Partition

pytestmark = pytest.mark.broker


def ends(bootstrap: str) -> Mapping[Partition, tuple[int, int]]:
    """First and next offsets; nothing while a partition of a new topic has no leader."""
    try:
        return admin.watermarks(bootstrap, topics.EVENTS)
    except BrokerError:
        return {}


def since(bootstrap: str, before: Mapping[Partition, tuple[int, int]]) -> Counter[bytes]:
    """Values of the raw topic that are newer than this."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "none", "auto.offset.reset": "error"})
    found: Counter[bytes] = Counter()
    for partition, (_, end) in admin.watermarks(bootstrap, topics.EVENTS).items():
        begin = before[partition][1]
        consumer.assign([TopicPartition(topics.EVENTS, partition.index, begin)])
        for _ in range(end - begin):
            message = consumer.poll(60.0)
            assert message is not None
            assert message.error() is None
            found[message.value() or b""] += 1
    consumer.close()
    return found


def test_a_simulation_that_is_stopped_goes_on_and_sends_what_an_unbroken_one_would(
    bootstrap: str, tmp_path: Path
) -> None:
    admin.create_topics(bootstrap, [Topic(topics.EVENTS, "test", "test")], partitions=4, max_bytes=2_000_000)
    wait(lambda: bool(ends(bootstrap)))
    before = ends(bootstrap)
    settings = msgspec.structs.replace(Settings(), kafka=Kafka(bootstrap=bootstrap))
    start_us = time.time_ns() // 1000
    whole = Order(people=200, load=Flat(300), start_us=start_us, seconds=8, seed=start_us, speed=20, scenes=200)
    part = Order(people=200, load=Flat(300), start_us=start_us, seconds=3, seed=start_us, speed=20, scenes=200)
    mark, said = tmp_path / "mark", list[str]()
    first = simulate(settings, part, stopping=threading.Event(), say=said.append, mark=mark)
    second = simulate(settings, whole, stopping=threading.Event(), say=said.append, mark=mark)
    assert (first.tally.records, second.tally.records) == (900, 2400)
    assert first.complete
    assert second.complete
    assert len(said) == 1
    unbroken = week_of(whole)
    made = [timed.record.value or b"" for _ in range(40) for timed in unbroken.step()]
    assert since(bootstrap, before) == Counter(made)
    assert unbroken.tally == second.tally

    stopped = threading.Event()
    stopped.set()
    other = Order(people=200, load=Flat(300), start_us=start_us, seconds=8, seed=1, speed=20, scenes=200)
    with pytest.raises(InputError, match="mark of this simulation"):
        simulate(settings, other, stopping=stopped, say=said.append, mark=mark)
