"""Kafka as the sink loop sees it: records of partitions, places to read on, offsets told back. The only consumer."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Protocol

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from schemas.errors import BrokerError
from schemas.records import Coordinate, Partition
from schemas.topics import TICK_HEADER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_log = logging.getLogger(__name__)

_GAPS = frozenset({KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE})  # noqa: SLF001 - their names


class Owner(Protocol):
    """Who is told that partitions come and go. Called while records are read, in the same thread."""

    def assigned(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        """These partitions are ours now; answer where to read on."""

    def assigning_done(self) -> None:
        """Partitions that were assigned can be paused now."""

    def revoked(self, partitions: Sequence[Partition]) -> None:
        """These partitions go to someone else; what waits may still be published."""

    def lost(self, partitions: Sequence[Partition]) -> None:
        """These partitions are someone else's already."""


class Source:
    """A consumer of topics in a group. The group spreads partitions; positions are the owner's.

    `config` adds librdkafka settings; those that exactness needs cannot be overridden.
    """

    def __init__(
        self, *, bootstrap: str, group: str, topics: Sequence[str], config: Mapping[str, str], owner: Owner
    ) -> None:
        settings: dict[str, Any] = {
            "session.timeout.ms": 10_000,  # a killed sink's partitions move on after this
            "fetch.wait.max.ms": 100,
            "socket.timeout.ms": 10_000,  # a broker that falls silent closes no connection
            **config,
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "error",  # never guess: what the table asks for is there, or someone is told
            "partition.assignment.strategy": "range",  # eager: the cooperative one loses members (ADR 0011)
            "on_commit": _mirrored,
        }
        self._owner = owner
        self._consumer: Any = Consumer(settings, logger=_log)
        self._consumer.subscribe(list(topics), on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._lost)

    def read(self, most: int, timeout_s: float) -> tuple[list[tuple[Coordinate, bytes | None]], list[Partition]]:
        """Up to `most` records, payload None for ticks, and the partitions whose wanted offset Kafka does not hold.

        Raises:
            BrokerError: the consumer cannot go on.
        """
        records: list[tuple[Coordinate, bytes | None]] = []
        gaps: list[Partition] = []
        fatal = ""
        try:
            messages = self._consumer.consume(most, timeout_s)
        except KafkaException as error:
            messages, fatal = [], error.args[0].name()
        for message in messages:
            trouble = message.error()
            if trouble is None:
                headers = message.headers()
                tick = headers is not None and any(name == TICK_HEADER for name, _ in headers)
                at = Coordinate(message.topic(), message.partition(), message.offset())
                records.append((at, None if tick else message.value() or b""))
            elif trouble.code() in _GAPS:
                gaps.append(Partition(message.topic(), message.partition()))
            elif trouble.fatal():
                fatal = trouble.name()
            else:
                _log.warning("sink: Kafka says %s", trouble.name())  # librdkafka retries by itself
        if fatal:
            raise BrokerError(f"sink: needed records from Kafka, came {fatal}; run `redline doctor`")
        return records, gaps

    def seek(self, partition: Partition, offset: int) -> None:
        """Read an assigned partition from here on."""
        self._consumer.seek(TopicPartition(partition.topic, partition.index, offset))

    def pause(self, partitions: Iterable[Partition]) -> None:
        """Do not read what would be thrown away."""
        if places := [TopicPartition(p.topic, p.index) for p in partitions]:
            self._consumer.pause(places)

    def resume(self, partitions: Iterable[Partition]) -> None:
        """Read paused partitions again."""
        if places := [TopicPartition(p.topic, p.index) for p in partitions]:
            self._consumer.resume(places)

    def watermarks(self, partition: Partition) -> tuple[int, int]:
        """First offset that Kafka holds and the one after its last; (-1, -1) if it does not say."""
        try:
            low, high = self._consumer.get_watermark_offsets(
                TopicPartition(partition.topic, partition.index), timeout=5.0
            )
        except KafkaException:
            return -1, -1
        return int(low), int(high)

    def mirror(self, offsets: Mapping[Partition, int]) -> None:
        """Tell Kafka where the table is, for monitoring. A failure is only logged."""
        places = [TopicPartition(p.topic, p.index, offset) for p, offset in offsets.items()]
        try:
            self._consumer.commit(offsets=places, asynchronous=True)
        except KafkaException as error:
            _log.warning("sink: offsets not told to Kafka: %s", error.args[0].name())

    def close(self) -> None:
        """Leave the group; the owner is told that its partitions are revoked."""
        self._consumer.close()

    def _assigned(self, consumer: Any, places: list[Any]) -> None:
        offsets = self._owner.assigned(_partitions(places))
        consumer.assign([TopicPartition(p.topic, p.index, offset) for p, offset in offsets.items()])
        self._owner.assigning_done()

    def _revoked(self, _consumer: Any, places: list[Any]) -> None:
        self._owner.revoked(_partitions(places))

    def _lost(self, _consumer: Any, places: list[Any]) -> None:
        self._owner.lost(_partitions(places))


def _partitions(places: Iterable[Any]) -> list[Partition]:
    return [Partition(place.topic, place.partition) for place in places]


def _mirrored(error: Any, _places: list[Any]) -> None:
    if error is not None:
        _log.warning("sink: offsets not told to Kafka: %s", error.name())
