"""Too many rows, too few, none at all: questions about counts against the same weekday and hour. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from quality import statistics
from quality.seasons import Season, doubt, noise, season
from quality.trials import KEEP, SPANS, Trials, running

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quality.policy import MonitorPolicy
    from quality.statistics import Floats, Truths
    from quality.trials import Counted, Looks, Places

_MISSED = 10.0  # rows that a silence has to swallow at least
_FAINT = 5.0  # rows expected of a window, below which no ratio of counts says anything


class Usual(NamedTuple):
    """What is expected of each track: sums of usual hours, and how noisy windows of each span are (columns)."""

    season: Season
    sums: Floats
    noise: Mapping[int, Floats]

    def unsure(self, mean: Floats, weeks: Floats, span: int) -> Floats:
        """Noise of the count and of what is expected of it, which is an estimate from so many weeks."""
        own = self.noise[max(span, 1)]
        return own + (own + 1.0 / np.maximum(mean, 1.0)) * doubt(weeks)

    def window(self, ends: Places, span: int) -> tuple[Floats, Floats, Floats]:
        """Of the hours before each end: the least and the most that is usual, and the weeks that speak of all of them.

        The least and most of three windows, an hour apart: clocks change twice a year, and people come a bit early.
        """
        beside = np.stack([self._sum(ends + shift, span) for shift in (-1, 0, 1)])
        weeks = np.stack([self.season.weeks[:, np.maximum(ends - 1 - back, 0)] for back in range(span)]).min(axis=0)
        return beside.min(axis=0), beside.max(axis=0), weeks

    def _sum(self, ends: Places, span: int) -> Floats:
        ends = np.minimum(ends, self.sums.shape[1] - 1)
        return self.sums[:, np.maximum(ends, 0)] - self.sums[:, np.maximum(ends - span, 0)]


def usual(counts: Counted, first: Floats, left_out: Truths, looks: Looks, policy: MonitorPolicy) -> Usual:
    """Learn from the hours before the first look. `first`: the hour of a track's first row."""
    expected = season(counts.hours, first, policy.reference_weeks, left_out)
    sums, before = running(expected.usual), int(looks.places.min())
    noises = {}
    for span in SPANS:
        ends = np.arange(span, before + 1)
        weeks = expected.weeks[:, ends - span]  # of the oldest hour: the fewest
        noises[span] = noise(counts.window(ends, span), sums[:, ends] - sums[:, ends - span], weeks)[:, None]
    return Usual(expected, sums, noises)


def volumes(counts: Counted, first: Floats, of: Usual, looks: Looks, policy: MonitorPolicy) -> list[Trials]:
    """More or fewer than usual: in the hour that is not over (a burst is seen within minutes), and in complete ones."""
    now = looks.places
    _, most, weeks = of.window(now + 1, 1)
    found = [_rise(counts.current, (most, of.season.highest[:, now], weeks), of, 0, policy)]
    for span in SPANS:
        _, most, weeks = of.window(now, span)
        highest = of.season.highest[:, np.maximum(now - 1, 0)] * span
        found.append(_rise(counts.window(now, span), (most, highest, weeks), of, span, policy))
        ends = looks.settled
        least, _, weeks = of.window(ends, span)
        weeks = np.where(ends - span >= first[:, None], weeks, 0.0)
        found.append(_fall(counts.window(ends, span), (least, weeks), of, span, policy))
    return found


def _rise(seen: Floats, expected: tuple[Floats, Floats, Floats], of: Usual, span: int, policy: MonitorPolicy) -> Trials:
    most, highest, weeks = expected
    # In the first week the highest hour so far stands for what is usual, and only a burst is worth a word.
    mean = np.where(weeks > 0, most, highest)
    factor = np.where(weeks > 0, policy.volume_factor, policy.burst_factor)
    known = np.isfinite(mean) & (seen >= policy.minimum) & ((weeks == 0) | (mean >= _FAINT))
    mean = np.where(known, np.maximum(mean, 1.0), 1.0)
    p = np.where(known, statistics.count_above(seen, mean, of.unsure(mean, weeks, span)), np.nan)
    lasting = known & (seen >= (1.0 + (factor - 1.0) * KEEP) * mean)
    since = np.full(seen.shape, float(span))
    return Trials("rise", span, p, known & (seen >= factor * mean), lasting, since, {"rows": seen, "usual": mean})


def _fall(seen: Floats, expected: tuple[Floats, Floats], of: Usual, span: int, policy: MonitorPolicy) -> Trials:
    least, weeks = expected
    known = (weeks > 0) & (least >= policy.minimum)
    mean = np.maximum(least, 1.0)
    p = np.where(known, statistics.count_below(seen, mean, of.unsure(mean, weeks, span)), np.nan)
    lasting = known & (seen * (1.0 + (policy.volume_factor - 1.0) * KEEP) <= mean)
    since = np.full(seen.shape, float(span))
    return Trials(
        "fall", span, p, known & (seen * policy.volume_factor <= mean), lasting, since, {"rows": seen, "usual": mean}
    )


def silences(last: Floats, of: Usual, looks: Looks) -> Trials:
    """No row since `last` (hour and fraction of the last row, by looks), where many were expected."""
    now = looks.places + looks.fraction
    until = np.broadcast_to(now - looks.settle, last.shape)
    # As if people came and went an hour earlier or later than they do: whichever expects least.
    missed = np.stack([_at(of.sums, until + shift) - _at(of.sums, last + shift) for shift in (-1.0, 0.0, 1.0)])
    missed = np.maximum(missed.min(axis=0), 0.0)
    weeks = of.season.weeks[:, looks.places]
    known = (weeks > 0) & (missed >= _MISSED)
    none = statistics.count_below(np.zeros_like(missed), np.maximum(missed, 1.0), of.unsure(missed, weeks, 1))
    got = {"usual": missed, "hours": np.maximum(now - last, 0.0)}
    return Trials("", 0, np.where(known, none, np.nan), known, known, looks.places - last, got)


def _at(sums: Floats, places: Floats) -> Floats:
    """Running sums read at fractional hours."""
    whole = np.clip(np.floor(places).astype(int), 0, sums.shape[1] - 2)
    lower = np.take_along_axis(sums, whole, axis=1)
    return np.asarray(lower + (places - whole) * (np.take_along_axis(sums, whole + 1, axis=1) - lower), float)
