from __future__ import annotations

import math

import pytest

from redline.plan.figures import Figures, load
from redline.plan.shown import shown
from redline.plan.sizing import ROCKSDB_BYTES, Basis, Plan, Terms, as_map, cores_at, load_of, plan
from streams import runtime

FIGURES = Figures(
    of={"ai_week": "abc 2026-11-22"},
    cores=2,
    events_per_s=500,
    event_bytes=1000,
    rest_cores={"scrubbers": 0, "worker": 0, "sink": 0, "broker": 0},
    cpu_us={"scrubbers": 2000, "worker": 500, "sink": 400, "broker": 300, "gateway": 100},
    rss_mb={"scrubbers": 200, "worker": 150, "sink": 400, "broker": 300},
    kafka_bytes={"redline.events": 400, "redline.clean": 500, "redline-join-changelog": 600},
    table_bytes={"interactions": 300, "pairs": 100},
    state_bytes=1500,
)


def planned(people: int, terms: Terms | None = None, *, in_ai_week: bool = False) -> Plan:
    return plan(load_of(people, in_ai_week=in_ai_week), people, FIGURES, terms)


def test_twice_the_people_need_twice_as_much() -> None:
    one, two = planned(50_000), planned(100_000)
    for what in ("sized for", "cores of sinks", "Kafka's disks", "state of workers", "tables"):
        assert two.of(what) == pytest.approx(2 * one.of(what))
    for what in ("workers", "scrub processes", "sinks"):
        assert one.of(what) <= two.of(what) <= 2 * one.of(what)


def test_processes_have_room_at_the_peak() -> None:
    made = planned(70_000, Terms(busy=0.5))
    used = cores_at(made.of("usual peak"), FIGURES)
    for what, kind in (("workers", "worker"), ("scrub processes", "scrubbers"), ("sinks", "sink")):
        assert made.of(what) >= used[kind] / 0.5
        assert made.of(what) < used[kind] / 0.5 + 1
    partitions = int(made.of("partitions of a topic"))
    assert partitions & (partitions - 1) == 0
    assert partitions >= 2 * made.of("workers")


@pytest.mark.parametrize("drain_s", [300.0, 600.0, 1800.0])
def test_bursts_of_an_ai_week_are_drained_in_time(drain_s: float) -> None:
    made = planned(70_000, Terms(drain_s=drain_s), in_ai_week=True)
    assert made.of("longest wait of a burst") * 60 <= drain_s
    assert made.of("usual peak") == pytest.approx(1600, rel=0.03)
    assert made.of("highest peak") > 4 * made.of("usual peak")
    assert made.of("sized for") < made.of("highest peak")


def test_replication_and_retention_are_paid_in_disks() -> None:
    once, thrice = (planned(10_000, Terms(replication=n)) for n in (1, 3))
    assert thrice.of("Kafka's disks") == pytest.approx(3 * once.of("Kafka's disks"))
    longer = planned(10_000, Terms(replication=1, retention_days=60)).of("Kafka's disks")
    assert once.of("Kafka's disks") < longer < 2 * once.of("Kafka's disks")  # changelogs are compacted


def test_what_goes_beyond_the_measured_rate_is_called_extrapolated() -> None:
    small, large = planned(1_000), planned(70_000, in_ai_week=True)
    assert small.times_measured < 1 < large.times_measured
    assert Basis.EXTRAPOLATED not in {need.basis for need in small.needs}
    basis = {need.what: need.basis for need in large.needs}
    assert basis["workers"] == basis["scrub processes"] == basis["Kafka's disks"] == Basis.EXTRAPOLATED
    assert f"{large.times_measured:,.1f} times what was measured" in shown(large, FIGURES)
    assert "within what was measured" in shown(small, FIGURES)


def test_the_memory_of_a_store_is_what_workers_give_it() -> None:
    options = runtime._ROCKSDB
    buffers = options["write_buffer_size"] * options["max_write_buffer_number"]
    assert options["block_cache_size"] + buffers == ROCKSDB_BYTES


def test_the_figures_of_this_version_are_all_there() -> None:
    made = plan(load_of(70_000, in_ai_week=True), 70_000, load())
    assert all(math.isfinite(need.amount) and need.amount > 0 for need in made.needs)
    assert set(as_map(made)) == {"times_measured", "needs"}
