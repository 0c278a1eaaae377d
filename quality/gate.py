"""Is this batch fit to publish? Great Expectations decides.

An expectation costs Great Expectations 4 to 9 ms whatever the number of rows: a suite of forty would cost more than the
sink's whole work on a batch. So a batch passes in one expectation: the rows' faults are found once, vectorised
(`quality.facts`), and Great Expectations is asked that the table of expectations that some row breaks has no rows.
Where it has, it is asked every expectation that may be broken, on the real columns, and names the rows. The first
batch and every `audit_every`-th after it are asked the whole suite regardless; a disagreement of the two ways halts the
table. What is no question for it (a pattern, which it would look for with backtracking, and a rule of somebody's own)
it is asked as a column of faults.

Fails closed: what could not be evaluated counts as critical. Results never hold values and are never logged.
"""

from __future__ import annotations

import importlib
import logging
import os
import threading
import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from quality.facts import Facts, schema_faults
from quality.suites import SCHEMA, SUITES, Expectation
from schemas.verdict import Failure, Severity, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pyarrow as pa

    from schemas.tables import Table

# About once in five minutes at a batch per second and a table: a few hundred ms that nobody notices.
AUDIT_EVERY = 256

_CLASSES = {
    "in_set": "ExpectColumnValuesToBeInSet",
    "between": "ExpectColumnValuesToBeBetween",
    "unique": "ExpectColumnValuesToBeUnique",
    "not_null": "ExpectColumnValuesToNotBeNull",
}
_RESULT = {"result_format": "COMPLETE", "exclude_unexpected_values": True, "return_unexpected_index_query": False}


class Gate:
    """`gate(batch) -> Verdict` for one table. Safe to call from several threads, one batch at a time runs.

    The first call of a process takes 4 to 11 s longer (`warm` does that ahead). `canaries` are identities that somebody
    planted: a row that holds one has a leak. `own` are expectations beyond those of the table's suite. A rule of theirs
    that raises is a failure of its severity if that is a warning, and halts the table otherwise.
    """

    def __init__(
        self,
        table: Table,
        *,
        canaries: Sequence[str] = (),
        own: Sequence[Expectation] = (),
        audit_every: int = AUDIT_EVERY,
    ) -> None:
        self._table = table
        self._suite = (*SUITES[table.name], *own)
        self._canaries = tuple(canaries)
        self._audit_every = audit_every
        self._batches = 0

    def __repr__(self) -> str:
        return f"Gate({self._table.name}, {len(self._suite)} expectations)"

    def __call__(self, batch: pa.Table) -> Verdict:
        """Everything the suite says of `batch`. A batch without rows is only asked for its schema."""
        failures: Iterable[Failure]
        if schema_faults(batch, self._table):
            failures = self._schema_failure(batch)
        elif batch.num_rows == 0:
            failures = ()
        else:
            failures = self._check(Facts(batch, self._table, self._canaries))
        return Verdict(self._table.name, batch.num_rows, len(self._suite), tuple(failures))

    def warm(self) -> None:
        """Load Great Expectations now."""
        _engine()

    def _schema_failure(self, batch: pa.Table) -> list[Failure]:
        frame = pd.DataFrame({SCHEMA.column: [schema_faults(batch, self._table)]})
        failures = _failures([SCHEMA], _engine().ask([SCHEMA], frame))
        return failures or [_disagreement(SCHEMA)]

    def _check(self, facts: Facts) -> list[Failure]:
        flags, failures = {}, []
        for e in self._suite:
            try:
                flags[e.name] = facts.broken(e)
            except Exception:
                if e.rule is None:
                    raise
                failures.append(_failure(e, ()))  # what it says may quote a row
        audit = self._batches % self._audit_every == 0
        self._batches += 1
        passes = _engine().screen(flags)
        if passes and not audit:
            return failures
        asked = [e for e in self._suite if e.name in flags and (audit or flags[e.name].any())]
        if not asked:  # the screen fails, and no flag says why
            return [*failures, _disagreement(SCHEMA)]
        failures += _failures(asked, _engine().ask(asked, _frame(asked, facts, flags)))
        failed = {f.expectation: f for f in failures}
        for e in asked:
            expected = () if e.whole else tuple(np.flatnonzero(flags[e.name]).tolist())
            found = failed[e.name].rows if e.name in failed else ()
            if found != expected:
                failures.append(_disagreement(e))
        return failures


def _frame(asked: Sequence[Expectation], facts: Facts, flags: Mapping[str, Any]) -> pd.DataFrame:
    columns: dict[str, Any] = {}
    for e in asked:
        name = _asked_as(e)
        if name not in columns:
            column = facts.column(e.column) if name == e.column else flags[e.name].astype(np.int64)
            columns[name] = column if isinstance(column, np.ndarray) else column.to_pandas()
    return pd.DataFrame(columns)


def _asked_as(e: Expectation) -> str:
    """The column that Great Expectations looks at: the expectation's, or that of its faults."""
    return e.column if e.kind in _CLASSES else f"faults of {e.name}"


