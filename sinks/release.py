"""What of a row's surface, language, model and tool is published, and when: the decisions of days, and their use.

Until its day is decided a row says `withheld` in all four; what was there stands in the column `withheld`, sealed for
this one row. A decision is a file that appears whole and never changes. Whoever writes one then commits to the table,
so that a sink which did not know of it decides again.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.errors import SinkError
from schemas.tables import HIDDEN
from sinks.layout import Layout
from sinks.parquet import sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import numpy.typing as npt

    from schemas.tables import Table
    from sinks.seal import Seal

COLUMNS = ("surface", "language", "model", "tool")
WITHHELD, OTHER = "withheld", "other"
Values = tuple[str, str, str, str]
_ALL_WITHHELD: Values = (WITHHELD,) * 4
_ALL_OTHER: Values = (OTHER,) * 4
_DAY = "event_date"
_PAGE, _DONE = ".json", ".done"


class _Page(msgspec.Struct):
    """The file of one day: what was decided, for which k."""

    k: int
    cells: list[tuple[Values, Values]]


class Decisions:
    """The decided days of the tables of a data folder. What was read is kept: it never changes."""

    def __init__(self, data_dir: Path) -> None:
        self._layout = Layout(data_dir)
        self._read: dict[tuple[str, str], Mapping[Values, Values]] = {}

    def days(self, table: str) -> frozenset[str]:
        """The days that are decided, as `YYYY-MM-DD`, as of now. Raises OSError."""
        return self._named(table, _PAGE) | self._named(table, _DONE)

    def of(self, table: str, day: str) -> Mapping[Values, Values]:
        """What becomes of each cell of a decided day.

        Raises:
            SinkError: the file cannot be read.
        """
        if (table, day) not in self._read:
            path = self._layout.cells(table) / f"{day}{_PAGE}"
            try:
                page = msgspec.json.decode(path.read_bytes(), type=_Page)
            except (OSError, msgspec.DecodeError) as error:
                came = type(error).__name__
            else:
                self._read[table, day] = dict(page.cells)
                return self._read[table, day]
            # Deciding again could publish what the first decision held back.
            raise SinkError(f"{path}: needed the decision of a day, came {came}; put the file back from a backup")
        return self._read[table, day]

    def save(self, table: str, day: str, cells: Mapping[Values, Values], *, k: int) -> bool:
        """Write a decision durably; False if there is one, which stands. Raises OSError."""
        folder = self._layout.cells(table)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = folder / f".{day}.{os.getpid()}"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.encode(_Page(k, sorted(cells.items()))))
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
        """Decided days whose rows have all been rewritten. Raises OSError."""
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
        shown = self.shown(rows, table, days)
        named = _present(table)
        told, which = _distinct(rows, named)
        texts = [
            None if day in days else msgspec.json.encode(dict(zip(named, values, strict=True))) for day, *values in told
        ]
        ids = rows.column("record_id").to_pylist()
        hidden = self.seal.hide(table.name, ids, [texts[code] for code in which.tolist()])
        sealed = self.seal.close(shown, table)
        place = sealed.schema.get_field_index(HIDDEN)
        return sealed.set_column(place, sealed.schema.field(place), pa.array(hidden, pa.binary()))

    def shown(self, rows: pa.Table, table: Table, days: frozenset[str]) -> pa.Table:
        """Rows of the table's `schema` with only what may be seen of the four columns, nothing sealed."""
        if not table.sealed:
            return rows

        def becomes(day: str, values: Values) -> Values:
            return self._decisions.of(table.name, day).get(values, _ALL_OTHER) if day in days else _ALL_WITHHELD

        return _mapped(rows, _present(table), becomes)

    def disclosed(self, rows: pa.Table, table: Table) -> pa.Table | None:
        """Rows of the table's files, those of decided days no longer withheld. None: nothing changes.

        What cannot be opened, because its key was destroyed, becomes `other`.
        """
        days = self._decisions.days(table.name)
        decided = pa.array([day in days for day in _days(rows)], pa.bool_())
        open_ = pc.and_(pc.equal(rows.column("surface"), WITHHELD).combine_chunks(), decided)
        if not pc.any(open_).as_py():
            return None
        waiting = rows.filter(open_)
        named = _present(table)
        found = self.revealed(waiting, table)
        for name in named:
            place = waiting.schema.get_field_index(name)
            values = [WITHHELD if one is None else one[COLUMNS.index(name)] for one in found]
            waiting = waiting.set_column(place, waiting.schema.field(place), pa.array(values, pa.string()))
        place = waiting.schema.get_field_index(HIDDEN)
        waiting = waiting.set_column(place, waiting.schema.field(place), pa.nulls(waiting.num_rows, pa.binary()))
        return pa.concat_tables([rows.filter(pc.invert(open_)), self.shown(waiting, table, days)])

    def revealed(self, rows: pa.Table, table: Table) -> list[Values | None]:
        """What is withheld of each row of the table's files; None where it cannot be opened."""
        found: list[Values | None] = []
        for record_id, token in zip(rows["record_id"].to_pylist(), rows[HIDDEN].to_pylist(), strict=True):
            told = None if token is None else self.seal.reveal(table.name, record_id, token)
            try:
                values = msgspec.json.decode(told, type=dict[str, str]) if told is not None else None
            except msgspec.DecodeError:
                values = None
            found.append(None if values is None else _of(values))
        return found


def _of(values: Mapping[str, str]) -> Values:
    surface, language, model, tool = (values.get(name, "") for name in COLUMNS)
    return surface, language, model, tool


def _present(table: Table) -> list[str]:
    return [name for name in COLUMNS if name in table.schema.names]


def _days(rows: pa.Table) -> list[str]:
    days: list[str] = rows.column(_DAY).cast(pa.string()).to_pylist()
    return days


def _mapped(rows: pa.Table, named: list[str], becomes: Callable[[str, Values], Values]) -> pa.Table:
    """Each distinct combination is asked for once."""
    told, which = _distinct(rows, named)
    answers = [becomes(day, _of(dict(zip(named, values, strict=True)))) for day, *values in told]
    for name in named:
        place = rows.schema.get_field_index(name)
        values = pa.array([answer[COLUMNS.index(name)] for answer in answers], pa.string())
        rows = rows.set_column(place, rows.schema.field(place), values.take(pa.array(which)))
    return rows


def _distinct(rows: pa.Table, named: list[str]) -> tuple[list[list[str]], npt.NDArray[np.int64]]:
    """The day and the columns of each distinct combination, and for each row the place of its own."""
    which = np.zeros(rows.num_rows, np.int64)
    columns = [rows.column(name).cast(pa.string()) for name in (_DAY, *named)]
    first = which[:1]
    for column in columns:
        coded = column.dictionary_encode()
        indices = [np.asarray(part.indices.to_numpy(), np.int64) for part in coded.chunks]
        codes = np.concatenate(indices) if indices else which
        # Numbered anew after each column: the product of five columns may be more than 64 bits hold.
        _, first, which = np.unique(which * (codes.max(initial=0) + 1) + codes, return_index=True, return_inverse=True)
        which = which.reshape(-1)
    told = [
        list(values) for values in zip(*(column.take(pa.array(first)).to_pylist() for column in columns), strict=True)
    ]
    return told, which
