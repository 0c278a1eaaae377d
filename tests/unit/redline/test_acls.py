from __future__ import annotations

from pathlib import Path

import pytest

from redline import topic_settings
from redline.acls import ROLES, Grant, Role, grants, table
from schemas import topics

PAGE = Path(__file__).parents[3] / "docs" / "security.md"
HOUR_MS = 3_600_000


def may(role: Role, operation: str, *, requests: tuple[str, ...] = ()) -> set[str]:
    """Names of topics to which a role may do this."""
    found = grants(role, requests=requests)
    return {grant.name for grant in found if grant.kind == "topic" and grant.operation == operation}


def test_raw_text_is_read_by_workers_and_stewards_only() -> None:
    requests = ("otlp_logs", "otlp_spans")
    raw = {topics.EVENTS, *requests}
    readers = {role for role in ROLES if may(role, "Read", requests=requests) & raw}
    assert readers == {"worker", "steward"}
    assert raw <= may("worker", "Read", requests=requests)
    assert topics.EVENTS in may("worker", "Write", requests=requests)  # what it explodes batches into
    assert topics.EVENTS not in may("worker", "Write")


def test_every_topic_has_who_makes_and_who_writes_it_and_nobody_may_do_everything() -> None:
    every = {topic.name for topic in (*topics.TOPICS, *topics.CHANGELOGS)}
    every |= {topics.PROBE}
    assert may("admin", "Create") == every
    assert set().union(*(may(role, "Write") for role in ROLES)) == every
    assert may("sink", "Read") == {topic.name for topic in topics.BY_TABLE.values()} | {topics.SOURCES}
    for role in ROLES:
        assert not any(grant.operation in {"All", "Delete", "Any"} or grant.name in {"", "*"} for grant in grants(role))
        assert not may("admin", "Read") | may("admin", "Write")


def test_the_page_has_every_role() -> None:
    rows = [line.split("|")[1].strip(" `") for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]
    assert [row for row in rows if row in ROLES] == list(ROLES)


def test_a_role_reads_as_lines() -> None:
    assert table("producer") == [("Write", f"topic {topics.EVENTS}")]
    assert Grant("group", "redline-", "Describe", prefixed=True).shown == "group redline-*"
    assert Grant("cluster", "kafka-cluster", "Alter").shown == "cluster"


@pytest.mark.parametrize(
    ("topic", "kept", "stamped"),
    [
        (topics.Topic("r", "", "", raw=True), HOUR_MS, "LogAppendTime"),
        (topics.Topic("m", "", ""), 2 * HOUR_MS, "CreateTime"),
        (topics.Topic("c", "", "", compacted=True), None, "CreateTime"),
    ],
)
def test_topics_are_made_on_purpose(topic: topics.Topic, kept: int | None, stamped: str) -> None:
    found = topic_settings.wanted(topic, 2 * HOUR_MS, 1_000, raw_retention_ms=HOUR_MS, min_insync=2)
    assert found.get("retention.ms") == (None if kept is None else str(kept))
    assert (found["min.insync.replicas"], found["unclean.leader.election.enable"]) == ("2", "false")
    assert found["message.timestamp.type"] == stamped
    assert "retention.ms" not in topic_settings.wanted(topic, None, 1_000)
