"""What the attack learns with, on numpy alone: logistic and ridge regression, and AUC with intervals.

Intervals are bootstraps over people, not over rows: rows of one person are not independent of each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

_RESAMPLES = 400
_STEPS = 30  # Newton's method has converged long before, or the ridge holds it


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, and where 95 of 100 resamples over people lie."""

    value: float
    low: float
    high: float

    def as_json(self) -> dict[str, float]:
        """For the results file."""
        return {"value": round(self.value, 4), "low": round(self.low, 4), "high": round(self.high, 4)}

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def logistic(features: Floats, truth: Floats, ridge: float = 1.0) -> Callable[[Floats], Floats]:
    """A fitted logistic regression (Newton's method, standardised features): a function from features to log odds."""
    mean, spread = features.mean(axis=0), features.std(axis=0)
    spread[spread == 0] = 1.0
    table = np.hstack([np.ones((len(features), 1)), (features - mean) / spread])
    penalty = np.full(table.shape[1], ridge)
    penalty[0] = 0.0
    weights = np.zeros(table.shape[1])
    for _ in range(_STEPS):
        odds = 1 / (1 + np.exp(-np.clip(table @ weights, -30, 30)))
        slope = table.T @ (odds - truth) + penalty * weights
        curve = (table * (odds * (1 - odds))[:, None]).T @ table + np.diag(penalty + 1e-9)
        step = np.linalg.solve(curve, slope)
        weights -= step
        if float(np.abs(step).max()) < 1e-6:
            break
    return lambda new: np.hstack([np.ones((len(new), 1)), (new - mean) / spread]) @ weights


def whose(features: Floats, people: Ints, count: int, ridge: float = 1.0) -> Callable[[Floats], Floats]:
    """One linear score per person, fitted to samples of all of them by ridge regression (its dual: samples are few)."""
    mean = features.mean(axis=0)
    centred = features - mean
    wanted = -np.ones((len(people), count))
    wanted[np.arange(len(people)), people] = 1.0
    inner = centred @ centred.T
    inner[np.diag_indices(len(people))] += ridge * float(np.trace(inner)) / len(people)
    weights = centred.T @ np.linalg.solve(inner, wanted - wanted.mean(axis=0))
    return lambda new: (new - mean) @ weights


def auc(scores: Floats, truth: Floats, weights: Floats) -> float:
    """The chance that a pair of one person scores higher than a pair of two; ties count half."""
    order = np.argsort(scores, kind="stable")
    return _auc_sorted(scores[order], truth[order], weights[order])


def auc_by_people(scores: Floats, truth: Floats, first: Ints, second: Ints, seed: int = 0) -> Figure:
    """AUC of pairs; `first` and `second` are whose rows the two of each pair are."""
    order = np.argsort(scores, kind="stable")
    scores, truth, first, second = scores[order], truth[order], first[order], second[order]
    point = _auc_sorted(scores, truth, np.ones(len(scores)))
    values = []
    for weight in _resampled(first, second, seed):
        pairs = np.where(truth > 0, weight[first], weight[first] * weight[second])
        values.append(_auc_sorted(scores, truth, pairs))
    return _figure(point, values)


def share_by_people(hits: Floats, people: Ints, seed: int = 0) -> Figure:
    """The mean of `hits`, one or several for each person."""
    point = float(hits.mean())
    values = [float(np.average(hits, weights=weight[people])) for weight in _resampled(people, people, seed)]
    return _figure(point, values)


def accuracy_by_people(scores: Floats, truth: Floats, first: Ints, second: Ints, seed: int = 0) -> Figure:
    """How often even log odds decide rightly, both classes counted alike."""
    right = ((scores > 0) == (truth > 0)).astype(np.float64)
    same = truth > 0

    def balanced(weights: Floats) -> float:
        return (
            float(np.average(right[same], weights=weights[same]) + np.average(right[~same], weights=weights[~same])) / 2
        )

    values = [
        balanced(np.where(same, weight[first], weight[first] * weight[second]))
        for weight in _resampled(first, second, seed)
    ]
    return _figure(balanced(np.ones(len(scores))), values)


def _resampled(first: Ints, second: Ints, seed: int) -> list[Floats]:
    people = np.unique(np.concatenate([first, second]))
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(_RESAMPLES):
        weight = np.zeros(int(people.max()) + 1)
        np.add.at(weight, rng.choice(people, len(people)), 1.0)
        drawn.append(weight)
    return drawn


def _auc_sorted(scores: Floats, truth: Floats, weights: Floats) -> float:
    same, other = weights * (truth > 0), weights * (truth <= 0)
    below = np.cumsum(other) - other
    # Ties: what stands at the same score counts half.
    starts = np.concatenate([[True], scores[1:] != scores[:-1]])
    group = np.cumsum(starts) - 1
    first_below = below[starts][group]
    tied = np.bincount(group, weights=other)[group]
    total = same.sum() * other.sum()
    return float((same * (first_below + tied / 2)).sum() / total) if total else 0.5


def _figure(point: float, values: list[float]) -> Figure:
    low, high = np.percentile(values, [2.5, 97.5])
    return Figure(point, float(low), float(high))
