"""What Kafka still carries towards the tables, what it keeps after them, and whether workers have caught up."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import ConfigResource, ResourceType

from redline.admin import admin_client, watermarks
from redline.partition_reader import reader as partition_reader
from redline.partition_reader import records
from schemas import topics
from schemas.errors import BrokerError
from schemas.records import Partition
from schemas.rows import Subject
from sinks import reader

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from confluent_kafka import Message

    from redline.kafka_section import Kafka

_NAME = "redline-erase"
_REQUEST_S = 30.0
_LOOK_S = 0.5
_ASKED_S = 10.0
# A worker sees a consent record within a fraction of a second; what it admitted before that is on its way.
SETTLE_S = 3.0
# Every topic that carries something made of one event.
_CARRIERS = (
    topics.EVENTS,
    topics.SCRUBBED,
    topics.CLEAN,
    topics.STEPS,
    topics.PAIRS,
    topics.TRAJECTORIES,
    topics.REVISIONS,
    topics.THREADS,
    topics.EXCHANGES,
    topics.SUBJECTS,
)
_STARTING = frozenset(
    {
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.NOT_COORDINATOR,
    }
)
_subject = msgspec.msgpack.Decoder(Subject).decode


@dataclass(frozen=True, slots=True)
class Kept:
    """A topic that holds records: how many, and how long each stays. `hours` None: for ever, or until compaction."""

    topic: str
    records: int
    hours: int | None
    compacted: bool = False

    def __str__(self) -> str:
        if self.compacted:
            return f"{self.topic}: {self.records:,} records, until Kafka compacts it"
        rest = "for ever: it has no retention by time" if self.hours is None else f"each for {self.hours:,} hours"
        return f"{self.topic}: {self.records:,} records, {rest}"


def settled(kafka: Kafka, *, wait_s: float) -> bool:
    """True once no worker can hold an event that it admitted before the consent record was written.

    Nobody at work: at once, as whoever starts reads all of consent before the first event.
    """
    if not members(kafka):
        return True
    time.sleep(SETTLE_S)
    ends = {p: high for p, (_, high) in watermarks(kafka.bootstrap, topics.EVENTS, config=kafka.client).items()}
    deadline = time.monotonic() + wait_s
    while True:
        done = _passed(kafka, topics.EVENTS)
        if all(done.get(p, 0) >= end for p, end in ends.items()) or not members(kafka):
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(_LOOK_S)


def subjects(kafka: Kafka, data_dir: Path) -> list[Subject]:
    """Rows of `subjects` that are on their way: scrubbed and not yet told duplicates from, or not yet in the table.

    Raises:
        BrokerError: the broker went silent.
    """
    found: list[Subject] = []
    passed = _passed(kafka, topics.SCRUBBED)
    with partition_reader(kafka.bootstrap, kafka.client, name=_NAME) as consumer:
        # In the order of their way: what moves on while we look is seen at one of the two places.
        found += [
            _subject(value)
            for message in _records(kafka, consumer, topics.SCRUBBED, passed)
            if (value := dict(message.headers() or ()).get(topics.HEADER_SUBJECT)) is not None
        ]
        found += [
            _subject(message.value())
            for message in _records(kafka, consumer, topics.SUBJECTS, reader.offsets(data_dir, "subjects"))
            if topics.TICK_HEADER not in dict(message.headers() or ())
        ]
    return found


def consent(kafka: Kafka, person_key: bytes) -> bytes | None:
    """Somebody's latest record on the consent topic. Raises BrokerError."""
    latest: bytes | None = None
    with partition_reader(kafka.bootstrap, kafka.client, name=_NAME) as consumer:
        for message in _records(kafka, consumer, topics.CONSENT, {}):
            if message.key() == person_key:
                latest = message.value()
    return latest


def kept(kafka: Kafka) -> list[Kept]:
    """Topics that still hold something of what went through them. Raises BrokerError."""
    names = [*_CARRIERS, *(topic.name for topic in topics.CHANGELOGS)]
    client = admin_client(kafka.bootstrap, kafka.client)
    asked = {ConfigResource(ResourceType.TOPIC, name): name for name in names}
    found = []
    try:
        answers = {asked[r]: f.result(_REQUEST_S) for r, f in client.describe_configs(list(asked)).items()}
    except KafkaException as error:
        raise BrokerError(f"the broker does not say how long it keeps records: {error.args[0].name()}") from None
    for name in names:
        ends = watermarks(kafka.bootstrap, name, config=kafka.client)
        records = sum(high - low for low, high in ends.values())
        retention_ms = int(answers[name]["retention.ms"].value)
        compacted = "compact" in answers[name]["cleanup.policy"].value
        hours = None if compacted or retention_ms < 0 else -(-retention_ms // 3_600_000)
        if records:
            found.append(Kept(name, records, hours, compacted))
    return found


def members(kafka: Kafka) -> int:
    """Workers that are at work now. Raises BrokerError."""
    client = admin_client(kafka.bootstrap, kafka.client)
    deadline = time.monotonic() + _REQUEST_S
    while True:
        try:
            answer = client.describe_consumer_groups([topics.APP_ID], request_timeout=_ASKED_S)[topics.APP_ID]
            return len(answer.result(_ASKED_S).members)
        except KafkaException as error:
            code = error.args[0].code()
            if code == KafkaError.GROUP_ID_NOT_FOUND:
                return 0
            # A broker that has just started has no coordinator for a while: nobody may be overlooked.
            if code not in _STARTING or time.monotonic() > deadline:
                name = error.args[0].name()
                raise BrokerError(f"the broker does not say which workers there are: {name}") from None
        time.sleep(_LOOK_S)


def _passed(kafka: Kafka, topic: str) -> dict[Partition, int]:
    """What the workers have committed. A broker that does not say (nobody ever joined the group): nothing."""
    reader = Consumer(
        {
            "bootstrap.servers": kafka.bootstrap,
            "group.id": topics.APP_ID,
            "enable.auto.commit": False,
            "log_level": 0,
            **kafka.client,
        }
    )
    try:
        asked = [TopicPartition(topic, index) for index in range(kafka.partitions)]
        answer = reader.committed(asked, timeout=_ASKED_S)
    except KafkaException:
        answer = []
    finally:
        reader.close()
    return {Partition(place.topic, place.partition): place.offset for place in answer if place.offset >= 0}


def _records(kafka: Kafka, consumer: Consumer, topic: str, starts: Mapping[Partition, int]) -> Iterator[Message]:
    """The records of a topic, from these offsets to its end as it is now."""
    for partition, (low, high) in watermarks(kafka.bootstrap, topic, config=kafka.client).items():
        start = max(low, starts.get(partition, 0))
        if start >= high:
            continue
        for message in records(consumer, topic, partition.index, start, BrokerError):
            yield message
            if message.offset() + 1 >= high:
                break
