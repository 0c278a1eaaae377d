"""What an erasure reads from Kafka: rows that are on their way, somebody's consent, and what stays there."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from support import rows as make
from support.folder import key_file, publish

from redline.admin import create_topics
from redline.broker import EmbeddedBroker
from redline.cluster import ALL_TOPICS
from redline.erasure import in_flight
from redline.kafka_section import Kafka
from schemas import topics
from schemas.records import Partition
from schemas.rows import encode
from sinks import reader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """A broker of its own: other tests make our topics with other partitions and another retention."""
    with EmbeddedBroker(tmp_path_factory.mktemp("broker")) as broker:
        create_topics(broker.bootstrap, ALL_TOPICS, partitions=2, retention_ms=3_600_000, max_bytes=1_000_000)
        yield Kafka(bootstrap=broker.bootstrap, partitions=2)


def send(kafka: Kafka, topic: str, value: bytes, *, key: bytes | None = None, **headers: bytes) -> None:
    producer = Producer({"bootstrap.servers": kafka.bootstrap})
    named = [(name.replace("_", "-"), content) for name, content in headers.items()]
    producer.produce(topic, value, key=key, partition=0, headers=named)
    assert producer.flush(30) == 0


def numbers(kafka: Kafka, data: Path) -> list[int]:
    return sorted(int(row.record_id, 16) for row in in_flight.subjects(kafka, data))


def test_rows_on_their_way_are_seen_wherever_they_are(kafka: Kafka, tmp_path: Path) -> None:
    assert numbers(kafka, tmp_path) == []
    send(kafka, topics.SCRUBBED, b"a text", redline_subject=encode(make.subject(1)))
    send(kafka, topics.SCRUBBED, b"nobody's")
    send(kafka, topics.SUBJECTS, encode(make.subject(2)))
    send(kafka, topics.SUBJECTS, b"", redline_tick=b"17")
    send(kafka, topics.SUBJECTS, encode(make.subject(3)))
    assert numbers(kafka, tmp_path) == [1, 2, 3]

    # What has arrived is no longer on its way: the first row is in the table, and the worker has passed one record.
    key_file(tmp_path)
    publish(tmp_path, "subjects", [make.subject(9)])
    assert reader.offsets(tmp_path, "subjects") == {Partition(make.TOPIC, 0): 1}  # of another topic: nothing is skipped
    assert numbers(kafka, tmp_path) == [1, 2, 3]
    group = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": topics.APP_ID, "enable.auto.commit": False})
    group.commit(offsets=[TopicPartition(topics.SCRUBBED, 0, 1)], asynchronous=False)
    group.close()
    assert numbers(kafka, tmp_path) == [2, 3]


def test_nobody_at_work_is_not_waited_for(kafka: Kafka) -> None:
    before = time.monotonic()
    assert in_flight.members(kafka) == 0
    assert in_flight.settled(kafka, wait_s=60.0)
    assert time.monotonic() - before < 30.0


def test_the_last_word_of_a_person_counts(kafka: Kafka) -> None:
    assert in_flight.consent(kafka, b"erased person") is None
    for word in (b"yes", b"no"):
        send(kafka, topics.CONSENT, word, key=b"erased person")
    send(kafka, topics.CONSENT, b"yes", key=b"another")
    assert in_flight.consent(kafka, b"erased person") == b"no"


def test_what_stays_in_kafka_is_told_with_its_time(kafka: Kafka) -> None:
    send(kafka, topics.EVENTS, b"{}")
    kept = {one.topic: one for one in in_flight.kept(kafka)}
    assert kept[topics.EVENTS].hours == 1
    assert "each for 1 hours" in str(kept[topics.EVENTS])
    assert topics.TRAJECTORIES not in kept
