"""`redline retain`: rows that are older than their table keeps them, out of the table and out of quarantine.

A row goes when its day is over that age and Kafka holds none of the raw records it came from any more: the ledger asks
for those, and every one of them must have its fate. So a backfill of old days is kept until Kafka lets go of it.

A clock that is ahead would take rows too early: it must not be far from the newest raw record and row
(`redline.clock`), or nothing goes and somebody is told.
"""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quality import report
from redline import audit, clock, cluster
from redline.admin import watermarks
from redline.alerting import alert_of, alerter
from redline.lock import DataLock
from redline.published import seal_of
from redline.up import attached
from schemas import topics
from schemas.errors import ClockError, InputError, SettingsError
from schemas.tables import TABLES
from sinks import audit_table, store
from sinks.rewrite import rewrite

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import numpy.typing as npt

    from redline.settings import Settings
    from schemas.records import Partition
    from schemas.tables import Table
    from sinks.seal import Seal

    Marks = npt.NDArray[np.bool_]

NAME = "retain"  # of the writer: as a sink's
_LEDGER = ("interactions", "pairs", "trajectories", "revisions", "rejects")
_OF_PEOPLE = ("interactions", "pairs", "trajectories", "revisions")  # what `subjects` lead to


@dataclass(frozen=True, slots=True)
class Aged:
    """One table: rows of days before `before` that go, and those that Kafka's raw records still speak for."""

    table: str
    before: dt.date
    gone: int
    kept: int


def retain(
    settings: Settings,
    *,
    dry_run: bool,
    now: dt.datetime,
    today: dt.date | None = None,
    say: Callable[[str], None],
) -> str:
    """Remove what is too old, by the settings of section `retain`; says what it did, or would do.

    Args:
        settings: of the data folder.
        dry_run: only say it.
        now: by this machine's clock.
        today: the day to count from, as somebody says who knows better than the newest record and row.
        say: told what is waited for.

    Raises:
        InputError: there are no tables, or `today` is to come.
        ClockError: the clock is too far ahead of all that was seen.
        SettingsError: a table would be kept so short that the ledger or an erasure could not work.
        BrokerError: there is no broker to ask which raw records it still holds.
        SinkError: a table cannot be rewritten.
    """
    days = days_of(settings)
    check(settings)
    if not days:
        return "every table keeps its rows for ever: set retain.<table>_days"
    if not store.has(settings.dataset):
        raise InputError(f"{settings.dataset}: needed tables, there are none; --data names the folder")
    if today is not None and today > now.date():
        raise InputError(f"--today: needed a day that is not to come, {now.date()} at most, came a later one")
    with DataLock(settings.state, name="retain.lock"), cluster.broker(attached(settings), say) as live:
        cluster.prepare_topics(live)
        if today is None:
            _require_clock(live, now)
            today = now.date()
        before = {table: today - dt.timedelta(days=number) for table, number in days.items()}
        if not dry_run:
            audit.record(live, "retain", {f"{table}_before": day.isoformat() for table, day in before.items()})
        held = watermarks(live.kafka.bootstrap, topics.EVENTS, config=live.kafka.client)
        lows, seal = {place: low for place, (low, _) in held.items()}, seal_of(live)
        done = [_age(live, _Old(TABLES[table], day, lows, seal), dry_run=dry_run) for table, day in before.items()]
        if not dry_run:
            audit.record(live, "retain.done", {one.table: one.gone for one in done})
    said = "would go" if dry_run else "gone"
    rows = [(one.table, f"before {one.before}", one.gone, one.kept) for one in done]
    return report.table(("table", "days", said, "kept: Kafka holds their raw records"), rows)


def _require_clock(live: Settings, now: dt.datetime) -> None:
    raw = [topics.EVENTS, *(topic.name for topic in cluster.raw_requests(live))]
    seen = [clock.newest_record(live.kafka, raw), clock.newest_row(live.data_dir, TABLES), clock.of_brokers(live.kafka)]
    by = clock.ahead(now, seen)
    with closing(alerter(live, process=NAME)) as told:
        try:
            clock.require(by, live.retain.clock_hours)
        except ClockError:
            told.raise_(alert_of("clock_ahead", got={"hours": round(by.total_seconds() / 3600)}))
            raise
        told.clear("clock_ahead")