def _failures(asked: Sequence[Expectation], answers: Sequence[tuple[bool, tuple[int, ...]]]) -> list[Failure]:
    return [_failure(e, rows) for e, (holds, rows) in zip(asked, answers, strict=True) if not holds]


def _failure(e: Expectation, rows: tuple[int, ...]) -> Failure:
    # A row rule that fails without naming rows was not evaluated: nobody knows which rows are good.
    own_warning = e.rule is not None and e.severity is Severity.WARNING
    severity = e.severity if rows or own_warning else Severity.CRITICAL
    return Failure(e.name, e.column, severity, () if e.whole else rows)


def _disagreement(e: Expectation) -> Failure:
    return Failure(f"both_ways_agree_on_{e.name}", e.column, Severity.CRITICAL)


class _Engine:
    """Great Expectations, loaded once: an ephemeral context that keeps no results, with progress bars off."""

    def __init__(self) -> None:
        os.environ["GX_ANALYTICS_ENABLED"] = "False"
        # Its exceptions quote values; nothing it says may reach a log.
        logging.getLogger("great_expectations").setLevel(logging.CRITICAL + 1)
        with warnings.catch_warnings():
            # pyparsing and marshmallow warn of their own deprecations while they are imported.
            warnings.simplefilter("ignore")
            self._gx = importlib.import_module("great_expectations")
            base = importlib.import_module("great_expectations.data_context.types.base")
            context = self._gx.get_context(mode="ephemeral")
            context.variables.progress_bars = base.ProgressBarsConfig(globally=False)
            asset = context.data_sources.add_pandas("redline").add_dataframe_asset("batch")
            self._whole = asset.add_batch_definition_whole_dataframe("whole")
            self._nothing = self._gx.expectations.ExpectTableRowCountToEqual(value=0)
            # Mostly no expectation is broken, and such a table is always the same one: its validator, which takes
            # longer to make than to ask, is made once. Its source is its own: one looks at the batch that came last.
            asset = context.data_sources.add_pandas("unbroken").add_dataframe_asset("batch")
            validator = importlib.import_module("great_expectations.validator.v1_validator").Validator
            self._unbroken = validator(
                batch_definition=asset.add_batch_definition_whole_dataframe("whole"),
                batch_parameters={"dataframe": _broken(())},
                result_format="BOOLEAN_ONLY",
            )
        self._lock = threading.Lock()

    def screen(self, flags: Mapping[str, Any]) -> bool:
        """Whether the list of expectations that some row breaks is empty."""
        broken = [name for name, flag in flags.items() if flag.any()]
        with self._lock, warnings.catch_warnings():
            # Deprecations inside Great Expectations are its own to mend.
            warnings.simplefilter("ignore")
            if not broken:
                return bool(self._unbroken.validate_expectation(self._nothing).success)
            batch = self._whole.get_batch(batch_parameters={"dataframe": _broken(broken)})
            return bool(batch.validate(self._nothing, result_format="BOOLEAN_ONLY").success)

    def ask(self, asked: Sequence[Expectation], frame: pd.DataFrame) -> list[tuple[bool, tuple[int, ...]]]:
        """For every expectation, whether it holds, and the positions where it does not."""
        natives = [self._native(e) for e in asked]
        suite = self._gx.ExpectationSuite(name="batch", expectations=natives)
        with self._lock, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            batch = self._whole.get_batch(batch_parameters={"dataframe": frame})
            result = batch.validate(suite, result_format=_RESULT)
        if len(result.results) != len(natives):
            return [(False, ())] * len(natives)
        return [_answer(one) for one in _in_order(natives, result.results)]

    def _native(self, e: Expectation) -> Any:
        arguments: dict[str, Any] = {"column": _asked_as(e)}
        if e.kind == "in_set":
            arguments["value_set"] = list(e.values)
        elif e.kind == "between":
            arguments |= {"min_value": e.low, "max_value": e.high}
        elif e.kind not in _CLASSES:
            arguments |= {"min_value": 0, "max_value": 0}
        return getattr(self._gx.expectations, _CLASSES.get(e.kind, _CLASSES["between"]))(**arguments)


def _broken(names: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame({"broken": list(names)})


def _in_order(natives: Sequence[Any], results: Sequence[Any]) -> list[Any]:
    """Results come grouped by column: back into the order of the questions."""
    left = list(results)
    ordered = []
    for native in natives:
        wanted = native.configuration
        place = next(
            n
            for n, one in enumerate(left)
            if one.expectation_config.type == wanted.type and _same(one.expectation_config.kwargs, wanted.kwargs)
        )
        ordered.append(left.pop(place))
    return ordered


def _same(came: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    return all(came.get(key) == value for key, value in asked.items())


def _answer(one: Any) -> tuple[bool, tuple[int, ...]]:
    return bool(one.success), tuple(int(row) for row in one.result.get("unexpected_index_list") or ())


_loading = threading.Lock()


def _engine() -> _Engine:
    with _loading:  # `cache` alone would let two threads load it
        return _load()


@cache
def _load() -> _Engine:
    return _Engine()
