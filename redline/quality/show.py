"""`redline quality show`: what was measured lately. The history is restricted: few events of one tool are not shown."""

from __future__ import annotations

import datetime as dt
import re
import time
from typing import TYPE_CHECKING

from quality import report
from quality.history import first_day, kept, no_series, of_rows
from quality.measures import HOUR_S, SERIES, UNKNOWN_FIELDS, US, hidden, merge
from schemas.errors import InputError
from sinks import history

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from quality.measures import Point
    from redline.settings import Settings

_HIDDEN = re.compile(r"(tool|source|name):[0-9a-f]{8}")
_LABELS = 4  # beside a row
_HEADER = ("window", "series", "table", "source", "tool", "value", "of", "most of it")


def show(
    settings: Settings,
    series: Sequence[str] = (),
    *,
    hours: int,
    of: str = "",
    now_s: Callable[[], float] = time.time,
) -> str:
    """A table of the last hours' points, newest first.

    Args:
        settings: of the data folder; `privacy.k` counts.
        series: names of series; none: all.
        hours: how far back.
        of: only what is about one tool, source or name, as an alert writes it (`tool:1a2b3c4d`).
        now_s: seconds since 1970.

    Raises:
        InputError: one of `series` is none, or `of` is not written so.
        SinkError: the history cannot be read.
    """
    if no_series(series):
        raise InputError(f"series: needed one of {', '.join(SERIES)}, came another name")
    if of and not _HIDDEN.fullmatch(of):
        raise InputError("of: needed tool:, source: or name: and 8 hex digits, as in an alert; came something else")
    now_us = int(now_s() * US)
    since = now_us - hours * HOUR_S * US
    rows = history.read(settings.data_dir, first_day=first_day(since, 0))
    points = merge(one for one in of_rows(rows) if one.end_us > since and (not series or one.series in series))
    shown = [one for one in kept(points, settings.privacy.k) if not of or of in _hidden(one)]
    if not shown:
        what = f"nothing of {of} that may be shown" if of else "nothing"
        return f"{what} was measured in the last {hours} h; `redline quality run --once` looks now"
    ordered = sorted(shown, key=lambda one: (-one.at_us, one.key))
    return report.table(_HEADER, [_row(one) for one in ordered])


def _hidden(one: Point) -> set[str]:
    """What an alert calls the names of a point: the tool with its version or without, the source, unknown names."""
    names = one.bins if one.series == UNKNOWN_FIELDS.name else ()
    tools = {hidden("tool", tool) for tool in (one.tool, one.tool.partition("/")[0])}
    return tools | {hidden("source", one.source)} | {hidden("name", name) for name in names}


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
