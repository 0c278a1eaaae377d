"""The dead letters of `rejects` that somebody wants sent again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from redline import scan
from schemas import topics

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

_COLUMNS = ("sources", "fate", "reason", "path", "event_date")
DEAD = "dead_lettered"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Dead letters of one of these reasons, with one of these JSON paths (none: any), of these days (both included).

    The day of a record that was no event is that of its coming.
    """

    reasons: tuple[str, ...]
    paths: tuple[str, ...] = ()
    since: dt.date | None = None
    until: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Letters:
    """Raw offsets by partition, in order; `decided` counts rejects that a decision has dropped, by reason."""

    offsets: dict[int, list[int]] = field(default_factory=dict)
    decided: Counter[str] = field(default_factory=Counter)

    @property
    def count(self) -> int:
        """How many dead letters there are."""
        return sum(map(len, self.offsets.values()))


def find(data_dir: Path, wanted: Wanted) -> Letters:
    """Look through `rejects`. Rows that an erasure or a discard has taken are decided, and no dead letters.

    Raises:
        SinkError: the table cannot be read, or a file was replaced meanwhile (run again).
    """
    found = Letters()
    for part in scan.parts(data_dir, "rejects", _COLUMNS):
        rows = part.filter(_meant(part, wanted))
        found.decided.update(rows.filter(pc.not_equal(rows["fate"], DEAD))["reason"].to_pylist())
        for listed in rows.filter(pc.equal(rows["fate"], DEAD))["sources"].to_pylist():
            for one in listed:
                if one["topic"] == topics.EVENTS:
                    found.offsets.setdefault(one["partition"], []).append(one["offset"])
    for offsets in found.offsets.values():
        offsets.sort()
    return found


def _meant(part: pa.Table, wanted: Wanted) -> pa.ChunkedArray:
    meant = pc.is_in(part["reason"], value_set=pa.array(wanted.reasons, pa.string()))
    if wanted.paths:
        meant = pc.and_(meant, pc.is_in(part["path"], value_set=pa.array(wanted.paths, pa.string())))
    if wanted.since is not None:
        meant = pc.and_(meant, pc.greater_equal(part["event_date"], pa.scalar(wanted.since)))
    if wanted.until is not None:
        meant = pc.and_(meant, pc.less_equal(part["event_date"], pa.scalar(wanted.until)))
    return meant
