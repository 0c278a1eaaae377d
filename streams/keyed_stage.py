"""Runs a pure `KeyedLogic` over a topic: state in a table, time by tick records. A thin shell without Faust."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from msgspec import msgpack

from schemas import metrics, rows, topics
from schemas.metrics import NO_METER
from schemas.rows import Interaction, Reject, Source
from streams import state_format
from streams.delivery import Out
from streams.keyed import KeyedLogic, Members
from streams.outputs import Committer, out
from streams.timers import Timers
from streams.watermark import Watermark, WatermarkPolicy
from streams.withdrawals import Withdrawals

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from schemas.metrics import Meter
    from schemas.records import Record
    from streams.keyed import Emit, Settlement
    from streams.state import Overlay
    from streams.withdrawals import Asked

log = logging.getLogger("redline.streams")
# Kinds of keys in state.
HEADER = b"h"  # a key's header: the ledger and `redline rebuild` read these from the changelog
_MEMBER = b"m"
_WATERMARK = b"w"
_PUBLISHED = b"p"  # the sources of rows that stand in a table though their key is open
_SETTLING = b"s"  # which keys are being settled, while their outputs are on the way
_FORGOTTEN = b"x"  # a settled key whose members are gone: one byte, for ever, so that it is not opened a second time
# A key that is overdue when an event of it comes is history read from files: the rest of it is still on the way.
_PATIENCE_US = 300_000_000
_SETTLE_CHUNK = 200  # keys per write: bounds memory when a flush closes everything at once
_SWEEP_CHUNK = 1_000  # events between two turns of the loop while all of a partition are looked at
# Members from which on a key is put together in a thread: a million take longer than Kafka waits for a heartbeat.
_MANY = 2_000

Stored = list[tuple[bytes, bytes]]
"""What state holds of a key's members: name and value, each."""
Held = dict[bytes, Stored]


@dataclass(slots=True)
class _PartitionView:
    generation: int
    timers: Timers
    watermark: Watermark
    dropping: set[bytes] = field(default_factory=set)


