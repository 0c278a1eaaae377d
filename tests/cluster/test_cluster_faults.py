"""A cluster of three brokers is broken while events flow: nothing lost, nothing doubled, and rows come again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.cluster import Cluster
from support.command import wait
from support.contents import contents, differences, torn
from support.disk import small_disk
from support.faults import Breaker
from support.network import Network
from support.pace import Pace, first_after
from support.pipeline import SHORT_SESSION, Act, Pipeline, addressed

from redline.company import Company
from redline.kafka_section import Kafka
from redline.keys import keys_of
from redline.published import seal_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.broker, pytest.mark.crash]

EVENTS = 400
RATE = 60.0
_START_US = 1_767_600_000_000_000
_AWAY = "worker-1"


@pytest.fixture
def network() -> Iterator[Network]:
    with Network() as network:
        yield network


def on_cluster() -> Kafka:
    return Kafka(retention_hours=0, replication=3, config=dict(SHORT_SESSION))


@pytest.mark.chaos  # it starts four processes of Java and takes minutes where others are at work
@pytest.mark.timeout(900)
def test_a_leader_is_killed_and_the_same_workers_go_on(network: Network, tmp_path: Path) -> None:
    data, cluster = tmp_path / "data", Cluster(tmp_path / "brokers", network)
    fault = Breaker(cluster, network).killed()
    with Pipeline(data, broker=cluster, kafka=on_cluster()) as p, Pace(data) as pace:
        acts = [
            Act(50, "until rows come", lambda: wait(lambda: bool(pace.moves))),
            fault.begun_after(50),
        ]
        p.run(addressed(Company(11, EVENTS, _START_US)), rate=RATE, acts=acts, until=lambda: fault.begun_at > 0.0)
        balance = p.balance()
    assert (balance.missing, balance.duplicated, balance.conflicting) == (0, 0, 0), balance.problems
    assert balance.offsets == EVENTS
    assert first_after(pace.moves, fault.begun_at), "rows came again"
    assert not [line for line in p.story.lines if "ended with 70" in line], p.story.lines


@pytest.mark.chaos
@pytest.mark.timeout(3600)
def test_a_bad_day_of_a_cluster(network: Network, tmp_path: Path) -> None:
    """Every fault after the other, two workers and two sinks; the tables are those of a calm run."""
    records = addressed(Company(11, 12_000, _START_US))
    with Pipeline(tmp_path / "calm") as p:
        keys_of(p.settings)
        p.run(records, rate=1e9)
        wanted = contents(tmp_path / "calm", p.origins(), seal_of(p.settings))

    full, data = tmp_path / "full", tmp_path / "data"
    full.mkdir()
    with small_disk(full, megabytes=256) as disk:
        cluster = Cluster(tmp_path / "brokers", network, disks={3: full})
        breaker = Breaker(cluster, network)
        network.join(_AWAY)
        faults = [
            breaker.killed(),
            breaker.cut(),
            breaker.parted(),
            breaker.away(_AWAY, "a worker is cut off for longer than its session"),
            breaker.full(3, disk),
            breaker.rolled(),
        ]
        acts = [act for n, fault in enumerate(faults) for act in fault.acts(500 + 1_800 * n, mend_after=800)]
        with Pipeline(
            data,
            workers=2,
            sinks=2,
            keys=tmp_path / "calm" / "state" / "keys.json",
            broker=cluster,
            kafka=on_cluster(),
            inside={_AWAY: network.inside(_AWAY)},
        ) as p:
            p.run(records, rate=30.0, acts=acts)
            balance = p.balance()
            found = contents(data, p.origins(), seal_of(p.settings))
    assert (balance.missing, balance.duplicated, balance.conflicting) == (0, 0, 0), balance.problems
    assert balance.offsets == len(records)
    assert torn(data) == []
    assert found == wanted, "\n".join(differences(found, wanted))
