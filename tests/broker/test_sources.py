"""`redline.sources` on a real Kafka: what processes counted comes back as sums, and a jump is told once.

Beside it, what the quality process sees on a broker only: lag, and names that readers do not know.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from confluent_kafka import Producer
from support.command import wait
from support.told import told, working
from support.weeks import weeks

from quality import measures
from quality.measures import HOUR_S, US
from quality.policy import MonitorPolicy
from redline import admin, emit, sources
from redline.broker import EmbeddedBroker
from redline.kafka_section import Kafka
from redline.quality.run import Looker
from redline.quality.told import Teller
from redline.settings import Settings
from schemas import topics
from schemas.errors import BrokerError
from schemas.sources.drift import Seen, Tally, encode
from schemas.sources.reading import Drift, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from quality.alert import Alert

pytestmark = pytest.mark.broker
PARTITIONS = 3


@pytest.fixture(scope="module")
def bootstrap_of_sources(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A broker with our topics."""
    with EmbeddedBroker(tmp_path_factory.mktemp("broker")) as broker:
        with pytest.raises(BrokerError, match="redline topics create"):
            sources.read(broker.bootstrap, {}, days=1)
        admin.create_topics(broker.bootstrap, topics.TOPICS, partitions=PARTITIONS, max_bytes=1_000_000)
        wait(lambda: readable(broker.bootstrap))  # a partition has its leader a moment after it was made
        yield broker.bootstrap


def readable(bootstrap: str) -> bool:
    try:
        sources.read(bootstrap, {}, days=1)
    except BrokerError:
        return False
    return True


def write(bootstrap: str, values: list[bytes], topic: str = topics.SOURCES) -> None:
    producer = Producer({"bootstrap.servers": bootstrap})
    for value in values:
        producer.produce(topic, value)
    assert producer.flush(20) == 0


def test_counts_come_back_as_sums_and_a_jump_is_told_once(
    bootstrap_of_sources: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
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
    jumps: list[Alert] = []
    here = Settings(data=str(tmp_path), kafka=Kafka(bootstrap=bootstrap))
    watch = sources.Watch(here, jumps.append)
    watch.start()
    wait(lambda: bool(jumps))
    assert dict(jumps[0].got) == {"? key $.mood": 0.667}
    more = Seen(day=today, source="tabby", version="?", skipped=40, drift={"type view2": 39, "key $.mood": 1})
    write(bootstrap, [encode(more).value or b""])
    wait(lambda: len(jumps) > 1)
    watch.stop()
    assert [sorted(alert.got) for alert in jumps] == [["? key $.mood"], ["? type view2"]]
    with working(here) as alerts:
        alerts.raise_(jumps[0])
    [alert] = told(here)
    assert (alert.kind, alert.subject, alert.command) == ("sources_drift", "tabby", "redline sources")


def test_looks_raise_lag_that_grows_and_names_that_no_reader_knows(bootstrap_of_sources: str, tmp_path: Path) -> None:
    bootstrap, minute_us, now_us = bootstrap_of_sources, 60 * US, time.time_ns() // 1_000
    here = Settings(data=str(tmp_path), kafka=Kafka(bootstrap=bootstrap, partitions=PARTITIONS))
    here.state.mkdir(parents=True)
    weeks(tmp_path, now_us, measures.UNKNOWN_FIELDS, "", value=0.0, weight=40.0, source="made")
    known = Seen(day=sources.today(), source="made", version="", skipped=400, drift={"key $.new": 300})
    write(bootstrap, [encode(known).value or b""])
    with working(here) as alerts:
        ahead = [HOUR_S * US]
        looker = Looker(here, Teller(alerts), now_us=lambda: now_us + ahead[0])
        for _ in range(MonitorPolicy().lag_looks):
            write(bootstrap, [b"{}"] * 150, topics.EVENTS)  # nobody reads them
            looker.look()
            ahead[0] += minute_us
        looker.close()
    found = {alert.kind: alert for alert in told(here)}
    assert {"lag", "schema_drift"} <= found.keys(), found.keys()
    assert (found["lag"].got["lag"], found["lag"].got["before"]) == (1_500, 150)


def test_counts_are_kept_while_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emit, "_REQUEST_S", 2.0)
    tally = Tally()
    tally.add(Reading(skipped=Counter(view=1)), source="tabby", day="2026-11-21")
    with pytest.raises(BrokerError):
        sources.send(tally, bootstrap="127.0.0.1:1")
    assert tally
