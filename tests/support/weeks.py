"""Weeks of what was measured, planted in a data folder's history: the same in every hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quality.history import as_rows
from quality.measures import HOUR_S, US, Point, Series, window
from sinks.history import History

if TYPE_CHECKING:
    from pathlib import Path

_HOURS = 3 * 7 * 24


def weeks(
    folder: Path,
    now_us: int,
    series: Series,
    table: str,
    *,
    value: float,
    weight: float = 0.0,
    source: str = "",
    until_h: int = 0,
) -> None:
    """Three weeks of one series, the last of them ending `until_h` hours before the hour of `now_us`."""
    end = window(now_us)
    points = [
        Point(
            series=series.name,
            at_us=end - hour * HOUR_S * US,
            span_s=HOUR_S,
            table=table,
            source=source,
            value=value,
            weight=weight,
        )
        for hour in range(until_h + 1, _HOURS)
    ]
    History(folder).append(as_rows(points), {})
