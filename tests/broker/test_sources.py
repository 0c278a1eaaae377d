"""`redline.sources` on a real Kafka: what processes counted comes back as sums, and a jump is told once."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from confluent_kafka import Producer
from support.command import wait

from redline import admin, sources
from redline.broker import EmbeddedBroker
from redline.kafka_section import Kafka
from redline.settings import Settings
from schemas import topics
from schemas.errors import BrokerError
from schemas.sources.drift import Seen, Tally, encode
from schemas.sources.reading import Drift, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quality.alert import Alert

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def bootstrap_of_sources(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A broker with this topic and no other."""
    with EmbeddedBroker(tmp_path_factory.mktemp("broker")) as broker:
        with pytest.raises(BrokerError, match="redline topics create"):
            sources.read(broker.bootstrap, {}, days=1)
        topic = next(one for one in topics.TOPICS if one.name == topics.SOURCES)
        admin.create_topics(broker.bootstrap, [topic], partitions=3, max_bytes=1_000_000)
        yield broker.bootstrap


def write(bootstrap: str, values: list[bytes]) -> None:
    producer = Producer({"bootstrap.servers": bootstrap})
    for value in values:
        producer.produce(topics.SOURCES, value)
    assert producer.flush(20) == 0


def test_counts_come_back_as_sums_and_a_jump_is_told_once(
    bootstrap_of_sources: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bootstrap = bootstrap_of_sources
    assert sources.read(bootstrap, {}, days=7) == []
    today = sources.today()
    yesterday = (dt.date.fromisoformat(today) - dt.timedelta(days=1)).isoformat()
    write(bootstrap, [encode(Seen(day=yesterday, source="tabby", version="?", skipped=50)).value or b"", b"no record"])
    for _ in range(2):
        tally = Tally()
        drift = Drift("tabby", "?", "key", "$.mood")
        reading = Reading(skipped=Counter(view=30), drift=Counter({drift: 20}))
        tally.add(reading, source="tabby", day=today)
        sources.send(tally, bootstrap=bootstrap)
        assert not tally
    assert sources.read(bootstrap, {}, days=7) == [
        Seen(day=yesterday, source="tabby", version="?", skipped=50),
        Seen(day=today, source="tabby", version="?", skipped=60, drift={"key $.mood": 40}),
    ]
    monkeypatch.setattr(sources, "_FIRST_LOOK_S", 0.1)
    monkeypatch.setattr(sources, "_LOOK_S", 0.2)
    told: list[Alert] = []
    watch = sources.Watch(Settings(kafka=Kafka(bootstrap=bootstrap)), told.append)
    watch.start()
    wait(lambda: bool(told), 30)
    assert dict(told[0].got) == {"? key $.mood": 0.667}
    more = Seen(day=today, source="tabby", version="?", skipped=40, drift={"type view2": 39, "key $.mood": 1})
    write(bootstrap, [encode(more).value or b""])
    wait(lambda: len(told) > 1, 30)
    watch.stop()
    assert [sorted(alert.got) for alert in told] == [["? key $.mood"], ["? type view2"]]


def test_counts_are_kept_while_nobody_answers() -> None:
    tally = Tally()
    tally.add(Reading(skipped=Counter(view=1)), source="tabby", day="2026-11-21")
    with pytest.raises(BrokerError):
        sources.send(tally, bootstrap="127.0.0.1:1")
    assert tally