class KeyedStage:
    """Runs a `KeyedLogic` over a topic: state in a table, time by tick records of the partition itself."""

    def __init__(
        self,
        topic: str,
        logic: KeyedLogic,
        watermarks: WatermarkPolicy,
        now_us: Callable[[], int],
        owners: Asked | None = None,
        *,
        meter: Meter = NO_METER,
        crash: Callable[[int], None] = lambda _step: None,
    ) -> None:
        """`owners`: who is asked whether consent still covers what is held; None: nobody.

        `crash` is called when what is to be dropped is marked on the changelog (1), and after each chunk of it (2): for
        tests that kill.
        """
        self._crash = crash
        self.owners = owners
        self._withdrawals = None if owners is None else Withdrawals(owners)
        self.topic = topic
        self.name = logic.name
        self.table: str | None = logic.name
        self._meter = meter
        self._logic = logic
        self._watermarks = watermarks
        self._now_us = now_us
        self._views: dict[int, _PartitionView] = {}

    async def handle(self, records: Sequence[Record], commit: Committer) -> None:
        """Admit events in order; a tick settles what is due, or drops what consent no longer covers."""
        outs: list[Out] = []
        for record in records:
            partition = record.coordinate.partition
            if self._is_new(partition, commit):
                await self._take_over(partition, commit)
            tick = next((value for name, value in record.headers if name == topics.TICK_HEADER), None)
            if tick is None:
                outs += self._admit(record, commit)
                continue
            self._meter.count(metrics.KEYED_TICKS, stage=self.name)
            await self._write(outs, commit)
            outs = []
            if tick == topics.TICK_FLUSH:
                await self._purge(partition, commit)
                await self._flush(partition, commit)
            elif tick == topics.TICK_PURGE:
                await self._purge(partition, commit)
            else:
                await self._tick(partition, int(tick), commit)
        await self._write(outs, commit)
        self._gauge(commit.generation)

    def _is_new(self, partition: int, commit: Committer) -> bool:
        known = self._views.get(partition)
        return known is None or known.generation != commit.generation

    async def _take_over(self, partition: int, commit: Committer) -> None:
        """End what another worker, or another life of this one, had begun."""
        state_format.require(commit.state(partition), f"{self.name}/{partition}")
        self._view(partition, commit)
        begun = commit.state(partition).get(_SETTLING)
        if begun is not None:
            final, keys = msgpack.decode(begun, type=tuple[bool, list[bytes]])
            held = {key: list(commit.state(partition).scan(_MEMBER + key)) for key in keys}
            await self._publish(partition, held, commit, final=final)
        await self._write([], commit)

    async def _write(self, outs: list[Out], commit: Committer) -> None:
        """What was said, and then the second step of every drop whose first is now on the changelog."""
        await commit.write(outs)
        for partition, view in self._views.items():
            if view.generation != commit.generation or not view.dropping:
                continue
            self._crash(1)
            keys, view.dropping = sorted(view.dropping), set()
            for at in range(0, len(keys), _SETTLE_CHUNK):
                state = commit.state(partition)
                rejects = [one for key in keys[at : at + _SETTLE_CHUNK] for one in self._drop(view, state, key)]
                await commit.write(rejects)
                self._crash(2)
                self._meter.count(
                    metrics.KEYED_SETTLED, len(keys[at : at + _SETTLE_CHUNK]), stage=self.name, how="dropped"
                )
                log.warning(
                    "consent: %d open keys of the %s dropped, %d events of them rejected",
                    len(keys[at : at + _SETTLE_CHUNK]),
                    self._logic.name,
                    len(rejects),
                )

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
            return self._said(self._logic.forgotten(row))
        member = _MEMBER + key + row.record_id.encode()
        answer = self._logic.admit(key, header, row, known=state.get(member) is not None)
        if answer.keep:
            state.put(member, record.value or b"")
            self._own(record, view, state, key, row)
        if answer.header is not None:
            state.put(HEADER + key, answer.header)
            view.timers.set(key, self._patient(view.watermark, answer.header))
        return self._said(answer.emits)

    def _own(self, record: Record, view: _PartitionView, state: Overlay, key: bytes, row: Interaction) -> None:
        tag = next((value for name, value in record.headers if name == topics.HEADER_PERSON), None)
        if tag is None or self._withdrawals is None:
            return
        if self._withdrawals.keep(state, key, row.record_id.encode(), tag):
            view.dropping.add(key)

    async def _purge(self, partition: int, commit: Committer) -> None:
        """Drop every key of the partition that consent no longer covers."""
        view = self._view(partition, commit)
        if self._withdrawals is not None:
            for number, key in enumerate(self._withdrawals.sweep(commit.state(partition)), 1):
                if key is not None:
                    view.dropping.add(key)
                if not number % _SWEEP_CHUNK:
                    await asyncio.sleep(0)  # a million events are many seconds, and other stages share the loop
        await self._write([], commit)

    async def _tick(self, partition: int, watermark: int, commit: Committer) -> None:
        view = self._view(partition, commit)
        view.watermark.on_tick(watermark, self._now_us())
        settled = False
        while keys := list(islice(iter(lambda: view.timers.pop(watermark), None), _SETTLE_CHUNK)):
            await self._settle(partition, keys, commit, final=True)
            settled = True
        if settled:
            commit.state(partition).put(_WATERMARK, str(watermark).encode())
        await self._write([], commit)

    async def _flush(self, partition: int, commit: Committer) -> None:
        """End of input: publish what is open as it stands; the state stays open for a next run."""
        state = commit.state(partition)
        keys = sorted(name[len(HEADER) :] for name, header in state.scan(HEADER) if self._logic.wants_flush(header))
        for at in range(0, len(keys), _SETTLE_CHUNK):
            await self._settle(partition, keys[at : at + _SETTLE_CHUNK], commit, final=False)

    async def _settle(self, partition: int, keys: list[bytes], commit: Committer, *, final: bool) -> None:
        """Settle what consent covers, in two steps: after a crash the first answer of consent must count."""
        view, state = self._view(partition, commit), commit.state(partition)
        held = {key: list(state.scan(_MEMBER + key)) for key in keys}
        if self._withdrawals is not None:
            for key in keys:
                if self._withdrawals.check(state, key, _ids(key, held[key])):
                    view.dropping.add(key)
                    del held[key]
            state.put(_SETTLING, msgpack.encode((final, list(held))))
            await self._write([], commit)
        await self._publish(partition, held, commit, final=final)

    async def _publish(self, partition: int, held: Held, commit: Committer, *, final: bool) -> None:
        view, state = self._view(partition, commit), commit.state(partition)
        outs = [one for key, stored in held.items() for one in await self._rows(view, state, key, stored, final=final)]
        if self._withdrawals is not None:
            state.delete(_SETTLING)
        await commit.write(outs)
        self._meter.count(metrics.KEYED_SETTLED, len(held), stage=self.name, how="final" if final else "flushed")

    async def _rows(
        self, view: _PartitionView, state: Overlay, key: bytes, stored: Stored, *, final: bool
    ) -> list[Out]:
        header = state.get(HEADER + key)
        if header is None:
            return []

        def settled() -> Settlement:
            members = [rows.decode_interaction(value) for _, value in stored if value]
            return self._logic.settle(key, header, members, final=final)

        answer = await asyncio.to_thread(settled) if len(stored) > _MANY else settled()
        published = [emit.row.sources for emit in answer.emits if not isinstance(emit.row, Reject)]
        if published and not final:
            state.put(_PUBLISHED + key, msgpack.encode([source for row in published for source in row]))
        self._apply(view, state, key, stored=stored, answer=answer, final=final)
        return self._said(answer.emits)

    def _said(self, emits: Sequence[Emit]) -> list[Out]:
        for emit in emits:
            if isinstance(emit.row, Reject):
                self._meter.count(metrics.STAGE_REJECTS, stage=self.name, reason=emit.row.reason)
        return [out(emit) for emit in emits]

    def _drop(self, view: _PartitionView, state: Overlay, key: bytes) -> list[Out]:
        """Settle a key without a row. What stands in a row already stays there until it is erased."""
        header = state.get(HEADER + key)
        reason = None if self._withdrawals is None else self._withdrawals.reason(state, key)
        if header is None or reason is None:
            return []
        stored = list(state.scan(_MEMBER + key))
        sources = state.get(_PUBLISHED + key)
        published = set() if sources is None else set(msgpack.decode(sources, type=list[Source]))
        members = [rows.decode_interaction(value) for _, value in stored if value]
        open_ones = [row for row in members if published.isdisjoint(row.sources)]
        answer = self._logic.drop(header, open_ones, reason)
        self._apply(view, state, key, stored=stored, answer=answer, final=True)
        return self._said(answer.emits)

    def _apply(
        self,
        view: _PartitionView,
        state: Overlay,
        key: bytes,
        *,
        stored: Stored,
        answer: Settlement,
        final: bool,
    ) -> None:
        """Header, members and what hangs on them, as the logic wants them."""
        if answer.members is not Members.KEEP:
            for name, _ in stored:
                if answer.members is Members.MARK:
                    state.put(name, b"")
                else:
                    state.delete(name)
            if self._withdrawals is not None:
                self._withdrawals.forget(state, key, _ids(key, stored))
            if state.get(_PUBLISHED + key) is not None:
                state.delete(_PUBLISHED + key)
        if answer.header is None:
            state.delete(HEADER + key)
            state.put(_FORGOTTEN + key, b"1")
        elif answer.header != state.get(HEADER + key):
            state.put(HEADER + key, answer.header)
            if final:
                view.timers.set(key, self._logic.due(answer.header))

    def _view(self, partition: int, commit: Committer) -> _PartitionView:
        view = self._views.get(partition)
        if view is None or view.generation != commit.generation:
            timers = Timers()
            state = commit.state(partition)
            watermark = Watermark(self._watermarks)
            stored = state.get(_WATERMARK)
            if stored is not None:
                watermark.on_tick(int(stored), self._now_us())
            for name, header in state.scan(HEADER):
                timers.set(name[len(HEADER) :], self._patient(watermark, header))
            view = self._views[partition] = _PartitionView(commit.generation, timers, watermark)
            if self._withdrawals is not None:
                view.dropping.update(self._withdrawals.marked(state))
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
        self._gauge(generation)
        return outs

    def _gauge(self, generation: int) -> None:
        views = [view for view in self._views.values() if view.generation == generation]
        self._meter.set(metrics.KEYED_OPEN, sum(len(view.timers.due) for view in views), stage=self.name)
        reached = [view.watermark.emitted_us for view in views if view.watermark.emitted_us is not None]
        if reached:
            self._meter.set(metrics.KEYED_WATERMARK, min(reached) / 1_000_000, stage=self.name)


def _ids(key: bytes, stored: Stored) -> list[bytes]:
    return [name[len(_MEMBER) + len(key) :] for name, _ in stored]


def tick(topic: str, partition: int, value: bytes) -> Out:
    """A tick record of one partition."""
    return Out(topic, None, b"", ((topics.TICK_HEADER, value),), partition)


def open_sources(changelog: dict[bytes, bytes | Any]) -> list[Source]:
    """Raw coordinates of events that state still holds, from the latest values of its changelog (for the ledger)."""
    held: list[Source] = []
    for key, value in changelog.items():
        if key.startswith(_MEMBER) and value:
            held += msgpack.decode(value, type=Interaction).sources
    return held
