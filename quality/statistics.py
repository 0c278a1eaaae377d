"""Is this count, share or distribution what it used to be? Tests that allow for noise beyond pure chance. Pure.

People's work varies more than a Poisson or binomial law says: a meeting, a release, a habit. So counts are tested
with the `noise` of a negative binomial law, and shares with a `spread`: the variance as a multiple of the binomial one,
which makes counts worth less. The tails are exact (regularised incomplete beta and gamma functions), where a normal
approximation is wrong by powers of ten.
All functions take arrays of equal shape and give p-values, from 0 to 1, unless they say otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Truths = npt.NDArray[np.bool_]

# The median of a squared standard normal: what turns a median of squares into a variance that outliers do not move.
_MEDIAN_SQUARE = 0.45493642
_HALF = 0.5  # Jeffreys' prior: what is added to a count of none


def count_above(count: Any, mean: Any, noise: Any) -> Floats:
    """So many or more, where `mean` were expected.

    Of a negative binomial law: the variance is `mean + noise * mean ** 2`, `noise` is above 0.
    """
    count, mean, noise = np.broadcast_arrays(*(np.asarray(a, float) for a in (count, mean, noise)))
    many = np.maximum(mean, 1e-9) * noise
    some = count > 0
    return np.where(some, special.betainc(np.where(some, count, 1.0), 1.0 / noise, many / (1.0 + many)), 1.0)


def count_below(count: Any, mean: Any, noise: Any) -> Floats:
    """So many or fewer, where `mean` were expected; likewise."""
    count, mean, noise = np.broadcast_arrays(*(np.asarray(a, float) for a in (count, mean, noise)))
    return np.asarray(special.betainc(1.0 / noise, np.maximum(count, 0.0) + 1.0, 1.0 / (1.0 + mean * noise)), float)


def share_above(hits: Any, of: Any, known_hits: Any, known_of: Any, spread: Any = 1.0) -> Floats:
    """`hits` or more `of` so many, where `known_hits` `of` `known_of` were seen before."""
    share, hits, of = _effective(hits, of, known_hits, known_of, spread)
    some = hits > 0
    return np.where(some, special.betainc(np.where(some, hits, 1.0), np.maximum(of - hits, 0.0) + 1.0, share), 1.0)


def share_below(hits: Any, of: Any, known_hits: Any, known_of: Any, spread: Any = 1.0) -> Floats:
    """`hits` or fewer `of` so many."""
    return share_above(
        np.asarray(of, float) - np.asarray(hits, float),
        of,
        np.asarray(known_of, float) - np.asarray(known_hits, float),
        known_of,
        spread,
    )


def _effective(hits: Any, of: Any, known_hits: Any, known_of: Any, spread: Any) -> tuple[Floats, Floats, Floats]:
    """The known share, and hits and trials made smaller by the spread and by how little is known."""
    hits, of, known_hits, known_of, spread = np.broadcast_arrays(
        *(np.asarray(a, float) for a in (hits, of, known_hits, known_of, spread))
    )
    share = np.clip((known_hits + _HALF) / (known_of + 2 * _HALF), 1e-9, 1 - 1e-9)
    factor = spread * (1.0 + of / np.maximum(known_of, 1.0))
    return share, hits / factor, of / factor


def share_spread(hits: Floats, of: Floats, share: Any) -> Floats:
    """Pearson's squared residuals of windows with a known `share`: their `middle` is the spread."""
    expected = np.maximum(of * np.clip(share, 1e-6, 1 - 1e-6), 1e-9)
    variance = expected * (1.0 - np.clip(share, 1e-6, 1 - 1e-6))
    # A share near 0 gives windows of none and now and then one: an expectation below one is no measure of noise.
    return np.where((of > 0) & (variance >= 1.0), (hits - expected) ** 2 / np.maximum(variance, 1e-9), np.nan)


