"""Faust made safe (agents, commit and consumer import it too, nobody else). What is wrong with it: streaming-notes.md.

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
from schemas.records import Coordinate, Record
from streams.commit import Changelog, Commit, StaleError
from streams.consumer import SafeTransport

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from pathlib import Path

    from schemas.metrics import Meter
    from streams.delivery import Delivery
    from streams.pulse import Pulse

log = logging.getLogger("redline.streams")
EXIT_FAILED = 70  # a stage failed: sysexits' EX_SOFTWARE
EXIT_STUCK = 75  # lag and no progress: sysexits' EX_TEMPFAIL

# Faust has one fetcher for all agents, and an agent whose buffer is full blocks it: a slow scrubber would starve the
# join. A buffer counts as under pressure at four fifths, and its partitions are left out of the next poll; so the
# last fifth must hold one whole poll.
_POLL = 200
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

    async def on_shutdown(self) -> None:
        """Agents have stopped: let go of what they used."""
        await super().on_shutdown()
        if self.closing is not None:
            await self.closing()

    def _new_transport(self) -> Any:
        return SafeTransport(self.conf.broker_consumer, self)


@dataclass(frozen=True, slots=True)
class RuntimePolicy:
    """How a worker reads and when it gives up (counts and seconds)."""

    batch: int = 500
    linger_s: float = 0.02
    stuck_s: float = 60.0
    session_timeout_s: float = 10.0
    commit_interval_s: float = 1.0


def build_app(bootstrap: str, *, app_id: str, datadir: Path, partitions: int, policy: RuntimePolicy) -> SafeApp:
    """A Faust app with every unsafe default turned off."""
    return SafeApp(
        app_id,
        broker=f"kafka://{bootstrap}",
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
        stream_buffer_maxsize=5 * _POLL,
        stream_wait_empty=True,
        table_standby_replicas=0,
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
    """Runs one stage as a Faust agent: reads events, batches them, acknowledges in order once all is confirmed."""

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
    ) -> None:
        self._app = app
        self._stage = stage
        self._table = table
        self._delivery = delivery
        self._changelog = changelog
        self._policy = policy
        self._meter = meter
        self._queue: asyncio.Queue[Any] = asyncio.Queue(maxsize=policy.batch)
        self._task: asyncio.Task[None] | None = None
        self.handled = 0

    async def feed(self, stream: Any) -> None:
        """The agent's body. It only hands over: an exception here would acknowledge the event."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work())
        async for event in stream.noack().events():
            await self._queue.put(event)

    async def _work(self) -> None:
        try:
            while True:
                await self._process(await self._batch())
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001  # whatever it is, nothing of it may be acknowledged
            fail(f"stage {self._stage.topic}", error)

    async def _batch(self) -> list[Any]:
        events = [await self._queue.get()]
        deadline = time.monotonic() + self._policy.linger_s
        while len(events) < self._policy.batch:
            if not self._queue.empty():
                events.append(self._queue.get_nowait())
                continue
            left = deadline - time.monotonic()
            if left <= 0:
                break
            try:
                events.append(await asyncio.wait_for(self._queue.get(), left))
            except TimeoutError:
                break
        return events

    async def _process(self, events: Sequence[Any]) -> None:
        name, began = self._stage.name, time.monotonic()
        self._meter.set(metrics.STAGE_QUEUE, self._queue.qsize(), stage=name)
        generation = self._app.consumer_generation_id
        current = [e for e in events if e.message.generation_id == generation]
        try:
            if current:
                commit = Commit(self._app, self._table, self._delivery, self._changelog, stage=name, meter=self._meter)
                await self._stage.handle([to_record(e.message) for e in current], commit)
            for event in current:
                self._app.consumer.done(event.message)
            self._meter.count(metrics.STAGE_RECORDS, len(current), stage=name)
            self._meter.observe(metrics.STAGE_SECONDS, time.monotonic() - began, stage=name)
        except StaleError as error:
            self._meter.count(metrics.STAGE_STALE, stage=name)
            log.warning("%s", error)
        for event in events:
            event.ack()  # Faust may let go of them; only `done` makes an offset committable
        self.handled += len(current)


def to_record(message: Any) -> Record:
    """A Faust message as our value: raw bytes, nothing decoded. A header without a value reads as an empty one."""
    return Record(
        Coordinate(message.topic, message.partition, message.offset),
        message.key,
        message.value,
        tuple((name, bytes(value or b"")) for name, value in message.headers or ()),
        int(message.timestamp * 1000),
    )


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
    """Exit when something is in flight and nothing was handled for `stuck_s`; tell `pulse` meanwhile."""
    handled, since = -1, now()
    while True:
        joined = app.tables.actives_ready and not app.rebalancing and not app.should_stop
        pulse.beat(now(), moved=since, joined=joined)
        await asyncio.sleep(pulse.every_s)
        total = sum(runner.handled for runner in runners)
        if total != handled or app.rebalancing or not _lag(app):
            handled, since = total, now()
        elif now() - since > policy.stuck_s:
            fail_stuck(policy.stuck_s)


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
    return {
        name: app.Table(name, partitions=partitions, key_type=bytes, value_type=bytes, options=dict(_ROCKSDB))
        for name in names
    }
