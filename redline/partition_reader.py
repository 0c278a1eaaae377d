"""Reading a partition to its end as it is now, by somebody who belongs to no group and commits nothing."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from confluent_kafka import Consumer, KafkaError, TopicPartition

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from confluent_kafka import Message

    from schemas.errors import RedlineError

POLL_S = 1.0
SILENT_POLLS = 30


@contextmanager
def reader(bootstrap: str, config: Mapping[str, str], *, name: str) -> Iterator[Consumer]:
    """A consumer for any number of partitions, one after the other: each start takes a second.

    `name` is a group's, which the client wants; nothing is ever committed under it.
    """
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": name,
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


def records(consumer: Consumer, topic: str, index: int, start: int, fault: type[RedlineError]) -> Iterator[Message]:
    """The records of a partition from an offset (or `OFFSET_BEGINNING`) to its end.

    Raises:
        RedlineError: as `fault`: the broker went silent, or says what is wrong.
    """
    consumer.assign([TopicPartition(topic, index, start)])
    silent = 0
    while True:
        message = consumer.poll(POLL_S)
        silent = silent + 1 if message is None else 0
        if silent > SILENT_POLLS:
            raise fault(f"{topic}/{index}: needed all of it, the broker went silent; run `redline doctor`")
        if message is None:
            continue
        error = message.error()
        if error is None:
            yield message
        elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # librdkafka's public name
            return
        else:
            raise fault(f"{topic}/{index}: {error.name()}; run `redline doctor`")
