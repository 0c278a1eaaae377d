"""Runs a pure `KeyedLogic` over a topic: state in a table, time by tick records. A thin shell without Faust."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from schemas import rows, topics
from schemas.rows import Interaction, Source
from streams.delivery import Out
from streams.keyed import KeyedLogic, Members
from streams.outputs import Committer, out
from streams.watermark import Watermark, WatermarkPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from schemas.records import Record
    from streams.state import Overlay

# Kinds of keys in state.
HEADER = b"h"  # a key's header: the ledger and `redline rebuild` read these from the changelog
_MEMBER = b"m"
_WATERMARK = b"w"
_FORGOTTEN = b"x"  # a settled key whose members are gone: one byte, for ever, so that it is not opened a second time
# A key that is overdue when an event of it comes is history read from files: the rest of it is still on the way.
_PATIENCE_US = 300_000_000
_SETTLE_CHUNK = 200  # keys per write: bounds memory when a flush closes everything at once


@dataclass(slots=True)
class _Timers:
    """When each key of one partition is due: a heap with lazy deletion, rebuilt from state after a rebalance."""

    heap: list[tuple[int, bytes]] = field(default_factory=list)
    due: dict[bytes, int] = field(default_factory=dict)

    def set(self, key: bytes, due: int) -> None:
        if self.due.get(key) != due:
            self.due[key] = due
            heapq.heappush(self.heap, (due, key))

    def pop(self, watermark: int) -> bytes | None:
        while self.heap and self.heap[0][0] <= watermark:
            due, key = heapq.heappop(self.heap)
            if self.due.get(key) == due:
                del self.due[key]
                return key
        return None


@dataclass(slots=True)
class _PartitionView:
    generation: int
    timers: _Timers
    watermark: Watermark


class KeyedStage:
    """Runs a `KeyedLogic` over a topic: state in a table, time by tick records of the partition itself."""

    def __init__(self, topic: str, logic: KeyedLogic, watermarks: WatermarkPolicy, now_us: Callable[[], int]) -> None:
        self.topic = topic
        self.table: str | None = logic.name
        self._logic = logic
        self._watermarks = watermarks
        self._now_us = now_us
        self._views: dict[int, _PartitionView] = {}

    async def handle(self, records: Sequence[Record], commit: Committer) -> None:
        """Admit events in order; a tick settles what is due."""
        outs: list[Out] = []
        for record in records:
            partition = record.coordinate.partition
            tick = next((value for name, value in record.headers if name == topics.TICK_HEADER), None)
            if tick is None:
                outs += self._admit(record, commit)
                continue
            await commit.write(outs)
            outs = []
            if tick == topics.TICK_FLUSH:
                await self._flush(partition, commit)
            else:
                await self._tick(partition, int(tick), commit)
        await commit.write(outs)

    def _admit(self, record: Record, commit: Committer) -> list[Out]:
        row = rows.decode_interaction(record.value or b"")
        partition = record.coordinate.partition
        view = self._view(partition, commit)
        view.watermark.on_event(row.event_time, self._now_us())
        key = self._logic.key_of(row)
        if key is None:
            return []
        state = commit.state(partition)
        header = state.get(HEADER + key)
        if header is None and state.get(_FORGOTTEN + key) is not None:
            return [out(emit) for emit in self._logic.forgotten(row)]
        member = _MEMBER + key + row.record_id.encode()
        answer = self._logic.admit(key, header, row, known=state.get(member) is not None)
        if answer.keep:
            state.put(member, record.value or b"")
        if answer.header is not None:
            state.put(HEADER + key, answer.header)
            view.timers.set(key, self._patient(view.watermark, answer.header))
        return [out(emit) for emit in answer.emits]

    async def _tick(self, partition: int, watermark: int, commit: Committer) -> None:
        view = self._view(partition, commit)
        view.watermark.on_tick(watermark, self._now_us())
        state = commit.state(partition)
        outs: list[Out] = []
        settled = 0
        while (key := view.timers.pop(watermark)) is not None:
            outs += self._settle(view, state, key, final=True)
            settled += 1
            if settled % _SETTLE_CHUNK == 0:
                await commit.write(outs)
                outs = []
        if settled:
            state.put(_WATERMARK, str(watermark).encode())
        await commit.write(outs)

    async def _flush(self, partition: int, commit: Committer) -> None:
        """End of input: publish what is open as it stands; the state stays open for a next run."""
        view = self._view(partition, commit)
        state = commit.state(partition)
        keys = [name[len(HEADER) :] for name, header in state.scan(HEADER) if self._logic.wants_flush(header)]
        outs: list[Out] = []
        for count, key in enumerate(sorted(keys), start=1):
            outs += self._settle(view, state, key, final=False)
            if count % _SETTLE_CHUNK == 0:
                await commit.write(outs)
                outs = []
        await commit.write(outs)

    def _settle(self, view: _PartitionView, state: Overlay, key: bytes, *, final: bool) -> list[Out]:
        header = state.get(HEADER + key)
        if header is None:
            return []
        stored = list(state.scan(_MEMBER + key))
        members = [rows.decode_interaction(value) for _, value in stored if value]
        answer = self._logic.settle(key, header, members, final=final)
        if answer.members is not Members.KEEP:
            for name, _ in stored:
                if answer.members is Members.MARK:
                    state.put(name, b"")
                else:
                    state.delete(name)
        if answer.header is None:
            state.delete(HEADER + key)
            state.put(_FORGOTTEN + key, b"1")
        elif answer.header != header:
            state.put(HEADER + key, answer.header)
            if final:
                view.timers.set(key, self._logic.due(answer.header))
        return [out(emit) for emit in answer.emits]

    def _view(self, partition: int, commit: Committer) -> _PartitionView:
        view = self._views.get(partition)
        if view is None or view.generation != commit.generation:
            timers = _Timers()
            state = commit.state(partition)
            watermark = Watermark(self._watermarks)
            stored = state.get(_WATERMARK)
            if stored is not None:
                watermark.on_tick(int(stored), self._now_us())
            for name, header in state.scan(HEADER):
                timers.set(name[len(HEADER) :], self._patient(watermark, header))
            view = self._views[partition] = _PartitionView(commit.generation, timers, watermark)
        return view

    def _patient(self, watermark: Watermark, header: bytes) -> int:
        """When to settle a key of which an event has come, or that a worker takes over."""
        due, reached = self._logic.due(header), watermark.emitted_us
        return due if reached is None or due > reached else reached + _PATIENCE_US

    def ticks(self, generation: int) -> list[Out]:
        """Tick records to put into this worker's partitions now: one for each whose watermark has moved."""
        outs = []
        for partition, view in self._views.items():
            if view.generation == generation and view.timers.due:
                watermark = view.watermark.advance(self._now_us())
                if watermark is not None:
                    outs.append(tick(self.topic, partition, str(watermark).encode()))
        return outs


def tick(topic: str, partition: int, value: bytes) -> Out:
    """A tick record of one partition."""
    return Out(topic, None, b"", ((topics.TICK_HEADER, value),), partition)


def open_sources(changelog: dict[bytes, bytes | Any]) -> list[Source]:
    """Raw coordinates of events that state still holds, from the latest values of its changelog (for the ledger)."""
    held: list[Source] = []
    for key, value in changelog.items():
        if key.startswith(_MEMBER) and value:
            held += msgspec.msgpack.decode(value, type=Interaction).sources
    return held
