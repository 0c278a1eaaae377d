"""Facts about the rows of a batch, as columns: cheap, vectorised, pure. The suites say what they must be.

A fact is a number per row, mostly a count of faults. Its name is `<column>.<what>`, or `leaks` and `nulls`; how it is
made stands in `quality.derived`, but for lengths and counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quality import derived
from quality.columns import bools, floats, ints

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from quality.columns import Numbers
    from quality.suites import Expectation, Rule
    from schemas.tables import Table


_COARSE = 10  # counts of people's doings are told in tens


def schema_faults(batch: pa.Table, table: Table) -> int:
    """How many columns are missing, unknown, double or of another type than the table's."""
    wanted = {field.name: field.type for field in table.schema}
    faults = len(batch.column_names) - len(set(batch.column_names)) + len(set(batch.column_names) - set(wanted))
    for name, kind in wanted.items():
        place = batch.schema.get_field_index(name)
        faults += place < 0 or batch.schema.field(place).type != kind
    return faults


class Facts:
    """The columns, own and derived, of one batch that has its table's schema. Each is made once, when asked for."""

    def __init__(self, batch: pa.Table, table: Table, canaries: Sequence[str] = ()) -> None:
        self._batch = batch.combine_chunks()
        self._made: dict[str, Any] = {}
        self.table = table
        self.canaries = canaries
        self.rows: int = batch.num_rows

    def __repr__(self) -> str:
        return f"Facts({self.table.name}, rows={self.rows})"

    def column(self, name: str) -> Any:
        """An own column as Arrow, a derived one as numpy integers or Booleans.

        Raises:
            ValueError: nobody knows how it is made.
        """
        if self.has(name):
            return self.own(name)
        if name not in self._made:
            self._made[name] = self._derive(name)
        return self._made[name]

    def has(self, name: str) -> bool:
        """Whether it is a column of the batch itself."""
        return name in self._batch.column_names

    def own(self, name: str) -> Any:
        """A column of the batch itself, in one piece. Raises KeyError."""
        column = self._batch.column(name)
        return column.chunk(0) if column.num_chunks else pa.array([], column.type)

    def nested(self, name: str) -> tuple[Numbers, Any]:
        """For every element of a list column, its row; and the elements."""
        column = self.own(name)
        return ints(pc.list_parent_indices(column)), pc.list_flatten(column)

    def per_row(self, parents: Numbers, numbers: Numbers) -> Numbers:
        """Sums by row of numbers of elements."""
        sums: Numbers = np.bincount(parents, weights=numbers, minlength=self.rows).astype(np.int64)
        return sums

    def broken(self, expectation: Expectation) -> npt.NDArray[np.bool_]:
        """For every row, whether it breaks the expectation: what Great Expectations finds, but cheap."""
        if expectation.rule is not None:
            return self._ruled(expectation.rule)
        column = self.column(expectation.column)
        match expectation.kind:
            case "in_set":
                known = pc.is_in(column, value_set=pa.array(expectation.values, column.type))
                return ~bools(pc.or_(known, pc.is_null(column)))
            case "not_null":
                return bools(pc.is_null(column, nan_is_null=True))
            case "unique":
                codes = ints(pc.fill_null(column.dictionary_encode().indices, -1))
                seen = np.bincount(codes + 1, minlength=1)
                seen[0] = 1
                repeated: npt.NDArray[np.bool_] = seen[codes + 1] > 1
                return repeated
            case "between":
                numbers = column if isinstance(column, np.ndarray) else floats(column)
                out = np.zeros(len(numbers), dtype=np.bool_)
                if expectation.low is not None:
                    out |= numbers < expectation.low
                if expectation.high is not None:
                    out |= numbers > expectation.high
                return out
            case "matches":
                found = pc.match_substring_regex(column, expectation.pattern)
                return ~bools(pc.fill_null(found, fill_value=True))
            case "rule":
                message = f"{expectation.name}: needed a rule, came none"
                raise ValueError(message)

    def _ruled(self, rule: Rule) -> npt.NDArray[np.bool_]:
        """Raises whatever the rule does, or TypeError if it answers anything but a Boolean per row."""
        holds = rule(self._batch)
        holds = holds.combine_chunks() if isinstance(holds, pa.ChunkedArray) else holds
        if not isinstance(holds, pa.Array) or not pa.types.is_boolean(holds.type) or len(holds) != self.rows:
            message = f"needed {self.rows} Booleans as an Arrow array, came {type(holds).__name__}"
            raise TypeError(message)
        return ~bools(pc.fill_null(holds, fill_value=True))

    def _derive(self, name: str) -> Numbers:
        if name in derived.OF:
            return derived.OF[name](self)
        column, _, what = name.rpartition(".")
        if what == "length":
            return ints(pc.fill_null(pc.utf8_length(self.own(column)), 0))
        if what == "count":
            return ints(pc.fill_null(pc.list_value_length(self.own(column)), 0))
        if what == "exact":
            return ints(self.own(column)) % _COARSE
        message = f"quality.derived knows no column {name}; a suite asks for it"
        raise ValueError(message)
