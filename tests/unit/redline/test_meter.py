from __future__ import annotations

import threading
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from redline.meter import SERIES, Counts
from schemas import metrics
from schemas.metrics import METRICS, NO_METER, Kind, Meter, Metric

_VALUES = st.sampled_from(["scrub", 'a "quoted" one', "line\nbreak", "back\\slash", "é", ""])


def told(counts: Counts) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample, by name and labels, as a reader of the text sees it."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(counts.text().decode())
        for sample in family.samples
    }


def act(meter: Meter, metric: Metric, value: float, labels: dict[str, str]) -> None:
    {Kind.COUNTER: meter.count, Kind.GAUGE: meter.set, Kind.HISTOGRAM: meter.observe}[metric.kind](
        metric, value, **labels
    )


@given(
    st.lists(
        st.tuples(
            st.sampled_from(METRICS).flatmap(
                lambda one: st.tuples(st.just(one), st.fixed_dictionaries(dict.fromkeys(one.labels, _VALUES)))
            ),
            st.integers(0, 1_000_000),
        )
    )
)
def test_what_was_counted_is_what_the_text_says(done: list[tuple[tuple[Metric, dict[str, str]], int]]) -> None:
    counts = Counts("worker-1")
    sums: Counter[tuple[str, tuple[tuple[str, str], ...]]] = Counter()
    for (metric, labels), value in done:
        act(counts, metric, value, labels)
        act(NO_METER, metric, value, labels)
        key = tuple(sorted({**labels, "process": "worker-1"}.items()))
        if metric.kind is Kind.GAUGE:
            sums[metric.name, key] = value
        elif metric.kind is Kind.COUNTER:
            sums[metric.name, key] += value
        else:
            sums[f"{metric.name}_sum", key] += value
            sums[f"{metric.name}_count", key] += 1
    found = told(counts)
    assert {name: found[name] for name in sums} == sums
    assert not any("_created" in name for name, _ in found)


@pytest.mark.parametrize("labels", [{}, {"stage": "a", "table": "b"}, {"table": "a"}])
def test_labels_that_are_not_the_metrics_own_are_refused(labels: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="label"):
        Counts("x").count(metrics.STAGE_RECORDS, 1, **labels)


def test_values_without_end_do_not_fill_memory() -> None:
    counts = Counts("x")
    for number in range(SERIES + 50):
        counts.count(metrics.SINK_FAILED_ROWS, table="pairs", expectation=f"mine {number}", severity="error")
    rows = {labels: value for (name, labels), value in told(counts).items() if name == metrics.SINK_FAILED_ROWS.name}
    assert len(rows) == SERIES + 1
    assert sum(rows.values()) == SERIES + 50
    other = dict.fromkeys(("expectation", "severity", "table"), "other") | {"process": "x"}
    assert rows[tuple(sorted(other.items()))] == 50


def test_threads_lose_nothing() -> None:
    counts = Counts("x")

    def work() -> None:
        for number in range(2_000):
            counts.count(metrics.STAGE_RECORDS, stage=f"s{number % 7}")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(v for (name, _), v in told(counts).items() if name == metrics.STAGE_RECORDS.name) == 8_000
