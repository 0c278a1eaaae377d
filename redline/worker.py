"""One worker process: composition of the stages. Everything concrete meets here."""

from __future__ import annotations

import asyncio
import collections
import logging
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from redline import admin
from redline.crash_hook import PURGE, crash_hook
from redline.expiry import Expiry
from redline.key_ring.live import LiveRing
from redline.lock import DataLock
from redline.meter import Metering
from redline.registry import Registry
from redline.sources import today
from schemas import metrics, topics
from schemas.codec import Limits, decode
from schemas.errors import BrokerError
from schemas.metrics import NO_METER
from schemas.sources import otlp
from streams.agents import run_worker
from streams.collaboration import Collaboration, CollaborationPolicy
from streams.consent import ConsentBook
from streams.consent_reader import ConsentReader
from streams.dedupe_stage import DedupeStage
from streams.delivery import Delivery
from streams.explode_stage import ExplodeStage
from streams.join import Join, JoinPolicy
from streams.keyed_stage import KeyedStage
from streams.lease import Lease
from streams.marks import Hashes
from streams.owners import Owners
from streams.parts import PartLimits
from streams.privacy.pool import ScrubPool
from streams.pulse import Pulse
from streams.runtime import RuntimePolicy, fail
from streams.scrub_stage import ScrubStage
from streams.session import SessionPolicy, Sessions
from streams.threads import ThreadPolicy, Threads
from streams.watermark import WatermarkPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from redline.settings import Settings
    from schemas.events import Event
    from schemas.metrics import Meter
    from schemas.records import Record
    from streams.keyed import KeyedLogic
    from streams.scrub import Failed, Job, Scrubbed

log = logging.getLogger("redline.worker")
_UNKNOWN_PATHS = 1_000
_MEASURE_S = 30.0
_HOUR_US = 3_600_000_000
_SECOND_US = 1_000_000


def now_us() -> int:
    """Wall clock in microseconds since 1970 UTC. Shells only."""
    return time.time_ns() // 1000


def run(settings: Settings, *, name: str) -> None:
    """Run a worker until it is told to stop. `name` is unique on this machine: its RocksDB folder.

    Raises:
        BrokerError: no broker is configured, or consent could not be read.
        LockedError: another worker of this name runs.
    """
    if not settings.kafka.bootstrap:
        raise BrokerError(
            "worker: needed kafka.bootstrap, it is empty; set REDLINE_KAFKA_BOOTSTRAP or use `redline up`"
        )
    datadir = Path(settings.worker.folder or settings.state / "rocksdb") / name
    datadir.mkdir(parents=True, exist_ok=True, mode=0o700)
    ring = LiveRing(settings)
    hashes = Hashes(ring.current().identity)
    lock = DataLock(datadir, name="worker.lock", wait_s=settings.worker.session_timeout_s)
    with lock, Metering(settings, process=name) as metering:
        meter, health = metering.meter, metering.health
        health.waits("it has not read who agreed to what")
        book = ConsentBook(settings.consent.mode)
        consent = ConsentReader(
            settings.kafka.bootstrap, book, settings.kafka.client, lambda error: fail("consent reader", error)
        )
        consent.start()
        Expiry(settings, process=name, meter=meter).start()
        metering.before_write(lambda: _measure(meter, book, datadir), every_s=_MEASURE_S)
        owners = Owners(book, ring.current)
        pool = ScrubPool(
            settings.scrub_processes,
            ring.current(),
            timeout_s=settings.scrub.timeout_s,
            options=settings.scrub_options,
            limits=settings.scrub_limits,
            meter=meter,
        )
        limits = _limits(settings)
        unknown: collections.Counter[str] = collections.Counter()

        registry = Registry(settings.kafka.registry) if settings.kafka.registry else None
        prepare = None if registry is None else registry.load

        def decode_record(record: Record) -> Event:
            return decode(record if registry is None else registry.plain(record), limits)

        def on_unknown(event: Event) -> None:
            for path in event.unknown:
                if path not in unknown and len(unknown) >= _UNKNOWN_PATHS:
                    continue  # a producer that invents names must not fill memory and log
                if not unknown[path]:
                    log.warning("unknown field %s in %s: kept out, counted", path, event.type)
                unknown[path] += 1

        loaded = asyncio.Event()
        pulse = Pulse(settings.worker.stuck_s)
        health.live_while(lambda: pulse.live(time.monotonic()))
        health.ready_when(lambda: pulse.ready() if loaded.is_set() else "its scrubbers are not loaded")

        async def opening() -> None:
            await pool.start()
            loaded.set()

        async def scrub(jobs: Sequence[Job]) -> list[Scrubbed | Failed]:
            await loaded.wait()
            pool.renew(ring.current())
            return await pool.run(jobs)

        crash = crash_hook(os.environ, PURGE, settings.state, "crashed-purge")
        requests = [
            *((topic, otlp.read_logs) for topic in settings.sources.logs),
            *((topic, otlp.read_spans) for topic in settings.sources.spans),
        ]
        for topic, _ in requests:
            admin.watermarks(settings.kafka.bootstrap, topic, config=settings.kafka.client)  # it must be there
        try:
            run_worker(
                [
                    *(
                        ExplodeStage(topic, read, source="otlp", max_bytes=limits.max_bytes, today=today)
                        for topic, read in requests
                    ),
                    ScrubStage(decode_record, book, ring.current, scrub, on_unknown, prepare=prepare, meter=meter),
                    DedupeStage(meter),
                    *keyed_stages(settings, hashes, owners, meter, crash),
                ],
                connection=settings.kafka.connection,
                app_id=topics.APP_ID,
                datadir=Path(datadir),
                partitions=settings.kafka.partitions,
                delivery=Delivery(settings.kafka.bootstrap, settings.kafka.client),
                state_delivery=Delivery(
                    settings.kafka.bootstrap,
                    settings.kafka.client,
                    timeout_s=Lease(settings.worker.session_timeout_s).term_s,
                ),
                policy=RuntimePolicy(
                    batch=settings.worker.batch,
                    stuck_s=settings.worker.stuck_s,
                    session_timeout_s=settings.worker.session_timeout_s,
                    commit_interval_s=settings.worker.commit_interval_s,
                    standbys=settings.worker.standbys,
                ),
                live_ticks=settings.worker.ticks,
                opening=opening,
                closing=pool.close,
                meter=meter,
                pulse=pulse,
                finer={ScrubStage.name: lambda: pool.done},
            )
        finally:
            consent.stop()


