"""Which rows of quarantine a command is about."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from redline import scan
from schemas.errors import InputError, SinkError
from schemas.tables import TABLES
from sinks.quarantine import REASON

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from redline.audit import Detail
    from sinks.seal import Seal

_ID = re.compile(r"[0-9a-f]{32}")
_WORD = re.compile(r"[\w.:/+=,-]{1,200}", re.ASCII)
_COLUMNS = ("record_id", "event_date", REASON.name)
_ATTEMPTS = 5  # a sink may replace a file while it is read
_PAUSE_S = 0.5


@dataclass(frozen=True, slots=True)
class Choice:
    """Rows of these tables, with one of these reasons and ids, of these days; what is empty leaves all.

    A reason is an expectation's name, or name and column as quarantine has them. `until` is the last day.
    """

    tables: tuple[str, ...] = tuple(TABLES)
    reasons: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    since: dt.date | None = None
    until: dt.date | None = None

    @property
    def everything(self) -> bool:
        """True if nothing but tables is chosen."""
        return not (self.reasons or self.ids or self.since or self.until)

    def of(self, part: pa.Table) -> pa.Array:
        """Which rows of a part of a quarantine table are meant: booleans."""
        meant = pa.repeat(pa.scalar(value=True), part.num_rows)
        if self.ids:
            meant = pc.and_(meant, _among(part, "record_id", self.ids))
        if self.reasons:
            whole = _among(part, REASON.name, self.reasons)
            first = pc.split_pattern(part[REASON.name], ":", max_splits=1)
            named = pc.is_in(_one(pc.list_element(first, 0)), value_set=pa.array(self.reasons, pa.string()))
            meant = pc.and_(meant, pc.or_(whole, named))
        if self.since is not None:
            meant = pc.and_(meant, _one(pc.greater_equal(part["event_date"], pa.scalar(self.since))))
        if self.until is not None:
            meant = pc.and_(meant, _one(pc.less_equal(part["event_date"], pa.scalar(self.until))))
        return meant

    def parts(
        self, data_dir: Path, table: str, columns: Sequence[str], *, rows: int = scan.ROWS, seal: Seal | None = None
    ) -> Iterator[pa.Table]:
        """The meant rows of one table's quarantine, with these columns and those that choose.

        Raises:
            SinkError: a file was replaced while it was read.
        """
        asked = [*columns, *(name for name in _COLUMNS if name not in columns)]
        for part in scan.parts(data_dir, table, asked, quarantine=True, rows=rows, seal=seal):
            meant = part.filter(self.of(part))
            if meant.num_rows:
                yield meant

    def whole(self, data_dir: Path, table: str, columns: Sequence[str], *, seal: Seal | None = None) -> pa.Table:
        """All of them at once, as of one look. For columns without text.

        Raises:
            SinkError: files kept being replaced.
        """
        for attempt in range(_ATTEMPTS):
            try:
                found = list(self.parts(data_dir, table, columns, seal=seal))
            except SinkError:
                if attempt + 1 == _ATTEMPTS:
                    raise
                time.sleep(_PAUSE_S)
            else:
                break
        return pa.concat_tables(found) if found else pa.table({name: pa.array([]) for name in columns})

    def told(self) -> dict[str, Detail]:
        """What was chosen, for the audit table: names and days; ids by their number."""
        said: dict[str, Detail] = {"tables": [name for name in TABLES if name in self.tables]}
        if self.reasons:
            said["reasons"] = [one if _WORD.fullmatch(one) else "other" for one in self.reasons]
        if self.ids:
            said["ids"] = len(self.ids)
        if self.since is not None:
            said["since"] = self.since.isoformat()
        if self.until is not None:
            said["until"] = self.until.isoformat()
        return said


def chosen(
    tables: Sequence[str] = (),
    reasons: Sequence[str] = (),
    ids: Sequence[str] = (),
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
) -> Choice:
    """The choice of a command line. Raises InputError: there is no such table, or an id is none."""
    if unknown := [name for name in tables if name not in TABLES]:
        raise InputError(f"--table: needed one of {', '.join(TABLES)}, came {len(unknown)} other words")
    if not all(_ID.fullmatch(one) for one in ids):
        raise InputError("--id: needed 32 hex digits, as `redline quarantine show` prints them")
    return Choice(
        tuple(name for name in TABLES if name in tables or not tables),
        tuple(reasons),
        tuple(ids),
        None if since is None else since.date(),
        None if until is None else until.date(),
    )


def _among(part: pa.Table, column: str, values: Sequence[str]) -> pa.Array:
    return _one(pc.is_in(part[column], value_set=pa.array(values, pa.string())))


def _one(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    if not isinstance(column, pa.ChunkedArray):
        return column
    combined = column.combine_chunks()
    return (
        combined
        if not isinstance(combined, pa.ChunkedArray)
        else pa.concat_arrays(combined.chunks or [pa.array([], combined.type)])
    )
