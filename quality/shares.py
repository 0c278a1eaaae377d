"""Another share, another mix, another rate than before: questions about what rows are, however many there are. Pure.

The reference is whole days that end a day before the look. Noise beyond chance is taken from windows of the same length
within the reference, so that a mix that differs between morning and evening is not taken for a fault.

Where enough rows came in the same hours of the same weekday in the weeks before, shares and mixes must differ from
those as well. Suggestions that nobody decides come a day late: on a Monday there are none, and that is no news.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quality import statistics
from quality.trials import KEEP, SPANS, Trials

if TYPE_CHECKING:
    from quality.policy import MonitorPolicy, ShareRule
    from quality.statistics import Floats, Truths
    from quality.trials import Counted, Looks

_TRIMMED = 0.1  # part of the reference's days that is left out: the strangest
_USUAL_SPREAD = 1.5
_USUAL_NOISE = 0.1
_FAINT = 5.0  # rows expected of a bin or window, below which its residual says nothing
_ONE_DEGREE = (1 - 2 / 9) ** 3  # median of a chi-squared by its degrees of freedom (Wilson and Hilferty), of one


def shares(
    hits: Counted, of: Counted, known: tuple[Counted, Counted], *, looks: Looks, rule: ShareRule, policy: MonitorPolicy
) -> list[Trials]:
    """`hits` `of` so many, against what is `known`: of the same track, or of all versions of a tool."""
    days_hits, days_of = (one.days(looks, policy.reference_weeks) for one in known)
    if days_of.shape[1] == 0:
        return []
    days_hits = _same_days(days_hits, days_of.shape[1])
    kept = _ordinary(days_hits.sum(-1), days_of.sum(-1))
    known_hits, known_of = (days_hits.sum(-1) * kept).sum(-1)[:, None], (days_of.sum(-1) * kept).sum(-1)[:, None]
    usual = (known_hits + 0.5) / (known_of + 1.0)
    first = known[1].first
    found = []
    for span in SPANS:
        shape = (days_hits.shape[0], -1, span)
        squares = statistics.share_spread(days_hits.reshape(shape).sum(-1), days_of.reshape(shape).sum(-1), usual)
        spread = np.maximum(statistics.middle(squares, _USUAL_SPREAD), 1.0)[:, None]
        seen, rows = hits.until(looks, span), of.until(looks, span)
        enough = (rows >= policy.minimum) & (known_of >= 2 * policy.minimum)
        share = seen / np.maximum(rows, 1.0)
        such = list(zip(*(one.weekday(looks, span, policy.reference_weeks, first) for one in known), strict=True))
        besides = [(known_hits, known_of), *such]
        p_above, p_below = np.zeros(share.shape), np.zeros(share.shape)
        highest, lowest = np.zeros(share.shape), np.ones(share.shape)
        for other_hits, other_of in besides:
            told = other_of >= 2 * policy.minimum
            other = (other_hits + 0.5) / (other_of + 1.0)
            highest = np.where(told, np.maximum(highest, other), highest)
            lowest = np.where(told, np.minimum(lowest, other), lowest)
            above = statistics.share_above(seen, rows, other_hits, other_of, spread)
            p_above = np.where(told, np.maximum(p_above, above), p_above)
            if rule.both:
                below = statistics.share_below(seen, rows, other_hits, other_of, spread)
                p_below = np.where(told, np.maximum(p_below, below), p_below)
        since = np.full(share.shape, float(span))
        got = {"share": share, "usual": highest, "rows": rows}
        large = enough & (share - highest >= rule.least) & (share >= rule.factor * highest)
        lasting = enough & (share - highest >= rule.least * KEEP)
        found.append(Trials("rise", span, np.where(enough, p_above, np.nan), large, lasting, since, got))
        if rule.both:
            large, lasting = enough & (lowest - share >= rule.least), enough & (lowest - share >= rule.least * KEEP)
            got = {"share": share, "usual": lowest, "rows": rows}
            found.append(Trials("fall", span, np.where(enough, p_below, np.nan), large, lasting, since, got))
    return found


def mixes(bins: Counted, known: Counted, *, looks: Looks, policy: MonitorPolicy, ordered: bool) -> list[Trials]:
    """Another mix of the bins of one track (rows): the stability index and a two-sample test must agree."""
    days = known.days(looks, policy.reference_weeks)
    if days.shape[1] == 0:
        return []
    usual = days.sum(axis=(1, 2))
    test = statistics.order_differs if ordered else statistics.kinds_differ
    first = np.full(days.shape[0], known.first.min())
    found = []
    for span in SPANS:
        windows = days.reshape(days.shape[0], -1, span).sum(-1).T
        spread = np.maximum(statistics.middle(_squares(windows, usual)[None], _USUAL_SPREAD), 1.0)
        seen = bins.until(looks, span).T
        rows = seen.sum(-1)
        spreads = np.broadcast_to(spread, rows.shape)
        enough = (rows >= policy.minimum) & (usual.sum() >= 2 * policy.minimum)
        psi, p = np.full(rows.shape, np.inf), np.zeros(rows.shape)
        for other in (usual[:, None], *known.weekday(looks, span, policy.reference_weeks, first)):
            against = np.broadcast_to(other.T, seen.shape)
            told = against.sum(-1) >= 2 * policy.minimum
            psi = np.where(told, np.minimum(psi, statistics.stability(seen, against, spreads)), psi)
            p = np.where(told, np.maximum(p, test(seen, against, spreads)), p)
        large, lasting = (enough & (psi >= policy.psi))[None], (enough & (psi >= policy.psi * KEEP))[None]
        got = {"psi": psi[None], "rows": rows[None]}
        since = np.full((1, rows.size), float(span))
        found.append(Trials("", span, np.where(enough, p, np.nan)[None], large, lasting, since, got))
    return found


def rates(hits: Counted, of: Counted, *, looks: Looks, policy: MonitorPolicy) -> list[Trials]:
    """`hits` per unit `of` something, such as findings per 1,000 characters: more or less than usual."""
    days_hits, days_of = hits.days(looks, policy.reference_weeks), of.days(looks, policy.reference_weeks)
    days = days_of.shape[1]
    if days == 0:
        return []
    days_hits = _same_days(days_hits, days)
    known = days_hits.sum(axis=(1, 2))[:, None]
    rate = known / np.maximum(days_of.sum(axis=(1, 2)), 1e-9)[:, None]
    factor, keep = policy.volume_factor, 1.0 + (policy.volume_factor - 1.0) * KEEP
    found = []
    for span in SPANS:
        shape = (days_hits.shape[0], -1, span)
        noise = _rate_noise(days_hits.reshape(shape).sum(-1), days_of.reshape(shape).sum(-1) * rate)[:, None]
        seen, usual = hits.until(looks, span), of.until(looks, span) * rate
        enough = (np.maximum(usual, seen) >= policy.minimum) & (usual >= _FAINT) & (known >= 2 * policy.minimum)
        mean = np.maximum(usual, 1.0)
        got = {"findings": seen, "usual": usual}
        since = np.full(seen.shape, float(span))
        p = np.where(enough, statistics.count_above(seen, mean, noise), np.nan)
        found.append(
            Trials("rise", span, p, enough & (seen >= factor * mean), enough & (seen >= keep * mean), since, got)
        )
        p = np.where(enough, statistics.count_below(seen, mean, noise), np.nan)
        found.append(
            Trials("fall", span, p, enough & (seen * factor <= mean), enough & (seen * keep <= mean), since, got)
        )
    return found


def _same_days(days: Floats, count: int) -> Floats:
    """The last `count` days; days before the first hit are days of none."""
    missing = max(count - days.shape[1], 0)
    return np.pad(days, ((0, 0), (missing, 0), (0, 0)))[:, -count:]


def _ordinary(hits: Floats, of: Floats) -> Truths:
    """All days but the strangest of each row."""
    share = hits.sum(-1, keepdims=True) / np.maximum(of.sum(-1, keepdims=True), 1.0)
    strange = (hits - of * share) ** 2 / np.maximum(of * share * (1 - share), 1.0)
    kept = np.ones(of.shape, bool)
    np.put_along_axis(kept, np.argsort(-strange, axis=1)[:, : int(of.shape[1] * _TRIMMED)], values=False, axis=1)
    return kept


def _squares(windows: Floats, usual: Floats) -> Floats:
    """Of each window the chi-squared by its degrees of freedom, on the scale of one degree's median."""
    expected = windows.sum(-1, keepdims=True) * usual / max(usual.sum(), 1.0)
    enough = expected >= _FAINT
    freedom = enough.sum(-1) - 1
    degrees = np.maximum(freedom, 1)
    sums = np.where(enough, (windows - expected) ** 2 / np.maximum(expected, 1e-9), 0.0).sum(-1)
    return np.where(freedom >= 1, sums / degrees / (1 - 2 / (9 * degrees)) ** 3 * _ONE_DEGREE, np.nan)


def _rate_noise(seen: Floats, mean: Floats) -> Floats:
    """Variance beyond Poisson's, as a share of the squared mean."""
    enough = mean >= _FAINT
    squares = np.where(enough, (seen - mean) ** 2 / np.maximum(mean, 1e-9) ** 2, np.nan)
    chance = np.where(enough, 1.0 / np.maximum(mean, 1e-9), 0.0).sum(-1) / np.maximum(enough.sum(-1), 1)
    return np.asarray(np.clip(statistics.middle(squares, _USUAL_NOISE) - chance, 0.02, 2.0), float)
