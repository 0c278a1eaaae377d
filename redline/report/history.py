"""What the quality process keeps over time, as the page tells it: series of whole tables by day, and alerts.

The history knows no people. So a day of a series is shown only if k people had events on that day; nothing is shown by
source or tool, and no count below k.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from quality.alerting.store import BOOK
from quality.history import DAY_US, of_rows
from quality.measures import (
    FINDINGS,
    LAG,
    LATE_RATE,
    MATCH_RATE,
    QUARANTINE_GROWTH,
    REJECT_RATE,
    SERIES,
    SIMILARITY,
    US,
    VOLUME,
    merge,
)
from redline import overview
from redline.report.figures import Firing, Trend
from sinks import history

if TYPE_CHECKING:
    from collections.abc import Collection

    from quality.measures import Point
    from redline.settings import Settings

_SHOWN = (VOLUME, MATCH_RATE, SIMILARITY, REJECT_RATE, LATE_RATE, FINDINGS, QUARANTINE_GROWTH, LAG)
_TABLES = frozenset(["interactions", "pairs", "rejects", ""])
_FEWEST = 2  # days that make a line


def trends(settings: Settings, days: Collection[str], k: int) -> tuple[Trend, ...]:
    """The series on these days (`YYYY-MM-DD`), in the order of the page.

    Raises:
        SinkError: the history cannot be read.
    """
    if not days:
        return ()
    rows = history.read(settings.data_dir, first_day=min(days))
    names = [one.name for one in _SHOWN]
    whole = pc.equal(rows["tool"], "")
    rows = rows.filter(pc.and_(whole, pc.is_in(rows["series"], value_set=pa.array(names, pa.string()))))
    lines: dict[tuple[str, str, str], list[tuple[str, float]]] = {}
    for one in merge(_by_day(one) for one in of_rows(rows)):
        day = f"{datetime.fromtimestamp(one.at_us / 1e6, UTC):%Y-%m-%d}"
        if day in days and one.table in _TABLES and (value := _value(one, k)) is not None:
            lines.setdefault((one.series, one.table, one.source), []).append((day, value))
    ordered = sorted(lines, key=lambda key: (names.index(key[0]), key[1:]))
    return tuple(_trend(*key, tuple(sorted(lines[key]))) for key in ordered if len(lines[key]) >= _FEWEST)


def _by_day(one: Point) -> Point:
    return replace(one, at_us=one.at_us // DAY_US * DAY_US, span_s=DAY_US // US)


def _value(one: Point, k: int) -> float | None:
    kind = SERIES[one.series].kind
    if kind == "level":
        return one.value
    if (one.weight if kind != "count" else one.value) < k:
        return None
    return one.value if kind == "count" else one.ratio


def _trend(series: str, table: str, source: str, points: tuple[tuple[str, float], ...]) -> Trend:
    known = SERIES[series]
    about = ", ".join(part for part in (table, source) if part)
    kind = known.kind if known.kind in {"share", "count"} else "number"
    name = series.replace("_", " ") + (f", {about}" if about else "")
    return Trend(name, known.meaning.partition(";")[0], kind, points)


def firing(settings: Settings) -> tuple[Firing, ...] | None:
    """The alerts that are on, the worst first; None if there is no book of them, or it cannot be read."""
    book = settings.state / "alerts" / BOOK
    found, _, unread = overview.alerts(book)
    if unread or not book.exists():
        return None
    return tuple(Firing(one.severity, one.kind, one.table, one.state, _at(one.since)) for one in found)


def _at(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}"
