"""`redline export list` and `formats`: what was exported, and what can be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from quality import report
from redline.erasure import exports
from redline.export import work
from sinks.export.formats import FORMATS

if TYPE_CHECKING:
    from redline.settings import Settings


def listing(settings: Settings) -> str:
    """Every export of this data folder, and those that were begun and not finished. Raises InputError."""
    rows: list[tuple[object, ...]] = []
    for one in exports.registered(settings.state):
        folder = Path(one.files[0].path).parent if one.files else Path()
        rows.append((one.at, one.name, one.table, len(one.files), _rows(settings.state, one), str(folder)))
    rows += [
        ("not finished", page.name, page.plan.table, "", "", page.target) for page in work.unfinished(settings.state)
    ]
    if not rows:
        return "nothing was exported from here"
    return report.table(("when (UTC)", "export", "table", "files", "rows", "folder"), rows)


def formats() -> str:
    """Every format: its name, table, forms and meaning."""
    rows = [
        (name, kind.table, "jsonl, parquet" if kind.parquet else "jsonl", kind.meaning)
        for name, kind in FORMATS.items()
    ]
    return report.table(("format", "table", "written as", "what it is"), rows)


def _rows(state: Path, one: exports.Export) -> int:
    """Rows that are left."""
    total = 0
    for file in one.files:
        path = state / exports.FOLDER / file.ids
        if path.exists() and not file.path.endswith(".ids"):
            total += path.stat().st_size // 33  # 32 hex digits and the end of the line
    return total
