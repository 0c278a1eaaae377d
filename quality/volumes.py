"""Too many rows, too few, none at all: questions about counts against the same weekday and hour. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from quality import statistics
from quality.seasons import Season, doubt, noise, season
from quality.trials import KEEP, SPANS, Trials, running

if TYPE_CHECKING:
    from quality.policy import MonitorPolicy
    from quality.statistics import Floats, Truths
    from quality.trials import Counted, Looks, Places

_MISSED = 10.0  # rows that a silence has to swallow at least
_FAINT = 5.0  # rows expected of a window, below which no ratio of counts says anything


class Usual(NamedTuple):
    """What is expected of each track, and how noisy it is (a column)."""

    season: Season
    noise: Floats

    def unsure(self, mean: Floats, weeks: Floats) -> Floats:
        """Noise of the count and of what is expected of it, which is an estimate from so many weeks."""
        return self.noise + (self.noise + 1.0 / np.maximum(mean, 1.0)) * doubt(weeks)

    def weeks(self, ends: Places, span: int) -> Floats:
        """Weeks that speak of all of the hours before each end."""
        return np.stack([self.season.weeks[:, np.maximum(end, 0)] for end in _back(ends, span)]).min(axis=0)

    def high(self, ends: Places, span: int) -> Floats:
        """What is expected at most in the hours before each end."""
        return np.stack([self.season.high[:, np.maximum(end, 0)] for end in _back(ends, span)]).sum(axis=0)


def usual(counts: Counted, first: Floats, left_out: Truths, looks: Looks, policy: MonitorPolicy) -> Usual:
    """Learn from the hours before the first look. `first`: the hour of a track's first row."""
    expected = season(counts.hours, first, policy.reference_weeks, left_out)
    return Usual(expected, noise(counts.hours, expected, int(looks.places.min()))[:, None])


def volumes(counts: Counted, first: Floats, of: Usual, looks: Looks, policy: MonitorPolicy) -> list[Trials]:
    """More or fewer than usual: in the hour that is not over (a burst is seen within minutes), and in complete ones."""
    now = of.season.high[:, looks.places], of.season.weeks[:, looks.places]
    found = [_rise(counts.current, now, of, 0, policy)]
    for span in SPANS:
        ends = looks.places
        found.append(_rise(counts.window(ends, span), (of.high(ends, span), of.weeks(ends, span)), of, span, policy))
        ends = looks.settled
        low = running(of.season.low)
        low = low[:, np.maximum(ends, 0)] - low[:, np.maximum(ends - span, 0)]
        seen, known = counts.window(ends, span), ends - span >= first[:, None]
        found.append(_fall(seen, (low, np.where(known, of.weeks(ends, span), 0.0)), of, span, policy))
    return found


def _rise(seen: Floats, expected: tuple[Floats, Floats], of: Usual, span: int, policy: MonitorPolicy) -> Trials:
    high, weeks = expected
    # In the first week the highest hour so far stands for what is usual, and only a burst is worth a word.
    factor = np.where(weeks > 0, policy.volume_factor, policy.burst_factor)
    known = np.isfinite(high) & (seen >= policy.minimum) & ((weeks == 0) | (high >= _FAINT))
    mean = np.where(known, np.maximum(high, 1.0), 1.0)
    p = np.where(known, statistics.count_above(seen, mean, of.unsure(mean, weeks)), 1.0)
    lasting = known & (seen >= (1.0 + (factor - 1.0) * KEEP) * mean)
    since = np.full(seen.shape, float(span))
    return Trials("rise", span, p, known & (seen >= factor * mean), lasting, since, {"rows": seen, "usual": mean})


def _fall(seen: Floats, expected: tuple[Floats, Floats], of: Usual, span: int, policy: MonitorPolicy) -> Trials:
    low, weeks = expected
    known = (weeks > 0) & (low >= policy.minimum)
    p = np.where(known, statistics.count_below(seen, np.maximum(low, 1.0), of.unsure(low, weeks)), 1.0)
    lasting = known & (seen * (1.0 + (policy.volume_factor - 1.0) * KEEP) <= low)
    since = np.full(seen.shape, float(span))
    large = known & (seen * policy.volume_factor <= low)
    return Trials("fall", span, p, large, lasting, since, {"rows": seen, "usual": low})


def silences(last: Floats, of: Usual, looks: Looks) -> Trials:
    """No row since `last` (hour and fraction of the last row, by looks), where many were expected."""
    low = running(of.season.low)
    now = looks.places + looks.fraction
    missed = np.maximum(_at(low, np.broadcast_to(now - looks.settle, last.shape)) - _at(low, last), 0.0)
    weeks = of.season.weeks[:, looks.places]
    known = (weeks > 0) & (missed >= _MISSED)
    none = statistics.count_below(np.zeros_like(missed), np.maximum(missed, 1.0), of.unsure(missed, weeks))
    got = {"usual": missed, "hours": np.maximum(now - last, 0.0)}
    return Trials("", 0, np.where(known, none, 1.0), known, known, looks.places - last, got)


def _back(ends: Places, span: int) -> list[Places]:
    return [ends - 1 - back for back in range(span)]


def _at(sums: Floats, places: Floats) -> Floats:
    """Running sums read at fractional hours."""
    whole = np.clip(np.floor(places).astype(int), 0, sums.shape[1] - 2)
    lower = np.take_along_axis(sums, whole, axis=1)
    return np.asarray(lower + (places - whole) * (np.take_along_axis(sums, whole + 1, axis=1) - lower), float)
