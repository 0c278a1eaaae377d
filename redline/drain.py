"""Waiting until everything that was emitted is in a table, and closing what is still open at the end of input."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from redline.lag import STAGES, LagWatch, Progress
from schemas import topics
from schemas.errors import BrokerError
from sinks import halts
from streams.delivery import Delivery
from streams.keyed_stage import tick

if TYPE_CHECKING:
    from collections.abc import Callable

    from redline.settings import Settings

_LOOK_S = 0.5
_TABLE_TOPICS = tuple(t.name for t in topics.TOPICS if t.table)


@dataclass(frozen=True, slots=True)
class Drained:
    """How the wait ended. `halted`: tables whose gate stopped them, with rows waiting in Kafka."""

    progress: Progress
    halted: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Everything is in a table."""
        return not self.halted


def wait(
    settings: Settings,
    watch: LagWatch,
    *,
    step: Callable[[], None],
    show: Callable[[Progress], None],
    stages: tuple[str, ...] = STAGES,
    tables: tuple[str, ...] = _TABLE_TOPICS,
    stuck_s: float = 300.0,
) -> Drained:
    """Return once `stages` and then `tables` have no lag, or only halted tables have one.

    Stages are looked at in the order events pass them: a stage without lag, after the one before it had none, is done.
    `step` is called between looks (it restarts what has died).

    Raises:
        BrokerError: nothing moved for `stuck_s` seconds.
    """
    last: object = None
    moved_at = time.monotonic()
    while True:
        step()
        try:
            progress = watch.progress()
        except BrokerError:
            if time.monotonic() - moved_at > stuck_s:
                raise
            time.sleep(_LOOK_S)  # a broker that was killed is being started again
            continue
        show(progress)
        waiting = [t for t in stages if progress.stage_lag(t)]
        unstored = [t for t in tables if progress.sink_lag(t)]
        if not waiting:
            stopped = {topics.BY_TABLE[h.table].name: h.table for h in halts.halted(settings.data_dir)}
            if all(t in stopped for t in unstored):
                return Drained(progress, tuple(stopped[t] for t in unstored))
        if (state := (progress.committed, progress.stored, progress.ends)) != last:
            last, moved_at = state, time.monotonic()
        elif time.monotonic() - moved_at > stuck_s:
            where = ", ".join(waiting or unstored)
            raise BrokerError(
                f"nothing moved for {stuck_s:.0f} s; waiting for {where}."
                f" Look at {settings.state / 'logs'}, run `redline doctor`"
            )
        time.sleep(_LOOK_S)


FLUSHED: tuple[tuple[str, ...], ...] = ((topics.CLEAN, topics.STEPS, topics.THREADS), (topics.EXCHANGES,))
"""Which stages are told that input has ended, by what they read: those together that read nothing of each other."""


def flush(settings: Settings, read: tuple[str, ...]) -> None:
    """Tell stages that input has ended for now, by a record in each of their partitions.

    Raises:
        DeliveryError: the broker did not confirm it.
    """
    delivery = Delivery(settings.kafka.bootstrap, settings.kafka.client)
    records = [
        tick(topic, partition, topics.TICK_FLUSH) for topic in read for partition in range(settings.kafka.partitions)
    ]
    try:
        asyncio.run(delivery.send(records))
    finally:
        delivery.close()
