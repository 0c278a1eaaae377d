"""Reading what the stages' state still holds, from its changelog topics: the ledger's proof that an event is `open`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

from schemas import topics
from schemas.errors import LedgerError
from streams.keyed_stage import HEADER, open_sources

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from schemas.rows import Source
    from streams.keyed import KeyedLogic

_POLL_S = 1.0
_SILENT_POLLS = 30


def open_events(bootstrap: str, *, partitions: int, config: Mapping[str, str]) -> dict[str, list[Source]]:
    """State table (`join`, `session`) -> raw coordinates of the events it holds and has not settled.

    Memory grows with open state, not with history: a changelog is compacted, and only its last values are kept.

    Raises:
        LedgerError: a changelog could not be read to its end.
    """
    held: dict[str, list[Source]] = {}
    with _reader(bootstrap, config) as consumer:
        for table in ("join", "session"):
            held[table] = []
            topic = f"{topics.APP_ID}-{table}-changelog"
            for partition in range(partitions):
                held[table] += open_sources(_latest(consumer, topic, partition))
    return held


def unpublished(bootstrap: str, logic: KeyedLogic, *, partitions: int, config: Mapping[str, str]) -> set[bytes]:
    """Keys of a stage with something new since their last row: still open, and not published as they now stand.

    Raises:
        LedgerError: a changelog could not be read to its end.
    """
    topic = f"{topics.APP_ID}-{logic.name}-changelog"
    found: set[bytes] = set()
    with _reader(bootstrap, config) as consumer:
        for partition in range(partitions):
            for key, value in _latest(consumer, topic, partition).items():
                if key.startswith(HEADER) and logic.wants_flush(value):
                    found.add(key.removeprefix(HEADER))
    return found


def _latest(consumer: Consumer, topic: str, partition: int) -> dict[bytes, bytes]:
    """The last value of every key of one changelog partition; a key whose last word is "deleted" is not there."""
    values: dict[bytes, bytes] = {}
    silent = 0
    consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING)])
    while True:
        message = consumer.poll(_POLL_S)
        silent = silent + 1 if message is None else 0
        if silent > _SILENT_POLLS:
            raise LedgerError(f"{topic}/{partition}: needed all of it, the broker went silent; run `redline doctor`")
        if message is None:
            continue
        error = message.error()
        if error is None:
            if message.value():
                values[message.key()] = message.value()
            else:
                values.pop(message.key(), None)
        elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # librdkafka's public name
            return values
        else:
            raise LedgerError(f"{topic}/{partition}: {error.name()}; run `redline doctor`")


def existing(
    bootstrap: str, wanted: Mapping[int, list[int]], *, topic: str, config: Mapping[str, str]
) -> set[tuple[int, int]]:
    """Which of the wanted (partition -> offsets) are records that Kafka holds. The others are markers, or compacted.

    Raises:
        LedgerError: the broker went silent.
    """
    found: set[tuple[int, int]] = set()
    with _reader(bootstrap, config) as consumer:
        for partition, offsets in wanted.items():
            for offset in offsets:
                consumer.assign([TopicPartition(topic, partition, offset)])
                message = next((m for _ in range(_SILENT_POLLS) if (m := consumer.poll(_POLL_S)) is not None), None)
                if message is None:
                    raise LedgerError(
                        f"{topic}/{partition}: the broker went silent at offset {offset}; run `redline doctor`"
                    )
                if message.error() is None and message.offset() == offset:
                    found.add((partition, offset))
    return found


@contextmanager
def _reader(bootstrap: str, config: Mapping[str, str]) -> Iterator[Consumer]:
    """A consumer that joins no group and commits nothing; one for all partitions, because each start takes a second."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "redline-ledger",  # the client wants a name
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 20,  # the end of a partition is what we wait for
            "log_level": 3,
            **config,
        }
    )
    try:
        yield consumer
    finally:
        consumer.close()
