"""What is usual at this weekday and hour: the median of the same hour in the weeks before, and its noise. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from quality.hours import WEEK

if TYPE_CHECKING:
    from quality.statistics import Floats, Truths

_MEDIAN_SQUARE = 0.45493642  # see `statistics`
_USUAL_NOISE = 0.1  # squared coefficient of variation where little is known; hourly counts of offices have 0.01 to 0.1
_NOISE_WEIGHT = 24.0  # that counts as much as a day of hours
_LEAST_NOISE, _MOST_NOISE = 0.02, 2.0
_DAY = 24
_CALM = 3  # hours: one may be calm in the middle of a burst
ENOUGH = 5.0  # rows expected in an hour from which it says something about noise


@dataclass(frozen=True, slots=True)
class Season:
    """For each key (rows) and hour (columns, up to one after the current one) what is `usual`.

    `weeks`: how many weeks speak; where it is 0, `usual` is 0. `highest` hour of the last week before each hour,
    known only where no week speaks; infinite elsewhere, and in the first day.
    """

    usual: Floats
    highest: Floats
    weeks: Floats

    def most(self) -> Floats:
        """The highest of what is usual in an hour and in those beside it: clocks change twice a year."""
        beside = np.pad(self.usual, ((0, 0), (1, 1)), mode="edge")
        return np.maximum(np.maximum(beside[:, :-2], beside[:, 2:]), self.usual)


def season(counts: Floats, first: Floats, weeks: int, left_out: Truths) -> Season:
    """Expectations from `counts` (keys by hours, the current hour last). Hours `left_out` are no reference."""
    keys, hours = counts.shape
    before = np.full((weeks, keys, hours + 1), np.nan)
    places = np.arange(hours + 1)
    for week in range(1, weeks + 1):
        back = places - week * WEEK
        known = back >= 0
        if known.any():
            taken = counts[:, back[known]].copy()
            taken[:, left_out[back[known]]] = np.nan
            taken[back[known][None, :] < first[:, None]] = np.nan
            before[week - 1][:, known] = taken
    ordered = np.sort(before, axis=0)  # NaN last
    speak = np.sum(~np.isnan(before), axis=0)
    lower = np.take_along_axis(ordered, np.maximum((speak - 1) // 2, 0)[None], axis=0)[0]
    upper = np.take_along_axis(ordered, np.maximum(speak // 2, 0).clip(max=weeks - 1)[None], axis=0)[0]
    usual = np.where(speak > 0, (np.nan_to_num(lower) + np.nan_to_num(upper)) / 2, 0.0)
    return Season(usual, _highest(counts, speak == 0), speak.astype(float))


def noise(seen: Floats, usual: Floats, weeks: Floats) -> Floats:
    """Variance beyond Poisson's of each key, as a share of the squared mean, from the busier windows of the past.

    By the median: an outage or a burst in the past does not blind the monitor. `seen` and `usual`: sums of windows.
    """
    known = (weeks > 0) & (usual >= ENOUGH)
    found = np.full(seen.shape[0], _USUAL_NOISE)
    for key in np.flatnonzero(known.any(axis=1)):
        mean = usual[key, known[key]]
        busy = mean >= np.median(mean)
        mean, came = mean[busy], seen[key, known[key]][busy]
        unsure = 1.0 + doubt(weeks[key, known[key]][busy])
        spread = np.median((came - mean) ** 2 / (mean**2 * unsure)) / _MEDIAN_SQUARE - np.median(1.0 / mean)
        found[key] = (mean.size * max(spread, 0.0) + _NOISE_WEIGHT * _USUAL_NOISE) / (mean.size + _NOISE_WEIGHT)
    return found.clip(_LEAST_NOISE, _MOST_NOISE)


def doubt(weeks: Floats) -> Floats:
    """Variance of a median of so many weeks, as a multiple of one week's."""
    many = np.maximum(weeks, 1.0)
    return np.where(many < 3, 1.0, np.pi / 2) / many  # noqa: PLR2004 - of two, the median is the mean


def bursts(total: Floats, expected: Season, factor: float) -> Truths:
    """Hours of a burst of everything (`total`: one row): from `factor` times the usual on, until half of that is over.

    Three calm hours end it, or a day of hours that expect next to nothing.
    """
    found = np.zeros(total.shape[0], bool)
    most = expected.most()[0]
    quiet = _DAY
    for hour in range(total.shape[0]):
        ratio = total[hour] / max(most[hour], 1.0)
        if most[hour] < ENOUGH or expected.weeks[0, hour] == 0:
            quiet += 1
        elif ratio >= factor or (quiet < _DAY and ratio >= factor / 2):
            quiet = 0
        else:
            quiet += _DAY // _CALM
        found[hour] = quiet < _DAY
    return found


def _highest(counts: Floats, asked: Truths) -> Floats:
    """The highest hour of the week before each hour that is asked for; infinite before there is a day of them."""
    found = np.full(asked.shape, np.inf)
    for place in np.flatnonzero(asked.any(axis=0)):
        if place >= _DAY:
            highest = counts[:, max(0, place - WEEK) : place].max(axis=1)
            found[:, place] = np.where(asked[:, place], highest, np.inf)
    return found
