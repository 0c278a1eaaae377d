"""One sink process: composition of loop, gates and alerts."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from typing import TYPE_CHECKING

from quality.alert import Alert
from quality.reject_rate import Breach, RejectLimit, RejectRate
from redline import sources
from redline.alerting import alerter, of_sink
from redline.crash_hook import SINK, crash_hook
from redline.expiry import Expiry
from redline.gates import gates_of
from redline.lag import LagWatch
from redline.meter import Metering
from redline.published import release_of
from redline.sink_watchdog import Watchdog
from redline.verdict_log import VerdictLog
from schemas import metrics, topics
from schemas.errors import BrokerError
from schemas.tables import TABLES, Table
from schemas.verdict import Severity, Verdict
from sinks.batch import BatchPolicy
from sinks.loop import SinkLoop

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pyarrow as pa

    from redline.settings import Settings
    from schemas.metrics import Meter

log = logging.getLogger("redline.sink")


def run(settings: Settings, *, name: str) -> None:
    """Run a sink until it is told to stop; a batch that has begun is finished.

    Raises:
        BrokerError: no broker is configured.
        SettingsError: an expectation of one's own is none.
        SinkError: a table could not be made durable for too long.
    """
    if not settings.kafka.bootstrap:
        raise BrokerError("sink: needed kafka.bootstrap, it is empty; set REDLINE_KAFKA_BOOTSTRAP or use `redline up`")
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    metering = Metering(settings, process=name)
    meter = metering.meter
    alerts = alerter(settings, process=name, meter=meter)
    Expiry(settings, process=name, meter=meter).start()
    verdicts = VerdictLog(settings.state, name)
    rate = _Rate(settings, alerts.raise_)
    gates = gates_of(settings)
    gates["pairs"].warm()

    def gate(table: Table) -> Callable[[pa.Table], Verdict]:
        def check(batch: pa.Table) -> Verdict:
            began = time.monotonic()
            verdict = gates[table.name](batch)
            _count(meter, table.name, verdict, time.monotonic() - began)
            verdicts.add(verdict)
            rate.add(table.name, batch)
            return verdict

        return check

    lags = LagWatch(
        settings.kafka.bootstrap,
        settings.data_dir,
        group=topics.APP_ID,
        partitions=settings.kafka.partitions,
        config=settings.kafka.client,
    )
    watchdog = Watchdog(lags, settings.data_dir)
    metering.health.live_while(watchdog.live)
    watchdog.start()
    watch = sources.Watch(settings, alerts.raise_)
    watch.start()
    release = release_of(settings)
    loop = SinkLoop(
        bootstrap=settings.kafka.bootstrap,
        data_dir=settings.data_dir,
        tables=list(TABLES.values()),
        gate=gate,
        on_alert=lambda kind, table, detail: alerts.raise_(of_sink(kind, table, detail)),
        policy=BatchPolicy(
            rows=settings.sink.rows,
            bytes=settings.sink.bytes,
            age_s=settings.sink.age_s,
            quiet_s=settings.sink.quiet_s or None,
        ),
        kafka_config=settings.kafka.client,
        crash=crash_hook(os.environ, SINK, settings.state),
        name=name,
        seal=release.seal,
        release=release,
        meter=meter,
    )
    metering.health.ready_when(lambda: _ready(loop, stopping))
    try:
        loop.run(stopping.is_set)
    finally:
        watch.stop()
        left = alerts.close()
        if left:
            log.warning("%d alerts are still undelivered; they stay in the outbox and go out at the next start", left)
    metering.close()


def _ready(loop: SinkLoop, stopping: threading.Event) -> str:
    """What the sink waits for. One without partitions is ready: it would take over."""
    return "it stops" if stopping.is_set() else "" if loop.joined else "its tables or its partitions are not there yet"


def _count(meter: Meter, table: str, verdict: Verdict, seconds: float) -> None:
    meter.observe(metrics.SINK_GATE_SECONDS, seconds, table=table)
    what = "halts" if verdict.halts else "failed" if verdict.failures else "passed"
    meter.count(metrics.SINK_VERDICTS, table=table, verdict=what)
    for failure in verdict.failures:
        meter.count(
            metrics.SINK_FAILED_ROWS,
            len(failure.rows) or 1,
            table=table,
            expectation=failure.expectation,
            severity=failure.severity.value,
        )


class _Rate:
    """Watches the share of rejects this sink sees; the loop goes on, people are told."""

    def __init__(self, settings: Settings, tell: Callable[[Alert], None]) -> None:
        limit = RejectLimit(max_ratio=settings.alerts.reject_ratio, minimum=settings.alerts.reject_minimum)
        self._rate = RejectRate(limit)
        self._limit = limit
        self._tell = tell

    def add(self, table: str, batch: pa.Table) -> None:
        reasons: dict[str, int] = {}
        if table == "rejects":
            counted = batch.column("reason").value_counts().to_pylist()
            reasons = {str(c["values"]): int(c["counts"]) for c in counted}
        elif table != "interactions":
            return
        breach = self._rate.on_events(batch.num_rows, reasons, time.monotonic())
        if breach is not None:
            self._tell(_reject_alert(self._limit, breach))


def _reject_alert(limit: RejectLimit, breach: Breach) -> Alert:
    counts: Mapping[str, int] = {"events": breach.events, "rejected": breach.rejected, **breach.reasons}
    return Alert(
        kind="reject_rate",
        table="rejects",
        severity=Severity.ERROR,
        expected=f"at most {limit.max_ratio:.0%} of events rejected",
        command="redline rejects",
        since=time.time(),
        got=counts,
    )
