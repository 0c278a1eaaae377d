from __future__ import annotations

import pytest

from redline.simulate.curve import AI_WEEK, DAY, HOUR, SECOND, ZONES, Burst, Days, Flat, ai_week, monday, weekday

MONDAY_US = 1_794_182_400_000_000  # 2026-11-09
MINUTE = 60 * SECOND
EUROPE = [zone.name for zone in ZONES].index("Europe")


def sum_of(load: Days | Flat, start_us: int, end_us: int) -> float:
    return sum(sum(load.rates(at)) * 60 for at in range(start_us, end_us, MINUTE))


def test_a_workday_has_as_many_events_as_people_make_on_one() -> None:
    week = sum_of(Days(1000, per_day=100), MONDAY_US, MONDAY_US + 7 * DAY)
    assert week == pytest.approx(1000 * 100 * (5 + 0.16), rel=0.01)


def test_seventy_thousand_in_an_ai_week_make_the_peak_that_the_issue_asks_for() -> None:
    days = Days(70_000, factor=AI_WEEK)
    peak = max(sum(days.rates(MONDAY_US + minute * MINUTE)) for minute in range(5 * 1440))
    assert peak == pytest.approx(1600, rel=0.03)


def test_a_day_has_two_peaks_a_lunch_an_evening_and_a_night() -> None:
    def at(hour: float) -> float:
        return Days(70_000).rates(MONDAY_US + int((hour - ZONES[EUROPE].ahead_h) * HOUR))[EUROPE]

    assert at(10.5) > at(12.5) < at(15.5)
    assert at(18.5) > at(20.5) < at(21.5)
    assert at(3.5) < at(10.5) / 50


def test_zones_live_by_their_own_clocks() -> None:
    for zone in ZONES:
        begins = MONDAY_US - int(zone.ahead_h * HOUR)
        assert weekday(begins, zone) == 0
        assert weekday(begins - 1, zone) == 6


@pytest.mark.parametrize(
    ("after_s", "factor"), [(-1, 1.0), (0, 1.0), (30, 5.5), (60, 10.0), (179, 10.0), (270, 5.5), (360, 1.0)]
)
def test_a_burst_is_tenfold_within_a_minute(after_s: float, factor: float) -> None:
    assert Burst(MONDAY_US).at(MONDAY_US + int(after_s * SECOND)) == pytest.approx(factor)


def test_an_ai_week_has_a_burst_in_each_zone_on_each_of_its_workdays() -> None:
    bursts = ai_week(70_000, MONDAY_US, 7).bursts
    assert len(bursts) == 5 * len(ZONES)
    one = next(burst for burst in bursts if burst.zone == EUROPE)
    before, during = (ai_week(70_000, MONDAY_US, 7).rates(one.at_us + after * MINUTE) for after in (-1, 2))
    assert during[EUROPE] == pytest.approx(10 * before[EUROPE], rel=0.05)
    assert during[1 - EUROPE] == pytest.approx(before[1 - EUROPE], rel=0.05)


def test_the_last_monday_of_which_the_days_are_over() -> None:
    assert monday(MONDAY_US + 5 * DAY, 5) == MONDAY_US
    assert monday(MONDAY_US + 5 * DAY - 1, 5) == MONDAY_US - 7 * DAY
