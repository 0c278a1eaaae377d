"""What of a row's surface, language, model, tool and task is published, and when: the decisions of days, their use.

Until its day is decided a row says `withheld` in all five; what was there stands in the column `withheld`, sealed for
this one row. How long the decision took (`decision_ms_bucket`) goes the same way: it is told of days that were decided
with `columns` = full, else only that there was one. A decision is a file that appears whole and never changes. Whoever
writes one then commits to the table, so that a sink which did not know of it decides again.

Decisions of before `task` was part of a cell have four columns. Their rows say `other` as task, and no time.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.errors import SinkError
from schemas.tables import HIDDEN
from sinks.layout import Layout
from sinks.parquet import sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from schemas.tables import Table
    from sinks.seal import Seal

    _Distinct = tuple[list[tuple[str, "Told"]], npt.NDArray[np.int64]]

COLUMNS = ("surface", "language", "model", "tool", "task")
TIME = "decision_ms_bucket"
WITHHELD, OTHER = "withheld", "other"
NEVER, TAKEN = "none", "some"  # all that is told of the time to a decision, unless the day says more
Columns = Literal["full", "cells", "coarse"]
Values = tuple[str, str, str, str, str]
Told = tuple[str, str, str, str, str, str]
"""The five columns of a cell, and the time."""
_ALL_WITHHELD: Values = (WITHHELD,) * 5
_ALL_OTHER: Values = (OTHER,) * 5
_DAY = "event_date"
_NAMES = (*COLUMNS, TIME)
_LATER = (COLUMNS[-1], TIME)  # what a version with four columns did not hide
_PAGE, _DONE, _DONE_FOUR = ".json", ".shown", ".done"
_decode = msgspec.json.Decoder(list[str] | dict[str, str]).decode


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of each cell of a decided day. One that is not there is `other`."""

    cells: Mapping[Values, Values] = field(repr=False)
    columns: Columns = "cells"
    four: bool = False
    """It was made before `task` was part of a cell: keys have an empty task, values `other`."""

    def cell(self, values: Values) -> Values:
        """The cell that a row of this one is published in."""
        return self.cells.get((*values[:4], "") if self.four else values, _ALL_OTHER)

    def told(self, values: Told) -> Told:
        """What a row with these values says."""
        *cell, time = values
        return *self.cell(_values(cell)), time if self.columns == "full" else _taken(time)


class _Page(msgspec.Struct):
    """The file of one day: what was decided, for which k."""

    k: int
    cells: list[tuple[tuple[str, ...], tuple[str, ...]]]
    columns: Columns = "cells"


class Decisions:
    """The decided days of the tables of a data folder. What was read is kept: it never changes."""

    def __init__(self, data_dir: Path) -> None:
        self._layout = Layout(data_dir)
        self._read: dict[tuple[str, str], Decision] = {}

    def days(self, table: str) -> frozenset[str]:
        """The days that are decided, as `YYYY-MM-DD`, as of now. Raises OSError."""
        return self._named(table, _PAGE) | self._named(table, _DONE) | self._named(table, _DONE_FOUR)

    def of(self, table: str, day: str) -> Decision:
        """What was decided of a day.

        Raises:
            SinkError: the file cannot be read.
        """
        if (table, day) not in self._read:
            path = self._layout.cells(table) / f"{day}{_PAGE}"
            try:
                self._read[table, day] = _decision(msgspec.json.decode(path.read_bytes(), type=_Page))
            except (OSError, msgspec.DecodeError, ValueError) as error:
                came = type(error).__name__
            else:
                return self._read[table, day]
            # Deciding again could publish what the first decision held back.
            raise SinkError(f"{path}: needed the decision of a day, came {came}; put the file back from a backup")
        return self._read[table, day]

    def save(self, table: str, day: str, cells: Mapping[Values, Values], *, k: int, columns: Columns = "cells") -> bool:
        """Write a decision durably; False if there is one, which stands. Raises OSError."""
        folder = self._layout.cells(table)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = folder / f".{day}.{os.getpid()}"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.encode(_Page(k, sorted(cells.items()), columns)))
                file.flush()
                os.fsync(file.fileno())
            try:
                (folder / f"{day}{_PAGE}").hardlink_to(fresh)
            except FileExistsError:
                return False
        finally:
            fresh.unlink(missing_ok=True)
        for made in (folder, folder.parent, folder.parent.parent):
            sync_folder(made)
        return True

    def finished(self, table: str) -> frozenset[str]:
        """Decided days whose rows have all been rewritten; not by a version that knew four columns. Raises OSError."""
        return self._named(table, _DONE)

    def finish(self, table: str, day: str) -> None:
        """Note durably that a day's rows have been rewritten. Raises OSError."""
        folder = self._layout.cells(table)
        (folder / f"{day}{_DONE}").touch(mode=0o600)
        sync_folder(folder)

    def _named(self, table: str, ending: str) -> frozenset[str]:
        try:
            names = os.listdir(self._layout.cells(table))  # noqa: PTH208 - thousands of names, at each batch
        except FileNotFoundError:
            return frozenset()
        return frozenset(name.removesuffix(ending) for name in names if name.endswith(ending))


