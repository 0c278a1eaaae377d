"""Watermarks trail event time by the lateness, never move back, and move on while a partition is idle."""

from hypothesis import given
from hypothesis import strategies as st

from streams.watermark import STEP_US, Watermark, WatermarkPolicy

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


@given(
    st.lists(st.tuples(st.integers(0, 10**9), st.integers(1, STEP_US // 4)), min_size=3, max_size=20),
    st.integers(1, 18),
    st.one_of(st.integers(STEP_US * 2, 10**15), st.integers(-(10**15), -STEP_US)),
)
def test_a_clock_that_is_set_closes_nothing_early(steps: list[tuple[int, int]], at: int, step: int) -> None:
    """By a minute, a day or ten years, either way: the watermark is never ahead of what it was without."""
    policy = WatermarkPolicy(lateness_us=10, idle_us=5_000_000)
    right, wrong = Watermark(policy), Watermark(policy)
    now, off = 10**15, 0
    for number, (event, passed) in enumerate(steps):
        now += passed
        off = step if number >= at else 0
        if number % 3 == 0:
            right.on_event(now - event, now)
            wrong.on_event(now - event, now + off)
        right.advance(now)
        wrong.advance(now + off)
        assert wrong.emitted_us is None or (right.emitted_us is not None and wrong.emitted_us <= right.emitted_us)


def test_a_clock_set_forward_for_a_while_leaves_no_trace() -> None:
    mark = Watermark(WatermarkPolicy(lateness_us=0, idle_us=5_000_000))
    day, second = 86_400_000_000, 1_000_000
    mark.on_event(day, day)
    for number in range(1, 20):
        mark.advance(day + number * second + (day if 5 <= number < 15 else 0))
    assert mark.emitted_us == day + 18 * second - second  # the seconds of the two steps are not counted
