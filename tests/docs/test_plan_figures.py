from __future__ import annotations

from bench import plan_figures


def test_the_plan_counts_with_what_was_measured() -> None:
    assert plan_figures.PLACE.read_bytes() == plan_figures.written(), "run `python -m bench.plan_figures`"
