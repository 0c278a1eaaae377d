"""Faust's consumer with our bookkeeping: what may be committed, where to read on, and until when we are a member."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from faust.transport.drivers.aiokafka import Consumer as AiokafkaConsumer
from faust.transport.drivers.aiokafka import Transport as AiokafkaTransport
from faust.types import TP

from schemas.records import Coordinate, Record
from streams.lease import Lease
from streams.offsets import CommitTracker
from streams.restore import Restore

if TYPE_CHECKING:
    from collections.abc import Sequence

log = logging.getLogger("redline.streams")
_POLL_S = 1.0  # the longest that a poll waits for records, and a seek for a poll
_FULL_S = 0.02  # likewise while a stage is full: its partitions are to be asked for soon after it has room


class _NoReadOffsets(dict[Any, Any]):
    """Faust drops what it believes it has read before, by a note it may write after a seek: then it drops for ever.

    To it nothing was read before; a record that comes twice is what at-least-once means.
    """

    def __getitem__(self, key: Any) -> None:
        return None


class SafeConsumer(AiokafkaConsumer):  # type: ignore[misc]  # faust ships no types
    """Faust's consumer with our bookkeeping of what may be committed.

    Between a fetch and a seek there is a race in Faust: records fetched before the seek are handed out after it, and
    their acknowledgement commits past those the seek went back for. Here fetch and seek exclude each other, and
    what was fetched before a seek is not handed out after it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.trackers: defaultdict[Any, CommitTracker] = defaultdict(CommitTracker)
        self._read_offset = _NoReadOffsets()
        self.lease = Lease(self.app.conf.broker_session_timeout)
        self._position_lock = asyncio.Lock()
        self._seeks = 0
        self._fetched_at = 0
        self._fetched_in = -1
        self._restore = Restore(self.app.tables.recovery)
        self._watched: Any = None

    async def _getmany(self, active_partitions: Any, timeout: float) -> Any:  # noqa: ASYNC109  # faust's signature
        """One poll, of partitions whose stage has room."""
        intakes = self.app.intakes
        full = {topic for topic, intake in intakes.items() if intake.is_full()}
        wanted = {tp for tp in active_partitions if tp.topic not in full}
        if not wanted:  # aiokafka takes none for all
            await asyncio.sleep(_FULL_S)
            return {}
        async with self._position_lock:
            self._fetched_at, self._fetched_in = self._seeks, self.app.consumer_generation_id
            return await super()._getmany(wanted, min(timeout, _FULL_S) if full else timeout)

    async def _drain_messages(self, fetcher: Any) -> None:
        """Faust's loop, with whole polls in place of messages."""
        try:
            while not (self.should_stop or fetcher.should_stop):
                await self._poll()
                await asyncio.sleep(0)
        except self.consumer_stopped_errors:
            if not self.app.should_stop:
                raise
        except asyncio.CancelledError:
            if not self.app.should_stop:
                raise

    async def _poll(self) -> None:
        """Hand over what one poll gives, to stages without awaiting anything.

        Positions have moved past what was read. It may be dropped only if a seek goes back for it: one that was asked
        for meanwhile, or that of a new generation, which begins with one.
        """
        records, active = await self._wait_next_records(_POLL_S)
        if not records or self.should_stop:
            return
        if not self.flow_active:
            await self._sought_back()
            return
        generation = self.app.consumer_generation_id
        if self._fetched_at != self._seeks or self._fetched_in != generation:
            return
        changelogs = []
        for tp, found in records.items():
            intake = self.app.intakes.get(tp.topic)
            if tp not in active:
                continue
            if intake is None:
                changelogs.append((tp, found))
                continue
            tracker = self.trackers[tp]
            for record in found:  # before anyone can say that it is done
                tracker.delivered(record.offset)
            intake.put(generation, map(to_record, found))
        for tp, found in changelogs:
            if generation == self.app.consumer_generation_id:
                await self._pass(tp, found)

    async def _pass(self, tp: Any, found: Sequence[Any]) -> None:
        """To Faust only what tells it that a changelog is restored."""
        for record in self._restore.take(tp, found):
            await self.wait_first(self.callback(self._to_message(tp, record)), self.suspend_flow.wait())

    async def _sought_back(self) -> None:
        try:
            await self.perform_seek()
        except Exception as error:  # noqa: BLE001  # as Faust does: the flow is resumed with a seek of its own
            log.warning("positions could not be set back while partitions move: %s", type(error).__name__)

    def done(self, generation: int, records: Sequence[Record]) -> None:
        """Every output of these is confirmed. Those of an older assignment are ignored: they will come again."""
        if generation == self.app.consumer_generation_id:
            for record in records:
                topic, partition, offset = record.coordinate
                self.trackers[TP(topic, partition)].done(offset)
            self._n_acked += len(records)

    async def wait_empty(self) -> None:
        """What was not begun is dropped, what was is waited for, and what is done is committed."""
        for intake in self.app.intakes.values():
            intake.clear()
        for intake in self.app.intakes.values():
            while not (self.should_stop or intake.idle.is_set()):
                with suppress(TimeoutError):
                    await asyncio.wait_for(intake.idle.wait(), _POLL_S)
        await self.commit_and_end_transactions()

    async def perform_seek(self) -> None:
        """Positions go back to what is committed, standbys' to what they hold: what was in flight comes again."""
        async with self._position_lock:
            await super().perform_seek()
            if following := self._restore.following(self._get_active_partitions()):
                await self._thread.seek_wait(following)
            self._seeks += 1
            for tracker in self.trackers.values():
                tracker.reset()
            for intake in self.app.intakes.values():
                intake.clear()

    async def seek_to_committed(self) -> Any:
        """Seek back also where nothing is committed yet: there aiokafka stays where it is, and events are lost."""
        committed = await super().seek_to_committed()
        acks_enabled = self.app.topics.acks_enabled_for
        if never := [tp for tp, offset in committed.items() if not offset and acks_enabled(tp.topic)]:
            thread = self._thread
            await thread.call_thread(thread._ensure_consumer().seek_to_beginning, *never)  # noqa: SLF001  # no public way
        return committed

    async def on_partitions_revoked(self, revoked: set[Any]) -> None:
        """What could be committed is; whoever has these partitions next goes on from there, not from our notes."""
        await super().on_partitions_revoked(revoked)
        for tp in revoked:
            if tp in self.trackers:
                self.trackers[tp].reset()

    async def on_partitions_assigned(self, assigned: set[Any], generation_id: int = 0) -> None:
        """We are a member: the lease begins, and every answered heartbeat renews it."""
        self.lease.renew(time.monotonic())
        self._watch_heartbeats()
        await super().on_partitions_assigned(assigned, generation_id)

    def _watch_heartbeats(self) -> None:
        coordinator = self._thread._ensure_consumer()._coordinator  # noqa: SLF001  # aiokafka tells nobody
        if coordinator is self._watched:
            return
        self._watched = coordinator
        heartbeat = coordinator._do_heartbeat  # noqa: SLF001

        async def watched() -> bool:
            asked_at = time.monotonic()
            alive = bool(await heartbeat())
            if alive:
                self.lease.renew(asked_at)
            return alive

        coordinator._do_heartbeat = watched  # noqa: SLF001

    def _new_offset(self, tp: Any) -> int | None:
        return self.trackers[tp].committable() if tp in self.trackers else None

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Any:
        return [tp for tp in self.trackers if topics is None or tp in topics or tp.topic in topics]

    async def verify_all_partitions_active(self) -> None:
        """Faust's own watch only logs, and dies of a partition that has no position yet: `runtime.watchdog` is ours."""

    async def _add_gap(self, tp: Any, offset_from: int, offset_to: int) -> None:
        """A number that was never delivered is no gap to us."""


class SafeTransport(AiokafkaTransport):  # type: ignore[misc]
    """Faust's transport with our consumer."""

    Consumer = SafeConsumer


def to_record(message: Any) -> Record:
    """A record of aiokafka as our value: raw bytes, nothing decoded. A header without a value reads as an empty one."""
    return Record(
        Coordinate(message.topic, message.partition, message.offset),
        message.key,
        message.value,
        tuple([(name, bytes(value or b"")) for name, value in message.headers]) if message.headers else (),
        message.timestamp,
    )
