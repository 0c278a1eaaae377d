"""`redline quality show`: what was measured lately. The history is restricted: few events of one tool are not shown."""

from __future__ import annotations

import datetime as dt
import time
from typing import TYPE_CHECKING

from quality import report
from quality.history import first_day, kept, no_series, of_rows
from quality.measures import HOUR_S, SERIES, US, merge
from schemas.errors import InputError
from sinks import history

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from quality.measures import Point
    from redline.settings import Settings

_LABELS = 4  # beside a row
_HEADER = ("window", "series", "table", "source", "tool", "value", "of", "most of it")


def show(settings: Settings, series: Sequence[str] = (), *, hours: int, now_s: Callable[[], float] = time.time) -> str:
    """A table of the last hours' points, newest first.

    Raises:
        InputError: one of `series` is none.
        SinkError: the history cannot be read.
    """
    if no_series(series):
        raise InputError(f"series: needed one of {', '.join(SERIES)}, came another name")
    now_us = int(now_s() * US)
    since = now_us - hours * HOUR_S * US
    rows = history.read(settings.data_dir, first_day=first_day(since, 0))
    points = merge(one for one in of_rows(rows) if one.end_us > since and (not series or one.series in series))
    shown = kept(points, settings.privacy.k)
    if not shown:
        return f"nothing was measured in the last {hours} h; `redline quality run --once` looks now"
    ordered = sorted(shown, key=lambda one: (-one.at_us, one.key))
    return report.table(_HEADER, [_row(one) for one in ordered])


def _row(one: Point) -> tuple[str, ...]:
    at = dt.datetime.fromtimestamp(one.at_us / US, dt.UTC).strftime("%Y-%m-%d %H:%M")
    known = SERIES.get(one.series)
    most = sorted(one.bins.items(), key=lambda item: (-item[1], item[0]))[:_LABELS]
    value, of = f"{one.value:,.6g}", f"{one.weight:,.6g}"
    if known is not None and known.kind == "latest":
        value = dt.datetime.fromtimestamp(one.value / US, dt.UTC).strftime("%H:%M:%S")
    elif known is not None and known.kind in {"share", "rate"}:
        value = f"{one.ratio:.4g}"
    elif known is not None and known.kind in {"level", "count"}:
        of = ""
    labels = ", ".join(f"{label} {count:,.6g}" for label, count in most)
    return at, one.series, one.table, one.source, one.tool or "(all)", value, of, labels