def middle(squares: Floats, prior: float, weight: float = 8.0) -> Floats:
    """The variance that squared residuals have along the last axis (NaN: no residual), drawn to `prior`.

    By the median, so that an outage or a burst in the past does not blind the test. `prior` counts as `weight` of them.
    """
    known = np.sum(~np.isnan(squares), axis=-1)
    filled = np.where(np.isnan(squares), np.inf, squares)
    ordered = np.sort(filled, axis=-1)
    place = np.maximum((known - 1) // 2, 0)
    median = np.take_along_axis(ordered, place[..., None], axis=-1)[..., 0]
    found = np.where(known > 0, median, 0.0) / _MEDIAN_SQUARE
    found = np.where(np.isfinite(found), found, prior)
    return np.asarray((known * found + weight * prior) / (known + weight), float)


def stability(counts: Floats, known: Floats, spread: Any = 1.0) -> Floats:
    """Population stability index of `counts` against `known` (bins along the last axis), less what chance gives.

    With few rows the index is above zero for two samples of one population, by (bins - 1)(1/n + 1/N) on average; that
    is subtracted. Below 0.1 is taken for the same, above 0.25 for another population: rules of thumb of credit scoring.
    Not a p-value; may be negative.
    """
    n, many = counts.sum(axis=-1), known.sum(axis=-1)
    bins = np.maximum((known + counts > 0).sum(axis=-1), 1)
    half = np.where(known + counts > 0, _HALF, 0.0)
    size = bins * _HALF
    one = (counts + half) / np.maximum(n + size, 1e-9)[..., None]
    other = (known + half) / np.maximum(many + size, 1e-9)[..., None]
    parts = (one - other) * (np.log(np.maximum(one, 1e-12)) - np.log(np.maximum(other, 1e-12)))
    chance = (bins - 1) * np.asarray(spread, float) * (1.0 / np.maximum(n, 1.0) + 1.0 / np.maximum(many, 1.0))
    return np.asarray(parts.sum(axis=-1) - chance, float)


def kinds_differ(counts: Floats, known: Floats, spread: Any = 1.0, least: float = 5.0) -> Floats:
    """Two-sample chi-squared over bins without an order; bins that expect fewer than `least` are taken together."""
    n, many = counts.sum(axis=-1, keepdims=True), known.sum(axis=-1, keepdims=True)
    spread = np.asarray(spread, float)[..., None] * np.ones_like(n)
    expected = (counts + known) * n / np.maximum(n + many, 1e-9) / spread
    small = expected < least
    own = np.concatenate([np.where(small, 0.0, counts), np.where(small, counts, 0.0).sum(-1, keepdims=True)], axis=-1)
    old = np.concatenate([np.where(small, 0.0, known), np.where(small, known, 0.0).sum(-1, keepdims=True)], axis=-1)
    both = own + old
    root = np.sqrt(np.maximum(many, 1e-9) / np.maximum(n, 1e-9))
    parts = np.where(both > 0, (root * own - old / root) ** 2 / np.maximum(both, 1e-9), 0.0)
    freedom = np.maximum((both > 0).sum(axis=-1) - 1, 0)
    value = parts.sum(axis=-1) / spread[..., 0]
    return np.where(freedom > 0, special.gammaincc(np.maximum(freedom, 1) / 2.0, value / 2.0), 1.0)


def order_differs(counts: Floats, known: Floats, spread: Any = 1.0) -> Floats:
    """Two-sample Kolmogorov-Smirnov over ordered bins; unequal values in one bin hide a difference."""
    n, many = counts.sum(axis=-1), known.sum(axis=-1)
    one = np.cumsum(counts, axis=-1) / np.maximum(n, 1e-9)[..., None]
    other = np.cumsum(known, axis=-1) / np.maximum(many, 1e-9)[..., None]
    apart = np.abs(one - other).max(axis=-1)
    size = n * many / np.maximum(n + many, 1e-9) / np.asarray(spread, float)
    return np.where((n > 0) & (many > 0), special.kolmogorov(np.sqrt(size) * apart), 1.0)


def discoveries(p: Floats, rate: float, subjects: npt.NDArray[np.int64]) -> Truths:
    """Which of many tests stand (rows: tests, columns: looks), if a share `rate` of their subjects may be wrong.

    Benjamini-Hochberg over subjects; the tests of one subject share its chance among them (Bonferroni), so that a fault
    which is seen in many ways makes no room for others. NaN: a question that was not asked is no test.
    """
    if p.shape[0] == 0:
        return np.zeros(p.shape, bool)
    count = int(subjects.max()) + 1
    tests, best = np.zeros((count, p.shape[1])), np.full((count, p.shape[1]), np.inf)
    np.add.at(tests, subjects, ~np.isnan(p))
    own = p * tests[subjects]
    np.minimum.at(best, subjects, np.where(np.isnan(own), np.inf, own))
    ordered = np.sort(best, axis=0)
    asked = np.maximum((tests > 0).sum(axis=0), 1)
    passes = ordered <= rate * np.arange(1, count + 1)[:, None] / asked
    last = np.where(passes.any(axis=0), count - 1 - np.argmax(passes[::-1], axis=0), -1)
    limit = np.where(last >= 0, np.take_along_axis(ordered, np.maximum(last, 0)[None], axis=0)[0], -1.0)
    return np.asarray(own <= limit, bool)
