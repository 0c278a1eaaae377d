"""Metrics of several processes as one text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from redline.serve.exposition import merged

WORKER = """\
# HELP redline_rows_total Rows.
# TYPE redline_rows_total counter
redline_rows_total{process="worker-1",table="pairs"} 3.0
# HELP redline_lag Lag.
# TYPE redline_lag gauge
redline_lag{process="worker-1"} 7.0
"""
SINK = WORKER.replace("worker-1", "sink-1").replace("3.0", "4.0")


def test_each_metric_has_its_help_once_and_every_sample() -> None:
    text = merged([WORKER, SINK])
    assert text.count("# HELP redline_rows_total") == 1
    families = {family.name: family.samples for family in text_string_to_metric_families(text)}
    assert {sample.labels["process"]: sample.value for sample in families["redline_rows"]} == {
        "worker-1": 3,
        "sink-1": 4,
    }
    assert len(families["redline_lag"]) == 2
    assert merged([]) == merged(["garbage\n\0"]) == ""
    assert merged([WORKER, WORKER]) == merged([WORKER])


@given(st.lists(st.text() | st.sampled_from([WORKER, SINK, WORKER[:70], "redline_lag 1\n", "# TYPE x "]), max_size=6))
def test_whatever_lies_there_what_comes_out_can_be_parsed(texts: list[str]) -> None:
    list(text_string_to_metric_families(merged(texts)))
