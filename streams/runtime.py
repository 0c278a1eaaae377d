"""Faust made safe; what is wrong with it: streaming-notes.md.

Faust is imported here and in agents, commit, consumer and credentials, nowhere else.

- at-least-once only; raw bytes in; an agent's exception never acknowledges anything: the process exits, and whoever
  supervises it starts it again
- offsets to commit come from `CommitTracker`, not from Faust's guess at gaps (`streams.consumer`)
- outputs and changelog records are confirmed by the broker before anything is acknowledged (`Commit.write`)
- state is written under a lease, so that a worker that was given up and wakes again writes none (`streams.lease`)
- the web server is off, topics are never declared by Faust, session time-outs are short
- a watchdog ends a process that has lag and makes no progress
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import faust

from schemas import metrics
from schemas.errors import RedlineError
from schemas.metrics import NO_METER
from streams.commit import Changelog, Commit, StaleError
from streams.consumer import SafeTransport
from streams.credentials import credentials
from streams.intake import Intake
from streams.restore import without_stale

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from pathlib import Path

    from schemas.metrics import Meter
    from schemas.records import Record
    from streams.connection import Connection
    from streams.delivery import Delivery
    from streams.pulse import Pulse

log = logging.getLogger("redline.streams")
EXIT_FAILED = 70  # a stage failed: sysexits' EX_SOFTWARE
EXIT_STUCK = 75  # lag and no progress: sysexits' EX_TEMPFAIL

# Records of one poll, of all topics together: enough that what a poll itself costs is not felt.
_POLL = 1000
# A partition's RocksDB on a worker: small, because a worker holds three tables times its partitions.
_ROCKSDB = {
    "block_cache_size": 16 << 20,
    "write_buffer_size": 8 << 20,
    "max_write_buffer_number": 2,
    "max_open_files": 64,
}


class SafeWorker(faust.Worker):  # type: ignore[misc]
    """Faust's worker without its debugging signals: they print every frame's variables, and those hold event text."""

    def _on_sigusr1(self) -> None:
        log.warning("SIGUSR1 is ignored: a dump of variables could hold event text")

    def _on_sigusr2(self) -> None:
        log.warning("SIGUSR2 is ignored: a debugger could show event text")


class SafeApp(faust.App):  # type: ignore[misc]
    """A Faust app that uses our transport, and closes what its stages use after they have drained."""

    closing: Callable[[], Awaitable[None]] | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.intakes: dict[str, Intake] = {}
        """Where the records of a topic go."""

    async def on_shutdown(self) -> None:
        """Agents have stopped: let go of what they used."""
        await super().on_shutdown()
        if self.closing is not None:
            await self.closing()

    def _new_transport(self) -> Any:
        return SafeTransport(self.conf.broker_consumer, self)


@dataclass(frozen=True, slots=True)
class RuntimePolicy:
    """How a worker reads and when it gives up (counts and seconds). `standbys`: of each partition's state."""

    batch: int = 500
    linger_s: float = 0.02
    stuck_s: float = 60.0
    session_timeout_s: float = 10.0
    commit_interval_s: float = 1.0
    standbys: int = 0


def build_app(connection: Connection, *, app_id: str, datadir: Path, partitions: int, policy: RuntimePolicy) -> SafeApp:
    """A Faust app with every unsafe default turned off."""
    return SafeApp(
        app_id,
        broker=[f"kafka://{address.strip()}" for address in connection.bootstrap.split(",")],
        broker_credentials=credentials(connection),
        store="rocksdb://",
        datadir=str(datadir),
        topic_partitions=partitions,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        web_tables_enabled=False,
        processing_guarantee="at_least_once",
        consumer_auto_offset_reset="earliest",
        key_serializer="raw",
        value_serializer="raw",
        broker_session_timeout=policy.session_timeout_s,
        broker_heartbeat_interval=policy.session_timeout_s / 3,
        broker_commit_interval=policy.commit_interval_s,
        broker_max_poll_records=_POLL,
        stream_wait_empty=True,
        table_standby_replicas=policy.standbys,
        worker_redirect_stdouts=False,
    )


class Stage(Protocol):
    """One agent's work on batches. `topic` is read; `table` is the name of its state, if it keeps any."""

    name: str
    topic: str
    table: str | None

    async def handle(self, records: Sequence[Record], commit: Commit) -> None:
        """Process records in order; call `commit.write` one or more times; return when all of it is confirmed."""


