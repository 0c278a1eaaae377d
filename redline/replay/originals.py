"""The raw records of dead letters, and what keeps one from being sent again."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from redline.partition_reader import reader, records
from schemas import topics
from schemas.codec import REFUSED_HEADER, Limits, decode
from schemas.errors import BrokerError, DecodeError
from schemas.records import Coordinate, Record
from streams.arrival import first

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from confluent_kafka import Consumer, Message

    from redline.kafka_section import Kafka
    from redline.settings import Settings

_NAME = "redline-replay"
_NEAR = 2_000  # offsets: reading over so many costs less than a new position


class Kept(StrEnum):
    """Why a dead letter is not sent again."""

    SENT = "sent again already"
    EXPIRED = "past the raw topic's retention"
    GONE = "no record of this offset is there"
    STAND_IN = "a stand-in: the record itself never reached Kafka"
    UNTIMED = "the record has no time"
    TOO_LONG = "no room for our headers within max.message.bytes"
    FAILS = "still no event, with the settings of now"


def read(kafka: Kafka, wanted: dict[int, list[int]]) -> Iterator[Record | Coordinate]:
    """The records at these offsets, partition by partition in order; where none is there, its place.

    Raises:
        BrokerError: the broker went silent.
    """
    with reader(kafka.bootstrap, kafka.client, name=_NAME) as consumer:
        for partition, offsets in sorted(wanted.items()):
            yield from _partition(consumer, partition, offsets)


def fault(record: Record, limits: Limits, identity_key: bytes, plain: Callable[[Record], Record]) -> Kept | None:
    """Why it is no use to send this record again, as far as can be told before.

    `plain`: takes the frame of a schema registry off a record, as a worker does.
    """
    if not record.value and REFUSED_HEADER in dict(record.headers):
        return Kept.STAND_IN
    if record.timestamp_ms <= 0:
        return Kept.UNTIMED
    try:
        decode(plain(first(identity_key, record)), limits)
    except DecodeError:
        return Kept.FAILS
    return None


def limits_of(settings: Settings) -> Limits:
    """What a raw record may be, as workers have it."""
    limits = settings.limits
    return Limits(limits.max_bytes, limits.max_depth, int(limits.max_future_s * 1_000_000))


def _partition(consumer: Consumer, partition: int, offsets: Sequence[int]) -> Iterator[Record | Coordinate]:
    waiting = list(reversed(offsets))
    while waiting:
        start, ended = waiting[-1], True
        for message in records(consumer, topics.EVENTS, partition, start, BrokerError):
            if message.offset() < start:
                break  # the partition ends before, and the client has begun anew
            while waiting and waiting[-1] < message.offset():
                yield Coordinate(topics.EVENTS, partition, waiting.pop())
            if waiting and waiting[-1] == message.offset():
                waiting.pop()
                yield record_of(message)
            if not waiting or waiting[-1] > message.offset() + _NEAR:
                ended = False
                break
        while ended and waiting:
            yield Coordinate(topics.EVENTS, partition, waiting.pop())


def record_of(message: Message) -> Record:
    """A message of the raw topic as a worker sees it."""
    return Record(
        Coordinate(message.topic(), message.partition(), message.offset()),
        message.key(),
        message.value(),
        tuple((name, value or b"") for name, value in message.headers() or ()),
        message.timestamp()[1],
    )
