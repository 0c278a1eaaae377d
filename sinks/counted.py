"""What a sink tells the meter of its tables: once for a batch, never for a row."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from schemas import metrics
from sinks.desk import Hold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from schemas.metrics import Meter
    from sinks.batch import Batch
    from sinks.committer import Published

OUTCOMES = ("quarantined", "replays", "conflicts", "replaced", "erased")
"""What becomes of rows that are not published: fields of `Published`."""


class Counted:
    """Counts and gauges of one sink. `now_s`: seconds since 1970."""

    def __init__(self, meter: Meter, tables: Iterable[str], *, now_s: Callable[[], float] = time.time) -> None:
        self._meter = meter
        self._now_s = now_s
        for table in tables:
            self.held(table, None)

    def committed(self, table: str, batch: Batch, done: Published, seconds: float) -> None:
        """A batch is in its table."""
        meter = self._meter
        meter.count(metrics.SINK_RECORDS, len(batch.payloads), table=table)
        meter.count(metrics.SINK_ROWS, done.rows, table=table, outcome="published")
        for outcome in OUTCOMES:
            if number := getattr(done, outcome):
                meter.count(metrics.SINK_ROWS, number, table=table, outcome=outcome)
        meter.count(metrics.SINK_FILES, done.files, table=table)
        meter.count(metrics.SINK_BYTES, done.bytes, table=table)
        meter.observe(metrics.SINK_COMMIT_SECONDS, seconds, table=table)
        meter.set(metrics.SINK_COMMITTED, self._now_s(), table=table)

    def held(self, table: str, why: Hold | None) -> None:
        """A table stands still, or goes on (None)."""
        for hold in Hold:
            self._meter.set(metrics.SINK_HELD, hold is why, table=table, why=hold.value)

    def incident(self, table: str, kind: str) -> None:
        """Something that somebody is told of."""
        self._meter.count(metrics.SINK_INCIDENTS, table=table, kind=kind)
