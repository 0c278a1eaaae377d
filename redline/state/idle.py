"""What changing state needs: no worker at work, and the group's offsets moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition

from redline.admin import admin_client, watermarks
from redline.erasure.in_flight import members
from schemas import topics
from schemas.errors import BrokerError, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from redline.kafka_section import Kafka

_REQUEST_S = 30.0


def require_idle(kafka: Kafka, what: str) -> None:
    """Raises InputError if a worker is at work; BrokerError."""
    if count := members(kafka):
        raise InputError(f"{what}: needed no worker at work, there are {count}; stop all of them, then run it again")


def read_again(kafka: Kafka, names: Sequence[str]) -> None:
    """The workers' group goes back to the first record that each of these topics holds. Raises BrokerError."""
    starts = [
        TopicPartition(partition.topic, partition.index, low)
        for name in names
        for partition, (low, _high) in watermarks(kafka.bootstrap, name, config=kafka.client).items()
    ]
    asked = [ConsumerGroupTopicPartitions(topics.APP_ID, starts)]
    admin = admin_client(kafka.bootstrap, kafka.client)  # named: an answer does not come to a client that is gone
    try:
        answer = admin.alter_consumer_group_offsets(asked, request_timeout=_REQUEST_S)[topics.APP_ID]
        failed = [place for place in answer.result(_REQUEST_S).topic_partitions if place.error is not None]
    except (KafkaException, TimeoutError) as error:
        raise BrokerError(f"the offsets of group {topics.APP_ID} could not be set: {type(error).__name__}") from None
    if failed:
        raise BrokerError(f"the offsets of group {topics.APP_ID} could not be set: {failed[0].error.name()}")
