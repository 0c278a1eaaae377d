"""Faust's consumer with our bookkeeping: what may be committed, where to read on, and until when we are a member."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from faust.transport.drivers.aiokafka import Consumer as AiokafkaConsumer
from faust.transport.drivers.aiokafka import Transport as AiokafkaTransport

from streams.lease import Lease
from streams.offsets import CommitTracker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


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
        self._watched: Any = None

    async def _getmany(self, active_partitions: Any, timeout: float) -> Any:  # noqa: ASYNC109  # faust's signature
        async with self._position_lock:
            records = await super()._getmany(active_partitions, timeout)
            self._fetched_at = self._seeks
            return records

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[Any, Any]]:  # noqa: ASYNC109  # likewise
        """Note every delivered offset before anyone can acknowledge it."""
        async for tp, message in super().getmany(timeout):
            if self._fetched_at != self._seeks:
                return  # positions have moved back: these records will be fetched again
            if self.app.topics.acks_enabled_for(tp.topic):
                self.trackers[tp].delivered(message.offset)
            yield tp, message

    def done(self, message: Any) -> None:
        """Every output of this message is confirmed. One of an older assignment is ignored: it will come again."""
        if message.generation_id == self.app.consumer_generation_id:
            self.trackers[message.tp].done(message.offset)
            self._n_acked += 1

    def ack(self, message: Any) -> bool:
        """Faust is through with a message, which alone does not make it committable: see `done`."""
        if message.acked:
            return False
        message.acked = True
        self._unacked_messages.discard(message)
        if self._waiting_for_ack is not None and not self._waiting_for_ack.done():
            self._waiting_for_ack.set_result(None)
        return True

    async def perform_seek(self) -> None:
        """Positions go back to what is committed: what was in flight comes again."""
        async with self._position_lock:
            await super().perform_seek()
            self._seeks += 1
            for tracker in self.trackers.values():
                tracker.reset()

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
