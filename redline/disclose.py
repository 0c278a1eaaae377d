"""`redline disclose`: days that are over are decided, and what enough people share of them is no longer withheld.

Each day of each published table goes through these steps once; a kill after any of them, and the next run goes on:

1. Who is in which cell is counted: by the pseudonyms of a row's events in `subjects`, each row for one person.
2. The audit log says that the day is decided.
3. The decision is written. It stands, whatever comes later.
4. The day's rows are rewritten by it, in one commit, ordered by their ids: files no longer tell what arrived together.
5. The day is done.

From step 4's commit on no sink publishes a row of that day as withheld.
"""

from __future__ import annotations

import re
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from quality import report
from quality.cells import Cell, Person, decide
from redline import audit, scan, sql
from redline.compact import compact
from redline.meter import Metering
from redline.published import release_of
from schemas import metrics
from schemas.tables import TABLES
from sinks import reader
from sinks.decisions import COLUMNS, OTHER, TIME, WITHHELD, Decisions
from sinks.rewrite import rewrite

if TYPE_CHECKING:
    from collections.abc import Callable

    from redline.settings import Settings
    from schemas.tables import Table
    from sinks.decisions import Values
    from sinks.release import Release

NAME = "disclose"
QUIET_S = 3_600.0  # a day that still gets rows is a backlog coming in: deciding on half of it would hold back too much
_FOLDER = re.compile(r"/event_date=(\d{4}-\d\d-\d\d)/")
_STILL = f"surface={WITHHELD}"
_READ = ("record_id", "sources", "withheld")
_PUBLISHED = tuple(table for table in TABLES.values() if table.sealed)


@dataclass(frozen=True, slots=True)
class Decided:
    """One day of one table. `kept`: rows whose value is published as it was or by its family, for each column."""

    table: str
    day: str
    rows: int
    cells: int
    kept: Counter[str] = field(default_factory=Counter)


def disclose(
    settings: Settings,
    *,
    quiet_s: float = 0.0,
    now_s: Callable[[], float] = time.time,
    crash: Callable[[int], None] = lambda _step: None,
) -> list[Decided]:
    """Decide every day that is over and was not decided yet, and finish what a kill left half done.

    Args:
        settings: of the data folder; `privacy.k` and `privacy.close_hours` count.
        quiet_s: leave a day alone until no file of it is younger than this.
        now_s: seconds since 1970.
        crash: called after each numbered step, for tests that kill.

    Raises:
        SettingsError: the keys are gone.
        SinkError: a table cannot be read or rewritten, or a decision cannot be read.
        OSError: the disk is full or refuses. Run it again.
    """
    return [
        _day(settings, table, day, crash)
        for table in _PUBLISHED
        for day in _due(settings, table, now_s(), quiet_s=quiet_s)
    ]


def shown(decided: list[Decided]) -> str:
    """What was decided, by table."""
    if not decided:
        return "no day to decide"
    by_table: dict[str, list[Decided]] = defaultdict(list)
    for one in decided:
        by_table[one.table].append(one)
    lines = []
    for name, days in by_table.items():
        kept = sum((one.kept for one in days), Counter())
        columns = (f"{kept[c]:,}" if c in TABLES[name].schema.names else "" for c in COLUMNS)
        lines.append((name, len(days), sum(one.rows for one in days), *columns))
    return report.table(("days decided", "days", "rows", *(f"with {column}" for column in COLUMNS)), lines)


def keep_disclosing(settings: Settings, every_s: float, should_stop: Callable[[float], bool]) -> None:
    """For `redline up`: again and again, each time leaving alone what still moves. `should_stop` waits that long.

    Then small files are merged, those of rejects and events too.
    """
    with Metering(settings, process=NAME) as metering:
        while True:
            for day in disclose(settings, quiet_s=QUIET_S):
                metering.meter.count(metrics.DISCLOSE_DAYS, table=day.table)
                metering.meter.count(metrics.DISCLOSE_ROWS, day.rows, table=day.table)
            metering.meter.set(metrics.DISCLOSE_RUN, time.time())
            compact(settings.data_dir, wait=should_stop)
            if should_stop(every_s):
                return


