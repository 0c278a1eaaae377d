"""The tests behind the monitors: right against brute force, calibrated, and sane on garbage."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality import statistics

SEED = 20_261_121


@given(st.integers(0, 60), st.floats(0.1, 50), st.floats(0.02, 2))
@settings(max_examples=60, deadline=None)
def test_count_tails_are_sums_of_the_negative_binomial_law(count: int, mean: float, noise: float) -> None:
    r, p = 1 / noise, 1 / (1 + mean * noise)
    law = [
        math.exp(math.lgamma(k + r) - math.lgamma(r) - math.lgamma(k + 1) + r * math.log(p) + k * math.log1p(-p))
        for k in range(count + 1)
    ]
    assert float(statistics.count_below(count, mean, noise)) == pytest.approx(sum(law), abs=1e-9)
    assert float(statistics.count_above(count, mean, noise)) == pytest.approx(1 - sum(law[:-1]), abs=1e-9)


@pytest.mark.parametrize("spread", [1.0, 3.0])
def test_share_tests_reject_no_more_than_they_say(spread: float) -> None:
    rng = np.random.default_rng(SEED)
    odds = rng.beta(30, 70, 40_000) if spread > 1 else np.full(40_000, 0.3)
    hits = rng.binomial(200, odds)
    for test in (statistics.share_above, statistics.share_below):
        assert (test(hits, 200, 3_000, 10_000, spread) <= 0.001).mean() <= 0.0012


def test_an_unspread_share_test_would_cry_wolf_on_uneven_work() -> None:
    rng = np.random.default_rng(SEED)
    hits = rng.binomial(200, rng.beta(30, 70, 40_000))
    assert (statistics.share_above(hits, 200, 3_000, 10_000) <= 0.001).mean() > 0.01


def test_the_stability_index_of_equal_populations_is_zero_on_average_however_few_rows() -> None:
    rng = np.random.default_rng(SEED)
    mix = np.array([0.3, 0.4, 0.2, 0.1])
    for rows in (60, 600):
        found = statistics.stability(
            rng.multinomial(rows, mix, 4_000).astype(float), rng.multinomial(5_000, mix, 4_000).astype(float)
        )
        assert abs(found.mean()) < 0.1 / math.sqrt(rows)
    moved = statistics.stability(np.array([97.0, 1, 1, 1]), np.array([3_000.0, 4_000, 2_000, 1_000]))
    assert moved > 1


def test_mix_tests_reject_no_more_than_they_say_and_see_a_shift() -> None:
    rng = np.random.default_rng(SEED)
    mix = np.array([0.02, 0.08, 0.4, 0.4, 0.1])
    own = rng.multinomial(300, mix, 20_000).astype(float)
    known = rng.multinomial(9_000, mix, 20_000).astype(float)
    shifted = np.array([6.0, 24, 60, 120, 90])
    for test in (statistics.kinds_differ, statistics.order_differs):
        assert (test(own, known) <= 0.001).mean() <= 0.0015
        assert test(shifted, known[0]) < 1e-6


def test_what_never_was_before_is_another_mix_and_nothing_at_all_is_none() -> None:
    known = np.array([500.0, 500, 0])
    assert statistics.kinds_differ(np.array([0.0, 0, 60]), known) < 1e-9
    assert statistics.kinds_differ(np.zeros(3), known) == 1
    assert statistics.order_differs(np.zeros(3), known) == 1
    assert np.isfinite(statistics.stability(np.zeros(3), np.zeros(3)))


def test_the_middle_of_squares_is_not_moved_by_an_outage() -> None:
    rng = np.random.default_rng(SEED)
    squares = rng.normal(0, 2, 400) ** 2
    squares[:40] = 1e9
    assert 3 < float(statistics.middle(squares, 1.0)) < 6
    assert float(statistics.middle(np.full(9, np.nan), 1.5)) == 1.5


@given(st.lists(st.floats(0, 1) | st.just(float("nan")), min_size=1, max_size=30), st.floats(1e-4, 0.5))
@settings(max_examples=60, deadline=None)
def test_discoveries_of_one_test_each_are_those_of_benjamini_and_hochberg(p: list[float], rate: float) -> None:
    known = sorted(x for x in p if not math.isnan(x))
    passed = [k for k, x in enumerate(known, 1) if x <= rate * k / len(known)]
    limit = known[passed[-1] - 1] if passed else -1.0
    found = statistics.discoveries(np.array(p)[:, None], rate, np.arange(len(p)))[:, 0]
    assert found.tolist() == [x <= limit for x in p]


def test_many_views_of_one_fault_make_no_room_for_chance() -> None:
    p = np.array([*[1e-12] * 50, 2e-4, *[0.5] * 9])[:, None]
    one_fault = statistics.discoveries(p, 1e-3, np.array([*[0] * 50, *range(1, 11)]))
    assert one_fault[:50].all()
    assert not one_fault[50:].any()
    assert statistics.discoveries(p, 1e-3, np.arange(60))[50]


def test_counts_of_millions_are_answered() -> None:
    huge = np.array([0.0, 1e9])
    for p in (statistics.count_above(huge, 1e8, 0.02), statistics.count_below(huge, 1e8, 0.02)):
        assert np.all((p >= 0) & (p <= 1))
    assert statistics.share_above(1e9, 1e9, 1, 1e9) <= 1e-100