class Runner:
    """Runs one stage: takes records in batches, and notes them as done in order once all of a batch is confirmed."""

    def __init__(
        self,
        app: SafeApp,
        stage: Stage,
        table: Any,
        *,
        delivery: Delivery,
        changelog: Changelog,
        policy: RuntimePolicy,
        meter: Meter = NO_METER,
        finer: Callable[[], int] = lambda: 0,
    ) -> None:
        """`finer`: what the stage does within a batch, any number that grows."""
        self._app = app
        self._stage = stage
        self._table = table
        self._delivery = delivery
        self._changelog = changelog
        self._policy = policy
        self._meter = meter
        self._intake = app.intakes[stage.topic] = Intake(policy.batch)
        self._task: asyncio.Task[None] | None = None
        self._finer = finer
        self.handled = 0
        self.busy = False

    @property
    def name(self) -> str:
        """The stage's."""
        return self._stage.name

    @property
    def progress(self) -> int:
        """A number that grows while the stage gets on."""
        return self.handled + self._finer()

    async def feed(self, stream: Any) -> None:
        """The agent's body. Faust subscribes to what it reads; records come through the intake, not through here."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work())
        async for _ in stream.noack().events():
            fail(f"stage {self._stage.topic}", RuntimeError("a record came through Faust's stream"))

    async def _work(self) -> None:
        try:
            while True:
                await self._process(*await self._intake.batch(self._policy.linger_s))
                self._intake.finished()
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001  # whatever it is, nothing of it may be acknowledged
            fail(f"stage {self._stage.topic}", error)

    async def _process(self, generation: int, records: Sequence[Record]) -> None:
        name, began = self._stage.name, time.monotonic()
        self._meter.set(metrics.STAGE_QUEUE, len(self._intake), stage=name)
        if generation != self._app.consumer_generation_id:
            return
        self.busy = True
        try:
            commit = Commit(self._app, self._table, self._delivery, self._changelog, stage=name, meter=self._meter)
            await self._stage.handle(records, commit)
            self._app.consumer.done(generation, records)
            self._meter.count(metrics.STAGE_RECORDS, len(records), stage=name)
            self._meter.observe(metrics.STAGE_SECONDS, time.monotonic() - began, stage=name)
        except StaleError as error:
            self._meter.count(metrics.STAGE_STALE, stage=name)
            log.warning("%s", error)
        self.busy = False
        self.handled += len(records)


def fail(where: str, error: BaseException) -> None:
    """End the process without acknowledging anything. Only error types and our own texts are logged: never data."""
    text = str(error) if isinstance(error, RedlineError) else type(error).__name__
    log.critical("%s failed: %s; exiting so that a supervisor starts it again", where, text)
    trace = error.__traceback__
    while trace is not None:
        log.critical("  at %s:%d", trace.tb_frame.f_code.co_filename, trace.tb_lineno)
        trace = trace.tb_next
    logging.shutdown()
    os._exit(EXIT_FAILED)


async def watchdog(
    app: SafeApp, runners: Sequence[Runner], policy: RuntimePolicy, now: Callable[[], float], pulse: Pulse
) -> None:
    """Exit when a stage does not get on with its batch for `stuck_s`, or all together with what there is."""
    while True:
        still_s = pulse.look(
            now(),
            {runner.name: runner.progress for runner in runners},
            busy={runner.name for runner in runners if runner.busy},
            behind=bool(_lag(app)),
            resting=app.rebalancing,
            joined=app.tables.actives_ready and not app.rebalancing and not app.should_stop,
            restored=sum(offset or 0 for offset in app.tables.recovery.active_offsets.values()),
        )
        if still_s > policy.stuck_s:
            fail_stuck(policy.stuck_s)
        await asyncio.sleep(pulse.every_s)


def fail_stuck(seconds: float) -> None:
    """End the process: it has work and does none of it."""
    log.critical("lag and no progress for %.0f s: exiting so that a supervisor starts it again", seconds)
    logging.shutdown()
    os._exit(EXIT_STUCK)


def _lag(app: SafeApp) -> int:
    lag = 0
    for tp in app.consumer.assignment():
        if app.topics.acks_enabled_for(tp.topic):
            highwater = app.consumer.highwater(tp) or 0
            position = app.consumer.trackers[tp].committable()
            lag += max(0, highwater - (position if position is not None else highwater))
            lag += app.consumer.trackers[tp].in_flight
    return lag


def tables_for(app: SafeApp, names: Sequence[str], partitions: int) -> Mapping[str, Any]:
    """One Faust table (RocksDB, compacted changelog) per name; raw bytes both ways."""
    tables = {
        name: app.Table(name, partitions=partitions, key_type=bytes, value_type=bytes, options=dict(_ROCKSDB))
        for name in names
    }
    for table in tables.values():
        without_stale(table.data)
    return tables
