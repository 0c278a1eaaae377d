"""`redline rejects`: how many events were rejected, and why. Counts only: the table itself is restricted."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from quality import report
from quality.cohorts import refuse_person_grouping
from redline import scan
from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from redline.settings import Settings

BY = ("reason", "path", "expected", "stage", "fate", "event_type", "event_date")
"""Columns of `rejects` that say what was wrong, and not with whose event."""
DEFAULT = ("reason", "path", "expected")


def rejects(settings: Settings, by: Sequence[str] = DEFAULT) -> str:
    """Rejected events, counted by these columns, the most frequent first.

    Raises:
        PurposeError: a column tells people or rows apart.
        InputError: it is none of BY.
        SinkError: the table cannot be read.
    """
    columns = list(dict.fromkeys(by))
    refuse_person_grouping(columns)
    if not columns or not set(columns) <= set(BY):
        raise InputError(f"rejects: needed columns of {', '.join(BY)}, came another; several by commas")
    counts: Counter[tuple[str, ...]] = Counter()
    for part in scan.parts(settings.data_dir, "rejects", columns):
        values = [part[name].to_pylist() for name in columns]
        counts.update(tuple(map(str, row)) for row in zip(*values, strict=True))
    if not counts:
        return "nothing was rejected"
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rows = [(*row, count) for row, count in ordered]
    return report.table((*columns, "events"), rows)