def _measure(meter: Meter, book: ConsentBook, datadir: Path) -> None:
    """What is dear to know: a look at every person, and at every file of the state."""
    meter.set(metrics.CONSENT_PEOPLE, len(book))
    meter.set(metrics.CONSENT_POSITION, book.position)
    meter.set(metrics.STATE_BYTES, sum(path.stat().st_size for path in datadir.rglob("*") if path.is_file()))


def keyed_stages(
    settings: Settings,
    hashes: Hashes,
    owners: Owners,
    meter: Meter = NO_METER,
    crash: Callable[[int], None] = lambda _step: None,
) -> list[KeyedStage]:
    """The stages that hold events until a watermark: join, sessions, threads, collaboration."""
    watermarks = WatermarkPolicy(
        lateness_us=int(settings.join.lateness_s * _SECOND_US), idle_us=int(settings.join.idle_s * _SECOND_US)
    )
    stages: tuple[tuple[str, KeyedLogic, Owners | None], ...] = (
        (topics.CLEAN, Join(hashes, join_policy(settings)), owners),
        (topics.STEPS, Sessions(hashes, session_policy(settings)), owners),
        (topics.THREADS, Threads(thread_policy(settings)), owners),
        (topics.EXCHANGES, Collaboration(collaboration_policy(settings)), None),  # facts are nobody's
    )
    return [
        KeyedStage(topic, logic, watermarks, now_us, owner, meter=meter, crash=crash) for topic, logic, owner in stages
    ]


def join_policy(settings: Settings) -> JoinPolicy:
    """The join's limits from settings."""
    return JoinPolicy(
        window_us=int(settings.join.window_hours * _HOUR_US),
        grace_us=int(settings.join.grace_s * _SECOND_US),
        keep_us=int(settings.join.keep_days * 24 * _HOUR_US),
    )


def session_policy(settings: Settings) -> SessionPolicy:
    """The sessions' limits from settings."""
    return SessionPolicy(
        gap_us=int(settings.join.session_gap_hours * _HOUR_US),
        grace_us=int(settings.join.grace_s * _SECOND_US),
        keep_us=int(settings.join.keep_days * 24 * _HOUR_US),
        part=PartLimits(steps=settings.join.part_steps, bytes=settings.join.part_bytes),
    )


def thread_policy(settings: Settings) -> ThreadPolicy:
    """A thread's day closes half-way to the day's count: no fact of it is late there."""
    return ThreadPolicy(
        close_us=int(settings.privacy.close_hours / 2 * _HOUR_US), keep_us=int(settings.join.keep_days * 24 * _HOUR_US)
    )


def collaboration_policy(settings: Settings) -> CollaborationPolicy:
    """A day is counted when it is decided what is published of it, and by the same k."""
    return CollaborationPolicy(
        k=settings.privacy.k,
        close_us=int(settings.privacy.close_hours * _HOUR_US),
        keep_us=int(settings.join.keep_days * 24 * _HOUR_US),
    )


def _limits(settings: Settings) -> Limits:
    return Limits(
        max_bytes=settings.limits.max_bytes,
        max_depth=settings.limits.max_depth,
        max_future_us=int(settings.limits.max_future_s * _SECOND_US),
    )
