"""Brokers' clocks against ours: an empty record to a topic whose records get the broker's time, one to each leader.

Kafka tells no time, so somebody has to write. What is sent at a and confirmed at b, by our clock, was stamped between
the two by the broker's: a stamp outside of them is a clock that differs by at least the distance.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, KafkaError, Producer

from redline.admin import admin_client, cluster_metadata
from redline.finding import Finding
from schemas import topics
from schemas.errors import BrokerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from confluent_kafka import Message

    from redline.kafka_section import Kafka

_ANSWER_S = 30.0
# The lateness that the join allows by default; a greater skew moves watermarks and what counts as a future time.
SKEW_S = 10.0
_MEND = "timedatectl set-ntp true, there or here"


class Reading(NamedTuple):
    """One broker: when its record was sent and confirmed by our clock, and its own stamp. Seconds since 1970."""

    broker: int
    sent: float
    stamped: float
    confirmed: float

    @property
    def ahead_s(self) -> float:
        """By how much the broker's clock is ahead of ours at least; negative: behind; 0: nothing says it differs."""
        return max(0.0, self.stamped - self.confirmed) - max(0.0, self.sent - self.stamped)


def findings(kafka: Kafka, *, clock: Callable[[], float] = time.time) -> Iterator[Finding]:
    """What `redline doctor --probe` says of each broker's clock. Writes. `clock`: ours, in seconds since 1970."""
    try:
        seen = readings(kafka, clock=clock)
    except BrokerError as error:
        yield Finding("clock", f"not known: {error}", "redline topics create" if "is missing" in str(error) else "")
        return
    for reading in seen:
        what, ahead_s = f"clock of broker {reading.broker}", reading.ahead_s
        if abs(ahead_s) <= SKEW_S:
            yield Finding(what, f"not {SKEW_S:g} s away from this machine's")
        else:
            side = "ahead of" if ahead_s > 0 else "behind"
            yield Finding(what, f"{abs(ahead_s):,.0f} s {side} this machine's", _MEND)


def readings(kafka: Kafka, *, clock: Callable[[], float] = time.time) -> list[Reading]:
    """A reading of each broker that leads a partition of the probes' topic. Writes one record to each.

    Raises:
        BrokerError: the topic is missing or has its producers' times, or a broker does not confirm in time.
    """
    client = admin_client(kafka.bootstrap, kafka.client)
    held = cluster_metadata(client, kafka.bootstrap, _ANSWER_S).topics.get(topics.PROBE)
    if held is None:
        raise BrokerError(f"topic {topics.PROBE} is missing")
    leaders = {one.leader: one.id for one in held.partitions.values() if one.leader >= 0}
    producer = Producer(
        {
            "bootstrap.servers": kafka.bootstrap,
            "log_level": 0,
            "linger.ms": 0,
            "message.timeout.ms": int(_ANSWER_S * 1000),
            **kafka.client,
        }
    )
    return [_reading(producer, broker, partition, clock) for broker, partition in sorted(leaders.items())]


def _reading(producer: Producer, broker: int, partition: int, clock: Callable[[], float]) -> Reading:
    told: list[Reading] = []
    failed = ["nothing"]

    def confirmed(error: KafkaError | None, message: Message) -> None:
        kind, stamp_ms = message.timestamp()
        if error is not None:
            failed[0] = error.name()
        elif kind != TIMESTAMP_LOG_APPEND_TIME:
            failed[0] = "its producer's time; delete that topic, then run `redline topics create`"
        else:
            told.append(Reading(broker, sent, stamp_ms / 1000, clock()))

    sent = clock()
    producer.produce(topics.PROBE, b"", partition=partition, on_delivery=confirmed)
    producer.flush(_ANSWER_S + 1)  # its own time limit ends first
    if not told:
        raise BrokerError(f"topic {topics.PROBE}: needed broker {broker}'s time of a record, came {failed[0]}")
    return told[0]
