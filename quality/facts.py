"""Facts about the rows of a batch, as columns: cheap, vectorised, pure. The suites say what they must be.

A fact is a number per row, mostly a count of faults. Its name is `<column>.<what>`, or `leaks` and `nulls`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quality import leaks
from schemas import rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from quality.suites import Expectation, Rule
    from schemas.tables import Table

    Numbers = npt.NDArray[Any]

_FIRST_DAY = np.datetime64("2000-01-01", "D")
_ROLES = ("system", "user", "assistant", "tool")
_KINDS = ("message", "tool_call", "tool_result", "plan", "suggestion", "decision", "edit")
# Keyed hashes: 32 hex digits cannot hold a person, and would cost a scan each.
_NOT_TEXT = frozenset(
    {"record_id", "session_key", "interaction_key", "thread_key", "document_key", "pseudonym", "subject_mark"}
)
_LONG_TEXTS = frozenset({"data", "prompt", "before", "suggestion", "final"})
_HEX32 = r"^[0-9a-f]{32}$"
_HASHES = r"^[0-9a-f]{16}( [0-9a-f]{16}){0,7}$"
_ASCII_SURROGATES = r"^(<[A-Z]+_[0-9a-f]{4}>|[a-z0-9]+( [a-z0-9]+){0,7})$"
_SURROGATES = r"^(<[A-Z]+_[0-9a-f]{4}>|[\pL\pN]+( [\pL\pN]+){0,7})$"
_STEP_TEXTS = ("content", "tool_name", "arguments", "outcome")
_NESTED_TEXTS = {"steps": _STEP_TEXTS, "variants": ("tool", "data")}


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
        self._table = table
        self._canaries = canaries
        self._made: dict[str, Any] = {}
        self.rows: int = batch.num_rows

    def __repr__(self) -> str:
        return f"Facts({self._table.name}, rows={self.rows})"

    def column(self, name: str) -> Any:
        """An own column as Arrow, a derived one as numpy integers."""
        if name in self._batch.column_names:
            return self._own(name)
        if name not in self._made:
            self._made[name] = self._derive(name)
        return self._made[name]

    def broken(self, expectation: Expectation) -> npt.NDArray[np.bool_]:
        """For every row, whether it breaks the expectation: what Great Expectations finds, but cheap."""
        if expectation.rule is not None:
            return self._ruled(expectation.rule)
        column = self.column(expectation.column)
        match expectation.kind:
            case "in_set":
                known = pc.is_in(column, value_set=pa.array(expectation.values, column.type))
                return ~_bools(pc.or_(known, pc.is_null(column)))
            case "not_null":
                return _bools(pc.is_null(column, nan_is_null=True))
            case "unique":
                codes = _ints(pc.fill_null(column.dictionary_encode().indices, -1))
                seen = np.bincount(codes + 1, minlength=1)
                seen[0] = 1
                repeated: npt.NDArray[np.bool_] = seen[codes + 1] > 1
                return repeated
            case "between":
                numbers = column if isinstance(column, np.ndarray) else _floats(column)
                out = np.zeros(len(numbers), dtype=np.bool_)
                if expectation.low is not None:
                    out |= numbers < expectation.low
                if expectation.high is not None:
                    out |= numbers > expectation.high
                return out
            case "matches":
                found = pc.match_substring_regex(column, expectation.pattern)
                return ~_bools(pc.fill_null(found, fill_value=True))
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
        return ~_bools(pc.fill_null(holds, fill_value=True))

    def _own(self, name: str) -> Any:
        column = self._batch.column(name)
        return column.chunk(0) if column.num_chunks else pa.array([], column.type)

    def _derive(self, name: str) -> Numbers:
        column, _, what = name.rpartition(".")
        if what == "length" and column != "steps":
            return _ints(pc.fill_null(pc.utf8_length(self._own(column)), 0))
        if what == "count":
            return self._lengths(column)
        match name:
            case "schema.faults":
                return self._zeros()
            case "leaks":
                return self._leaks()
            case "nulls":
                return self._nulls()
            case "record_id.malformed":
                return self._matches_not("record_id", _HEX32)
            case "pseudonym.malformed":
                return self._matches_not("pseudonym", r"^[0-9a-f]{16,64}$")
            case "data.malformed":
                return self._not_between("data", "{", "}")
            case "prompt.malformed":
                return self._not_between("prompt", "[", "]")
            case "path.malformed":
                return self._matches_not("path", r"^\$")
            case "sources.missing":
                return np.asarray(self._lengths("sources") == 0, dtype=np.int64)
            case "sources.not_one":
                return np.asarray(self._lengths("sources") > 1, dtype=np.int64)
            case "sources.malformed":
                return self._sources()
            case "event_date.early":
                return self._date_early()
            case "event_date.wrong":
                return self._date_wrong()
            case "label.accepted_but_changed":
                return self._label("accepted", "suggestion", equal=False)
            case "label.edited_but_equal":
                return self._label("edited", "suggestion", equal=True)
            case "label.ignored_but_changed":
                return self._label("ignored", "before", equal=False)
            case "label.rejected_but_equal":
                return self._label("rejected", "suggestion", equal=True)
            case "kept_spans.malformed":
                return self._spans("kept_spans", "suggestion")
            case "edited_spans.malformed":
                return self._spans("edited_spans", "final")
            case "findings.malformed":
                return self._findings()
            case "marks.malformed":
                return self._marks()
            case "steps.unordered":
                return self._steps_unordered()
            case "steps.unknown":
                return self._steps_unknown()
            case "steps.length":
                return self._steps_length()
            case _:
                message = f"quality.facts knows no column {name}; a suite asks for it: see _derive"
                raise ValueError(message)

    def _zeros(self) -> Numbers:
        zeros: Numbers = np.zeros(self.rows, dtype=np.int64)
        return zeros

    def _nested(self, name: str) -> tuple[Numbers, Any]:
        """For every element of a list column, its row; and the elements."""
        column = self._own(name)
        return _ints(pc.list_parent_indices(column)), pc.list_flatten(column)

    def _per_row(self, parents: Numbers, numbers: Numbers) -> Numbers:
        sums: Numbers = np.bincount(parents, weights=numbers, minlength=self.rows).astype(np.int64)
        return sums

    def _lengths(self, name: str) -> Numbers:
        return _ints(pc.fill_null(pc.list_value_length(self._own(name)), 0))

    def _nulls(self) -> Numbers:
        total = self._zeros()
        for field in self._table.schema:
            column = self._own(field.name)
            if not field.nullable and column.null_count:
                total += _bools(pc.is_null(column))
        return total

    def _leaks(self) -> Numbers:
        """Columns are put one under the other, short ones side by side: a scan has a cost of its own."""
        named = [f.name for f in self._table.schema if pa.types.is_string(f.type) and f.name not in _NOT_TEXT]
        short = [self._own(name) for name in named if name not in _LONG_TEXTS]
        columns = [self._scanned(name) for name in named if name in _LONG_TEXTS]
        if short:
            columns.append(pc.binary_join_element_wise(*short, "\n", null_handling="skip"))
        total: Numbers = leaks.counts(pa.concat_arrays(columns), self._canaries).reshape(-1, self.rows).sum(axis=0)
        for column, texts in _NESTED_TEXTS.items():
            if column in self._batch.column_names:
                parents, values = self._nested(column)
                parts = pa.concat_arrays([pc.struct_field(values, part) for part in texts])
                total = total + self._per_row(np.tile(parents, len(texts)), leaks.counts(parts, self._canaries))
        return total

    def _scanned(self, name: str) -> Any:
        """A text to look for leaks in. What was kept is mostly the very text that was there or proposed."""
        column = self._own(name)
        if name != "final":
            return column
        known = pc.or_kleene(pc.equal(column, self._own("suggestion")), pc.equal(column, self._own("before")))
        return pc.if_else(pc.fill_null(known, fill_value=False), "", column)

    def _matches_not(self, name: str, regex: str) -> Numbers:
        """RE2; null counts as no fault, `nulls` has it."""
        return _ints(pc.invert(pc.fill_null(pc.match_substring_regex(self._own(name), regex), fill_value=True)))

    def _not_between(self, name: str, first: str, last: str) -> Numbers:
        """Likewise, for texts that must begin and end with these."""
        column = self._own(name)
        holds = pc.and_(pc.starts_with(column, first), pc.ends_with(column, last))
        return _ints(pc.invert(pc.fill_null(holds, fill_value=True)))

    def _sources(self) -> Numbers:
        parents, sources = self._nested("sources")
        bad = ~_bools(pc.greater(pc.binary_length(pc.struct_field(sources, "topic")), 0))
        for part in ("partition", "offset"):
            bad |= ~_bools(pc.greater_equal(pc.struct_field(sources, part), 0))
        return self._per_row(parents, bad)

    def _date_early(self) -> Numbers:
        days = self._own("event_date").cast(pa.int32())
        return _ints(pc.fill_null(pc.less(days, int(_FIRST_DAY.astype(np.int64))), fill_value=False))

    def _date_wrong(self) -> Numbers:
        day = self._own("event_time").cast(pa.date32())
        return _ints(pc.fill_null(pc.not_equal(day, self._own("event_date")), fill_value=False))

    def _label(self, label: str, column: str, *, equal: bool) -> Numbers:
        """Rows of this label whose final text is (or is not) the text of `column`."""
        has = pc.equal(self._own("label"), label)
        same = pc.equal(self._own("final"), self._own(column))
        return _ints(pc.fill_null(pc.and_(has, same if equal else pc.invert(same)), fill_value=False))

    def _spans(self, name: str, column: str) -> Numbers:
        parents, spans = self._nested(name)
        start = _ints(pc.fill_null(pc.struct_field(spans, "start"), -1))
        end = _ints(pc.fill_null(pc.struct_field(spans, "end"), -1))
        limit = self.column(f"{column}.length")[parents]
        return self._per_row(parents, (start < 0) | (end < start) | (end > limit))

    def _findings(self) -> Numbers:
        parents, findings = self._nested("findings")
        return self._per_row(parents, ~_bools(pc.greater(pc.struct_field(findings, "count"), 0)))

    def _marks(self) -> Numbers:
        """Marks that could be read: words that are no hashes, or what is neither invented words nor one placeholder."""
        parents, marks = self._nested("marks")
        bad = ~_bools(pc.match_substring_regex(pc.struct_field(marks, "words"), _HASHES))
        surrogates = pc.struct_field(marks, "surrogate")
        plain = _bools(pc.match_substring_regex(surrogates, _ASCII_SURROGATES))
        if not plain.all():  # letters of every script are an automaton that takes longer to make than to run
            rest = surrogates.filter(pa.array(~plain))
            plain[~plain] = _bools(pc.match_substring_regex(rest, _SURROGATES))
        bad |= ~plain
        bad |= ~_bools(pc.is_in(pc.struct_field(marks, "how"), value_set=pa.array(rows.HOW, pa.string())))
        return self._per_row(parents, bad)

    def _steps_unordered(self) -> Numbers:
        parents, steps = self._nested("steps")
        first = np.cumsum(self._lengths("steps")) - self._lengths("steps")
        index = _ints(pc.fill_null(pc.struct_field(steps, "index"), -1))
        return self._per_row(parents, index != np.arange(len(parents)) - first[parents])

    def _steps_unknown(self) -> Numbers:
        parents, steps = self._nested("steps")
        role = _bools(pc.is_in(pc.struct_field(steps, "role"), value_set=pa.array(_ROLES)))
        kind = _bools(pc.is_in(pc.struct_field(steps, "kind"), value_set=pa.array(_KINDS)))
        return self._per_row(parents, ~(role & kind))

    def _steps_length(self) -> Numbers:
        parents, steps = self._nested("steps")
        total = self._zeros()
        for part in _STEP_TEXTS:
            total += self._per_row(parents, _ints(pc.fill_null(pc.utf8_length(pc.struct_field(steps, part)), 0)))
        return total


def _bools(array: Any) -> npt.NDArray[np.bool_]:
    """Null is false."""
    filled = pc.fill_null(array, fill_value=False)
    return np.asarray(filled.to_numpy(zero_copy_only=False), dtype=np.bool_)


def _ints(array: Any) -> Numbers:
    return np.asarray(array.to_numpy(zero_copy_only=False), dtype=np.int64)


def _floats(array: Any) -> Numbers:
    """Null is NaN, which no comparison breaks."""
    return np.asarray(array.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