class Release:
    """Makes of a table's rows what is published of them; leaves the restricted tables as they are."""

    def __init__(self, decisions: Decisions, seal: Seal) -> None:
        self._decisions = decisions
        self.seal = seal

    def days(self, table: Table) -> frozenset[str]:
        """The days that are decided: rows that were published with fewer of them must be made again. Raises OSError."""
        return self._decisions.days(table.name) if table.sealed else frozenset()

    def publish(self, rows: pa.Table, table: Table, days: frozenset[str]) -> pa.Table:
        """Rows of the table's `schema` as its files hold them: sealed, and with what `days` decided."""
        if not table.sealed:
            return rows
        told, which = _distinct(rows, _present(table))
        shown = self._becoming(rows, table, days, (told, which))
        texts = [None if day in days else msgspec.json.encode(values) for day, values in told]
        ids = rows.column("record_id").to_pylist()
        hidden = self.seal.hide(table.name, ids, [texts[code] for code in which.tolist()])
        sealed = self.seal.close(shown, table)
        place = sealed.schema.get_field_index(HIDDEN)
        return sealed.set_column(place, sealed.schema.field(place), pa.array(hidden, pa.binary()))

    def shown(self, rows: pa.Table, table: Table, days: frozenset[str]) -> pa.Table:
        """Rows of the table's `schema` with only what may be seen of the columns, nothing sealed."""
        return self._becoming(rows, table, days, _distinct(rows, _present(table))) if table.sealed else rows

    def _becoming(self, rows: pa.Table, table: Table, days: frozenset[str], distinct: _Distinct) -> pa.Table:
        def becomes(day: str, values: Told) -> Told:
            if day in days:
                return self._decisions.of(table.name, day).told(values)
            return *_ALL_WITHHELD, _taken(values[-1])

        return _mapped(rows, _present(table), becomes, distinct)

    def disclosed(self, rows: pa.Table, table: Table) -> pa.Table | None:
        """Rows of the table's files, those of decided days no longer withheld. None: nothing changes.

        What cannot be opened, because its key was destroyed, becomes `other`. Rows that a version with four columns
        disclosed lose their task and time.
        """
        days = self._decisions.days(table.name)
        decided = pa.array([day in days for day in _days(rows)], pa.bool_())
        open_ = pc.and_(pc.equal(rows.column("surface"), WITHHELD).combine_chunks(), decided)
        rest = rows.filter(pc.invert(open_))
        kept = self._without_task(rest, table, days)
        if not pc.any(open_).as_py():
            return None if kept.equals(rest) else kept
        waiting = rows.filter(open_)
        found = self.revealed(waiting, table)
        for name in _present(table):
            place = waiting.schema.get_field_index(name)
            unknown = waiting.column(name).to_pylist() if name == TIME else [WITHHELD] * len(found)
            values = [
                other if one is None else one[_NAMES.index(name)] for one, other in zip(found, unknown, strict=True)
            ]
            waiting = waiting.set_column(place, waiting.schema.field(place), pa.array(values, pa.string()))
        place = waiting.schema.get_field_index(HIDDEN)
        waiting = waiting.set_column(place, waiting.schema.field(place), pa.nulls(waiting.num_rows, pa.binary()))
        return pa.concat_tables([kept, self.shown(waiting, table, days)])

    def revealed(self, rows: pa.Table, table: Table) -> list[Told | None]:
        """What is withheld of each row of the table's files; None where it cannot be opened.

        A row of a version with four columns has its task and time in its columns, not in what is hidden.
        """
        found: list[Told | None] = []
        shown: list[dict[str, str]] = []
        for place, (record_id, token) in enumerate(
            zip(rows["record_id"].to_pylist(), rows[HIDDEN].to_pylist(), strict=True)
        ):
            text = None if token is None else self.seal.reveal(table.name, record_id, token)
            values = None if text is None else _values_in(text)
            if isinstance(values, dict):
                shown = shown or rows.select([name for name in _LATER if name in rows.schema.names]).to_pylist()
                values = _of({**values, **shown[place]})
            found.append(values)
        return found

    def _without_task(self, rows: pa.Table, table: Table, days: frozenset[str]) -> pa.Table:
        four = {day for day in days & set(_days(rows)) if self._decisions.of(table.name, day).four}
        named = [name for name in _LATER if name in table.schema.names]
        if not four or not named:
            return rows

        def becomes(day: str, values: Told) -> Told:
            return (*values[:4], OTHER, _taken(values[-1])) if day in four else values

        return _mapped(rows, named, becomes, _distinct(rows, named))