def days_of(settings: Settings) -> dict[str, int]:
    """How many days a table keeps its rows; tables that keep them for ever are not there."""
    kept = {name: int(getattr(settings.retain, f"{name}_days")) for name in TABLES}
    return {name: days for name, days in kept.items() if days}


def gone_before(data_dir: Path) -> dict[str, dt.date]:
    """The day of each table before which rows may have been removed, as the audit table tells.

    Raises:
        SinkError: the audit table cannot be read.
    """
    found: dict[str, dt.date] = {}
    for entry in audit_table.entries(data_dir):
        if entry.action != NAME:
            continue
        for name, value in msgspec.json.decode(entry.details, type=dict[str, str | int]).items():
            table, _, kind = name.rpartition("_")
            if kind == "before":
                day = dt.date.fromisoformat(str(value))
            else:  # an entry of an earlier version says how many days were kept
                day = dt.datetime.fromtimestamp(entry.at_us / 1e6, dt.UTC).date() - dt.timedelta(days=int(value))
            found[table] = max(day, found.get(table, day))
    return found


def check(settings: Settings) -> None:
    """Raises SettingsError if a table would be kept too short for what others need of it."""
    days, hours = days_of(settings), settings.kafka.retention_hours
    for table in _LEDGER:
        if table in days and days[table] * 24 < hours:
            raise SettingsError(
                f"retain.{table}_days: needed at least {-(-hours // 24)}, the {hours} hours of kafka.retention_hours: "
                "the ledger accounts for every raw record that Kafka holds"
            )
    if "subjects" in days:
        longer = [table for table in _OF_PEOPLE if days.get(table, 0) > days["subjects"] or table not in days]
        if longer:
            raise SettingsError(
                f"retain.subjects_days: needed as many days as {longer[0]} keeps its rows, or 0: "
                "by `subjects` an erasure finds a person's rows"
            )


@dataclass(slots=True)
class _Old:
    """Parts the rows of days before `before`: those that go from those whose raw records Kafka still holds."""

    table: Table
    before: dt.date
    lows: Mapping[Partition, int]
    seal: Seal
    gone: int = 0
    kept: int = 0

    def where(self, partition: Mapping[str, str]) -> bool:
        return dt.date.fromisoformat(partition["event_date"]) < self.before

    def drop(self, rows: pa.Table) -> pa.Table | None:
        held = self._held(rows)
        return None if held.all() else rows.filter(pa.array(held))

    def count(self, rows: pa.Table) -> None:
        kept = int(self._held(rows).sum())
        self.kept += kept
        self.gone += rows.num_rows - kept

    def _held(self, rows: pa.Table) -> Marks:
        if self.table.name == "subjects":  # no raw offset needs a fate there
            return np.zeros(rows.num_rows, dtype=np.bool_)
        return still_held(self.seal.open(rows.select(["sources"]), self.table), self.lows)


def _age(live: Settings, old: _Old, *, dry_run: bool) -> Aged:
    removed = 0
    for kind in ("dataset", "quarantine"):
        if not dry_run:
            done = rewrite(live.data_dir, old.table, old.drop, kind=kind, name=NAME, where=old.where)
            removed += done.rows_before - done.rows_after
        rewrite(live.data_dir, old.table, old.count, kind=kind, name=NAME, where=old.where)
    return Aged(old.table.name, old.before, old.gone if dry_run else removed, old.kept)


def still_held(rows: pa.Table, lows: Mapping[Partition, int]) -> Marks:
    """Rows of which Kafka holds a raw record: `lows` are the first offsets that it holds."""
    column = rows["sources"].combine_chunks()
    column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    held: Marks = np.zeros(rows.num_rows, dtype=np.bool_)
    places = pc.list_flatten(column)
    parents, indexes, offsets = (
        np.asarray(array.to_numpy(zero_copy_only=False), dtype=np.int64)
        for array in (
            pc.list_parent_indices(column),
            pc.struct_field(places, "partition"),
            pc.struct_field(places, "offset"),
        )
    )
    for (topic, index), low in lows.items():
        ours = np.asarray(pc.equal(pc.struct_field(places, "topic"), topic).to_numpy(zero_copy_only=False), np.bool_)
        held[parents[ours & (indexes == index) & (offsets >= low)]] = True
    return held
