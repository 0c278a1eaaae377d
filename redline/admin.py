"""What Redline asks of a broker as an administrator: topics, offsets, readiness.

`config` in every function is merged into librdkafka's settings (security.protocol, sasl.*, ssl.*). Times are seconds.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    OffsetSpec,
    ResourceType,
)

from redline import topic_settings
from schemas.errors import BrokerError
from schemas.records import Partition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Future

    from schemas.topics import Topic

_LIBRDKAFKA = logging.getLogger("redline.librdkafka")
_REQUEST_S = 30.0
_POLL_S = 0.1
_STAMP, _APPEND_TIME = topic_settings.STAMP, topic_settings.APPEND_TIME


def create_topics(
    bootstrap: str,
    topics: Sequence[Topic],
    *,
    partitions: int,
    replication: int = 1,
    retention_ms: int | None = None,
    raw_retention_ms: int | None = None,
    min_insync: int | None = None,
    max_bytes: int,
    config: Mapping[str, str] | None = None,
) -> list[str]:
    """Create those of `topics` that do not exist; returns their names. Existing ones are left as they are.

    Args:
        bootstrap: `host:port`, several with commas.
        topics: `single` ones get one partition, compacted ones `cleanup.policy=compact`, raw ones the broker's time.
        partitions: of every other topic.
        replication: copies of each partition.
        retention_ms: of topics that are not compacted; None leaves it to the broker.
        raw_retention_ms: likewise of raw topics; None: as of the others.
        min_insync: copies that must have a record before it is confirmed; None leaves it to the broker.
        max_bytes: the largest record batch that a topic takes.
        config: security settings.

    Raises:
        BrokerError: the broker cannot be reached, or refused a topic.
    """
    client = admin_client(bootstrap, config)
    existing = set(cluster_metadata(client, bootstrap, _REQUEST_S).topics)
    new = [
        NewTopic(
            topic.name,
            num_partitions=1 if topic.single else partitions,
            replication_factor=replication,
            config=topic_settings.wanted(
                topic, retention_ms, max_bytes, raw_retention_ms=raw_retention_ms, min_insync=min_insync
            ),
        )
        for topic in topics
        if topic.name not in existing
    ]
    if not new:
        return []
    created = []
    for name, future in client.create_topics(new, operation_timeout=_REQUEST_S).items():
        try:
            future.result(_REQUEST_S)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:  # another process was faster
                raise BrokerError(
                    f"topic {name} could not be created at {bootstrap}: {_code(error)}; run `redline doctor`"
                ) from error
        else:
            created.append(name)
    _await_topics(client, bootstrap, created)
    return created


def check_topics(
    bootstrap: str, topics: Sequence[Topic], *, partitions: int, config: Mapping[str, str] | None = None
) -> None:
    """Raise BrokerError unless every topic exists with the partition count that `create_topics` would give it.

    A key must be in the same partition number of every topic that is joined, so a count that differs is no detail.
    """
    held = cluster_metadata(admin_client(bootstrap, config), bootstrap, _REQUEST_S).topics
    for topic in topics:
        needed = 1 if topic.single else partitions
        if topic.name not in held:
            raise BrokerError(f"topic {topic.name} is missing at {bootstrap}; run `redline topics create`")
        if (count := len(held[topic.name].partitions)) != needed:
            raise BrokerError(
                f"topic {topic.name} has {count} partitions at {bootstrap}, {needed} are needed; "
                f"set partitions = {count} in redline.toml if every topic has as many, "
                "or delete the topics and run `redline topics create`"
            )


def stamped_by_producers(
    bootstrap: str, topics: Sequence[Topic], *, config: Mapping[str, str] | None = None
) -> list[str]:
    """Names of those raw topics whose records have the time that their producer says, not the broker's.

    Raises:
        BrokerError: the broker cannot be reached, does not know one of them, or does not let its settings be read.
    """
    client = admin_client(bootstrap, config)
    asked = [ConfigResource(ResourceType.TOPIC, topic.name) for topic in topics if topic.raw]
    found = {}
    for resource, future in client.describe_configs(asked, request_timeout=_REQUEST_S).items() if asked else ():
        found[resource.name] = answered(future, bootstrap, f"the settings of topic {resource.name}")[_STAMP].value
    return sorted(name for name, value in found.items() if value != _APPEND_TIME)


def stamp_by_broker(bootstrap: str, names: Sequence[str], *, config: Mapping[str, str] | None = None) -> None:
    """From now on records of these topics have the broker's time.

    Raises:
        BrokerError: the broker cannot be reached, or refuses.
    """
    entry = ConfigEntry(_STAMP, _APPEND_TIME, incremental_operation=AlterConfigOpType.SET)
    asked = [ConfigResource(ResourceType.TOPIC, name, incremental_configs=[entry]) for name in names]
    client = admin_client(bootstrap, config)
    for resource, future in (
        client.incremental_alter_configs(asked, request_timeout=_REQUEST_S).items() if asked else ()
    ):
        try:
            future.result(_REQUEST_S)
        except (KafkaException, TimeoutError) as error:
            raise BrokerError(
                f"topic {resource.name}: {_STAMP} could not be set at {bootstrap}: {_code(error)}; whoever may alter "
                f"topics has to set it to {_APPEND_TIME}"
            ) from error


def watermarks(
    bootstrap: str, topic: str, *, config: Mapping[str, str] | None = None
) -> dict[Partition, tuple[int, int]]:
    """For each partition: the first offset that is held, and the offset that the next record will get.

    Raises:
        BrokerError: the topic is missing, or the broker cannot be reached.
    """
    client = admin_client(bootstrap, config)
    held = _partitions(client, bootstrap, topic)
    low = _offsets(client, bootstrap, held, OffsetSpec.earliest())
    high = _offsets(client, bootstrap, held, OffsetSpec.latest())
    return {partition: (low[partition], high[partition]) for partition in held}


def committed(
    bootstrap: str, group: str, topics: Sequence[str], *, config: Mapping[str, str] | None = None
) -> dict[Partition, int]:
    """The group's committed offset (the next to read) for each partition of `topics` that has one.

    Raises:
        BrokerError: a topic is missing, or the broker cannot be reached.
    """
    client = admin_client(bootstrap, config)
    asked = [
        TopicPartition(partition.topic, partition.index)
        for topic in topics
        for partition in _partitions(client, bootstrap, topic)
    ]
    if not asked:
        return {}
    futures = client.list_consumer_group_offsets(
        [ConsumerGroupTopicPartitions(group, asked)], request_timeout=_REQUEST_S
    )
    answer = answered(futures[group], bootstrap, f"the offsets of group {group}")
    return {
        Partition(place.topic, place.partition): place.offset for place in answer.topic_partitions if place.offset >= 0
    }


def wait_ready(bootstrap: str, timeout_s: float, *, config: Mapping[str, str] | None = None) -> None:
    """Return once a broker answers at `bootstrap`.

    Raises:
        BrokerError: none did within `timeout_s` seconds.
    """
    deadline = time.monotonic() + timeout_s
    while (left := deadline - time.monotonic()) > 0:
        if cluster_id(bootstrap, timeout_s=min(left, 2.0), config=config) is not None:
            return
        time.sleep(min(_POLL_S, left))
    raise BrokerError(f"no broker answered at {bootstrap} within {timeout_s:g} s; run `redline doctor`")


def cluster_id(bootstrap: str, *, timeout_s: float, config: Mapping[str, str] | None = None) -> str | None:
    """The identity of the cluster that answers at `bootstrap` with a live broker in it; None if none does in time."""
    # Silent: that nobody answers yet is an expected answer here.
    client = admin_client(bootstrap, {**(config or {}), "log_level": "0"})
    try:
        metadata = client.list_topics(timeout=timeout_s)
    except KafkaException:
        return None
    return str(metadata.cluster_id) if metadata.brokers else None


def addresses(bootstrap: str, *, timeout_s: float, config: Mapping[str, str] | None = None) -> list[str]:
    """`host:port` of every broker, as the one that answers names them to clients of its listener.

    Raises:
        BrokerError: none answers within `timeout_s` seconds.
    """
    client = admin_client(bootstrap, {**(config or {}), "log_level": "0"})
    held = cluster_metadata(client, bootstrap, timeout_s).brokers.values()
    return [f"[{one.host}]:{one.port}" if ":" in one.host else f"{one.host}:{one.port}" for one in held]


def admin_client(bootstrap: str, config: Mapping[str, str] | None) -> AdminClient:
    """A client of one's own; its requests end with it, so it is held until they are answered."""
    # librdkafka's own news (a queue purged at the end, say) is for its debugger, not for a terminal.
    return AdminClient({"bootstrap.servers": bootstrap, "log_level": "3", **(config or {})}, logger=_LIBRDKAFKA)


