from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from redline.admin import (
    check_topics,
    committed,
    create_topics,
    stamp_by_broker,
    stamped_by_producers,
    wait_ready,
    watermarks,
)
from schemas.errors import BrokerError
from schemas.records import Partition
from schemas.topics import TOPICS, Topic

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.broker

NOBODY = "127.0.0.1:1"


@pytest.fixture
def topics(unique: Callable[[str], str]) -> list[Topic]:
    return [
        Topic(unique("many"), "test", "none"),
        Topic(unique("one"), "test", "none", single=True),
        Topic(unique("compacted"), "test", "none", compacted=True),
    ]


def settings(bootstrap: str, topic: str) -> dict[str, str]:
    resource = ConfigResource(ResourceType.TOPIC, topic)
    client = AdminClient({"bootstrap.servers": bootstrap})  # its requests end with it
    (future,) = client.describe_configs([resource]).values()
    return {name: entry.value for name, entry in future.result(30).items()}


def test_topics_are_created_once_and_found_right(bootstrap: str, topics: list[Topic]) -> None:
    names = [topic.name for topic in topics]
    assert create_topics(bootstrap, topics[:1], partitions=3, max_bytes=2_000_000) == names[:1]
    assert create_topics(bootstrap, topics, partitions=3, max_bytes=2_000_000) == names[1:]
    assert create_topics(bootstrap, topics, partitions=3, max_bytes=2_000_000) == []
    check_topics(bootstrap, topics, partitions=3)
    assert [len(watermarks(bootstrap, name)) for name in names] == [3, 1, 3]


def test_topics_have_the_settings_of_their_kind(bootstrap: str, topics: list[Topic]) -> None:
    create_topics(bootstrap, topics, partitions=1, max_bytes=2_000_000, retention_ms=3_600_000)
    many, _, compacted = (settings(bootstrap, topic.name) for topic in topics)
    assert (many["cleanup.policy"], many["retention.ms"]) == ("delete", "3600000")
    assert (compacted["cleanup.policy"], compacted["retention.ms"]) == ("compact", "-1")
    assert many["max.message.bytes"] == "2000000"
    assert many["message.timestamp.type"] == "CreateTime"


def test_a_raw_record_has_the_brokers_time_whatever_its_producer_says(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    ours, theirs = Topic(unique("raw"), "test", "none", raw=True), Topic(unique("older"), "test", "none")
    create_topics(bootstrap, [ours, theirs], partitions=1, max_bytes=2_000_000)
    older = replace(theirs, raw=True)  # made when raw topics were like the others
    assert stamped_by_producers(bootstrap, [ours, older]) == [older.name]
    stamp_by_broker(bootstrap, [older.name])
    assert stamped_by_producers(bootstrap, [ours, older]) == []
    assert stamped_by_producers(bootstrap, []) == []
    began_ms = int(time.time() * 1000)
    producer = Producer({"bootstrap.servers": bootstrap})
    for topic in (ours, older):
        for said_ms in (1, began_ms + 10**10):
            producer.produce(topic.name, b"x", timestamp=said_ms)
    assert producer.flush(30) == 0
    for topic in (ours, older):
        assert all(abs(at_ms - began_ms) < 300_000 for at_ms in times(bootstrap, topic.name, 2))
    with pytest.raises(BrokerError, match=older.name):
        stamp_by_broker(bootstrap, [f"{older.name}-missing"])


def times(bootstrap: str, topic: str, count: int) -> list[int]:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "none", "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, 0, 0)])
    found = [message.timestamp()[1] for message in consumer.consume(count, 60) if message.error() is None]
    consumer.close()
    assert len(found) == count
    return found


def test_every_topic_of_redline_can_be_created(bootstrap: str) -> None:
    create_topics(bootstrap, TOPICS, partitions=2, max_bytes=16_000_000)
    check_topics(bootstrap, TOPICS, partitions=2)


def test_another_partition_count_is_an_error_that_says_what_to_do(bootstrap: str, topics: list[Topic]) -> None:
    create_topics(bootstrap, topics[:1], partitions=3, max_bytes=1_000_000)
    with pytest.raises(BrokerError, match=r"has 3 partitions at .*, 4 are needed; set partitions = 3"):
        check_topics(bootstrap, topics[:1], partitions=4)


def test_a_missing_topic_is_named_with_the_command_that_makes_it(bootstrap: str, unique: Callable[[str], str]) -> None:
    missing = unique("missing")
    with pytest.raises(BrokerError, match=rf"{missing} is missing .*`redline topics create`"):
        check_topics(bootstrap, [Topic(missing, "test", "none")], partitions=1)
    with pytest.raises(BrokerError, match=rf"{missing} is missing"):
        watermarks(bootstrap, missing)
    with pytest.raises(BrokerError, match=rf"{missing} is missing"):
        committed(bootstrap, "group", [missing])


def test_offsets_are_told_for_each_partition(bootstrap: str, topics: list[Topic], unique: Callable[[str], str]) -> None:
    name, group = topics[0].name, unique("group")
    create_topics(bootstrap, topics[:1], partitions=2, max_bytes=1_000_000)
    producer = Producer({"bootstrap.servers": bootstrap})
    for _ in range(3):
        producer.produce(name, b"value", partition=1)
    assert producer.flush(30) == 0
    assert watermarks(bootstrap, name) == {Partition(name, 0): (0, 0), Partition(name, 1): (0, 3)}

    assert committed(bootstrap, group, [name]) == {}
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group})
    consumer.commit(offsets=[TopicPartition(name, 1, 2)], asynchronous=False)
    consumer.close()
    assert committed(bootstrap, group, [name]) == {Partition(name, 1): 2}
    assert committed(bootstrap, group, []) == {}


def test_waiting_for_a_broker_that_is_there_returns(bootstrap: str) -> None:
    wait_ready(bootstrap, 10.0)


def test_waiting_for_a_broker_that_is_not_there_ends_in_time() -> None:
    with pytest.raises(BrokerError, match=r"no broker answered at 127\.0\.0\.1:1 within 0\.5 s"):
        wait_ready(NOBODY, 0.5)


def test_extra_settings_reach_the_client(bootstrap: str) -> None:
    # A broker without TLS does not answer a client that insists on it.
    with pytest.raises(BrokerError, match="no broker answered"):
        wait_ready(bootstrap, 1.0, config={"security.protocol": "SSL"})
