"""Points add up, whatever the order and the parts; windows and bins are where they should be."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality import history, measures
from quality.measures import HOUR_S, MINUTE_S, MOST_LABELS, OTHER, SERIES, US, Point, merge, point, window

HOUR_US = HOUR_S * US
NUMBERS = st.integers(0, 1_000_000).map(float)
POINTS = st.builds(
    lambda series, at, table, tool, value, weight, bins: point(
        SERIES[series], at, table, tool=tool, value=value, weight=weight, bins=bins
    ),
    st.sampled_from(sorted(SERIES)),
    st.integers(0, 5 * HOUR_US),
    st.sampled_from(["", "pairs"]),
    st.sampled_from(["", "a/1", "a/2"]),
    NUMBERS,
    NUMBERS,
    st.dictionaries(st.sampled_from("xyz"), NUMBERS),
)


@settings(deadline=None)  # the machine is shared
@given(st.lists(POINTS), st.data())
def test_parts_add_up_to_the_same_in_any_order_and_grouping(points: list[Point], data: st.DataObject) -> None:
    whole = merge(points)
    assert len({one.key for one in whole}) == len(whole)
    mixed = data.draw(st.permutations(points))
    cut = data.draw(st.integers(0, len(mixed)))
    assert merge([*merge(mixed[:cut]), *merge(mixed[cut:])]) == whole


@settings(deadline=None)  # the machine is shared
@given(st.lists(POINTS))
def test_rows_of_the_history_are_the_points_again(points: list[Point]) -> None:
    rows = history.as_rows(points)
    assert history.of_rows(rows) == points
    held = history.Held(history.of_rows(rows))
    assert merge(held.points(6 * HOUR_US)) == merge(points)
    assert history.of_rows(history.compacted(rows, 0)) == merge(points)


@settings(deadline=None)  # the machine is shared
@given(st.integers(-(2**50), 2**50), st.sampled_from([MINUTE_S, HOUR_S]))
def test_a_window_holds_its_time(at_us: int, span_s: int) -> None:
    start = window(at_us, span_s)
    assert start <= at_us < start + span_s * US
    assert window(start, span_s) == start


@pytest.mark.parametrize(
    ("number", "label"), [(-1.0, "0"), (0.0, "0"), (0.1, "0.1"), (0.99, "0.9"), (1.0, "1"), (7.0, "1")]
)
def test_a_bin_is_named_after_its_lower_edge(number: float, label: str) -> None:
    assert measures.SIMILARITY.bin_of(number) == label
    assert label in measures.SIMILARITY.labels


def test_what_an_inventive_producer_sends_stays_bounded_and_loses_no_count() -> None:
    bins = {f"language {n:04}": float(n) for n in range(1_000)}
    one = point(measures.LANGUAGE_MIX, 0, "pairs", weight=sum(bins.values()), bins=bins)
    [two] = merge([one, one])
    assert len(two.bins) == MOST_LABELS
    assert sum(two.bins.values()) == two.weight == 2 * sum(bins.values())
    assert two.bins[OTHER] < two.weight


def test_minutes_become_hours_once_they_are_old_and_keep_the_worst() -> None:
    levels = [point(measures.LAG, minute * MINUTE_S * US, "", source="s", value=float(minute)) for minute in range(180)]
    coarse = history.coarse(levels, 2 * HOUR_US)
    assert [(one.at_us // HOUR_US, one.value) for one in coarse if one.span_s == HOUR_S] == [(0, 59.0), (1, 119.0)]
    assert len(coarse) == 2 + 60
    assert history.coarse(coarse, 2 * HOUR_US) == coarse
    held = history.Held(levels)
    held.keep(3 * HOUR_US + history.FINE_US, days=1)
    assert len(held) == 3
    held.keep(30 * 24 * HOUR_US, days=1)
    assert len(held) == 0


def test_windows_that_begin_after_now_are_left_out() -> None:
    """A clock that was wrong for an hour does not decide what is asked today."""
    future = point(measures.VOLUME, 900 * 24 * HOUR_US, "pairs", value=1.0)
    now = point(measures.VOLUME, HOUR_US, "pairs", value=1.0)
    assert history.Held([future, now]).points(HOUR_US + 1) == [now]


def test_few_events_of_one_tool_are_not_shown_and_neither_are_its_rare_labels() -> None:
    rare = point(measures.LABEL_MIX, 0, "pairs", tool="rare/1", value=9.0, weight=9.0, bins={"edited": 9.0})
    some = point(
        measures.LABEL_MIX, 0, "pairs", tool="some/1", value=30.0, weight=30.0, bins={"edited": 28.0, "rejected": 2.0}
    )
    of_all = point(measures.LABEL_MIX, 0, "pairs", value=39.0, weight=39.0, bins={"edited": 37.0, "rejected": 2.0})
    shown = history.kept([rare, some, of_all], 10)
    assert [(one.tool, dict(one.bins)) for one in shown] == [
        ("some/1", {"edited": 28.0}),
        ("", {"edited": 37.0, "rejected": 2.0}),
    ]


def test_a_ratio_of_nothing_is_no_number() -> None:
    assert math.isnan(point(measures.MATCH_RATE, 0, "pairs").ratio)
