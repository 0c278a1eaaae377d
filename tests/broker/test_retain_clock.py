"""Retention by a clock that is far ahead, before a real broker and real tables."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from confluent_kafka import Producer
from msgspec.structs import replace
from support import rows as make
from support.folder import key_file, publish

from redline import alert_desk, clock
from redline.broker import EmbeddedBroker
from redline.cluster import prepare_topics
from redline.kafka_section import Kafka
from redline.retain import retain
from redline.sections import Alerts, Retain
from redline.settings import Settings
from schemas import topics
from schemas.errors import ClockError
from schemas.rows import Source
from sinks import reader

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]

OLD, YOUNG = 3, 4  # rows


def test_a_clock_a_year_ahead_takes_nothing_and_the_right_one_what_is_old(tmp_path: Path) -> None:
    now = dt.datetime.now(dt.UTC)
    with EmbeddedBroker(tmp_path / "kafka") as broker:
        kafka = Kafka(bootstrap=broker.bootstrap, retention_hours=24)
        settings = Settings(data=str(tmp_path / "data"), kafka=kafka, alerts=Alerts(window_s=0.0))
        prepare_topics(settings)
        assert clock.newest_record(kafka, [topics.EVENTS, "not-there"]) is None
        key_file(settings.data_dir)
        gone = Source("another", 0, 0)  # no raw record of these is held
        ages = [400] * OLD + [200] * YOUNG  # days: both are older than the wrong clock would keep them
        rows = [
            replace(make.interaction(n), event_date=f"{now.date() - dt.timedelta(days=age)}", sources=[gone])
            for n, age in enumerate(ages)
        ]
        publish(settings.data_dir, "interactions", rows)
        producer = Producer({"bootstrap.servers": broker.bootstrap})
        # A producer whose clock is wrong as well: the broker's is what counts.
        producer.produce(topics.EVENTS, b"{}", timestamp=int((now + dt.timedelta(days=400)).timestamp() * 1000))
        assert producer.flush(60) == 0
        newest = clock.newest_record(kafka, [topics.EVENTS])
        assert newest is not None
        assert abs(newest - now) < dt.timedelta(minutes=10)

        def run(at: dt.datetime, days: int) -> int:
            kept = replace(settings, retain=Retain(interactions_days=days))
            retain(kept, dry_run=False, now=at, say=lambda _line: None)
            return reader.read(settings.data_dir, "interactions", ["record_id"]).num_rows

        with pytest.raises(ClockError, match="redline retain --today"):
            run(now + dt.timedelta(days=400), 300)
        assert reader.read(settings.data_dir, "interactions", ["record_id"]).num_rows == OLD + YOUNG
        assert "clock_ahead" in alert_desk.listing(settings)
        assert run(now, 300) == YOUNG
        assert "clock_ahead" not in alert_desk.listing(settings)
