from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redline.meter import Sample
from redline.rates import Rates
from schemas import metrics

_RECORDS = metrics.STAGE_RECORDS.name


def reading(at: float, *, began: float = 0.0, process: str = "worker-1", **stages: float) -> dict[str, list[Sample]]:
    own = {"process": process}
    return {
        process: [
            Sample(metrics.PROCESS_START.name, own, began),
            Sample(metrics.PROCESS_WRITTEN.name, own, at),
            *(Sample(_RECORDS, {**own, "stage": stage}, count) for stage, count in stages.items()),
        ]
    }


def scrub(rates: Rates) -> float:
    return rates.rate(metrics.STAGE_RECORDS, stage="scrub")


def test_a_rate_is_what_came_over_the_time_between_writes_not_looks() -> None:
    rates = Rates()
    for at, count in ((100.0, 0), (100.0, 0), (102.0, 30), (102.0, 30), (104.0, 40)):
        rates.add(reading(at, scrub=count, join=count * 2))
    assert scrub(rates) == 10.0
    assert rates.rate(metrics.STAGE_RECORDS) == 30.0
    assert rates.total(metrics.STAGE_RECORDS, stage="join") == 80.0
    assert rates.by(metrics.STAGE_RECORDS, "stage") == {"scrub": 40, "join": 80}


def test_what_is_older_than_the_span_no_longer_counts() -> None:
    rates = Rates(span_s=4.0)
    for at, count in ((0.0, 0), (2.0, 1_000), (4.0, 1_000), (6.0, 1_000), (8.0, 1_000)):
        rates.add(reading(at, scrub=count))
    assert scrub(rates) == 0.0


@pytest.mark.parametrize(
    ("second", "third"),
    [
        (reading(2.0, began=1.5, scrub=5), reading(4.0, began=1.5, scrub=9)),  # started again
        (reading(-50.0, scrub=5), reading(-48.0, scrub=9)),  # its clock was set back
    ],
)
def test_a_process_that_begins_anew_has_no_past(
    second: dict[str, list[Sample]], third: dict[str, list[Sample]]
) -> None:
    rates = Rates()
    rates.add(reading(0.0, scrub=1_000_000))
    rates.add(second)
    assert scrub(rates) == 0.0
    rates.add(third)
    assert scrub(rates) == 2.0


def test_processes_add_up_and_one_that_is_gone_counts_no_more() -> None:
    rates = Rates()
    for at in (0.0, 2.0):
        rates.add(reading(at, scrub=at * 5) | reading(at, process="worker-2", scrub=at * 3))
    assert scrub(rates) == 8.0
    rates.add(reading(2.0, process="worker-2", scrub=6.0))
    assert scrub(rates) == 3.0
    rates.add({"broken": []})
    assert rates.rate(metrics.STAGE_RECORDS) == 0.0


def test_a_mean_is_of_lately_or_of_always() -> None:
    rates = Rates(span_s=2.0)
    name = metrics.STAGE_SECONDS.name
    assert rates.mean(metrics.STAGE_SECONDS) is None
    for at, total, count in ((0.0, 100.0, 10), (2.0, 101.0, 20), (4.0, 101.0, 20)):
        read = reading(at)
        read["worker-1"] += [
            Sample(f"{name}_sum", {"stage": "s"}, total),
            Sample(f"{name}_count", {"stage": "s"}, count),
        ]
        rates.add(read)
        if at == 2.0:
            assert rates.mean(metrics.STAGE_SECONDS, stage="s") == pytest.approx(0.1)
    assert rates.mean(metrics.STAGE_SECONDS, stage="s") == pytest.approx(101 / 20)


@given(st.lists(st.tuples(st.floats(0.1, 5), st.integers(0, 10_000)), min_size=2, max_size=20))
def test_rates_are_never_negative_and_bounded_by_the_steepest_step(steps: list[tuple[float, int]]) -> None:
    rates, at, count, points = Rates(), 0.0, 0, []
    for passed, more in steps:
        at, count = at + passed, count + more
        points.append((at, count))
        rates.add(reading(at, scrub=count))
    steepest = max((b - a) / (t - s) for (s, a), (t, b) in pairwise(points))
    assert 0.0 <= scrub(rates) <= steepest * (1 + 1e-9)
