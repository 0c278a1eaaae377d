"""Reading what the stages' state still holds, from its changelog topics: the ledger's proof that an event is `open`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from confluent_kafka import OFFSET_BEGINNING, TopicPartition

from redline.partition_reader import POLL_S, SILENT_POLLS, reader, records
from schemas import topics
from schemas.errors import LedgerError
from streams.keyed_stage import HEADER, open_sources

if TYPE_CHECKING:
    from collections.abc import Mapping

    from confluent_kafka import Consumer

    from schemas.rows import Source
    from streams.keyed import KeyedLogic

_NAME = "redline-ledger"


def open_events(bootstrap: str, *, partitions: int, config: Mapping[str, str]) -> dict[str, list[Source]]:
    """State table (`join`, `session`, `threads`) -> raw coordinates of the events it holds and has not settled.

    Memory grows with open state, not with history: a changelog is compacted, and only its last values are kept.

    Raises:
        LedgerError: a changelog could not be read to its end.
    """
    held: dict[str, list[Source]] = {}
    with reader(bootstrap, config, name=_NAME) as consumer:
        for table in ("join", "session", "threads"):
            held[table] = []
            topic = topics.changelog(table)
            for partition in range(partitions):
                held[table] += open_sources(latest(consumer, topic, partition))
    return held


def unpublished(bootstrap: str, logic: KeyedLogic, *, partitions: int, config: Mapping[str, str]) -> set[bytes]:
    """Keys of a stage with something new since their last row: still open, and not published as they now stand.

    Raises:
        LedgerError: a changelog could not be read to its end.
    """
    topic = topics.changelog(logic.name)
    found: set[bytes] = set()
    with reader(bootstrap, config, name=_NAME) as consumer:
        for partition in range(partitions):
            for key, value in latest(consumer, topic, partition).items():
                if key.startswith(HEADER) and logic.wants_flush(value):
                    found.add(key.removeprefix(HEADER))
    return found


def latest(consumer: Consumer, topic: str, partition: int) -> dict[bytes, bytes]:
    """The last value of every key of one changelog partition; a key whose last word is "deleted" is not there."""
    values: dict[bytes, bytes] = {}
    for message in records(consumer, topic, partition, OFFSET_BEGINNING, LedgerError):
        if message.value():
            values[message.key()] = message.value()
        else:
            values.pop(message.key(), None)
    return values


def existing(
    bootstrap: str, wanted: Mapping[int, list[int]], *, topic: str, config: Mapping[str, str]
) -> set[tuple[int, int]]:
    """Which of the wanted (partition -> offsets) are records that Kafka holds. The others are markers, or compacted.

    Raises:
        LedgerError: the broker went silent.
    """
    found: set[tuple[int, int]] = set()
    with reader(bootstrap, config, name=_NAME) as consumer:
        for partition, offsets in wanted.items():
            for offset in offsets:
                consumer.assign([TopicPartition(topic, partition, offset)])
                message = next((m for _ in range(SILENT_POLLS) if (m := consumer.poll(POLL_S)) is not None), None)
                if message is None:
                    raise LedgerError(
                        f"{topic}/{partition}: the broker went silent at offset {offset}; run `redline doctor`"
                    )
                if message.error() is None and message.offset() == offset:
                    found.add((partition, offset))
    return found
