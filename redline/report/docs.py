"""`redline report --docs`: Great Expectations' Data Docs of the tables as they are, as static pages without values."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from quality import user_suites
from quality.data_docs import Outcome, fragments
from quality.suites import SUITES
from redline import private_file, scan
from redline.gates import gates_of
from redline.published import seal_of
from redline.report import marks
from redline.report.frame import Link, Section, page
from redline.report.plain_html import plain
from redline.report.run import FILE
from schemas.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from quality.gate import Gate
    from quality.suites import Expectation
    from redline.settings import Settings

FOLDER = "docs"
INDEX = "index.html"
_OWNER_FOLDER = 0o700


def write(settings: Settings) -> list[Path]:
    """Ask every row of every table, and write the pages into the data folder; the index comes first.

    Raises:
        SettingsError: the keys are gone, or expectations of one's own are wrong.
        SinkError: a table cannot be read.
        OSError: a file cannot be written.
    """
    folder = settings.data_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=_OWNER_FOLDER)
    at = f"{datetime.fromtimestamp(time.time(), UTC):%Y-%m-%d %H:%M} UTC"
    own = user_suites.load(settings.quality.files)
    found = {
        name: _asked(settings, name, gate, (*SUITES[name], *own.get(name, ())))
        for name, gate in gates_of(settings).items()
    }
    pages = {INDEX: _index(found, at)} | {f"{name}.html": _page(name, outcomes, at) for name, outcomes in found.items()}
    for name, html in pages.items():
        private_file.write(folder / name, html.encode())
    return [folder / name for name in pages]


def _asked(settings: Settings, name: str, gate: Gate, suite: Sequence[Expectation]) -> list[Outcome]:
    """What the gate says of all rows of a table, part by part."""
    failed: Counter[str] = Counter()
    broken: set[str] = set()
    rows = 0
    for part in scan.parts(settings.data_dir, name, seal=seal_of(settings)):
        rows += part.num_rows
        for failure in gate(part).failures:
            broken.add(failure.expectation)
            failed[failure.expectation] += len(failure.rows)
    return [Outcome(e, rows, failed[e.name], e.name not in broken) for e in suite]


def _page(name: str, outcomes: Sequence[Outcome], at: str) -> str:
    shown = [plain(html) for html in fragments(name, outcomes)]
    body = "".join(f'<div class="docs">{html}</div>' for html in shown)
    failing = sum(not one.holds for one in outcomes)
    word = f"{failing} of {len(outcomes)} expectations fail" if failing else f"all {len(outcomes)} expectations hold"
    hero = f'<h1>{name}</h1><p class="said">{TABLES[name].meaning}: {word}.</p><p class="when">As of {at}.</p>'
    section = Section("results", "Validation results", "Rendered by Great Expectations. Counts, never values.", body)
    return page(f"Data docs: {name}", hero, [section], _FOOT, _links(name))


def _index(found: dict[str, list[Outcome]], at: str) -> str:
    rows = []
    for name, outcomes in found.items():
        failing = sum(not one.holds for one in outcomes)
        sign = f'<span class="bad">{failing} fail</span>' if failing else '<span class="good">all hold</span>'
        count = max((one.rows for one in outcomes), default=0)
        rows.append((f'<a href="{name}.html">{name}</a>', f"{count:,}", f"{len(outcomes)}", sign))
    table = marks.table(("table", "rows", "expectations", "result"), rows, "tables and their validation results")
    hero = (
        '<h1>Data docs</h1><p class="said">What every row of every table must hold, and whether it does.</p>'
        f'<p class="when">As of {at}.</p>'
    )
    return page("Data docs", hero, [Section("tables", "Tables", "", table)], _FOOT, _links(""))


_FOOT = (
    "Made by <code>redline report --docs</code> from the tables on disk. Restricted: it counts single rows that fail.",
)


def _links(current: str) -> list[Link]:
    report = Link(f"../{FILE}", "Report")
    return [
        report,
        Link(INDEX, "All tables", not current),
        *(Link(f"{name}.html", name, name == current) for name in TABLES),
    ]
