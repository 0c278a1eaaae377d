"""What a process counts, on disk and over HTTP in Prometheus's text (the only import of prometheus_client).

Each process has its registry. It writes `state/metrics/<process>.prom` every 2 s, in one step, for `redline status`
and for the textfile collector of a node exporter; with `metrics.port` it answers `GET /metrics` as well, and beside
it `/live` and `/ready` (`redline.health`). A process that ends by itself takes its file away; one that dies leaves it,
and its age tells.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.parser import text_string_to_metric_families

from redline.health import Health, Page, listen
from schemas import metrics
from schemas.metrics import METRICS, TEXT_TYPE, Kind, Metric

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from redline.settings import Settings

log = logging.getLogger("redline.meter")

FOLDER: Final = "metrics"  # in the state folder
EVERY_S: Final = 2.0
SERIES: Final = 500  # of one metric; beyond, the labels of new ones become `other`: a user's suites may be long
_OTHER = "other"
_PORTS = 16  # tried from `metrics.port` on: every process of a machine is given the same settings
_SUFFIX = ".prom"
_STATM = Path("/proc/self/statm")  # proc(5): total and resident pages; Linux only

_Key = tuple[Metric, tuple[tuple[str, str], ...]]


class Counts:
    """Everything one process has counted since it began. A `schemas.metrics.Meter`; safe to use from several threads.

    A label that a metric does not have, or one that is missing, is a ValueError: a fault of the caller.
    """

    def __init__(self, process: str) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.process = process
        self._registry = CollectorRegistry(auto_describe=False)
        self._families = {metric: _family(metric, self._registry) for metric in METRICS}
        self._series: dict[_Key, Any] = {}
        self._count = dict.fromkeys(METRICS, 0)
        self._lock = threading.Lock()

    def count(self, metric: Metric, n: float = 1, /, **labels: str) -> None:
        """Add to a counter."""
        self._of(metric, labels).inc(n)

    def set(self, metric: Metric, value: float, /, **labels: str) -> None:
        """Say what a gauge is now."""
        self._of(metric, labels).set(value)

    def observe(self, metric: Metric, value: float, /, **labels: str) -> None:
        """Add one value to a histogram."""
        self._of(metric, labels).observe(value)

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self._registry)

    def page(self) -> Page:
        """The answer to `GET /metrics`."""
        return Page(200, TEXT_TYPE, self.text())

    def serve(self, host: str, port: int, health: Health) -> Callable[[], None]:
        """Answer `/metrics`, `/live` and `/ready` on the first free port from `port` on; what comes back stops it.

        Raises:
            OSError: none of sixteen is free, or there is no such address.
        """
        pages = {"/metrics": self.page, "/live": health.live, "/ready": health.ready}
        numbers = range(port, port + _PORTS)
        for number in numbers:
            try:
                stop = listen(host, number, pages)
            except OSError:
                if number == numbers[-1]:
                    raise
            else:
                break
        log.info("metrics of %s at http://%s:%d/metrics", self.process, host, number)
        return stop

    def _of(self, metric: Metric, labels: dict[str, str]) -> Any:
        key = (metric, tuple(labels.items()))
        series = self._series.get(key)
        return self._made(key, labels) if series is None else series

    def _made(self, key: _Key, labels: dict[str, str]) -> Any:
        metric = key[0]
        with self._lock:
            self._count[metric] += 1
            if self._count[metric] > SERIES:
                return self._families[metric].labels(self.process, *(_OTHER for _ in metric.labels))
            series = self._families[metric].labels(**{metrics.PROCESS: self.process}, **labels)
            self._series[key] = series
            return series


def _family(metric: Metric, registry: CollectorRegistry) -> Counter | Gauge | Histogram:
    labels = (metrics.PROCESS, *metric.labels)
    text = f"{metric.meaning} {metric.action}".strip()
    if metric.kind is Kind.COUNTER:
        return Counter(metric.name, text, labels, registry=registry)
    if metric.kind is Kind.GAUGE:
        return Gauge(metric.name, text, labels, registry=registry)
    return Histogram(metric.name, text, labels, registry=registry, buckets=metric.buckets)


@dataclass(slots=True)
class _Fresh:
    """Something to call before a write, when it is due."""

    call: Callable[[], None]
    every_s: float
    due: float = 0.0


class Metering:
    """A process's counts, written every 2 s and served if settings say so, until it is closed.

    Neither a full disk nor a port that is taken stops the process: that is said once in its log.
    """

    def __init__(self, settings: Settings, *, process: str) -> None:
        self.meter = Counts(process)
        self.health = Health()
        self._path = settings.state / FOLDER / f"{process}{_SUFFIX}"
        self._fresh: list[_Fresh] = []
        self._stopped = threading.Event()
        self._refused = False
        self.meter.set(metrics.PROCESS_START, time.time())
        self._stop_serving = self._served(settings.metrics.host, settings.metrics.port)
        self._write()
        self._thread = threading.Thread(target=self._keep_writing, name="metrics", daemon=True)
        self._thread.start()

    def before_write(self, fresh: Callable[[], None], *, every_s: float = EVERY_S) -> None:
        """Call this before a write, in the writing thread, about every so many seconds: for gauges nobody else sets."""
        self._fresh.append(_Fresh(fresh, every_s))

    def close(self) -> None:
        """Stop serving, and take the file away."""
        self._stopped.set()
        self._thread.join()
        if self._stop_serving is not None:
            self._stop_serving()
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is None or isinstance(error, KeyboardInterrupt):
            self.close()
        else:
            self._stopped.set()  # the file stays: somebody may want to see where it was

    def _served(self, host: str, port: int) -> Callable[[], None] | None:
        if not port:
            return None
        try:
            return self.meter.serve(host, port, self.health)
        except OSError as error:
            log.warning("metrics: no free port at %s from %d on (%s)", host, port, type(error).__name__)
            return None

    def _keep_writing(self) -> None:
        while not self._stopped.wait(EVERY_S):
            now = time.monotonic()
            for fresh in self._fresh:
                if now < fresh.due:
                    continue
                fresh.due = now + fresh.every_s
                try:
                    fresh.call()
                except Exception as error:  # noqa: BLE001 - a gauge must not cost the others
                    log.debug("metrics: a gauge could not be read: %s", type(error).__name__)
            self._write()

    def _write(self) -> None:
        self.meter.set(metrics.PROCESS_WRITTEN, time.time())
        with contextlib.suppress(OSError, ValueError, IndexError):
            self.meter.set(metrics.PROCESS_RESIDENT, int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
        fresh = self._path.with_name(f".{self._path.name}.new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh.write_bytes(self.meter.text())
            fresh.replace(self._path)
        except OSError as error:
            if not self._refused:
                log.warning("metrics: %s could not be written: %s", self._path, type(error).__name__)
            self._refused = True


def clear(state: Path) -> None:
    """Take away what processes have left that died: their folder's owner starts them anew."""
    for path in (state / FOLDER).glob(f"*{_SUFFIX}"):
        path.unlink(missing_ok=True)


class Sample(NamedTuple):
    """One number of one series. `name` is the exposed one: a histogram's ends in `_sum`, `_count` or `_bucket`."""

    name: str
    labels: dict[str, str]
    value: float


def read(state: Path) -> dict[str, list[Sample]]:
    """What the processes of a data folder have written last, by process. A file that is none is left out."""
    found: dict[str, list[Sample]] = {}
    for path in sorted((state / FOLDER).glob(f"*{_SUFFIX}")):
        with contextlib.suppress(OSError, ValueError):
            found[path.stem] = list(_samples(path.read_text("utf-8")))
    return found


def _samples(text: str) -> Iterator[Sample]:
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            yield Sample(sample.name, dict(sample.labels), sample.value)
