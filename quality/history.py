"""Points as rows of `quality_history` and back, and what is kept of them in memory and on the disk. Pure."""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from quality.measures import FRESHNESS, HOUR_S, SERIES, US, Point, merge, window
from schemas.tables import QUALITY_HISTORY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from quality.measures import PointKey

_SCHEMA = QUALITY_HISTORY.schema
DAY_US = 86_400 * US
# Minutes are looked at while something may still be growing; after that the hour's worst one is enough.
FINE_US = 6 * HOUR_S * US


def as_rows(points: Iterable[Point]) -> pa.Table:
    """Rows of `quality_history`, one for each point."""
    listed = list(points)
    at = pa.array([point.at_us for point in listed], pa.int64()).cast(pa.timestamp("us", tz="UTC"))
    columns: dict[str, Any] = {
        "at": at,
        "bins": [[{"label": label, "count": n} for label, n in sorted(one.bins.items())] for one in listed],
        "day": at.cast(pa.date32()),
    }
    return pa.Table.from_arrays(
        [
            pa.array(columns.get(field.name, [getattr(one, field.name, None) for one in listed]), field.type)
            if field.name != "at"
            else at
            for field in _SCHEMA
        ],
        schema=_SCHEMA,
    )


def of_rows(rows: pa.Table) -> list[Point]:
    """`as_rows` undone. Rows of one key are parts: `measures.merge` adds them up."""
    names = [name for name in _SCHEMA.names if name not in {"at", "bins", "day"}]
    starts = rows.column("at").cast(pa.int64()).to_pylist()
    plain = [_shared(rows.column(name)) for name in names]
    return [
        Point(at_us=at, bins=held, **dict(zip(names, values, strict=True)))
        for at, held, *values in zip(starts, _bins(rows.column("bins")), *plain, strict=True)
    ]


def _shared(column: Any) -> list[Any]:
    """The column's values; equal texts are one object, as there are millions of few different ones."""
    if not pa.types.is_string(column.type):
        return list(column.to_pylist())
    coded = column.combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.unify_dictionaries().combine_chunks()
    texts = [sys.intern(text) for text in coded.dictionary.to_pylist()]
    return [texts[code] for code in coded.indices.to_pylist()]


def _bins(column: Any) -> Iterator[dict[str, float]]:
    flat = pc.list_flatten(column)
    labels = iter(_shared(pc.struct_field(flat, "label")))
    counts = iter(pc.struct_field(flat, "count").to_pylist())
    for length in pc.list_value_length(column).to_pylist():
        yield dict(zip(islice(labels, length), islice(counts, length), strict=True))


def compacted(rows: pa.Table, now_us: int) -> pa.Table:
    """Rows of `quality_history` added up: one for each key, of short windows only what is recent."""
    return as_rows(coarse(of_rows(rows), now_us - FINE_US))


def coarse(points: Iterable[Point], before_us: int) -> list[Point]:
    """Windows shorter than an hour that end before a time become hours."""
    return merge(
        replace(one, at_us=window(one.at_us), span_s=HOUR_S)
        if one.span_s < HOUR_S and one.end_us <= window(before_us)
        else one
        for one in points
    )


class Held:
    """The recent points, added up: what the monitors look at."""

    def __init__(self, points: Iterable[Point] = ()) -> None:
        self._points: dict[PointKey, Point] = {}
        self.add(points)

    def __len__(self) -> int:
        return len(self._points)

    def add(self, points: Iterable[Point]) -> None:
        """Add parts of points."""
        for point in points:
            before = self._points.get(point.key)
            self._points[point.key] = point if before is None else merge([before, point])[0]

    def keep(self, now_us: int, *, days: int) -> None:
        """Forget what is older than so many days; make hours of what is older than `FINE_US`."""
        first = now_us - days * DAY_US
        self._points = {one.key: one for one in coarse(self._points.values(), now_us - FINE_US) if one.at_us >= first}

    def latest_us(self) -> int:
        """When the newest row came; 0 if none is known."""
        times = (one.value for key, one in self._points.items() if key.series == FRESHNESS.name)
        return int(max(times, default=0))

    def tools(self, at_us: int) -> set[str]:
        """The tools that one window knows."""
        return {key.tool for key in self._points if key.at_us == at_us and key.tool}

    def points(self, now_us: int) -> list[Point]:
        """All of them, in no order, without those of windows that begin after now: somebody's clock was wrong."""
        return [one for key, one in self._points.items() if key.at_us <= now_us]


def kept(points: Iterable[Point], k: int) -> list[Point]:
    """Those that may be shown: what is about one tool only if at least `k` things were counted, and labels likewise."""
    shown = []
    for one in points:
        if one.tool and (one.weight or one.value) < k:
            continue
        bins: Mapping[str, float] = {name: n for name, n in one.bins.items() if not one.tool or n >= k}
        shown.append(replace(one, bins=bins))
    return shown


def no_series(names: Iterable[str]) -> list[str]:
    """Names that are no series."""
    return [name for name in names if name not in SERIES]


def first_day(now_us: int, days: int) -> str:
    """The first of the last `days` UTC days, as `YYYY-MM-DD`."""
    at = pa.scalar(max(0, now_us - days * DAY_US), pa.timestamp("us", tz="UTC"))
    return str(pc.strftime(at, format="%Y-%m-%d").as_py())
