"""Copies of raw records: key, value and headers as they were, when they came first, and what they are copies of."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from confluent_kafka import KafkaError, KafkaException, Producer

from redline.partition_reader import reader, records
from redline.replay.journal import Place
from redline.replay.originals import record_of
from schemas import topics
from schemas.errors import BrokerError, DeliveryError
from streams import arrival

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from redline.kafka_section import Kafka
    from redline.replay.journal import Unfinished
    from schemas.records import Record

_OURS = frozenset({topics.HEADER_REPLAY_OF, topics.HEADER_ARRIVED})
_NAME = "redline-replay"
_ROOM = 1024  # batch header, lengths and timestamps around a record: about 100, with room
_TIMEOUT_MS = 120_000
# What a killed process had on the wire is with the broker in milliseconds; a broker under load may take longer.
SETTLE_S = 2.0


def headers_of(record: Record, identity_key: bytes) -> list[tuple[str, bytes]]:
    """The headers of a copy of this record, which is as it was read."""
    own = [(name, value) for name, value in record.headers if name not in _OURS]
    place = record.coordinate
    of = f"{place.topic}/{place.partition}/{place.offset}".encode()
    return [*own, (topics.HEADER_REPLAY_OF, of), arrival.header(identity_key, record)]


def size(record: Record, headers: Sequence[tuple[str, bytes]]) -> int:
    """Bytes that a copy needs of `max.message.bytes`, at most."""
    told = sum(len(name.encode()) + len(value) for name, value in headers)
    return len(record.value or b"") + len(record.key or b"") + told + _ROOM


class Sender:
    """Sends copies to the partition of their originals; retries neither double nor reorder."""

    def __init__(self, kafka: Kafka, identity_key: bytes, most_bytes: int) -> None:
        self._key = identity_key
        self._producer = Producer(
            {
                "client.id": _NAME,
                "compression.type": "zstd",
                "log_level": 3,
                "message.timeout.ms": _TIMEOUT_MS,
                **kafka.client,
                "bootstrap.servers": kafka.bootstrap,
                "message.max.bytes": most_bytes,
                "enable.idempotence": True,
                "acks": "all",
            }
        )

    def send(self, batch: Sequence[Record], crash: Callable[[str], None]) -> dict[Place, int]:
        """Send copies of these, and return once all are confirmed: original -> offset of its copy.

        Raises:
            DeliveryError: the broker did not confirm all of them. Nobody knows which: the journal has the batch.
        """
        copies: dict[Place, int] = {}
        failed: list[str] = []

        def told(place: Place) -> Callable[[KafkaError | None, Any], None]:
            def delivered(error: KafkaError | None, message: Any) -> None:
                if error is None:
                    copies[place] = message.offset()
                else:
                    failed.append(error.name())

            return delivered

        for number, record in enumerate(batch):
            if number == len(batch) // 2:
                self._confirm()
                crash("half")
            place = Place(record.coordinate.partition, record.coordinate.offset)
            self._hand_over(record, told(place))
        self._confirm()
        if failed or len(copies) != len(batch):
            came = failed[0] if failed else "no answer"
            raise DeliveryError(
                f"{topics.EVENTS}: {len(batch)} copies sent, {len(copies)} confirmed ({came}). Run the command again: "
                "it looks for what arrived, and sends the rest"
            )
        return copies

    def _hand_over(self, record: Record, delivered: Callable[[KafkaError | None, Any], None]) -> None:
        while True:
            try:
                self._producer.produce(
                    topics.EVENTS,
                    record.value,
                    record.key,
                    partition=record.coordinate.partition,
                    headers=headers_of(record, self._key),
                    on_delivery=delivered,
                )
            except BufferError:
                self._producer.poll(0.1)
            except KafkaException as error:
                raise DeliveryError(
                    f"{topics.EVENTS}: a copy could not be queued ({error.args[0].name()}); run the command again"
                ) from None
            else:
                return

    def _confirm(self) -> None:
        while self._producer.flush(0.5):
            pass  # ends by the message timeout at the latest


def sent_since(kafka: Kafka, unfinished: Unfinished, identity_key: bytes, ends: Mapping[int, int]) -> dict[Place, int]:
    """Which copies of a batch that was killed are on the raw topic: original -> offset of its copy.

    A copy is one whose time only the key can have made: a producer may write the header of a copy as well.

    Raises:
        BrokerError: the broker went silent.
    """
    time.sleep(SETTLE_S)
    found: dict[Place, int] = {}
    with reader(kafka.bootstrap, kafka.client, name=_NAME) as consumer:
        for partition in sorted({place.partition for place in unfinished.places}):
            start = max(unfinished.ends.get(partition, 0), ends.get(partition, 0))
            for message in records(consumer, topics.EVENTS, partition, start, BrokerError):
                record = record_of(message)
                place = _original(record, identity_key)
                if place in unfinished.places:
                    found.setdefault(place, record.coordinate.offset)
    return found


def _original(record: Record, identity_key: bytes) -> Place | None:
    headers = dict(record.headers)
    of = headers.get(topics.HEADER_REPLAY_OF, b"").decode("ascii", "replace").rsplit("/", 2)
    said = headers.get(topics.HEADER_ARRIVED)
    if said is None or len(of) != len(("topic", "partition", "offset")) or of[0] != topics.EVENTS:
        return None
    if not (of[1].isdecimal() and of[2].isdecimal()) or arrival.header(identity_key, record)[1] != said:
        return None
    return Place(int(of[1]), int(of[2]))
