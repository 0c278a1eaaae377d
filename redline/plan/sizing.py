"""How many of what, for a load: pure.

Everything but the load itself is a figure of one event times how many there are, so a plan is linear in the rate. That
is measured up to the rate of the benchmark on one machine; beyond, it is extrapolated, and the plan says by how much.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from redline.simulate.curve import AI_WEEK, DAY, EVENTS_PER_DAY, SECOND, ai_week
from redline.simulate.curve import Days as CurveDays
from schemas.topics import STATE_TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from redline.plan.figures import Figures
    from redline.simulate.curve import Load

_MONDAY_US = 4 * DAY
_WORKDAYS = 5
_STEP_S = 30
_PLANNED = ("scrubbers", "worker", "sink", "broker")
_LEAST_PARTITIONS = 8
_CHANGELOG = "-changelog"
ROCKSDB_BYTES = 32 << 20
"""Most memory of a stage's state of one partition: its cache and two write buffers (`streams.runtime`)."""


class Basis(StrEnum):
    """Where a number comes from."""

    MEASURED = "measured"
    EXTRAPOLATED = "extrapolated"
    CHOSEN = "chosen"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Terms:
    """What is chosen. `busy`: share of a core that is used at the peak; `drain_s`: most time that a burst waits."""

    busy: float = 0.6
    drain_s: float = 600.0
    replication: int = 3
    retention_days: int = 30
    open_days: float = 1.0
    http_share: float = 1.0


@dataclass(frozen=True, slots=True)
class Need:
    """One line of a plan. `grows_with`: what makes it more."""

    what: str
    amount: float
    unit: str
    basis: Basis
    grows_with: str


@dataclass(frozen=True, slots=True)
class Plan:
    """All needs, and by how much the measured rate was exceeded for them."""

    needs: tuple[Need, ...]
    times_measured: float

    def of(self, what: str) -> float:
        """The amount of one need. Raises KeyError."""
        for need in self.needs:
            if need.what == what:
                return need.amount
        raise KeyError(what)


def cores_at(rate: float, figures: Figures) -> dict[str, float]:
    """Cores that each kind of process uses at so many events per second; what they use at rest is counted once."""
    return {kind: figures.rest_cores[kind] + rate * figures.cpu_us[kind] / 1e6 for kind in _PLANNED}


def load_of(people: int, *, per_day: float = EVENTS_PER_DAY, in_ai_week: bool = False, factor: float = AI_WEEK) -> Load:
    """Weeks of this company, from a Monday on."""
    return ai_week(people, _MONDAY_US, 7, per_day, factor) if in_ai_week else CurveDays(people, per_day)


