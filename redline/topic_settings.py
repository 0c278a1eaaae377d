"""The settings that a topic is created with, each on purpose. Pure; names are those of Kafka's documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schemas.topics import Topic

STAMP, APPEND_TIME = "message.timestamp.type", "LogAppendTime"


def wanted(
    topic: Topic,
    retention_ms: int | None,
    max_bytes: int,
    *,
    raw_retention_ms: int | None = None,
    min_insync: int | None = None,
) -> dict[str, str]:
    """The settings of a topic, as `create_topics` gives them."""
    # A producer's clock must not decide an event's epoch, what an erasure covers, or how long raw text is kept.
    stamped = APPEND_TIME if topic.raw or topic.stamped else "CreateTime"
    settings = {STAMP: stamped, "max.message.bytes": f"{max_bytes}"}
    settings["cleanup.policy"] = "compact" if topic.compacted else "delete"
    kept_ms = raw_retention_ms if topic.raw and raw_retention_ms is not None else retention_ms
    if kept_ms is not None and not topic.compacted:
        settings["retention.ms"] = f"{kept_ms}"
    if min_insync is not None:
        settings["min.insync.replicas"] = f"{min_insync}"
        # A copy that missed records must not lead: what was confirmed would be gone, and offsets in tables be ahead.
        settings["unclean.leader.election.enable"] = "false"
    return settings
