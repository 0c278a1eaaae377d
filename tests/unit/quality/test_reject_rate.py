"""The share of rejects in a window."""

from __future__ import annotations

from quality.reject_rate import RejectLimit, RejectRate

LIMIT = RejectLimit(max_ratio=0.2, minimum=100, window_s=60)


def test_a_share_over_the_limit_is_a_breach_and_says_why() -> None:
    rate = RejectRate(LIMIT)
    assert rate.on_events(100, {"not_json": 20}, now=0) is None
    breach = rate.on_events(10, {"not_json": 3, "too_deep": 2}, now=1)
    assert breach is not None
    assert (breach.events, breach.rejected, breach.reasons) == (110, 25, {"not_json": 23, "too_deep": 2})


def test_a_few_events_say_nothing() -> None:
    assert RejectRate(LIMIT).on_events(99, {"not_json": 99}, now=0) is None


def test_people_who_said_no_and_duplicates_are_no_fault() -> None:
    assert RejectRate(LIMIT).on_events(1000, {"no_consent": 800, "duplicate": 100}, now=0) is None


def test_a_breach_ends_when_its_events_leave_the_window() -> None:
    rate = RejectRate(LIMIT)
    assert rate.on_events(100, {"not_json": 100}, now=0) is not None
    assert rate.on_events(200, {}, now=50) is not None
    assert rate.on_events(200, {}, now=60) is None


def test_memory_is_a_tenth_of_a_window_per_slice() -> None:
    rate = RejectRate(LIMIT)
    for second in range(10_000):
        rate.on_events(1, {}, now=second)
    assert len(rate._slices) <= 11
