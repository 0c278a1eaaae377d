"""The commit protocol of one table: a batch and its offsets become visible in one Delta commit, or not at all."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from schemas.errors import FencedError, SinkError
from sinks import halts
from sinks.dedupe import displaced, plan
from sinks.delta import AmbiguousError, ConflictError
from sinks.gating import Gating
from sinks.layout import Layout
from sinks.parquet import identities_of
from sinks.payloads import table_of
from sinks.quarantine import quarantine_of
from sinks.shelf import ATTEMPTS, Shelf, labelled, pause

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from schemas.records import Partition
    from schemas.tables import Table
    from schemas.verdict import Verdict
    from sinks.batch import Batch
    from sinks.release import Release
    from sinks.seal import Seal


@dataclass(frozen=True, slots=True)
class Published:
    """What one commit did. Counts are rows where nothing else is said."""

    version: int
    rows: int = 0
    quarantined: int = 0
    replays: int = 0
    conflicts: int = 0
    replaced: int = 0
    erased: int = 0
    files: int = 0
    bytes: int = 0
    """Of the files that were written."""


class Committer:
    """Publishes batches of one table for one sink. `seal` is for tables that have their coordinates sealed.

    Without a `release` everything is published as it comes.

    Raises:
        SinkError: the table is torn or of another version.
        OSError: the disk refuses.
    """

    def __init__(
        self,
        *,
        data_dir: Path,
        table: Table,
        sink: str,
        gate: Callable[[pa.Table], Verdict],
        alert: Callable[[str, str, Mapping[str, Any]], None],
        crash: Callable[[int], None],
        seal: Seal | None = None,
        release: Release | None = None,
    ) -> None:
        layout = Layout(data_dir)
        if table.sealed and seal is None:
            raise SinkError(f"table {table.name}: needed the seal of its coordinates, came none")
        self._gating = Gating(
            data_dir=data_dir, table=table, sink=sink, gate=gate, alert=alert, seal=seal, release=release
        )
        self._data_dir = data_dir
        self._table = table
        self._sink = sink
        self._alert = alert
        self._crash = crash
        with ExitStack() as opened:
            self._main = Shelf(layout=layout, kind="dataset", table=table, sink=sink)
            opened.callback(self._main.close)
            self._held = Shelf(layout=layout, kind="quarantine", table=quarantine_of(table), sink=sink)
            opened.callback(self._held.close)
            self.orphans = self._main.collect_orphans() + self._held.collect_orphans()
            self._opened = opened.pop_all()

    def close(self) -> None:
        """Release the indexes; a second time is fine."""
        self._opened.close()

    def offset(self, partition: Partition) -> int | None:
        """The next offset to read, from the table's newest version; None if it has nothing of that partition."""
        self._main.log.refresh()
        return self._main.log.offset(partition)

    def commit(self, batch: Batch, mirror: Callable[[Mapping[Partition, int]], None]) -> Published:  # noqa: PLR0915 - ten steps, one function
        """Publish one batch, exactly once. A kill after any step loses and doubles nothing.

        1. The batch is taken: its ranges start where the table ends.
        2. Rows that the table or its quarantine holds, replays inside the batch, and erased rows are dropped;
           so are those that it holds under another id, of a destroyed epoch.
        3. The gate parts good rows from bad ones, or halts the table.
        4. Bad rows go to the quarantine table, in its own commit; a second run of this step finds them there.
        5. Good rows are written to staging, forced to the disk, and moved into their folders.
        6. Every file is there with its size.
        7. The log is read again: each partition's offset must still be the batch's start.
        8. One Delta commit, at exactly the next version: new files, replaced files, one offset per partition.
        9. The log entry is forced to the disk; only then are replaced files deleted and the index moved on.
        10. The offsets are told to Kafka, as a mirror for monitoring.

        Another sink's commit between 7 and 8 is found by Delta's own create-if-absent: back to 2, keeping the files
        if the decisions still hold.

        Raises:
            FencedError: another sink has moved an offset: drop the batch, seek to the table's offsets.
            TableHaltedError: the gate halted the table; nothing was published.
            SinkError: a row is not one of this table's, the gate failed, or commits kept colliding.
            OSError: the disk is full or refuses. The batch is not in the table; no file of it is left.
        """
        rows = table_of(batch.payloads, batch.coordinates, self._table)
        ids = identities_of(rows, amendable=self._table.amendable)
        ends = {partition: own.end for partition, own in batch.ranges.items()}
        label = labelled(batch.ranges.items())
        note = {"sink": self._sink, "ranges": {p.app_id: list(r) for p, r in batch.ranges.items()}}
        self._crash(1)
        checked = staged = first = None
        quarantined = 0
        try:
            for attempt in range(ATTEMPTS):
                # 2. Drop what is there. The fence comes first: a zombie need not write at all.
                self._main.refresh()
                self._held.refresh()
                self._fence(batch)
                known = self._main.known(ids)
                decided = plan(
                    ids,
                    known,
                    self._held.known(ids),
                    amendable=self._table.amendable,
                    erased=self._main.erased(ids) | self._main.destroyed(rows),
                )
                first = first or decided
                days = self._gating.days()
                self._crash(2)
                if (
                    staged is None
                    or checked is None
                    or decided.keep != checked.good
                    or days != checked.days
                    or not self._main.holds(staged)
                ):
                    self._main.discard(staged)
                    staged = None
                    # 3. Gate.
                    all_of_them = len(decided.keep) == rows.num_rows
                    offered = rows if all_of_them else rows.take(pa.array(decided.keep, pa.int64()))
                    checked = self._gating.check(batch, decided.keep, offered, days)
                    self._crash(3)
                    # 4. Quarantine, before the main commit moves the offsets past these rows.
                    if checked.bad:
                        bad_ids = [ids[i] for i in checked.bad]
                        quarantined += self._held.publish(checked.bad_rows, bad_ids, ends, label, note)
                    self._crash(4)
                    # 5. Files, durable, in their folders.
                    try:
                        good_ids = [ids[i] for i in checked.good]
                        staged = self._main.stage(checked.good_rows, good_ids, displaced(good_ids, known), label)
                    except ConflictError:
                        pause(attempt, self._sink)
                        continue
                    self._crash(5)
                    # 6. Verify: Delta would accept an entry without its file.
                    self._main.verify(staged)
                    self._crash(6)
                # 7. Compare ...
                self._main.log.refresh()
                self._fence(batch)
                self._crash(7)
                if not self._main.fresh:
                    continue  # another sink's rows came in: they may be the same rows
                # 8. ... and set.
                try:
                    version = self._main.commit(staged, ends, note)
                except ConflictError:
                    pause(attempt, self._sink)
                    continue
                break
            else:
                raise SinkError(  # noqa: TRY301 - the handler below cleans up
                    f"table {self._table.name}: needed a commit, came {ATTEMPTS} of other sinks in a row"
                )
        except AmbiguousError:
            raise  # the files may be the table's: whoever starts next looks
        except Exception:
            self._main.discard(staged)
            raise
        self._crash(8)
        # 9. Durable, then visible to readers of the plain folders as the log says.
        self._main.settle(version, staged)
        halts.settle(self._data_dir, self._table.name, self._main.log.offset)
        self._crash(9)
        # 10. Mirror.
        mirror(ends)
        self._crash(10)
        if first.conflicts:
            self._alert("conflict", self._table.name, {"rows": first.conflicts, "sink": self._sink})
        return Published(
            version=version,
            rows=len(staged.ids),
            quarantined=quarantined,
            replays=first.replays,
            conflicts=first.conflicts,
            replaced=sum(map(len, staged.moved.values())),
            erased=decided.erased,
            files=len(staged.adds),
            bytes=sum(file.size for file in staged.adds),
        )

    def _fence(self, batch: Batch) -> None:
        for partition, own in batch.ranges.items():
            # No transaction and offset 0 are the same place: the beginning.
            at = self._main.log.offset(partition) or 0
            if at != own.start:
                raise FencedError(
                    f"table {self._table.name}, {partition.topic}/{partition.index}: needed offset {own.start} in the "
                    f"table, came {at}: another sink owns the partition; the batch is dropped"
                )
