"""Watermarks trail event time by the lateness, never move back, and move on while a partition is idle."""

from hypothesis import given
from hypothesis import strategies as st

from streams.watermark import Watermark, WatermarkPolicy

POLICY = WatermarkPolicy(lateness_us=10, idle_us=5)


def test_trails_the_greatest_event_time_by_the_lateness() -> None:
    mark = Watermark(POLICY)
    mark.on_event(100, now_us=200)
    mark.on_event(90, now_us=201)
    assert mark.advance(202) == 90


def test_says_nothing_before_the_first_event_and_when_nothing_moved() -> None:
    mark = Watermark(POLICY)
    assert mark.advance(1_000) is None
    mark.on_event(100, now_us=200)
    assert mark.advance(201) == 90
    assert mark.advance(202) is None


def test_an_idle_partition_moves_on_with_the_clock() -> None:
    mark = Watermark(POLICY)
    mark.on_event(100, now_us=200)
    assert mark.advance(206) == 96


def test_an_event_from_the_future_counts_as_now() -> None:
    mark = Watermark(POLICY)
    mark.on_event(1_000_000, now_us=200)
    assert mark.advance(200) == 190


def test_a_restarted_worker_goes_on_from_the_tick_it_reads() -> None:
    mark = Watermark(POLICY)
    mark.on_tick(500, now_us=1_000)
    assert mark.advance(1_001) is None
    assert mark.advance(1_010) == 510


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 50)), min_size=1))
def test_never_moves_back(steps: list[tuple[int, int]]) -> None:
    mark = Watermark(POLICY)
    now, last = 0, None
    for event, passed in steps:
        now += passed
        mark.on_event(event, now)
        value = mark.advance(now)
        if value is not None:
            assert last is None or value > last
            assert value <= now - POLICY.lateness_us
            last = value
