"""How far each stage has come: Kafka's end offsets against committed ones, and against the offsets in the tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from confluent_kafka import OFFSET_END, Consumer, KafkaError, KafkaException, TopicPartition

from schemas import topics
from schemas.errors import BrokerError
from schemas.records import Partition
from sinks import reader

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_REQUEST_S = 30.0
# librdkafka waits for the leader it began with, dead or not, until a try's time is up; by the next it has forgotten who
# leads, and asks.
_TRIES, _TRY_S, _FORGOTTEN_S = 3, 10.0, 5.0
# A broker that has just started has no coordinator for a group nobody has joined yet.
_STARTING = frozenset(
    {
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.NOT_COORDINATOR,
        KafkaError.GROUP_ID_NOT_FOUND,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
    }
)
# Stages in the order events pass them; a stage is done when the one before it is and it has no lag.
STAGES: tuple[str, ...] = (
    topics.EVENTS,
    topics.SCRUBBED,
    topics.CLEAN,
    topics.STEPS,
    topics.THREADS,
    topics.EXCHANGES,
)
STAGE_OF = dict(zip(STAGES, ("scrub", "dedupe", "join", "session", "threads", "collaboration"), strict=True))
"""Names of the stages by what they read; topics of the Collector are read by `explode`."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Records per topic: at its end, done by its stage, and done by its table's sink (a tick is a record too)."""

    ends: Mapping[Partition, int]
    committed: Mapping[Partition, int]
    stored: Mapping[Partition, int]

    def stage_lag(self, topic: str) -> int:
        """Records the workers have not done yet."""
        return _lag(self.ends, self.committed, topic)

    def sink_lag(self, topic: str) -> int:
        """Records whose table does not have them yet."""
        return _lag(self.ends, self.stored, topic)

    def end(self, topic: str) -> int:
        """Records ever put on a topic."""
        return sum(offset for partition, offset in self.ends.items() if partition.topic == topic)

    def done(self, topic: str) -> int:
        """Records of a topic done by its stage."""
        return self.end(topic) - self.stage_lag(topic)

    def stored_in(self, topic: str) -> int:
        """Records of a topic that its table accounts for."""
        return self.end(topic) - self.sink_lag(topic)


def _lag(ends: Mapping[Partition, int], reached: Mapping[Partition, int], topic: str) -> int:
    return sum(max(0, end - reached.get(p, 0)) for p, end in ends.items() if p.topic == topic)


class LagWatch:
    """Asks one broker and one data folder, with one connection kept open."""

    def __init__(
        self,
        bootstrap: str,
        data_dir: Path,
        *,
        group: str,
        partitions: int,
        config: Mapping[str, str],
        requests: Sequence[str] = (),
    ) -> None:
        """`requests`: topics of the OpenTelemetry Collector, with as many partitions as their owner gave them.

        Raises:
            BrokerError: the broker does not say how many.
        """
        # A consumer that never subscribes. Of the admin calls, that for offsets of a group once crashed in C, and that
        # for ends connects to a dead leader again and again without a pause (docs/cluster-faults.md).
        self._client = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": group,
                "enable.auto.commit": False,
                "log_level": 0,
                "socket.timeout.ms": int(_TRY_S * 1000),  # a broker that falls silent closes no connection
                "metadata.max.age.ms": int(_FORGOTTEN_S * 1000),
                **config,
            }
        )
        self._data_dir = data_dir
        watched = [t for t in topics.TOPICS if t.name in STAGES or t.table]
        self._partitions = [Partition(t.name, i) for t in watched for i in range(partitions)]
        self._partitions += self._held(requests) if requests else []
        self._staged = [p for p in self._partitions if p.topic in {*STAGES, *requests}]
        self._tables = {t.name: t.table for t in watched if t.table}

    def _held(self, names: Sequence[str]) -> list[Partition]:
        """The partitions of those that are there."""
        try:
            held = self._client.list_topics(timeout=_REQUEST_S).topics
        except KafkaException:
            raise BrokerError("the broker does not say which topics it has; run `redline doctor`") from None
        return [Partition(name, index) for name in names if name in held for index in held[name].partitions]

    def ends(self) -> dict[Partition, int]:
        """The offset the next record of each partition will get.

        Raises:
            BrokerError: the broker does not answer.
        """
        asked = [TopicPartition(p.topic, p.index, OFFSET_END) for p in self._partitions]
        name = ""
        for _ in range(_TRIES):
            try:
                answer = self._client.offsets_for_times(asked, timeout=_TRY_S)
            except KafkaException as error:
                name = error.args[0].name()
                continue
            names = [t.error.name() for t in answer if t.error is not None]
            if not names:
                return {Partition(t.topic, t.partition): t.offset for t in answer}
            name = names[0]
        raise BrokerError(f"the broker does not say how far its topics are ({name}); run `redline doctor`")

    def progress(self) -> Progress:
        """One look at everything. Ends are read first, so that `reached >= end` means done.

        Raises:
            BrokerError: the broker does not answer.
        """
        ends = self.ends()
        committed = self._committed()
        stored: dict[Partition, int] = {}
        for table in self._tables.values():
            stored |= reader.offsets(self._data_dir, table)
        return Progress(ends, committed, stored)

    def _committed(self) -> dict[Partition, int]:
        """What the workers have committed; nothing while the group's coordinator is still being found."""
        asked = [TopicPartition(p.topic, p.index) for p in self._staged]
        try:
            answer = self._client.committed(asked, timeout=_REQUEST_S)
        except KafkaException as error:
            if error.args[0].code() in _STARTING:
                return {}
            name = error.args[0].name()
            raise BrokerError(
                f"the broker does not say how far the workers are ({name}); run `redline doctor`"
            ) from None
        return {Partition(t.topic, t.partition): t.offset for t in answer if t.offset >= 0}

    def close(self) -> None:
        """Give up the connections."""
        self._client.close()