def _decision(page: _Page) -> Decision:
    """Raises ValueError: cells of another number of columns."""
    cells = {tuple(cell): tuple(to) for cell, to in page.cells}
    widths = {len(part) for pair in cells.items() for part in pair}
    if widths == {len(COLUMNS) - 1}:
        return Decision({_values((*cell, "")): _values((*to, OTHER)) for cell, to in cells.items()}, four=True)
    return Decision({_values(cell): _values(to) for cell, to in cells.items()}, page.columns)


def _values_in(text: bytes) -> Told | dict[str, str] | None:
    """What was hidden: the values in the order of the columns, or by name (of four columns)."""
    try:
        values = _decode(text)
    except msgspec.DecodeError:
        return None
    if isinstance(values, dict):
        return values
    return _six(values) if len(values) == len(_NAMES) else None


def _of(values: Mapping[str, str]) -> Told:
    return _six([values.get(name, "") for name in _NAMES])


def _six(values: Sequence[str]) -> Told:
    surface, language, model, tool, task, time = values
    return surface, language, model, tool, task, time


def _values(values: Sequence[str]) -> Values:
    surface, language, model, tool, task = values
    return surface, language, model, tool, task


def _taken(time: str) -> str:
    return NEVER if time == NEVER else TAKEN


def _present(table: Table) -> list[str]:
    return [name for name in _NAMES if name in table.schema.names]


def _days(rows: pa.Table) -> list[str]:
    days: list[str] = rows.column(_DAY).cast(pa.string()).to_pylist()
    return days


def _mapped(rows: pa.Table, named: list[str], becomes: Callable[[str, Told], Told], distinct: _Distinct) -> pa.Table:
    """Each distinct combination is asked for once."""
    told, which = distinct
    answers = [becomes(day, values) for day, values in told]
    for name in named:
        place = rows.schema.get_field_index(name)
        values = pa.array([answer[_NAMES.index(name)] for answer in answers], pa.string())
        rows = rows.set_column(place, rows.schema.field(place), values.take(pa.array(which)))
    return rows


def _distinct(rows: pa.Table, named: list[str]) -> _Distinct:
    """The day and the values of each distinct combination, and for each row the place of its own."""
    which = np.zeros(rows.num_rows, np.int64)
    columns = [rows.column(name).cast(pa.string()) for name in (_DAY, *named)]
    first = which[:1]
    for column in columns:
        coded = column.dictionary_encode()
        indices = [np.asarray(part.indices.to_numpy(), np.int64) for part in coded.chunks]
        codes = np.concatenate(indices) if indices else which
        # Numbered anew after each column: the product of so many columns may be more than 64 bits hold.
        _, first, which = np.unique(which * (codes.max(initial=0) + 1) + codes, return_index=True, return_inverse=True)
        which = which.reshape(-1)
    told = zip(*(column.take(pa.array(first)).to_pylist() for column in columns), strict=True)
    return [(day, _of(dict(zip(named, values, strict=True)))) for day, *values in told], which
