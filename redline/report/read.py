"""The figures of a data folder: counted from the tables in bounded memory, and hidden where few people are.

Pairs and sessions are told as they are published: a day that is not decided yet has the surface `withheld`. People are
counted by the pseudonyms in `subjects`, each row for one person and those of two epochs not added up, so that no count
seems to be about more people than it is. A day of fewer than k people is left out of everything.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb

from redline import ledger_note, scan, sql
from redline.published import seal_of
from redline.report import few, history
from redline.report.facts import BUCKETS, FACTS, LONGER, take_day
from redline.report.figures import NO_HISTOGRAM, Failed, Figures, Gated, Halted, Histogram, Spread
from redline.verdict_log import verdicts
from schemas.errors import SinkError
from schemas.tables import LABELS, TABLES
from schemas.verdict import Severity
from sinks import halts, reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from redline.report.few import Cell, Grid, Line
    from redline.settings import Settings

_STEPS = 20  # of a distribution, at the finest
_MOST_COLUMNS = 62  # of a plot over time: beyond, a column is a week, then a month
_WEEKS = 370
_MEMORY = "1GB"  # DuckDB's; what does not fit spills into the state folder
_TENS = 10
_ATTEMPTS = 3


def figures(settings: Settings, days: int, now_us: int) -> Figures:
    """Everything the page tells of the last `days` days up to the newest one of the tables.

    Args:
        settings: of the data folder; `privacy.k` counts.
        days: at least 1.
        now_us: when the report is made.

    Raises:
        SettingsError: the keys are gone by which people are counted.
        SinkError: a table cannot be read.
    """
    for _ in range(_ATTEMPTS):
        try:
            return _figures(settings, days, now_us)
        except duckdb.Error as error:
            if not sql.is_unread(error):  # else a file was replaced between the log and its reading
                raise
    raise SinkError(f"{settings.dataset}: needed files that stay while they are read; run `redline doctor`")


def _figures(settings: Settings, days: int, now_us: int) -> Figures:
    data, k = settings.data_dir, settings.privacy.k
    made_at = datetime.fromtimestamp(now_us / 1e6, UTC)
    about: dict[str, Any] = {"made_at": made_at, "k": k, "days": days, **_operating(settings, k)}
    there = sorted({day for name in ("interactions", "pairs", "trajectories") for day in _days(settings, name)})
    if not there:
        return Figures(**about)
    last = there[-1]
    first = max(there[0], last - timedelta(days=days - 1))
    chosen = [day for day in there if day >= first]
    seal = seal_of(settings)
    with sql.connection(data, ("interactions", "subjects")) as live:
        live.execute(f"set memory_limit = '{_MEMORY}'")
        live.execute(FACTS)
        for day in chosen:
            take_day(settings, live, seal, day)
        about |= {"first": first, "last": last, **_rejects(settings, first, k), **_counted(live, k, first, last)}
        # What is left by now are days of k people or more.
        days_of_k = {f"{day}" for (day,) in live.execute("select distinct day from event").fetchall()}
    about["trends"] = history.trends(settings, days_of_k, k)
    return Figures(**about)


def _days(settings: Settings, name: str) -> set[date]:
    """Days with live files, by the names of their folders."""
    found = (path.partition("/event_date=")[2].partition("/")[0] for path in reader.files(settings.data_dir, name))
    return {date.fromisoformat(day) for day in found if day}


def _counted(live: duckdb.DuckDBPyConnection, k: int, first: date, last: date) -> dict[str, Any]:
    small = _leave_out(live, k)
    span = _span(first, last)
    live.execute(f"create view p as select *, strftime(date_trunc('{span}', day), '%Y-%m-%d') as span from pair")  # noqa: S608 - our own names
    people = max((cell.people for cell in _cells(live, "event", (), "sum(n)").values()), default=0)
    events = few.line({}, _whole(live, "event", "sum(n)"), k)
    sessions = few.line({}, _whole(live, "session"), k)
    return {
        "span": span,
        "small_days": small,
        "people": people // _TENS * _TENS if people >= k else 0,
        "events": events.total,
        "sessions": sessions.total,
        "volume": _grid(live, "surface", "span", k),
        "labels": _line(live, "p", "label", k, order=LABELS),
        "labels_by_span": _grid(live, "label", "span", k),
        "labels_by_surface": _grid(live, "label", "surface", k),
        "labels_by_task": _grid(live, "label", "task", k),
        "similarity": _histogram(live, "similarity", k),
        "retention": _histogram(live, "retention", k),
        "spreads": _spreads(live, k),
        "decision": _line(
            live, "decision", "bucket", k, order=[*(name for _, name in BUCKETS), LONGER], weight="sum(n)"
        ),
        "findings": _line(live, "finding", "entity", k, weight="sum(n)"),
    }


def _span(first: date, last: date) -> str:
    days = (last - first).days + 1
    return "day" if days <= _MOST_COLUMNS else "week" if days <= _WEEKS else "month"


def _leave_out(live: duckdb.DuckDBPyConnection, k: int) -> bool:
    """Drop the days of a table that fewer than k people stand in; whether there were any."""
    small = False
    for name in ("pair", "session", "event", "decision", "finding"):
        people = _cells(live, name, ("strftime(day, '%Y-%m-%d')",))
        days = [date.fromisoformat(day) for (day,), cell in people.items() if cell.people < k]
        for day in days:
            live.execute(f"delete from {name} where day = ?", [day])  # noqa: S608 - our own names
        small = small or bool(days)
    return small


def _cells(
    live: duckdb.DuckDBPyConnection, table: str, by: Sequence[str], weight: str = "count(*)", where: str = "true"
) -> dict[tuple[str, ...], Cell]:
    """Counts and people by columns of our own; people of one epoch, the largest."""
    names = [f"c{n}" for n in range(len(by))]
    chosen = "".join(f"{column} as {name}, " for column, name in zip(by, names, strict=True))
    keys = "".join(f"{name}, " for name in names)
    found = live.execute(
        f"select {keys} sum(n)::bigint, max(people) from (select {chosen} {weight} as n, count(distinct who) as people"  # noqa: S608 - likewise
        f" from {table} where {where} group by {keys} epoch) {'group by ' + ', '.join(names) if names else ''}"
    ).fetchall()
    return {tuple(map(str, row[:-2])): few.Cell(int(row[-2] or 0), int(row[-1] or 0)) for row in found}


def _whole(live: duckdb.DuckDBPyConnection, table: str, weight: str = "count(*)", where: str = "true") -> Cell:
    return _cells(live, table, (), weight, where).get((), few.Cell(0, 0))


def _line(
    live: duckdb.DuckDBPyConnection,
    table: str,
    column: str,
    k: int,
    *,
    order: Sequence[str] = (),
    weight: str = "count(*)",
    where: str = "true",
) -> Line:
    cells = {key: cell for (key,), cell in _cells(live, table, (column,), weight, where).items()}
    return few.line(_ordered(cells, order), _whole(live, table, weight, where), k)


def _ordered(cells: dict[str, Cell], order: Sequence[str]) -> dict[str, Cell]:
    """In the order given, then the most frequent first."""
    place = {name: number for number, name in enumerate(order)}
    names = sorted(cells, key=lambda name: (place.get(name, len(place)), -cells[name].size, name))
    return {name: cells[name] for name in names}


def _grid(live: duckdb.DuckDBPyConnection, row: str, column: str, k: int) -> Grid:
    cells = {(key[0], key[1]): cell for key, cell in _cells(live, "p", (row, column)).items()}
    rows = {key: cell for (key,), cell in _cells(live, "p", (row,)).items()}
    columns = {key: cell for (key,), cell in _cells(live, "p", (column,)).items()}
    rows = _ordered(rows, LABELS if row == "label" else ())
    columns = dict(sorted(columns.items())) if column == "span" else _ordered(columns, ())
    return few.grid(cells, rows, columns, _whole(live, "p"), k)


def _histogram(live: duckdb.DuckDBPyConnection, column: str, k: int) -> Histogram:
    """Of the edited pairs."""
    place = f"least({_STEPS - 1}, floor({column} * {_STEPS} + 1e-9)::integer)"
    counts = [0] * _STEPS
    people: list[dict[int, set[int]]] = [{} for _ in counts]
    found = live.execute(
        f"select {place} as place, epoch, who, count(*) from p where label = 'edited' group by place, epoch, who"  # noqa: S608 - our own names
    )
    while batch := found.fetchmany(10_000):
        for at, epoch, who, count in batch:
            counts[at] += count
            if who is not None:
                people[at].setdefault(epoch, set()).add(who)
    bins = few.bins(list(zip(counts, people, strict=True)), k)
    if not bins:
        return NO_HISTOGRAM
    [(median,)] = live.execute(f"select round(median({column}), 2) from p where label = 'edited'").fetchall()  # noqa: S608 - likewise
    return Histogram(_STEPS, bins, float(median or 0.0))


def _spreads(live: duckdb.DuckDBPyConnection, k: int) -> tuple[Spread, ...]:
    people = _cells(live, "p", ("label",))
    found = live.execute("select label, quantile_cont(similarity, [0.25, 0.5, 0.75]) from p group by label").fetchall()
    quartiles = {label: values for label, values in found if people[(label,)].people >= k}
    return tuple(Spread(label, *(round(v, 2) for v in quartiles[label])) for label in LABELS if label in quartiles)


def _rejects(settings: Settings, first: date, k: int) -> dict[str, Any]:
    """Rejected events by reason. They lead to no person, so people cannot be counted: few events are not told."""
    counts: Counter[str] = Counter()
    for part in scan.parts(settings.data_dir, "rejects", ["reason", "event_date"]):
        for group in part.group_by(["reason", "event_date"]).aggregate([([], "count_all")]).to_pylist():
            if group["event_date"] >= first:
                counts[group["reason"]] += group["count_all"]
    shown = few.line({r: few.Cell(n, n) for r, n in counts.most_common()}, few.Cell(counts.total(), counts.total()), k)
    return {"rejects": shown.counts, "rejected": shown.total or 0}


def _operating(settings: Settings, k: int) -> dict[str, Any]:
    """What gates, halts, ledger and alerts say: of batches and offsets, not of people."""
    sums: dict[str, Counter[str]] = {}
    failed: Counter[tuple[str, str, str]] = Counter()
    for verdict in verdicts(settings.state):
        bad = 0 if verdict.halts else len(verdict.bad_rows)
        warned = sum(f.severity is Severity.WARNING for f in verdict.failures)
        sums.setdefault(verdict.table, Counter()).update(
            batches=1, rows=verdict.rows, quarantined=bad, warnings=warned, halts=int(verdict.halts)
        )
        failed.update({(verdict.table, f.severity.value, f.expectation) for f in verdict.failures})
    gates = (
        Gated(
            name,
            c["batches"],
            c["rows"],
            None if 0 < c["quarantined"] < k else c["quarantined"],
            c["warnings"],
            c["halts"],
        )
        for name, c in sorted(sums.items(), key=lambda item: list(TABLES).index(item[0]) if item[0] in TABLES else -1)
    )
    return {
        "gates": tuple(gates),
        "failed": tuple(Failed(*key, count) for key, count in sorted(failed.items(), key=lambda i: (-i[1], i[0]))),
        "halted": tuple(_halted(halts.halted(settings.data_dir))),
        "ledger": ledger_note.read(settings),
        "firing": history.firing(settings),
    }


def _halted(found: Iterable[halts.Halt]) -> Iterable[Halted]:
    return (Halted(h.table, h.since, tuple(sorted({f.expectation for f in h.failed}))) for h in found)