def cluster_metadata(client: AdminClient, bootstrap: str, timeout_s: float) -> Any:
    """What a broker knows of brokers and topics. Raises BrokerError if none answers."""
    try:
        return client.list_topics(timeout=timeout_s)
    except KafkaException as error:
        raise BrokerError(
            f"no broker answered at {bootstrap} within {timeout_s:g} s: {_code(error)}; start it (`redline broker`), "
            "or set bootstrap; run `redline doctor`"
        ) from error


def _partitions(client: AdminClient, bootstrap: str, topic: str) -> list[Partition]:
    held = cluster_metadata(client, bootstrap, _REQUEST_S).topics
    if topic not in held:
        raise BrokerError(f"topic {topic} is missing at {bootstrap}; run `redline topics create`")
    return [Partition(topic, index) for index in sorted(held[topic].partitions)]


def _offsets(client: AdminClient, bootstrap: str, held: Sequence[Partition], spec: OffsetSpec) -> dict[Partition, int]:
    asked = {TopicPartition(partition.topic, partition.index): spec for partition in held}
    futures = client.list_offsets(asked, request_timeout=_REQUEST_S)
    return {
        Partition(place.topic, place.partition): answered(
            future, bootstrap, f"the offsets of topic {place.topic}"
        ).offset
        for place, future in futures.items()
    }


def answered(future: Future[Any], bootstrap: str, what: str) -> Any:
    """A request's answer. Raises BrokerError, which says `what`, if there is none."""
    try:
        return future.result(_REQUEST_S)
    except (KafkaException, TimeoutError) as error:
        raise BrokerError(f"{what} could not be read at {bootstrap}: {_code(error)}; run `redline doctor`") from error


def _await_topics(client: AdminClient, bootstrap: str, names: Sequence[str]) -> None:
    """Created is one thing, having a leader is another: a producer that comes between them gets an error."""
    deadline = time.monotonic() + _REQUEST_S
    while time.monotonic() < deadline:
        held = cluster_metadata(client, bootstrap, _REQUEST_S).topics
        if all(name in held and _led(held[name]) for name in names):
            return
        time.sleep(_POLL_S)
    raise BrokerError(f"new topics got no leader at {bootstrap} within {_REQUEST_S:g} s; run `redline doctor`")


def _led(topic: Any) -> bool:
    return bool(topic.partitions) and all(partition.leader >= 0 for partition in topic.partitions.values())


def _code(error: BaseException) -> str:
    """The error's own name; librdkafka's texts hold addresses and names, never records."""
    if isinstance(error, KafkaException) and error.args and isinstance(error.args[0], KafkaError):
        return str(error.args[0].name())
    return type(error).__name__
