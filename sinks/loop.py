"""The sink's process: Kafka records into batches, batches into commits.

Kafka says what the records are; the table says where to read on. Every way to a position (assignment, conflict, halt,
full disk) is the same: forget the batch, ask the table, seek.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from schemas.errors import FencedError, OffsetGapError, RowError, SinkError, TableHaltedError
from schemas.metrics import NO_METER
from schemas.records import Partition
from schemas.topics import BY_TABLE
from sinks import halts
from sinks.batch import Batcher, BatchPolicy
from sinks.committer import Committer
from sinks.counted import OUTCOMES, Counted
from sinks.desk import Desk, Hold, Offer
from sinks.layout import Layout
from sinks.locks import hold
from sinks.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pyarrow as pa

    from schemas.metrics import Meter
    from schemas.tables import Table
    from schemas.verdict import Verdict
    from sinks.release import Release
    from sinks.seal import Seal

    Gate = Callable[[pa.Table], Verdict]

_log = logging.getLogger(__name__)

_CHUNK = 10_000  # records per call into librdkafka: 100 k/s need ten calls, and a call's list stays small
_POLL_S = 0.1  # longest wait for a chunk: adds to the latency of a quiet table, so well below `age_s`
_HALT_POLL_S = 2.0
_REVOKE_BUDGET_S = 10.0  # the whole group waits for a flush in a rebalance; what takes longer is left to the next owner
_BACKOFF_S, _BACKOFF_MOST_S = 0.5, 30.0


class SinkLoop:
    """Publishes the rows of tables exactly once. Any number of loops may share a group and a data folder.

    Args:
        bootstrap: Kafka's bootstrap servers.
        data_dir: the data folder; holds tables, quarantine, staging and state.
        tables: what to publish.
        gate: a table's check, by table name, or a function that makes one.
        on_alert: called with kind, table name and details (no values). Must not block.
        policy: when a batch is due.
        group: Kafka consumer group; spreads partitions, decides no offsets.
        kafka_config: more librdkafka settings; they cannot override those that exactness needs.
        crash: called after each numbered step of a commit, for tests that kill.
        clock: seconds, monotonic.
        name: this sink's name; the first free `sink-<n>` by default.
        topics: topics that are named otherwise than in `schemas.topics.BY_TABLE`, by table name.
        seal: of the coordinates in published tables.
        release: what of a row is published; without one, all.
        patience: consecutive failures of one table before `run` gives up (10 are about two and a half minutes).
        meter: counts batches, rows, files and what went wrong.
    """

    def __init__(
        self,
        *,
        bootstrap: str,
        data_dir: Path,
        tables: Sequence[Table],
        gate: Callable[[Table], Gate] | Mapping[str, Gate],
        on_alert: Callable[[str, str, Mapping[str, Any]], None],
        policy: BatchPolicy | None = None,
        group: str = "redline-sink",
        kafka_config: Mapping[str, str] | None = None,
        crash: Callable[[int], None] = lambda _step: None,
        clock: Callable[[], float] = time.monotonic,
        name: str | None = None,
        patience: int = 10,
        topics: Mapping[str, str] | None = None,
        seal: Seal | None = None,
        release: Release | None = None,
        meter: Meter = NO_METER,
    ) -> None:
        self._bootstrap = bootstrap
        self._group = group
        self._kafka_config = dict(kafka_config or {})
        self._data_dir = data_dir
        self._tables = tuple(tables)
        self._gates = {t.name: gate[t.name] if isinstance(gate, Mapping) else gate(t) for t in self._tables}
        self._on_alert = on_alert
        self._policy = policy or BatchPolicy()
        self._crash = crash
        self._clock = clock
        self._name = name
        self._sink = ""
        self._patience = patience
        self._topics = dict(topics or {})
        self._seal = seal
        self._release = release
        self._counted = Counted(meter, (table.name for table in self._tables))
        self._desks: dict[str, Desk] = {}
        self._source: Source | None = None
        self._halts_at = 0.0
        self.joined = False
        """Tables are open and Kafka has said what is ours, if anything. Safe to read while running."""
        self.failed: dict[str, SinkError] = {}
        """Tables and partitions that stand still until someone acts, with the reason. Safe to read while running."""
        self.counts: dict[str, Counter[str]] = {table.name: Counter() for table in self._tables}
        """Per table: rows, quarantined, replays, conflicts, replaced, erased, commits, records, ticks, orphans."""

    def run(self, should_stop: Callable[[], bool]) -> None:
        """Publish until told to stop, then publish what waits.

        Raises:
            SinkError: a table is torn, failed `patience` times in a row, or stood still at the end (`failed`): all
                partitions that could go on did. The next `run` goes on from the tables' offsets.
            BrokerError: Kafka is gone for good.
        """
        lock = hold(Layout(self._data_dir).locks, self._name)
        self._sink = lock.name
        try:
            for table in self._tables:
                topic = self._topics.get(table.name) or BY_TABLE[table.name].name
                if (opened := self._opened(table, should_stop)) is None:
                    return
                self._desks[topic] = Desk(table, opened, Batcher(self._policy))
            self._source = Source(
                bootstrap=self._bootstrap,
                group=self._group,
                topics=list(self._desks),
                config=self._kafka_config,
                owner=self,
            )
            while not should_stop() and any(desk.hold is not Hold.FAILED for desk in self._desks.values()):
                self._turn(self._source)
            for desk in self._desks.values():
                self._publish(desk)
            standing = list(self.failed.values())  # closing gives the partitions back, and with them their gaps
        finally:
            if self._source is not None:
                self._source.close()
                self._source = None
            for desk in self._desks.values():
                desk.committer.close()
            self._desks.clear()
            lock.release()
        for error in standing:
            raise error

    def _turn(self, source: Source) -> None:
        room = min((desk.batcher.room for desk in self._desks.values() if desk.hold is None), default=_CHUNK)
        records, gaps = source.read(max(1, min(_CHUNK, room)), _POLL_S)
        now = self._clock()
        sought: set[Partition] = set()
        for at, payload in records:
            partition = Partition(at.topic, at.partition)
            if partition in sought:
                continue
            desk = self._desks[at.topic]
            offer = desk.offer(at, partition, payload, now)
            if offer is Offer.AGAIN:
                sought.add(partition)
                source.seek(partition, desk.batcher.position(partition) or 0)
            elif offer is not Offer.IGNORED:
                self.counts[desk.table.name]["ticks" if payload is None else "records"] += 1
                if offer is Offer.HOLE:
                    self._alert("offset_hole", desk.table.name, {**_of(partition), "before": at.offset})
        for partition in gaps:
            self._gap(source, self._desks[partition.topic], partition)
        watch = now >= self._halts_at
        for desk in self._desks.values():
            if watch:
                self._halts_at = now + _HALT_POLL_S
                self._watch(desk)
            if desk.hold is Hold.RETRY and now >= desk.resume_at:
                self._resume(desk)
            if desk.hold is None and desk.batcher.due(now):
                self._publish(desk)

    def _publish(self, desk: Desk) -> None:
        """Take and commit; whatever goes wrong leaves the table consistent and the desk on hold."""
        batch = desk.batcher.take() if desk.hold is None else None
        if batch is None:
            return
        name, began = desk.table.name, self._clock()
        try:
            done = desk.committer.commit(batch, self._mirror)
        except TableHaltedError as error:
            _log.warning("%s", error)
            self._stop(desk, Hold.HALTED)
        except FencedError as error:
            _log.warning("%s", error)
            self._alert("fenced", name, {"sink": self._sink})
            self._stop(desk, Hold.RETRY, _BACKOFF_S)
        except RowError as error:
            self.failed[name] = error
            self._stop(desk, Hold.FAILED)
            self._alert("bad_row", name, {"sink": self._sink, "error": str(error)})
        except (SinkError, OSError) as error:
            self._fail(desk, error)
        else:
            desk.failures = 0
            desk.last_s = self._clock() - began
            counts = self.counts[name]
            counts["commits"] += 1
            for what in ("rows", *OUTCOMES):
                counts[what] += getattr(done, what)
            self._counted.committed(name, batch, done, desk.last_s)

    def _fail(self, desk: Desk, error: SinkError | OSError) -> None:
        desk.failures += 1
        desk.reopen = True
        self._stop(desk, Hold.RETRY, self._wait_after(desk.table.name, desk.failures, error))

    def _wait_after(self, table: str, failures: int, error: SinkError | OSError) -> float:
        """Seconds to wait after that many failures in a row; raises SinkError when patience is at its end."""
        # An OSError's text may come from anywhere: its number and type are enough.
        what = str(error) if isinstance(error, SinkError) else f"{type(error).__name__}, errno {error.errno}"
        if failures >= self._patience:
            raise SinkError(
                f"table {table}: needed a commit, came {failures} failures in a row, the last: {what}. "
                "The rows are still in Kafka. Make room or repair, then start the sink again"
            )
        wait = min(_BACKOFF_MOST_S, _BACKOFF_S * 2.0 ** (failures - 1))
        self._alert("sink_retry", table, {"error": what, "failures": failures, "wait_s": wait})
        return wait

    def _stop(self, desk: Desk, why: Hold, wait_s: float = 0.0) -> None:
        desk.stop(why, self._clock() + wait_s)
        self._counted.held(desk.table.name, why)
        if self._source is not None:
            self._source.pause(desk.owned)

    def _resume(self, desk: Desk) -> None:
        """Go on from the table's offsets."""
        source = self._source
        if source is None:
            return
        try:
            if desk.reopen:
                desk.committer.close()
                desk.committer = self._open(desk.table)
                desk.reopen = False
            places = {partition: desk.committer.offset(partition) or 0 for partition in desk.owned - desk.gaps}
        except (SinkError, OSError) as error:
            self._fail(desk, error)
            return
        desk.hold = None
        self._counted.held(desk.table.name, None)
        for partition, offset in places.items():
            desk.batcher.start(partition, offset)
            source.seek(partition, offset)
        source.resume(places)

    def _watch(self, desk: Desk) -> None:
        """See whether this table was halted by another sink, or released."""
        if desk.hold not in {None, Hold.HALTED}:
            return
        try:
            halt = halts.load(self._data_dir, desk.table.name)
        except SinkError as error:
            _log.warning("%s", error)
            return
        waits = halt is not None and not halt.quarantine
        if waits and desk.hold is None:
            self._stop(desk, Hold.HALTED)
        elif not waits and desk.hold is Hold.HALTED:
            self._resume(desk)

    def _gap(self, source: Source, desk: Desk, partition: Partition) -> None:
        wanted = desk.batcher.position(partition)
        if wanted is None:
            return
        desk.batcher.drop(partition)
        desk.gaps.add(partition)
        source.pause([partition])
        low, high = source.watermarks(partition)
        self.failed[_gap_key(desk, partition)] = OffsetGapError(
            f"table {desk.table.name}, {partition.topic}/{partition.index}: needed offset {wanted}, which the table "
            f"asks for, came a topic that holds {low} to {high}. Records expired before they were read, or the topic "
            "was made anew. Nothing more of this partition is published; see docs/exactly-once.md, `Gaps`"
        )
        self._alert("offset_gap", desk.table.name, {**_of(partition), "wanted": wanted, "low": low, "high": high})

    def assigned(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        """Kafka gave us partitions: read on where the table is, at 0 where it has nothing (`sinks.source.Owner`)."""
        places = {}
        for partition in partitions:
            desk = self._desks[partition.topic]
            desk.owned.add(partition)
            places[partition] = 0
            try:
                places[partition] = desk.committer.offset(partition) or 0
            except (SinkError, OSError) as error:
                self._fail(desk, error)
            if desk.hold is None:
                desk.batcher.start(partition, places[partition])
        return places

    def assigning_done(self) -> None:
        """New partitions of a table that stands still are not read (`sinks.source.Owner`)."""
        self.joined = True
        for desk in self._desks.values():
            if desk.hold is not None and self._source is not None:
                self._source.pause(desk.owned)

    def revoked(self, partitions: Sequence[Partition]) -> None:
        """Publish what waits if that is quick, then let go (`sinks.source.Owner`)."""
        for topic in sorted({partition.topic for partition in partitions}):
            # A commit cannot be interrupted; what is not published is read again by the next owner.
            if self._desks[topic].last_s <= _REVOKE_BUDGET_S:
                self._publish(self._desks[topic])
        self.lost(partitions)

    def lost(self, partitions: Sequence[Partition]) -> None:
        """Let go at once: the new owner is at work (`sinks.source.Owner`)."""
        for partition in partitions:
            desk = self._desks[partition.topic]
            desk.give_up(partition)
            self.failed.pop(_gap_key(desk, partition), None)

    def _mirror(self, offsets: Mapping[Partition, int]) -> None:
        if self._source is not None:
            self._source.mirror(offsets)

    def _opened(self, table: Table, should_stop: Callable[[], bool]) -> Committer | None:
        """The table, however long a full disk lasts; None if told to stop meanwhile."""
        failures = 0
        while True:
            try:
                return self._open(table)
            except OSError as error:
                failures += 1
                again = self._clock() + self._wait_after(table.name, failures, error)
            while self._clock() < again:
                if should_stop():
                    return None
                time.sleep(_POLL_S)

    def _open(self, table: Table) -> Committer:
        committer = Committer(
            data_dir=self._data_dir,
            table=table,
            sink=self._sink,
            gate=self._gates[table.name],
            alert=self._alert,
            crash=self._crash,
            seal=self._seal,
            release=self._release,
        )
        self.counts[table.name]["orphans"] += committer.orphans
        return committer

    def _alert(self, kind: str, table: str, detail: Mapping[str, Any]) -> None:
        self._counted.incident(table, kind)
        try:
            self._on_alert(kind, table, detail)
        except Exception as error:  # noqa: BLE001 - telling someone must not stop publishing
            _log.warning("alert %s of table %s failed: %s", kind, table, type(error).__name__)


def _gap_key(desk: Desk, partition: Partition) -> str:
    return f"{desk.table.name} {partition.topic}/{partition.index}"


def _of(partition: Partition) -> dict[str, Any]:
    return {"topic": partition.topic, "partition": partition.index}
