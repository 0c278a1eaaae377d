"""What the quality process tells the meter: levels, looks, what the monitors found. No name of a source or tool."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from quality import measures as series
from redline.lag import STAGE_OF
from schemas import metrics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from quality.breach import Breach
    from quality.measures import Point
    from schemas.metrics import Meter


class Metered:
    """Counts and gauges of the looks. `now_s`: seconds since 1970."""

    def __init__(self, meter: Meter, *, now_s: Callable[[], float] = time.time) -> None:
        self._meter = meter
        self._now_s = now_s

    def points(self, added: Iterable[Point]) -> None:
        """Points were added to the history."""
        for name, number in Counter(point.series for point in added).items():
            self._meter.count(metrics.QUALITY_POINTS, number, series=name)

    def levels(self, seen: Iterable[Point]) -> None:
        """Lags and quarantines, as they are now."""
        for point in seen:
            if point.series == series.LAG.name and point.table:
                self._meter.set(metrics.TABLE_LAG, point.value, table=point.table)
            elif point.series == series.LAG.name:
                self._meter.set(metrics.LAG, point.value, stage=STAGE_OF.get(point.source, "explode"))
            elif point.series == series.QUARANTINE_ROWS.name:
                self._meter.set(metrics.QUARANTINE_ROWS, point.value, table=point.table)

    def breaches(self, found: Iterable[Breach]) -> None:
        """What the monitors say at this look."""
        for breach in found:
            self._meter.count(metrics.QUALITY_BREACHES, kind=breach.kind, severity=breach.severity.value)

    def looked(self, seconds: float) -> None:
        """A look has ended."""
        self._meter.observe(metrics.QUALITY_LOOKS, seconds)
        self._meter.set(metrics.QUALITY_LOOKED, self._now_s())
