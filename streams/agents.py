"""The Faust agents: every one a shell that hands raw events to a stage (runtime.py says who imports faust)."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import logging
import time
from typing import TYPE_CHECKING, Any

from schemas import topics
from schemas.errors import DeliveryError
from schemas.metrics import NO_METER
from streams.commit import Changelog
from streams.explode_stage import MOST_RECORDS, ExplodeStage
from streams.keyed_stage import KeyedStage, tick
from streams.lease import Lease
from streams.pulse import Pulse
from streams.runtime import (
    Runner,
    RuntimePolicy,
    SafeApp,
    SafeWorker,
    Stage,
    build_app,
    fail,
    tables_for,
    watchdog,
)
from streams.sockets import Sockets
from streams.withdrawals import Purges

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from pathlib import Path

    from schemas.metrics import Meter
    from streams.connection import Connection
    from streams.delivery import Delivery

log = logging.getLogger("redline.streams")
_SOCKETS_S = 1.0
_TICK_S = 1.0  # a pair is published at most this much after its watermark allows it


def run_worker(
    stages: Sequence[Stage],
    *,
    connection: Connection,
    app_id: str,
    datadir: Path,
    partitions: int,
    delivery: Delivery,
    state_delivery: Delivery,
    policy: RuntimePolicy,
    live_ticks: bool,
    opening: Callable[[], Awaitable[None]],
    closing: Callable[[], Awaitable[None]],
    meter: Meter = NO_METER,
    pulse: Pulse | None = None,
    finer: Mapping[str, Callable[[], int]] | None = None,
) -> None:
    """Run the stages until SIGTERM or SIGINT, then drain, commit and return.

    `state_delivery` must give up after the lease's term (`streams.lease`). `opening` runs beside the start of the app
    (it may take as long as loading a scrubber takes), `closing` after the agents have stopped; both in the app's event
    loop. `finer`: by a stage's name, a number that grows while it gets on within a batch.

    Promises: at-least-once; nothing is acknowledged before its outputs are confirmed; a failure ends the process.
    """
    app = build_app(connection, app_id=app_id, datadir=datadir, partitions=partitions, policy=policy)
    tables = tables_for(app, [stage.table for stage in stages if stage.table is not None], partitions)
    changelog = Changelog(state_delivery)
    runners = [
        agent_of(
            app,
            stage,
            tables.get(stage.table or ""),
            delivery=delivery,
            changelog=changelog,
            policy=_policy_of(stage, policy),
            meter=meter,
            finer=(finer or {}).get(stage.name, lambda: 0),
        )
        for stage in stages
    ]
    keyed = [stage for stage in stages if isinstance(stage, KeyedStage)]

    begun = asyncio.Event()

    async def watch() -> None:
        await begun.wait()  # models that load for a minute are no reason to load them again
        await watchdog(app, runners, policy, time.monotonic, pulse or Pulse(policy.stuck_s))

    async def ticks() -> None:
        await _ticker(app, keyed, delivery, live=live_ticks)

    async def connections() -> None:
        sockets = Sockets(Lease(policy.session_timeout_s).silent_s)
        while not app.should_stop:
            sockets.watch()
            await asyncio.sleep(_SOCKETS_S)

    async def opened() -> None:
        try:
            await opening()
        except Exception as error:  # noqa: BLE001  # a worker that cannot scrub must not idle
            fail("worker start", error)
        begun.set()

    app.closing = closing
    app.task(watch)
    app.task(connections)
    app.task(opened)
    app.task(ticks)
    worker = SafeWorker(
        app, loglevel="WARNING", override_logging=False, redirect_stdouts=False, quiet=True, blocking_timeout=None
    )
    gc.collect()
    gc.freeze()  # Faust collects garbage whenever partitions move: what is here now is none
    try:
        worker.execute_from_commandline()
    except SystemExit as stop:
        if stop.code not in (None, 0):
            raise
    finally:
        delivery.close()
        state_delivery.close()


def _policy_of(stage: Stage, policy: RuntimePolicy) -> RuntimePolicy:
    """A record of export requests is a batch of its own: fewer at a time."""
    if isinstance(stage, ExplodeStage):
        return dataclasses.replace(policy, batch=min(policy.batch, MOST_RECORDS))
    return policy


def agent_of(
    app: SafeApp,
    stage: Stage,
    table: Any,
    *,
    delivery: Delivery,
    changelog: Changelog,
    policy: RuntimePolicy,
    meter: Meter = NO_METER,
    finer: Callable[[], int] = lambda: 0,
) -> Runner:
    """Put a stage on the app as an agent of its topic; the runner says how much it has handled."""
    runner = Runner(app, stage, table, delivery=delivery, changelog=changelog, policy=policy, meter=meter, finer=finer)
    topic = app.topic(
        stage.topic, key_type=None, value_type=None, key_serializer="raw", value_serializer="raw", allow_empty=True
    )

    async def agent(stream: Any) -> None:
        await runner.feed(stream)

    app.agent(topic, name=f"redline.{stage.topic}", concurrency=1)(agent)
    return runner


async def _ticker(app: SafeApp, stages: Sequence[KeyedStage], delivery: Delivery, *, live: bool) -> None:
    """Put ticks into this worker's partitions: purges, and watermarks if `live`.

    The clock is read here; the logic reads the record.
    """
    purges = [Purges(_narrowed(stage), takeovers=live) for stage in stages]
    try:
        while not app.should_stop:
            await asyncio.sleep(_TICK_S)
            if app.rebalancing:
                continue
            for stage, asked in zip(stages, purges, strict=True):
                try:
                    await _purge(app, stage, asked, delivery)
                    if live:
                        await delivery.send(stage.ticks(int(app.consumer_generation_id)))
                except DeliveryError as error:
                    log.warning("a tick could not be sent, the next will do: %s", error)
    except asyncio.CancelledError:
        raise
    except BaseException as error:  # noqa: BLE001  # without ticks nothing would ever close
        fail("ticker", error)


async def _purge(app: SafeApp, stage: KeyedStage, asked: Purges, delivery: Delivery) -> None:
    generation, narrowed = int(app.consumer_generation_id), _narrowed(stage)
    here = [tp.partition for tp in app.consumer.assignment() if tp.topic == stage.topic]
    due = asked.due(here, generation, narrowed)
    await delivery.send([tick(stage.topic, partition, topics.TICK_PURGE) for partition in due])
    asked.sent(due, generation, narrowed)


def _narrowed(stage: KeyedStage) -> int:
    return 0 if stage.owners is None else stage.owners.narrowed
