"""`redline replay --rejects`: dead letters sent again, exactly once in effect.

1. What an earlier run had begun when it was killed is looked for on the raw topic, and noted as sent.
2. Dead letters are found in `rejects`, and their records read again: which can be sent, and why others cannot.
3. A batch is noted in the journal, with the ends of the raw topic.
4. Copies are sent to the originals' partitions, and confirmed.
5. The journal says that they were sent. Back to 3.

A copy is a raw record like any other: it is asked for consent again, gets a fate of its own, and the old offset keeps
its own. Its event takes the identity that a dead letter never had; if the producer has sent it again in the meantime,
the copy is a `duplicate`.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from quality import report
from redline import audit, cluster
from redline.admin import watermarks
from redline.emit import most_bytes
from redline.keys import keys_of
from redline.lock import DataLock
from redline.registry import Registry
from redline.replay import copies, originals
from redline.replay.find import Letters, Wanted, find
from redline.replay.journal import Journal, Place, opened
from redline.replay.originals import Kept
from redline.up import attached
from schemas import topics
from schemas.errors import InputError
from schemas.records import Coordinate
from schemas.rows import REASONS
from sinks import store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from redline.audit import Detail
    from redline.settings import Settings
    from schemas.records import Partition, Record

_LOCK = "replay.lock"
_BATCH, _BATCH_BYTES = 500, 16 << 20  # of one entry of the journal: what is looked for again after a kill


@dataclass(slots=True)
class Tally:
    """What there is to send, or was sent; `kept` by reason, those past the retention also by partition."""

    letters: int = 0
    sent: int = 0
    found: int = 0
    kept: Counter[str] = field(default_factory=Counter)
    expired: Counter[int] = field(default_factory=Counter)
    decided: Counter[str] = field(default_factory=Counter)


def replay(
    settings: Settings,
    wanted: Wanted,
    *,
    go: bool,
    say: Callable[[str], None],
    crash: Callable[[str], None] = lambda _step: None,
) -> str:
    """Send dead letters again, or (not `go`) only say which would be.

    Raises:
        InputError: there are no tables, or a reason is none.
        BrokerError: there is no broker, or it went silent.
        DeliveryError: it did not confirm every copy. Run it again.
        LockedError: another replay is at work.
        SettingsError: the keys are gone.
        SinkError: `rejects` cannot be read.
    """
    if not wanted.reasons or not set(wanted.reasons) <= set(REASONS):
        raise InputError(f"--reason: needed one of {', '.join(REASONS)}; `redline rejects` counts them")
    if not store.has(settings.dataset):
        raise InputError(f"{settings.dataset}: needed tables, there are none; --data names the folder")
    with (
        DataLock(settings.state, name=_LOCK),
        cluster.broker(attached(settings), say) as live,
        opened(live.state) as journal,
    ):
        work = _Work(live, journal, crash)
        if go:
            audit.record(live, "replay", _told(wanted))
        tally = Tally(found=work.recover())
        letters = find(live.data_dir, wanted)
        work.run(letters, tally, go=go)
        if go:
            audit.record(live, "replay.done", {"sent": tally.sent, "dead_letters": tally.letters})
    return _text(tally, go=go)


class _Work:
    """One replay."""

    def __init__(self, live: Settings, journal: Journal, crash: Callable[[str], None]) -> None:
        self._live = live
        self._journal = journal
        self._crash = crash
        self._key = keys_of(live).identity
        self._limits = originals.limits_of(live)
        self._registry = Registry(live.kafka.registry) if live.kafka.registry else None

    def recover(self) -> int:
        """Note what a killed run had sent; returns how many."""
        unfinished = self._journal.unfinished()
        if unfinished is None:
            return 0
        lows = {partition.index: low for partition, (low, _) in self._watermarks().items()}
        found = copies.sent_since(self._live.kafka, unfinished, self._key, lows)
        self._journal.finish(found)
        return len(found)

    def run(self, letters: Letters, tally: Tally, *, go: bool) -> None:
        """Send what can be sent, or count it."""
        tally.letters, tally.decided = letters.count, letters.decided
        kafka = self._live.kafka
        most = most_bytes(kafka.bootstrap, topics.EVENTS, kafka.client)
        sender = copies.Sender(kafka, self._key, most) if go else None
        for batch in self._batches(self._to_read(letters, tally), most, tally):
            if sender is not None:
                ends = {partition.index: high for partition, (_, high) in self._watermarks().items()}
                self._journal.begin([_place(record.coordinate) for record in batch], ends)
                self._crash("begun")
                sent = sender.send(batch, self._crash)
                self._crash("sent")
                self._journal.finish(sent)
                self._crash("finished")
            tally.sent += len(batch)

    def _to_read(self, letters: Letters, tally: Tally) -> dict[int, list[int]]:
        lows = {partition.index: low for partition, (low, _) in self._watermarks().items()}
        found: dict[int, list[int]] = {}
        for partition, offsets in letters.offsets.items():
            sent, low = self._journal.sent(partition), lows.get(partition, 0)
            tally.kept[Kept.SENT] += sum(offset in sent for offset in offsets)
            fresh = [offset for offset in offsets if offset not in sent]
            found[partition] = [offset for offset in fresh if offset >= low]
            if expired := len(fresh) - len(found[partition]):
                tally.expired[partition] += expired
                tally.kept[Kept.EXPIRED] += expired
        return {partition: offsets for partition, offsets in found.items() if offsets}

    def _batches(self, wanted: dict[int, list[int]], most: int, tally: Tally) -> Iterator[list[Record]]:
        """Records that can be sent, some megabytes at a time."""
        batch: list[Record] = []
        size = 0
        for one in originals.read(self._live.kafka, wanted):
            if isinstance(one, Coordinate):
                tally.kept[Kept.GONE] += 1
                continue
            why = originals.fault(one, self._limits, self._key, self._plain)
            needed = copies.size(one, copies.headers_of(one, self._key))
            if why is None and needed > most:
                why = Kept.TOO_LONG
            if why is not None:
                tally.kept[why] += 1
                continue
            batch.append(one)
            size += needed
            if len(batch) >= _BATCH or size >= _BATCH_BYTES:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    def _plain(self, record: Record) -> Record:
        """The record without the frame of a schema registry. Raises DecodeError, as in a worker."""
        if self._registry is None:
            return record
        if self._registry.missing([record]):  # rarely: an event loop for each record would cost more than the rest
            asyncio.run(self._registry.load([record]))
        return self._registry.plain(record)

    def _watermarks(self) -> dict[Partition, tuple[int, int]]:
        kafka = self._live.kafka
        return watermarks(kafka.bootstrap, topics.EVENTS, config=kafka.client)


def _place(coordinate: Coordinate) -> Place:
    return Place(coordinate.partition, coordinate.offset)


def _told(wanted: Wanted) -> dict[str, Detail]:
    said: dict[str, Detail] = {"reasons": list(wanted.reasons)}
    if wanted.paths:
        said["paths"] = len(wanted.paths)
    if wanted.since is not None:
        said["since"] = wanted.since.isoformat()
    if wanted.until is not None:
        said["until"] = wanted.until.isoformat()
    return said


def _text(tally: Tally, *, go: bool) -> str:
    lines: list[tuple[str, int]] = [("dead letters that match", tally.letters)]
    lines += [(f"  {why}", count) for why in Kept if (count := tally.kept[why])]
    lines.append(("sent again" if go else "can be sent again", tally.sent))
    parts = [report.table(("", "records"), lines)]
    if tally.expired:
        rows = [(f"{topics.EVENTS}/{partition}", count) for partition, count in sorted(tally.expired.items())]
        parts.append(report.table(("past the retention", "records"), rows))
    if tally.decided:
        parts.append(report.counts("dropped by a decision, and no dead letters", tally.decided))
    if tally.found:
        parts.append(f"{tally.found:,} copies of a run that was killed were found on the raw topic")
    if not go:
        parts.append(
            "Nothing was sent: --go sends them. Mend first what made them dead letters, and restart the workers"
        )
    return "\n\n".join(parts)
