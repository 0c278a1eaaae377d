"""How far everything is at one moment, as values: for `redline status`, its live view and its JSON.

Gathered from what is there anyway: Kafka's offsets, the tables' logs, the state folder. Nobody is waited for, nothing
is started, nothing is written.
"""

from __future__ import annotations

import sqlite3
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from quality.alerting.entries import glance
from quality.alerting.store import BOOK
from redline import meter
from redline.admin import cluster_id
from redline.lag import STAGE_OF, STAGES, LagWatch
from redline.up import attached
from schemas import metrics, topics
from schemas.errors import BrokerError
from schemas.tables import TABLES
from schemas.verdict import Severity
from sinks import halts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from redline.lag import Progress
    from redline.meter import Sample
    from redline.settings import Settings

ANSWER_S = 5.0
_WEIGHT = {str(severity): -place for place, severity in enumerate(reversed(Severity))}


class Stage(msgspec.Struct, frozen=True):
    """One stage: `records` at the end of the topic it reads, `lag` of them still to do."""

    stage: str
    reads: str
    records: int
    lag: int


class Store(msgspec.Struct, frozen=True):
    """One table's topic: `records` at its end (ticks too), `lag` of them not in the table yet."""

    table: str
    reads: str
    records: int
    lag: int


class Halted(msgspec.Struct, frozen=True):
    """A table that its gate has halted, since when (UTC), and by which expectations."""

    table: str
    since: str
    expectations: tuple[str, ...]


class Firing(msgspec.Struct, frozen=True):
    """An alert that is not over. `since`: seconds since 1970; `state`: firing or acknowledged."""

    kind: str
    table: str
    subject: str
    severity: str
    state: str
    since: float
    times: int
    command: str


class Process(msgspec.Struct, frozen=True):
    """A process that writes metrics, or did: how many seconds ago it last has, when it began, bytes of memory."""

    name: str
    age_s: float
    started: float
    resident: int


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """One look. `broker` is empty where there are no lags; then `why` says why not."""

    at: float
    data: str
    broker: str = ""
    why: str = ""
    stages: tuple[Stage, ...] = ()
    stores: tuple[Store, ...] = ()
    halted: tuple[Halted, ...] = ()
    firing: tuple[Firing, ...] = ()
    owed: dict[str, int] = {}
    unread: str = ""
    """Why alerts cannot be read, if they cannot."""
    processes: tuple[Process, ...] = ()

    def utc(self) -> str:
        """The moment of the look."""
        return datetime.fromtimestamp(self.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Looker:
    """Looks again and again, with one connection to the broker kept open."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._watch: LagWatch | None = None
        self._bootstrap = ""
        self.samples: dict[str, list[Sample]] = {}
        """What processes had counted at the last look."""

    def look(self) -> Overview:
        """Everything, now.

        Raises:
            SinkError: a table's log is torn.
        """
        settings, now = self._settings, time.time()
        self.samples = meter.read(settings.state)
        firing, owed, unread = alerts(settings.state / "alerts" / BOOK)
        progress, why = self._progress()
        requests = (*settings.sources.logs, *settings.sources.spans)
        return Overview(
            at=now,
            data=settings.data,
            broker=self._bootstrap if progress else "",
            why=why,
            stages=() if progress is None else _stages(progress, (*requests, *STAGES)),
            stores=() if progress is None else _stores(progress),
            halted=tuple(
                Halted(halt.table, halt.since, tuple(sorted({one.expectation for one in halt.failed})))
                for halt in halts.halted(settings.data_dir)
            ),
            firing=firing,
            owed=owed,
            unread=unread,
            processes=tuple(_process(name, samples, now) for name, samples in self.samples.items()),
        )

    def close(self) -> None:
        """Give up the connection."""
        if self._watch is not None:
            self._watch.close()
            self._watch = None

    def _progress(self) -> tuple[Progress | None, str]:
        kafka = attached(self._settings).kafka
        if not kafka.bootstrap:
            self.close()
            return None, (
                f"no broker is configured and none runs over {self._settings.data}: tables only. "
                "`redline up` starts one"
            )
        if kafka.bootstrap != self._bootstrap:
            self.close()
        try:
            if self._watch is None:
                if cluster_id(kafka.bootstrap, timeout_s=ANSWER_S, config=kafka.client) is None:
                    return None, f"no broker answers at {kafka.bootstrap}: tables only. Run `redline doctor`"
                self._bootstrap = kafka.bootstrap
                self._watch = LagWatch(
                    kafka.bootstrap,
                    self._settings.data_dir,
                    group=topics.APP_ID,
                    partitions=kafka.partitions,
                    config=kafka.client,
                    requests=(*self._settings.sources.logs, *self._settings.sources.spans),
                )
            return self._watch.progress(), ""
        except BrokerError as error:
            self.close()
            return None, f"{error}: tables only. `redline topics create` makes what is missing"


def _stages(progress: Progress, reads: Sequence[str]) -> tuple[Stage, ...]:
    return tuple(
        Stage(STAGE_OF.get(topic, "explode"), topic, progress.end(topic), progress.stage_lag(topic)) for topic in reads
    )


def _stores(progress: Progress) -> tuple[Store, ...]:
    return tuple(
        Store(topic.table, topic.name, progress.end(topic.name), progress.sink_lag(topic.name))
        for topic in topics.TOPICS
        if topic.table in TABLES
    )


def _process(name: str, samples: list[Sample], now: float) -> Process:
    own = {sample.name: sample.value for sample in samples if len(sample.labels) == 1}
    return Process(
        name=name,
        age_s=max(0.0, now - own.get(metrics.PROCESS_WRITTEN.name, 0.0)),
        started=own.get(metrics.PROCESS_START.name, 0.0),
        resident=int(own.get(metrics.PROCESS_RESIDENT.name, 0)),
    )


def alerts(book: Path) -> tuple[tuple[Firing, ...], dict[str, int], str]:
    """What fires, worst first; notices that each channel is owed; why it cannot be read, if it cannot.

    Read beside the processes that write it, without a lock.
    """
    try:
        seen = glance(book)
    except sqlite3.Error as error:
        return (), {}, f"{book}: {type(error).__name__}"
    unread = f"{seen.strange:,} of another version of Redline" if seen.strange else ""
    firing = [
        Firing(
            kind=one.alert.kind,
            table=one.alert.table,
            subject=one.alert.subject,
            severity=one.alert.severity,
            state=one.state,
            since=one.since,
            times=one.times,
            command=one.alert.command,
        )
        for one in seen.entries
    ]
    return tuple(sorted(firing, key=lambda one: (_WEIGHT.get(one.severity, 0), one.since))), seen.owed, unread
