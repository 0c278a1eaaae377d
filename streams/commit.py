"""What a stage may write, and only while its partitions are its own: outputs, changelog, RocksDB, in this order."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from faust.types import TP

from schemas import metrics
from schemas.errors import RedlineError
from schemas.metrics import NO_METER
from streams.delivery import LateError, Out
from streams.state import Overlay

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schemas.metrics import Meter
    from streams.delivery import Delivery


log = logging.getLogger("redline.streams")
_STALE = "partitions were handed out anew during a batch; it is dropped and read again"
_LEASE_POLL_S = 0.05


class StaleError(RedlineError):
    """A batch outlived its assignment: nothing of it is acknowledged."""


class ChangelogError(RedlineError):
    """Two workers write the state of one partition."""


class Changelog:
    """Sends state changes, and sees whether someone else has written to the same partition in between.

    `delivery` gives up within the lease's term: later, the partition may be someone else's.
    """

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery
        self._last: dict[Any, tuple[int, int]] = {}  # generation and offset of our last change

    async def send(self, table: Any, changes: Mapping[int, Mapping[bytes, bytes | None]], generation: int) -> None:
        """Confirmed by the broker, and by nobody else's writes; notes the offsets that RocksDB then stands for.

        Raises:
            LateError: not confirmed in time. Some changes may be there: in this generation nobody else's can be, so the
                same ones may be sent again.
            DeliveryError: refused.
            ChangelogError: someone else has written too; what RocksDB lacks is restored at the next start.
        """
        topic = table.changelog_topic_name
        outs = [
            Out(topic, key, value, partition=partition)
            for partition, changed in changes.items()
            for key, value in changed.items()
        ]
        try:
            offsets = await self._delivery.send(outs)
        except LateError:
            for partition in changes:  # how many of ours are there is not known
                self._last.pop(TP(topic, partition), None)
            raise
        for partition, changed in changes.items():
            if not changed:
                continue
            tp, offset = TP(topic, partition), offsets[topic, partition]
            last = self._last.get(tp)
            if last is not None and last[0] == generation and offset != last[1] + len(changed):
                raise ChangelogError(
                    f"{topic}/{partition}: needed {len(changed)} records after offset {last[1]}, the last is at "
                    f"{offset}: another worker writes the same state; this one starts again from the changelog"
                )
            self._last[tp] = (generation, offset)

    def last(self, table: Any, partition: int) -> tuple[Any, int]:
        """Where the last change of a partition stands."""
        tp = TP(table.changelog_topic_name, partition)
        return tp, self._last[tp][1]


class Commit:
    """What a stage may do to the world, in the order of streams/state.py."""

    def __init__(
        self,
        app: Any,
        table: Any,
        delivery: Delivery,
        changelog: Changelog,
        *,
        stage: str = "",
        meter: Meter = NO_METER,
    ) -> None:
        """`stage` is its name, for the meter."""
        self._app = app
        self._table = table
        self._delivery = delivery
        self._changelog = changelog
        self._stage = stage
        self._meter = meter
        self._generation = int(app.consumer_generation_id)
        self._overlays: dict[int, Overlay] = {}

    @property
    def generation(self) -> int:
        """Changes with every rebalance: what was cached of a partition must be read anew."""
        return int(self._app.consumer_generation_id)

    def state(self, partition: int) -> Overlay:
        """The state of one partition, as this batch sees it."""
        if partition not in self._overlays:
            self._overlays[partition] = Overlay(self._table.data._db_for_partition(partition))  # noqa: SLF001  # no public way by number
        return self._overlays[partition]

    async def write(self, outs: Sequence[Out]) -> None:
        """Steps 2 to 4: outputs confirmed, changelog confirmed, RocksDB written.

        A changelog that loses its leader is waited for, in writes no longer than the lease's term, as long as the
        partitions are ours: the watchdog says when that is too long.

        Raises:
            DeliveryError: an output was not confirmed in time, or something was refused.
            StaleError: the partitions have been handed out anew since the batch began; the new owner will do it.
        """
        await self._delivery.send(outs)
        for topic, number in Counter(out.topic for out in outs).items():
            self._meter.count(metrics.STAGE_OUTPUTS, number, stage=self._stage, topic=topic)
        if not self._overlays:
            self._same_generation()
            return
        changes = {partition: overlay.take_changes() for partition, overlay in self._overlays.items()}
        await self._log(changes)
        for partition, overlay in self._overlays.items():
            changed = bool(changes[partition])
            overlay.apply()
            if changed:
                self._table.data.set_persisted_offset(*self._changelog.last(self._table, partition))

    async def _log(self, changes: Mapping[int, Mapping[bytes, bytes | None]]) -> None:
        while True:
            await self._leased()
            try:
                await self._changelog.send(self._table, changes, self._generation)
            except LateError as error:
                log.warning("stage %s: %s; its state is written again", self._stage, error)
            else:
                return

    async def _leased(self) -> None:
        """Wait out a broker that does not answer; give up once it has given us up."""
        while not self._app.consumer.lease.holds(time.monotonic()):
            self._same_generation()
            if self._app.rebalancing:
                raise StaleError(_STALE)
            await asyncio.sleep(_LEASE_POLL_S)
        self._same_generation()

    def _same_generation(self) -> None:
        if self.generation != self._generation:
            raise StaleError(_STALE)
