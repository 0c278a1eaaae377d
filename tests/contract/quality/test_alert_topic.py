"""Alerts on a topic of a real broker."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import confluent_kafka
import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from quality.alert import Alert, Event, Notice, decode
from quality.channels import KafkaChannel
from schemas.verdict import Severity

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.broker

ALERT = Alert("gate_halt", "pairs", Severity.CRITICAL, "schema_is_the_tables", "redline release pairs", 0.0, "halted")


def test_an_alert_is_on_the_topic_when_send_returns(bootstrap: str, unique: Callable[[str], str]) -> None:
    topic = unique("alerts")
    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])[topic].result(30)
    channel = KafkaChannel(bootstrap, topic=topic)
    notice = Notice(uuid.uuid4().hex, Event.FIRED, (ALERT,), times=3)
    assert channel.send(notice) == f"offset 0 of {topic}"
    channel.close()

    consumer = confluent_kafka.Consumer(
        {"bootstrap.servers": bootstrap, "group.id": topic, "enable.auto.commit": False, "auto.offset.reset": "error"}
    )
    consumer.assign([confluent_kafka.TopicPartition(topic, 0, 0)])
    message = consumer.poll(30)
    assert consumer.get_watermark_offsets(confluent_kafka.TopicPartition(topic, 0), timeout=30) == (0, 1)
    consumer.close()
    assert message is not None
    assert message.error() is None
    assert decode(message.value()) == ALERT
    assert message.key() == ALERT.key.encode()
    assert dict(message.headers()) == {"id": notice.id.encode(), "event": b"fired", "times": b"3"}
