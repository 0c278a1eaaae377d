"""`redline status`: how far each stage and table is, what was rejected, which tables are halted, which alerts fire."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import pyarrow.compute as pc

from quality import report
from redline.overview import Looker, Overview
from redline.verdict_log import verdicts
from schemas.errors import SinkError
from schemas.tables import TABLES
from sinks import reader, store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from redline.overview import Firing
    from redline.settings import Settings
    from schemas.verdict import Verdict


class Rows(msgspec.Struct, frozen=True):
    """One table: live rows, and rows in quarantine."""

    table: str
    rows: int
    quarantined: int
    published: bool


class Status(Overview, frozen=True, kw_only=True):
    """A look, and what the tables and the sinks' verdicts tell."""

    tables: tuple[Rows, ...]
    rejects: dict[str, int]
    verdicts: dict[str, dict[str, int]]
    """By table: batches that passed, failed, or halted it."""


def status(settings: Settings, say: Callable[[str], None]) -> str:
    """Lags if a broker is configured or runs over the folder, then what the tables and the state folder tell.

    Starts nothing, waits for nobody: `say` is told why where there are no lags.

    Raises:
        SinkError: a table cannot be read.
    """
    look = _look(settings)
    if look.why:
        say(look.why)
    parts = _lags(look) if look.broker else []
    rows = _rows(settings.data_dir)
    parts.append(
        report.table(
            ("table", "rows", "in quarantine", "who may read it"),
            [(one.table, one.rows, one.quarantined, "published" if one.published else "restricted") for one in rows],
        )
    )
    parts.append("rejects\n\n" + report.counts("reason", _rejects(settings.data_dir)))
    parts.append("gates\n\n" + report.verdicts(verdicts(settings.state)))
    parts += [
        f"HALTED since {halt.since}: {halt.table} ({', '.join(halt.expectations)}). "
        f"Look: redline check {halt.table}. Go on: redline release {halt.table} [--quarantine]"
        for halt in look.halted
    ]
    parts += _alerts(look)
    if look.processes:
        ages = [(one.name, f"{one.age_s:.0f} s ago", one.resident // 1_000_000) for one in look.processes]
        parts.append(report.table(("process", "last wrote metrics", "MB"), ages))
    return "\n\n".join(parts)


def as_json(settings: Settings) -> str:
    """The same as one JSON object; `Overview` and `Status` say what its keys mean. Raises SinkError."""
    look = _look(settings)
    found = Status(
        **msgspec.structs.asdict(look),
        tables=tuple(_rows(settings.data_dir)),
        rejects=dict(_rejects(settings.data_dir)),
        verdicts=_verdicts(verdicts(settings.state)),
    )
    return msgspec.json.encode(found).decode()


def _look(settings: Settings) -> Overview:
    looker = Looker(settings)
    try:
        return looker.look()
    finally:
        looker.close()


def _lags(look: Overview) -> list[str]:
    stages = [(one.stage, one.reads, one.records, one.lag) for one in look.stages]
    stores = [(one.table, one.reads, one.records, one.lag) for one in look.stores]
    return [
        f"broker {look.broker}",
        report.table(("stage", "reads", "records", "still to do"), stages),
        report.table(("table", "reads", "records", "not in it yet"), stores),
    ]


def _rows(data: Path) -> list[Rows]:
    return [
        Rows(name, _count(data, name), _count(data, name, quarantine=True), table.published)
        for name, table in TABLES.items()
    ]


def _count(data: Path, name: str, *, quarantine: bool = False) -> int:
    """As the log has it: no file is opened."""
    return sum(file.rows for file in reader.facts(data, name, quarantine=quarantine)[1])


def _rejects(data: Path) -> Counter[str]:
    found: Counter[str] = Counter()
    try:
        for place in reader.places(data, "rejects"):
            with store.parquet(place) as file:
                for batch in file.iter_batches(columns=["reason"]):
                    for counted in pc.value_counts(batch.column(0)):
                        found[counted["values"].as_py()] += counted["counts"].as_py()
    except FileNotFoundError:
        raise SinkError("rejects: a file was replaced while it was read; run the command again") from None
    return found


def _verdicts(all_of: Iterable[Verdict]) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {}
    for verdict in all_of:
        word = "halts" if verdict.halts else "failed" if verdict.failures else "passed"
        found.setdefault(verdict.table, Counter())[word] += 1
    return {table: dict(words) for table, words in found.items()}


def _alerts(look: Overview) -> list[str]:
    parts = []
    if look.firing:
        header = ("severity", "alert", "in", "state", "since", "run")
        parts.append(report.table(header, [_row(alert) for alert in look.firing]))
    elif not look.unread:
        parts.append("alerts: none fires")
    if look.unread:
        parts.append(f"alerts that cannot be read: {look.unread}")
    if look.owed:
        parts.append("notices that wait\n\n" + report.table(("channel", "count"), sorted(look.owed.items())))
    return parts


def _row(alert: Firing) -> tuple[str, ...]:
    about = ", ".join(part for part in (alert.table, alert.subject) if part)
    since = datetime.fromtimestamp(alert.since, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return alert.severity, alert.kind, about, alert.state, since, alert.command
