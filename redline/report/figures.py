"""What the report is made of. Every count has passed `few` on its way here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from redline.report.few import Bin, Grid, Line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from redline.ledger_note import LedgerNote

NO_LINE = Line({}, None)
NO_GRID = Grid({}, {}, {}, None)


class Histogram(NamedTuple):
    """A distribution over 0 to 1 in `steps` steps; `median` to two digits. No bins where too few people are in it."""

    steps: int
    bins: tuple[Bin, ...]
    median: float


class Spread(NamedTuple):
    """Quartiles of a number between 0 and 1 over the rows with one label, to two digits."""

    label: str
    low: float
    median: float
    high: float


class Gated(NamedTuple):
    """What the gate of one table decided, summed over its batches. None: fewer rows than k."""

    table: str
    batches: int
    rows: int
    quarantined: int | None
    warnings: int
    halts: int


class Failed(NamedTuple):
    """One expectation that failed, over all batches."""

    table: str
    severity: str
    expectation: str
    batches: int


class Halted(NamedTuple):
    """A table that waits for somebody."""

    table: str
    since: str
    expectations: tuple[str, ...]


class Firing(NamedTuple):
    """One alert that is on."""

    severity: str
    kind: str
    table: str
    state: str
    since: str


class Trend(NamedTuple):
    """One series by day: (day, value); `kind` says how the number is read: a share, a count, seconds."""

    name: str
    meaning: str
    kind: str
    points: tuple[tuple[str, float], ...]


NO_HISTOGRAM = Histogram(1, (), 0.0)


@dataclass(frozen=True, slots=True)
class Figures:
    """One report. `span` is `day`, `week` or `month`: what one column of a plot over time is."""

    made_at: datetime
    k: int
    days: int
    first: date | None = None
    last: date | None = None
    span: str = "day"
    small_days: bool = False
    """Whether days were left out because fewer than k people stand in them."""
    people: int = 0
    """Rounded down to tens."""
    events: int | None = None
    sessions: int | None = None
    volume: Grid = NO_GRID
    labels: Line = NO_LINE
    labels_by_span: Grid = NO_GRID
    labels_by_surface: Grid = NO_GRID
    labels_by_task: Grid = NO_GRID
    similarity: Histogram = NO_HISTOGRAM
    retention: Histogram = NO_HISTOGRAM
    spreads: tuple[Spread, ...] = ()
    decision: Line = NO_LINE
    findings: Line = NO_LINE
    rejects: Mapping[str, int | None] = field(default_factory=dict)
    rejected: int = 0
    gates: tuple[Gated, ...] = ()
    failed: tuple[Failed, ...] = ()
    halted: tuple[Halted, ...] = ()
    ledger: LedgerNote | None = None
    firing: tuple[Firing, ...] | None = None
    """None: no book of alerts is there."""
    trends: tuple[Trend, ...] = ()
