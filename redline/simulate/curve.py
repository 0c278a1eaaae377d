"""How many events a company makes at one time: hours of the day by time zone, weekdays, an AI week, bursts. Pure.

The shape of a day is that of Microsoft WorkLab, "The Rise of the Triple Peak Day" (2022): most is done around 11 and
15 o'clock, less over lunch, and by three people in ten again around 22 o'clock. Office hours are those that Claes et
al. found in commits of 86 projects, 10 to 18 o'clock, with little at night and on weekends ("Do Programmers Work at
Night or During the Weekend?", ICSE 2018). Shares of zones, events per person, the factor of an AI week and its bursts
are ours: 70,000 people in an AI week make the 1,600 events a second at their daily peak that issue 9 asks for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
_MONDAY = 4 * DAY  # 1970-01-05


class Zone(NamedTuple):
    """People who live by one clock: hours ahead of UTC all year round, and their share of the company."""

    name: str
    ahead_h: float
    share: float


ZONES = (Zone("America", -5, 0.35), Zone("Europe", 1, 0.40), Zone("Asia", 5.5, 0.25))
HOURS = (2, 1, 1, 1, 1, 2, 6, 20, 50, 80, 97, 100, 72, 78, 96, 98, 84, 62, 38, 26, 24, 27, 30, 12)
"""Activity of an hour of a workday, local time, in per cent of the busiest."""
WEEKDAYS = (0.98, 1.04, 1.04, 1.02, 0.92, 0.08, 0.08)
"""Activity of a day from Monday on; a workday of the five is 1 on average."""
EVENTS_PER_DAY = 120.0
"""Of one person on an ordinary workday: three in ten use an assistant, and those make some 150 interactions."""
AI_WEEK = 9.0
"""What an AI week does to that: nine in ten use one, and three times as much."""
_KICK_OFF_H = 10.0  # local time at which an AI week's sessions begin, every workday


class Burst(NamedTuple):
    """Times `factor`: risen within `rise_s` seconds, held for `hold_s`, fallen within `fall_s`; `zone` -1: in all."""

    at_us: int
    factor: float = 10.0
    rise_s: float = 60.0
    hold_s: float = 120.0
    fall_s: float = 180.0
    zone: int = -1

    def at(self, now_us: int) -> float:
        """The factor at one time; 1 outside of the burst."""
        since = (now_us - self.at_us) / SECOND
        falling = since - self.rise_s - self.hold_s
        if since < 0 or falling >= self.fall_s:
            return 1.0
        if since < self.rise_s:
            return 1.0 + (self.factor - 1.0) * since / self.rise_s
        return self.factor if falling < 0 else self.factor - (self.factor - 1.0) * falling / self.fall_s


class Load(Protocol):
    """Events per second of each zone of `ZONES` at one time (microseconds since 1970)."""

    def rates(self, now_us: int) -> tuple[float, ...]:
        """One rate for each zone."""
        ...


@dataclass(frozen=True, slots=True)
class Flat:
    """The same rate all the time, but for bursts."""

    rate: float
    bursts: tuple[Burst, ...] = ()

    def rates(self, now_us: int) -> tuple[float, ...]:
        """Zones by their shares."""
        return tuple(self.rate * zone.share * _burst(self.bursts, number, now_us) for number, zone in enumerate(ZONES))


@dataclass(frozen=True, slots=True)
class Days:
    """A company's days. `per_day`: events of a person on an ordinary workday, times `factor` in an AI week."""

    people: int
    per_day: float = EVENTS_PER_DAY
    factor: float = 1.0
    bursts: tuple[Burst, ...] = ()

    def rates(self, now_us: int) -> tuple[float, ...]:
        """By each zone's own clock."""
        daily = self.people * self.per_day * self.factor
        return tuple(
            daily * zone.share * _hour(now_us, zone) * _weekday(now_us, zone) * _burst(self.bursts, number, now_us)
            for number, zone in enumerate(ZONES)
        )


def ai_week(people: int, start_us: int, days: int, per_day: float = EVENTS_PER_DAY, factor: float = AI_WEEK) -> Days:
    """An AI week: more of everything, and every workday a tenfold burst in each zone when its sessions begin."""
    bursts = []
    for day in range(days + 1):
        for number, zone in enumerate(ZONES):
            midnight_us = (start_us // DAY + day) * DAY
            at_us = midnight_us + int((_KICK_OFF_H - zone.ahead_h) * HOUR)
            if start_us <= at_us < start_us + days * DAY and WEEKDAYS[weekday(at_us, zone)] > 0.5:  # noqa: PLR2004
                bursts.append(Burst(at_us, zone=number))
    return Days(people, per_day, factor, tuple(bursts))


def weekday(now_us: int, zone: Zone) -> int:
    """0 is Monday, by the zone's clock."""
    return (now_us + int(zone.ahead_h * HOUR) - _MONDAY) // DAY % 7


def monday(before_us: int, days: int) -> int:
    """The last Monday, 00:00 UTC, of which so many days are over."""
    return (before_us - days * DAY - _MONDAY) // (7 * DAY) * 7 * DAY + _MONDAY


def _weekday(now_us: int, zone: Zone) -> float:
    return WEEKDAYS[weekday(now_us, zone)]


def _hour(now_us: int, zone: Zone) -> float:
    """The share of a day's events in each second around now, between the middles of two hours in a straight line."""
    at = (now_us + zone.ahead_h * HOUR) / HOUR % 24 - 0.5
    hour = int(at // 1)
    part = at - hour
    return (HOURS[hour % 24] * (1 - part) + HOURS[(hour + 1) % 24] * part) / (sum(HOURS) * 3600)


def _burst(bursts: tuple[Burst, ...], zone: int, now_us: int) -> float:
    factor = 1.0
    for burst in bursts:
        if burst.zone in (-1, zone):
            factor *= burst.at(now_us)
    return factor
