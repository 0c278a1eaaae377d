"""What the gateway counts, and its Prometheus text. No label has a value from a request."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metric(NamedTuple):
    """One series: what it means, and what to do when it moves."""

    name: str
    kind: str
    meaning: str


REQUESTS = Metric(
    "redline_gateway_requests_total",
    "counter",
    "Requests by route and status. 401: a producer lost its token; 400: ask its faults; 503: look at Kafka.",
)
EVENTS = Metric("redline_gateway_events_total", "counter", "Events that Kafka has confirmed, by route.")
FAULTS = Metric(
    "redline_gateway_faults_total",
    "counter",
    "Units that were no event, by route and reason. When it rises a producer has changed: redline sources.",
)
BYTES = Metric("redline_gateway_bytes_total", "counter", "Bytes of bodies as they came, by route.")
SECONDS = Metric("redline_gateway_seconds", "histogram", "From the first byte to the answer, by route.")
FLIGHT_REQUESTS = Metric("redline_gateway_in_flight_requests", "gauge", "Requests that wait for their answer.")
FLIGHT_BYTES = Metric(
    "redline_gateway_in_flight_bytes",
    "gauge",
    "Bytes that wait for Kafka; at the limit requests are refused with 429: start another gateway, or look at Kafka.",
)


class Metrics:
    """Counts of one process since it began."""

    def __init__(self) -> None:
        self._counts: defaultdict[Metric, Counter[tuple[tuple[str, str], ...]]] = defaultdict(Counter)
        self._seconds: dict[str, list[int]] = {}
        self._sums: defaultdict[str, float] = defaultdict(float)

    def count(self, metric: Metric, number: int = 1, **labels: str) -> None:
        """Add to a counter."""
        if number:
            self._counts[metric][tuple(sorted(labels.items()))] += number

    def time(self, route: str, seconds: float) -> None:
        """Add to the histogram."""
        buckets = self._seconds.setdefault(route, [0] * (len(_BUCKETS_S) + 1))
        buckets[bisect_left(_BUCKETS_S, seconds)] += 1
        self._sums[route] += seconds

    def text(self, **gauges: int) -> str:
        """Everything as Prometheus reads it; `gauges` by the last words of their names."""
        lines: list[str] = []
        for metric in (REQUESTS, EVENTS, FAULTS, BYTES):
            lines += _head(metric)
            lines += [f"{metric.name}{_braces(*labels)} {n}" for labels, n in sorted(self._counts[metric].items())]
        lines += [*_head(SECONDS), *self._histogram()]
        for metric in (FLIGHT_REQUESTS, FLIGHT_BYTES):
            lines += [*_head(metric), f"{metric.name} {gauges[metric.name.removeprefix('redline_gateway_')]}"]
        return "\n".join(lines) + "\n"

    def _histogram(self) -> Iterator[str]:
        for route, buckets in sorted(self._seconds.items()):
            total = 0
            for limit, count in zip((*map(str, _BUCKETS_S), "+Inf"), buckets, strict=True):
                total += count
                yield f"{SECONDS.name}_bucket{_braces(('route', route), ('le', limit))} {total}"
            yield f"{SECONDS.name}_sum{_braces(('route', route))} {self._sums[route]:.6f}"
            yield f"{SECONDS.name}_count{_braces(('route', route))} {total}"


def _head(metric: Metric) -> list[str]:
    return [f"# HELP {metric.name} {metric.meaning}", f"# TYPE {metric.name} {metric.kind}"]


def _braces(*labels: tuple[str, str]) -> str:
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels) + "}" if labels else ""
