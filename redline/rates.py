"""Rates from counters that processes write every two seconds. Pure: each reading carries its own time.

A process that was started again counts from zero; what it had counted before is forgotten with it.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING

from schemas import metrics
from schemas.metrics import Kind, Metric

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from redline.meter import Sample

SPAN_S = 12.0  # six readings: a batch a second shows as a steady rate

_Series = tuple[str, tuple[tuple[str, str], ...]]


class Rates:
    """Sums and rates over all processes, by metric and labels."""

    def __init__(self, span_s: float = SPAN_S) -> None:
        self._span_s = span_s
        self._readings: dict[str, deque[tuple[float, dict[_Series, float]]]] = {}

    def add(self, read: Mapping[str, Sequence[Sample]]) -> None:
        """Take in what each process has written last; one that is not there any more is forgotten."""
        for process in self._readings.keys() - read.keys():
            del self._readings[process]
        for process, samples in read.items():
            values = {_series(sample): sample.value for sample in samples}
            at = values.get((metrics.PROCESS_WRITTEN.name, ()))
            if at is None:
                continue
            readings = self._readings.setdefault(process, deque())
            if readings and (at < readings[-1][0] or _began(values) != _began(readings[-1][1])):
                readings.clear()
            if not readings or at > readings[-1][0]:
                readings.append((at, values))
            while readings[-1][0] - readings[0][0] > self._span_s:
                readings.popleft()

    def total(self, metric: Metric, part: str = "", /, **labels: str) -> float:
        """The sum over processes and over labels that are not given. `part` of a histogram: `sum` or `count`."""
        return sum(readings[-1][1][series] for readings, series in self._matching(metric, part, labels))

    def rate(self, metric: Metric, part: str = "", /, **labels: str) -> float:
        """By the second, of a counter, over the last twelve; 0 where there is one reading only."""
        return sum(_slope(readings, series) for readings, series in self._matching(metric, part, labels))

    def mean(self, metric: Metric, /, **labels: str) -> float | None:
        """Of a histogram, over the last twelve seconds, or since the beginning; None if nothing was observed."""
        for of in (self.rate, self.total):
            if count := of(metric, "count", **labels):
                return of(metric, "sum", **labels) / count
        return None

    def by(self, metric: Metric, label: str, /, **labels: str) -> Counter[str]:
        """Sums by the values of one label."""
        found: Counter[str] = Counter()
        for readings, series in self._matching(metric, "", labels):
            found[dict(series[1])[label]] += int(readings[-1][1][series])
        return found

    def gauge(self, metric: Metric, /, **labels: str) -> float | None:
        """The largest value any process has; None if none has one."""
        return max((r[-1][1][series] for r, series in self._matching(metric, "", labels)), default=None)

    def _matching(
        self, metric: Metric, part: str, labels: dict[str, str]
    ) -> list[tuple[deque[tuple[float, dict[_Series, float]]], _Series]]:
        name = f"{metric.name}_{part}" if metric.kind is Kind.HISTOGRAM else metric.name
        wanted = labels.items()
        return [
            (readings, series)
            for readings in self._readings.values()
            for series in readings[-1][1]
            if series[0] == name and wanted <= dict(series[1]).items()
        ]


def _series(sample: Sample) -> _Series:
    return sample.name, tuple(sorted((name, value) for name, value in sample.labels.items() if name != metrics.PROCESS))


def _began(values: Mapping[_Series, float]) -> float | None:
    return values.get((metrics.PROCESS_START.name, ()))


def _slope(readings: deque[tuple[float, dict[_Series, float]]], series: _Series) -> float:
    (first_at, first), (last_at, last) = readings[0], readings[-1]
    passed = last_at - first_at
    return max(0.0, last[series] - first.get(series, 0.0)) / passed if passed > 0 else 0.0
