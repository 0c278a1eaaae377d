"""A plan for people to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quality.report import table

if TYPE_CHECKING:
    from redline.plan.figures import Figures
    from redline.plan.sizing import Plan


_WHOLE = 100  # from here on without decimals


def shown(plan: Plan, figures: Figures) -> str:
    """The table, and what it rests on."""
    rows = [
        (need.what, f"{_amount(need.amount)} {need.unit}".strip(), str(need.basis), need.grows_with)
        for need in plan.needs
    ]
    sources = ", ".join(f"{name} at {commit}" for name, commit in sorted(figures.of.items()))
    return (
        f"{table(('what', 'how much', 'basis', 'grows with'), rows)}\n\n"
        f"From {sources}: {figures.events_per_s:,.0f} events/s of {figures.event_bytes:,.0f} bytes on one machine of "
        f"{figures.cores} cores.\n{_reach(plan.times_measured)} `assumed`: ours, not measured; `chosen`: by an option."
    )


def _amount(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= _WHOLE or amount == int(amount) else f"{amount:,.2g}"


def _reach(times: float) -> str:
    if times <= 1:
        return "The plan lies within what was measured."
    return f"`extrapolated`: {times:,.1f} times what was measured, in a straight line."
