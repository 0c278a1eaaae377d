"""Points laid out by the hour: for each series and each of its keys an array, one place for each hour. Pure.

The last place is the hour that is not over yet. Tools are summed by name, as a new version takes over from the old one
and neither is missing then; versions stand beside them under their full name.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from quality.measures import HOUR_S, US

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from quality.measures import Point
    from quality.statistics import Floats

_HOUR_US = HOUR_S * US
WEEK = 24 * 7
MOST_KEYS = 200  # of one series: the heaviest; a producer that invents tools must not slow a look down


class Key(NamedTuple):
    """What a track is about. `tool` is empty for all tools, a name for all of its versions, or `name/version`."""

    table: str
    source: str
    tool: str

    @property
    def name(self) -> str:
        """The tool without its version."""
        return self.tool.partition("/")[0]


@dataclass(slots=True)
class Track:
    """One series of one key. Arrays have `Hours.count` + 1 places; `first` is the place of the first point."""

    value: Floats
    weight: Floats
    bins: dict[str, Floats]
    first: int

    def add(self, other: Track) -> None:
        """Add what another key has."""
        self.value += other.value
        self.weight += other.weight
        for label, counts in other.bins.items():
            self.bins[label] = self.bins[label] + counts if label in self.bins else counts.copy()
        self.first = min(self.first, other.first)


@dataclass(frozen=True, slots=True)
class Hours:
    """`count` complete hours from `start_us` on, and the `fraction` of the next one that is over."""

    start_us: int
    count: int
    fraction: float
    tracks: Mapping[str, Mapping[Key, Track]]

    def of(self, series: str) -> Mapping[Key, Track]:
        """The tracks of one series."""
        return self.tracks.get(series, {})

    def time_us(self, place: float) -> int:
        """When a place begins."""
        return self.start_us + int(place * _HOUR_US)


def lay(points: Iterable[Point], now_us: int, weeks: int) -> Hours:
    """Points of the last `weeks` weeks and one more; what is later than `now_us` (a clock that jumped) is left out."""
    this = now_us // _HOUR_US
    earliest = this - (weeks + 1) * WEEK
    kept = [p for p in points if p.span_s == HOUR_S and earliest <= p.at_us // _HOUR_US <= this and p.at_us <= now_us]
    start = min((p.at_us // _HOUR_US for p in kept), default=this)
    count = this - start
    found: defaultdict[str, dict[Key, Track]] = defaultdict(dict)
    for one in kept:
        key, place = Key(one.table, one.source, one.tool), one.at_us // _HOUR_US - start
        track = found[one.series].get(key)
        if track is None:
            track = found[one.series][key] = Track(np.zeros(count + 1), np.zeros(count + 1), {}, place)
        track.value[place] += _sound(one.value)
        track.weight[place] += _sound(one.weight)
        track.first = min(track.first, place)
        for label, number in one.bins.items():
            if label not in track.bins:
                track.bins[label] = np.zeros(count + 1)
            track.bins[label][place] += _sound(number)
    whole = {series: _summed(_heaviest(tracks), count) for series, tracks in found.items()}
    return Hours(start * _HOUR_US, count, now_us / _HOUR_US - this, whole)


def _sound(number: float) -> float:
    """Counts are finite and not below none; a torn history must not blind every later sum."""
    return number if 0.0 <= number < math.inf else 0.0


def _heaviest(tracks: dict[Key, Track]) -> dict[Key, Track]:
    if len(tracks) <= MOST_KEYS:
        return tracks
    ranked = sorted(
        tracks, key=lambda key: (key.tool != "", -float(tracks[key].weight.sum() + tracks[key].value.sum()))
    )
    return {key: tracks[key] for key in ranked[:MOST_KEYS]}


def _summed(tracks: dict[Key, Track], count: int) -> dict[Key, Track]:
    """With the sums by tool's name, and by all tools where nobody has measured that."""
    whole = {key: track for key, track in tracks.items() if "/" not in key.tool}
    made: set[Key] = set()
    for key, track in tracks.items():
        for above in (Key(key.table, key.source, key.name), Key(key.table, key.source, "")):
            if not key.tool or above == key or (above in tracks and above not in made):
                continue
            if above not in whole:
                made.add(above)
                whole[above] = Track(np.zeros(count + 1), np.zeros(count + 1), {}, track.first)
            whole[above].add(track)
    return whole | tracks