def _due(settings: Settings, table: Table, now_s: float, *, quiet_s: float) -> list[str]:
    """Days with rows that are over for long enough, and not done.

    A day with rows that say `withheld` is not: a sink far away may not have seen the decision in its listing in time.
    """
    files: dict[str, list[Path]] = defaultdict(list)
    for path in reader.files(settings.data_dir, table.name):
        if (match := _FOLDER.search(path)) is not None:
            files[match[1]].append(Path(path))
    done = Decisions(settings.data_dir).finished(table.name)
    done -= {day for day, paths in files.items() if any(path.parent.name == _STILL for path in paths)}
    over = datetime.fromtimestamp(now_s, UTC) - timedelta(hours=settings.privacy.close_hours)
    return [
        day
        for day in sorted(files.keys() - done)
        if date.fromisoformat(day) < over.date() and (not quiet_s or _youngest(files[day]) <= now_s - quiet_s)
    ]


def _youngest(paths: list[Path]) -> float:
    ages = []
    for path in paths:
        try:
            ages.append(path.stat().st_mtime)
        except FileNotFoundError:  # a sink has just replaced it
            return float("inf")
    return max(ages, default=0.0)


def _day(settings: Settings, table: Table, day: str, crash: Callable[[int], None]) -> Decided:
    decisions, release = Decisions(settings.data_dir), release_of(settings)
    k, columns = settings.privacy.k, settings.privacy.columns
    rows: Counter[Cell] = Counter()
    if day not in decisions.days(table.name):
        people = _people(settings, release, table, day, rows)
        crash(1)
        cells = {} if columns == "coarse" else decide(people, k)
        number = len(set(cells.values()))
        audit.record(
            settings, "disclose", {"table": table.name, "day": day, "k": k, "columns": columns, "cells": number}
        )
        crash(2)
        decisions.save(
            table.name, day, {_values(cell): _values(to) for cell, to in cells.items()}, k=k, columns=columns
        )
    crash(3)
    found = decisions.of(table.name, day)
    rewrite(
        settings.data_dir,
        table,
        lambda part: release.disclosed(part, table),
        name=NAME,
        where=lambda partition: partition["event_date"] == day,
        merge=True,
        fence=True,
    )
    crash(4)
    decisions.finish(table.name, day)
    crash(5)
    kept: Counter[str] = Counter()
    for cell, count in rows.items():
        for column, value in zip(COLUMNS, found.cell(_values(cell)), strict=True):
            kept[column] += count * (value != OTHER)
    return Decided(table.name, day, rows.total(), len(set(found.cells.values())), kept)


def _values(cell: Cell) -> Values:
    return cell.surface, cell.language, cell.model, cell.tool, cell.task


def _people(
    settings: Settings, release: Release, table: Table, day: str, rows: Counter[Cell]
) -> dict[Cell, set[Person]]:
    """Who is in which cell of the day; counts the rows of each on the way.

    A row counts for one person: the first pseudonym of its events, if they have any. So no cell seems to hold more
    people than it does.
    """
    data = settings.data_dir
    numbers: dict[Cell, int] = {}
    with sql.connection(data, ()) as live:
        live.execute('create table person ("partition" integer, "offset" bigint, name varchar)')
        for part in scan.parts(data, "subjects", ["sources", "pseudonym", "key_epoch"], day=day):
            live.register("part", part)
            live.execute(
                'insert into person select s."partition", s."offset", key_epoch || \' \' || pseudonym'
                " from (select unnest(sources) as s, key_epoch, pseudonym from part)"
            )
        live.execute('create table used (row bigint, cell integer, "partition" integer, "offset" bigint)')
        first = 0
        # Of rows that an older version withheld, the task stands there.
        shown = [name for name in ("task", TIME) if name in table.schema.names]
        for part in scan.parts(data, table.name, [*_READ, *shown], seal=release.seal, day=day):
            codes = []
            for values in release.revealed(part, table):
                cell = None if values is None else Cell(*values[: len(COLUMNS)])
                codes.append(None if cell is None else numbers.setdefault(cell, len(numbers)))
                if cell is not None:
                    rows[cell] += 1
            place = pa.array(range(first, first + part.num_rows), pa.int64())
            first += part.num_rows
            live.register(
                "part",
                pa.table([place, pa.array(codes, pa.int32()), part["sources"]], names=["row", "cell", "sources"]),
            )
            live.execute(
                'insert into used select row, cell, s."partition", s."offset"'
                " from (select row, cell, unnest(sources) as s from part where cell is not null)"
            )
        found = live.execute(
            "select distinct cell, name from (select row, any_value(cell) as cell, min(name) as name"
            ' from used join person using ("partition", "offset") group by row)'
        )
        people: dict[Cell, set[Person]] = {cell: set() for cell in numbers}
        cells = list(numbers)
        while batch := found.fetchmany(10_000):
            for number, name in batch:
                epoch, _, pseudonym = name.partition(" ")
                people[cells[number]].add(Person(int(epoch), pseudonym))
    return people
