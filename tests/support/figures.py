"""Reports to look at: everything that a page can show, and nothing."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from redline.ledger_note import LedgerNote
from redline.report.few import Bin, Cell, grid, line
from redline.report.figures import Failed, Figures, Firing, Gated, Halted, Histogram, Spread, Trend

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from redline.report.few import Grid

AT = datetime(2026, 1, 30, 8, 30, tzinfo=UTC)
FIRST = date(2026, 1, 2)
K = 10
LABELS = {"accepted": 0.31, "edited": 0.38, "rejected": 0.21, "ignored": 0.1}
SURFACES = {"ide": 900, "doc": 520, "chat": 260, "terminal": 120, "withheld": 90, "other": 14}
FATES = (("published", "interactions", 184_467), ("dropped", "late", 5_533))
NAUGHTY = '<script>alert(1)</script> & "a very long name that a producer has made up for its own task"'


def nothing() -> Figures:
    """A folder without tables."""
    return Figures(made_at=AT, k=K, days=28)


def full() -> Figures:
    """28 days of a company, with every kind of bad news."""
    days = [f"{FIRST + timedelta(days=n)}" for n in range(28)]
    weekday = [1.0 if (FIRST + timedelta(days=n)).weekday() < 5 else 0.12 for n in range(28)]
    pairs = {
        (label, day): Cell(int(1900 * share * busy * (1 + 0.1 * math.sin(n))), 40)
        for label, share in LABELS.items()
        for n, (day, busy) in enumerate(zip(days, weekday, strict=True))
    }
    places = {
        (surface, day): Cell(int(size * busy), 9 if size * busy < 20 else 40)
        for surface, size in SURFACES.items()
        for day, busy in zip(days, weekday, strict=True)
    }
    tasks = ["completion", "edit", "summary", NAUGHTY]
    by_task = {
        (label, task): Cell(int(2_000 * share / (n + 1) ** 2), 200 // (n + 1))
        for label, share in LABELS.items()
        for n, task in enumerate(tasks)
    }
    by_surface = {
        (label, surface): Cell(int(size * share * 20), 12 if size > 20 else 4)
        for label, share in LABELS.items()
        for surface, size in SURFACES.items()
    }
    bell = tuple(Bin(n, n + 1, int(900 * math.exp(-(((n - 16.5) / 2.2) ** 2)))) for n in range(8, 20))
    return Figures(
        made_at=AT,
        k=K,
        days=28,
        first=FIRST,
        last=FIRST + timedelta(days=27),
        small_days=True,
        people=2_840,
        events=184_467,
        sessions=2_210,
        volume=_grid(places),
        labels=line({name: Cell(int(40_000 * share), 500) for name, share in LABELS.items()}, Cell(40_000, 2_000), K),
        labels_by_span=_grid(pairs),
        labels_by_surface=_grid(by_surface),
        labels_by_task=_grid(by_task),
        similarity=Histogram(20, (Bin(0, 8, 22), *bell), 0.83),
        retention=Histogram(20, (Bin(0, 8, 12), *bell), 0.91),
        spreads=tuple(Spread(label, 0.1, 0.5, 0.9) for label in LABELS),
        decision=line(
            {"under 1 s": Cell(91, 60), "1 to 5 s": Cell(973, 80), "over 10 min": Cell(4, 3)}, Cell(1_068, 90), K
        ),
        findings=line(
            {"PERSON": Cell(30_191, 900), "SECRET": Cell(948, 60), "US_SSN": Cell(3, 2)}, Cell(31_142, 901), K
        ),
        rejects={"no_consent": 1_143, "duplicate": 291, "late": 77, "too_deep": None},
        rejected=1_515,
        gates=(Gated("interactions", 120, 184_467, 0, 3, 0), Gated("pairs", 60, 40_000, None, 0, 1)),
        failed=(Failed("pairs", "error", "spans_in_bounds", 3), Failed("interactions", "warning", "model_is_named", 2)),
        halted=(Halted("pairs", "2026-01-30T07:58:00Z", ("no_personal_data_left",)),),
        ledger=LedgerNote(AT.timestamp(), 190_001, FATES, 1, 0, 0),
        firing=(Firing("critical", "gate_halted", "pairs", "firing", "2026-01-30 07:58"),),
        trends=(
            _trend("volume, interactions", "count", 4_000.0, days),
            _trend("match rate, pairs", "share", 0.3, days),
        ),
    )


def _trend(name: str, kind: str, scale: float, days: Sequence[str]) -> Trend:
    points = tuple((day, scale * (2 + math.sin(n))) for n, day in enumerate(days))
    return Trend(name, "rows that came into a table", kind, points)


def _grid(cells: Mapping[tuple[str, str], Cell]) -> Grid:
    def side(number: int) -> dict[str, Cell]:
        names = dict.fromkeys(key[number] for key in cells)
        held = {name: [cell for key, cell in cells.items() if key[number] == name] for name in names}
        return {name: Cell(sum(c.size for c in of), max(c.people for c in of)) for name, of in held.items()}

    return grid(cells, side(0), side(1), Cell(sum(cell.size for cell in cells.values()), 2_000), K)