def plan(load: Load, people: int, figures: Figures, terms: Terms | None = None) -> Plan:
    """What the workdays of a week of this load need."""
    terms = terms or Terms()
    steps = range(_MONDAY_US, _MONDAY_US + _WORKDAYS * DAY, _STEP_S * SECOND)
    rates = [sum(load.rates(at_us)) for at_us in steps]
    daily = max(_days(rates))
    most = max(rates)
    usual = _without_bursts(rates)
    capacity = max(usual / terms.busy, _draining(rates, terms.drain_s))
    backlog, waits_s = _waiting(rates, capacity)
    times = capacity / figures.events_per_s
    basis = Basis.MEASURED if times <= 1 else Basis.EXTRAPOLATED
    cores = cores_at(capacity, figures)
    workers = _at_least(cores["worker"])
    scrubbers = _at_least(cores["scrubbers"])
    sinks = _at_least(cores["sink"])
    http = usual * terms.http_share * figures.cpu_us["gateway"] / 1e6 / terms.busy
    gateways = _at_least(http) if terms.http_share else 0
    broker_cores = cores["broker"] * terms.replication
    partitions = _partitions(max(workers, sinks))
    memory = {
        "workers": workers * figures.rss_mb["worker"],
        "scrub processes": scrubbers * figures.rss_mb["scrubbers"],
        "sinks": sinks * figures.rss_mb["sink"],
    }
    kept = sum(size for topic, size in figures.kafka_bytes.items() if not topic.endswith(_CHANGELOG))
    changelogs = sum(size for topic, size in figures.kafka_bytes.items() if topic.endswith(_CHANGELOG))
    kafka = daily * (kept * terms.retention_days + changelogs * terms.open_days) * terms.replication
    state = daily * terms.open_days * figures.state_bytes
    tables = daily * sum(figures.table_bytes.values())
    rocksdb = partitions * len(STATE_TABLES) * ROCKSDB_BYTES
    e, m, c, a = basis, Basis.MEASURED, Basis.CHOSEN, Basis.ASSUMED
    gb = 1e9
    return Plan(
        (
            Need("people", people, "", c, ""),
            Need("events on the busiest day", daily, "/day", a, "people, events of a person"),
            Need("usual peak", usual, "/s", a, "people, time zones"),
            Need("highest peak", most, "/s", a, "bursts"),
            Need("raw bytes at the usual peak", usual * figures.event_bytes / 1e6, "MB/s", a, "length of texts"),
            Need("sized for", capacity, "/s", c, "usual peak / share busy; bursts drained in time"),
            Need("most records waiting", backlog, "", e, "bursts"),
            Need("longest wait of a burst", waits_s / 60, "min", e, "bursts, capacity"),
            Need("partitions of a topic", partitions, "", c, "workers; cannot be changed later"),
            Need("workers", workers, "", e, "events"),
            Need("scrub processes", scrubbers, "", e, "bytes of text"),
            Need("scrub processes of a worker", math.ceil(scrubbers / workers), "", e, "bytes of text"),
            Need("sinks", sinks, "", e, "rows"),
            Need("gateways", gateways, "", e if gateways else c, "requests, if tools send by HTTP"),
            Need("brokers", max(terms.replication, _at_least(broker_cores / 4)), "of 4 cores", a, "bytes, replication"),
            Need("cores of workers and scrubbing", cores["worker"] + cores["scrubbers"], "", e, "bytes of text"),
            Need("cores of sinks", cores["sink"], "", e, "rows"),
            Need("cores of brokers", broker_cores, "", a, "bytes, replication (each copy as much as the first)"),
            Need("cores of gateways", http, "", e if gateways else c, "requests"),
            *(Need(f"memory of {name}", size / 1000, "GB", e, "how many there are") for name, size in memory.items()),
            Need("memory of RocksDB at most", rocksdb / gb, "GB", a, "partitions, over all workers"),
            Need("Kafka's disks", kafka / gb, "GB", e, "events, retention, replication"),
            Need("state of workers", state / gb, "GB", e, "events of open interactions (join.window_hours)"),
            Need("state of a worker", state / gb / workers, "GB", e, "events of open interactions / workers"),
            Need("tables", tables / gb, "GB/day", e, "rows; compaction makes them smaller"),
            Need("bytes of an event", figures.event_bytes, "B", m, "length of texts"),
        ),
        times,
    )


def _days(rates: Sequence[float]) -> list[float]:
    per_day = 86_400 // _STEP_S
    return [sum(rates[i : i + per_day]) * _STEP_S for i in range(0, len(rates), per_day)]


def _without_bursts(rates: Sequence[float]) -> float:
    """The highest that lasts: no rate is exceeded for more than 15 minutes at a time before it counts."""
    span = 900 // _STEP_S
    return max(min(rates[i : i + span]) for i in range(0, len(rates) - span, span // 3))


def _draining(rates: Sequence[float], drain_s: float) -> float:
    """The least capacity with which nothing ever waits for longer, to one per cent."""
    low, high = 0.0, max(rates)
    while high - low > high / 100:
        middle = (low + high) / 2
        if _waiting(rates, middle)[1] > drain_s:
            low = middle
        else:
            high = middle
    return high


def _waiting(rates: Sequence[float], capacity: float) -> tuple[float, float]:
    """Most records that wait, and the longest time in seconds until none does."""
    waiting = most = longest = since = 0.0
    for rate in rates:
        waiting = max(0.0, waiting + (rate - capacity) * _STEP_S)
        since = since + _STEP_S if waiting else 0.0
        most, longest = max(most, waiting), max(longest, since)
    return most, longest


def _partitions(consumers: int) -> int:
    """A power of two, twice as many as there are consumers: so that there is room to grow."""
    return max(_LEAST_PARTITIONS, 1 << (2 * consumers - 1).bit_length())


def _at_least(cores: float) -> int:
    return max(1, math.ceil(cores))


def as_map(plan_: Plan) -> Mapping[str, object]:
    """For JSON."""
    needs = [
        {"what": n.what, "amount": n.amount, "unit": n.unit, "basis": n.basis.value, "grows_with": n.grows_with}
        for n in plan_.needs
    ]
    return {"times_measured": plan_.times_measured, "needs": needs}
