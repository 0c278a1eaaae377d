"""What of a row's surface, language, model, tool and task is published, and when: the decisions of days in use.

Until its day is decided a row says `withheld` in all five; what was there stands in the column `withheld`, sealed for
this one row. How long the decision took (`decision_ms_bucket`) goes the same way: it is told of days that were decided
with `columns` = full, else only that there was one. Whoever decides a day (`sinks.decisions`) then commits to the
table, so that a sink which did not know of it decides again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.tables import HIDDEN
from sinks.decisions import COLUMNS, OTHER, TIME, WITHHELD, taken

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from schemas.tables import Table
    from sinks.decisions import Decisions, Told, Values
    from sinks.seal import Seal

    _Distinct = tuple[list[tuple[str, Told]], npt.NDArray[np.int64]]

_ALL_WITHHELD: Values = (WITHHELD,) * 5
_DAY = "event_date"
_NAMES = (*COLUMNS, TIME)
_LATER = (COLUMNS[-1], TIME)  # what a version with four columns did not hide
_decode = msgspec.json.Decoder(list[str] | dict[str, str]).decode


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
            return *_ALL_WITHHELD, taken(values[-1])

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
            return (*values[:4], OTHER, taken(values[-1])) if day in four else values

        return _mapped(rows, named, becomes, _distinct(rows, named))


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
