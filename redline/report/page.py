"""The figures of a data folder as one HTML page that needs nothing else. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redline.report import checks, outcomes
from redline.report.frame import page
from redline.report.marks import number
from schemas.tables import PURPOSES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from redline.report.figures import Figures
    from redline.report.frame import Link

TITLE = "Redline report"


def html(found: Figures, links: Sequence[Link] = ()) -> str:
    """The report. With `links` it is a page of `redline serve`."""
    foot = (
        f"Made {found.made_at:%Y-%m-%d %H:%M} UTC by <code>redline report</code>.",
        "This page asks for nothing from anywhere, and holds no text of anybody.",
        f"Purpose of the data: {PURPOSES['training']}.",
    )
    return page(TITLE, _hero(found), (*outcomes.sections(found), *checks.sections(found)), foot, links)


def _day(at: date) -> str:
    return f"{at.day} {at:%B %Y}"


def _hero(found: Figures) -> str:
    when = "No tables yet."
    if found.first and found.last:
        days = (found.last - found.first).days + 1
        when = f"{_day(found.first)} to {_day(found.last)}: {days} day{'s' if days > 1 else ''} of event time."
    tiles = [
        ("events kept", found.events),
        ("suggestions with their outcome", found.labels.total),
        ("sessions", found.sessions),
        ("people behind them, at least", found.people or None),
    ]
    shown = "".join(f"<div><dt>{name}</dt><dd>{number(value)}</dd></div>" for name, value in tiles if value)
    sentence = outcomes.said(found.labels)
    return (
        "<h1><del>What the model wrote</del> <ins>What people kept</ins></h1>"
        f"{f'<p class=said>{sentence}</p>' if sentence else ''}"
        f'<p class="when">{when}</p>'
        f"{f'<dl class=tiles>{shown}</dl>' if shown else ''}"
    )
