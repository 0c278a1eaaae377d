"""What the quality process keeps over time, as the page tells it: series of whole tables by day, and alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from redline.report.figures import Firing, Trend
    from redline.settings import Settings


def trends(settings: Settings, first: date, k: int) -> tuple[Trend, ...]:
    """The series from `first` on."""
    del settings, first, k
    return ()


def firing(settings: Settings) -> tuple[Firing, ...] | None:
    """The alerts that are on, the worst first; None if there is no book of them."""
    del settings
    return None
