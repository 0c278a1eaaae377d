"""Who may do what at the broker: the least that each role needs, as Kafka's ACLs.

Pure. That it is enough was found by running each role with nothing else (tests/broker/test_security.py); that it is not
more than needed is by looking: a role reads raw topics only if its work is on raw records. Operations are those of
Kafka's documentation; Read, Write and Alter imply Describe there, and AlterConfigs implies DescribeConfigs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from schemas import topics

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Role = Literal["producer", "gateway", "worker", "sink", "operator", "steward", "admin"]
Kind = Literal["topic", "group", "cluster"]
ROLES: tuple[Role, ...] = get_args(Role)

MEANING: dict[Role, str] = {
    "producer": "writes events",
    "gateway": "takes events by HTTP and writes them",
    "worker": "reads raw events and writes scrubbed ones; the only part of the pipeline that reads raw topics",
    "sink": "writes tables and alerts; reads no raw topic",
    "operator": "status, quality, retention, consent, alerts: sees offsets of raw topics, never their records",
    "steward": "a person who erases, replays or balances the ledger: reads raw topics, and writes copies to them",
    "admin": "makes topics and gives rights; reads no record",
}

CLUSTER = "kafka-cluster"  # the name that Kafka gives the one resource of this kind
SINK_GROUP = "redline-sink"
# Readers that are named as groups and never join or commit: their client asks for a coordinator all the same.
CONSENT_GROUP, SOURCES_GROUP, READER_GROUPS = "redline-consent-reader", "redline-sources", "redline-"
_TABLES = tuple(sorted({topic.name for topic in topics.BY_TABLE.values()}))
_BETWEEN = (topics.SCRUBBED, topics.CLEAN, topics.STEPS, topics.THREADS, topics.EXCHANGES)
_RESULTS = tuple(name for name in (*_TABLES, topics.SOURCES) if name not in _BETWEEN)
_ALL = tuple(topic.name for topic in (*topics.TOPICS, *topics.CHANGELOGS))
_CHANGELOGS = tuple(topic.name for topic in topics.CHANGELOGS)


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One thing that may be done to one resource, or to all whose names begin so."""

    kind: Kind
    name: str
    operation: str
    prefixed: bool = False

    @property
    def shown(self) -> str:
        """`topic redline.events`, `group redline-*`."""
        return self.kind if self.kind == "cluster" else f"{self.kind} {self.name}{'*' * self.prefixed}"


def grants(role: Role, *, requests: Sequence[str] = ()) -> tuple[Grant, ...]:
    """Everything a role needs, sorted. `requests`: topics that the OpenTelemetry Collector writes."""
    raw = (topics.EVENTS, *requests)
    table: dict[Role, Iterable[Grant]] = {
        "producer": _topics("Write", topics.EVENTS),
        "gateway": _topics("Write", topics.EVENTS, topics.SOURCES, topics.ALERTS),
        "worker": (
            *_topics("Read", *raw, topics.CONSENT, *_BETWEEN, *_CHANGELOGS),
            *_topics("Write", *_BETWEEN, *_RESULTS, *_CHANGELOGS, topics.ALERTS),
            *(_topics("Write", topics.EVENTS) if requests else ()),  # batches are exploded into events
            Grant("group", topics.APP_ID, "Read"),
            Grant("group", CONSENT_GROUP, "Describe"),
        ),
        "sink": (
            *_topics("Read", *_TABLES, topics.SOURCES),
            *_topics("Write", topics.ALERTS),
            *_topics("Describe", *raw, *_BETWEEN),  # how far stages are, for its watchdog and its lag
            Grant("group", SINK_GROUP, "Read"),
            Grant("group", topics.APP_ID, "Describe"),
            Grant("group", SOURCES_GROUP, "Describe"),
        ),
        "operator": (
            *_topics("Describe", *raw, *_ALL),
            *_topics("DescribeConfigs", *raw, *_ALL),
            *_topics("Read", topics.CONSENT, topics.SOURCES, topics.ALERTS, *_CHANGELOGS),
            *_topics("Write", topics.CONSENT, topics.ALERTS, topics.PROBE),
            Grant("group", topics.APP_ID, "Describe"),
            Grant("group", READER_GROUPS, "Describe", prefixed=True),
        ),
        "steward": (
            *_topics("Read", *raw, *_ALL),
            *_topics("Write", topics.EVENTS, topics.CONSENT),
            *_topics("DescribeConfigs", *raw, *_ALL),
            Grant("group", topics.APP_ID, "Describe"),
            Grant("group", READER_GROUPS, "Describe", prefixed=True),
        ),
        "admin": (
            *(
                grant
                for operation in ("Create", "Describe", "AlterConfigs", "DescribeConfigs")
                for grant in _topics(operation, *raw, *_ALL, topics.PROBE)
            ),
            Grant("cluster", CLUSTER, "Describe"),
            Grant("cluster", CLUSTER, "Alter"),  # ACLs are the cluster's
        ),
    }
    return tuple(sorted(set(table[role])))


def _topics(operation: str, *names: str) -> Iterator[Grant]:
    return (Grant("topic", name, operation) for name in names)


def table(role: Role, *, requests: Sequence[str] = ()) -> list[tuple[str, str]]:
    """What a role needs, a line for each set of operations: the operations, and the resources they are on."""
    held: dict[str, set[str]] = {}
    for grant in grants(role, requests=requests):
        held.setdefault(grant.shown, set()).add(grant.operation)
    by_operations: dict[str, list[str]] = {}
    for shown, operations in sorted(held.items()):
        by_operations.setdefault(", ".join(sorted(operations)), []).append(shown)
    return [(operations, ", ".join(names)) for operations, names in sorted(by_operations.items())]
