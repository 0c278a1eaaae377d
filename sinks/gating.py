"""What a gate makes of a batch: rows to publish, rows for quarantine with their reasons, or a halt of the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from schemas.errors import SinkError, TableHaltedError
from schemas.verdict import Severity
from sinks import halts
from sinks.quarantine import REASON

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from schemas.tables import Table
    from schemas.verdict import Verdict
    from sinks.batch import Batch
    from sinks.release import Release
    from sinks.seal import Seal


@dataclass(frozen=True, slots=True)
class Checked:
    """A batch after the gate: positions in it, and their rows."""

    good: tuple[int, ...]
    good_rows: pa.Table
    bad: tuple[int, ...]
    bad_rows: pa.Table
    days: frozenset[str]
    """The days that were decided when this was."""


class Gating:
    """The gate of one table for one sink; what passes is as it will be published, sealed and released."""

    def __init__(
        self,
        *,
        data_dir: Path,
        table: Table,
        sink: str,
        gate: Callable[[pa.Table], Verdict],
        alert: Callable[[str, str, Mapping[str, Any]], None],
        seal: Seal | None,
        release: Release | None,
    ) -> None:
        self._data_dir = data_dir
        self._table = table
        self._sink = sink
        self._gate = gate
        self._alert = alert
        self._seal = seal
        self._release = release

    def days(self) -> frozenset[str]:
        """The days that are decided now. Raises OSError."""
        return frozenset() if self._release is None else self._release.days(self._table)

    def check(self, batch: Batch, keep: tuple[int, ...], rows: pa.Table, days: frozenset[str]) -> Checked:
        """Ask the gate for these rows of the batch, which are at `keep` in it; `days` are decided.

        Raises:
            TableHaltedError: the gate halts the table, and nobody has released this batch.
            SinkError: the gate failed.
        """
        reasons: dict[int, str] = {}
        if rows.num_rows:
            verdict = self._ask(rows)
            reasons = dict(verdict.bad_rows)
            if verdict.halts:
                halt = halts.load(self._data_dir, self._table.name)
                if halt is None or not halt.quarantine or not halt.covers(batch):
                    self._halt(batch, verdict)
                for failure in verdict.failures:
                    if failure.severity is Severity.CRITICAL and not failure.rows:
                        reason = f"{failure.expectation}:{failure.column or '*'}"
                        reasons = {position: reasons.get(position, reason) for position in range(rows.num_rows)}
            if verdict.failures:
                self._alert("gate_failed", self._table.name, self._detail(batch, verdict))
        good = [i for i in range(rows.num_rows) if i not in reasons] if reasons else range(rows.num_rows)
        bad = sorted(reasons)
        return Checked(
            good=tuple(keep[i] for i in good) if reasons else keep,
            good_rows=self._published(rows if not bad else rows.take(pa.array(good, pa.int64())), days),
            bad=tuple(keep[i] for i in bad),
            bad_rows=self._sealed(rows.take(pa.array(bad, pa.int64()))).append_column(
                REASON, pa.array([reasons[i] for i in bad], pa.string())
            ),
            days=days,
        )

    def _published(self, rows: pa.Table, days: frozenset[str]) -> pa.Table:
        return self._sealed(rows) if self._release is None else self._release.publish(rows, self._table, days)

    def _sealed(self, rows: pa.Table) -> pa.Table:
        return rows if self._seal is None else self._seal.close(rows, self._table)

    def _ask(self, rows: pa.Table) -> Verdict:
        failure = ""
        try:
            verdict = self._gate(rows)
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing may be published unchecked
            failure = type(error).__name__  # its text may quote a row
        else:
            if verdict.rows == rows.num_rows and all(0 <= i < rows.num_rows for i in verdict.bad_rows):
                return verdict
            failure = f"a verdict on {verdict.rows} rows"
        raise SinkError(f"table {self._table.name}: needed a verdict on {rows.num_rows} rows, came {failure}")

    def _halt(self, batch: Batch, verdict: Verdict) -> None:
        halts.record(self._data_dir, self._table.name, verdict.failures, batch.ranges)
        self._alert("gate_halt", self._table.name, self._detail(batch, verdict))
        raise TableHaltedError(
            f"table {self._table.name}: needed every critical expectation to hold, came a batch of {verdict.rows} "
            f"rows where one did not; nothing of it was published. See `redline status`, then run "
            f"`redline release {self._table.name}`, with --quarantine to set the failing rows aside"
        )

    def _detail(self, batch: Batch, verdict: Verdict) -> dict[str, Any]:
        return {
            "sink": self._sink,
            "rows": verdict.rows,
            "failures": [
                {"expectation": f.expectation, "column": f.column, "severity": f.severity.value, "rows": len(f.rows)}
                for f in verdict.failures
            ],
            "offsets": {f"{p.topic}/{p.index}": list(r) for p, r in sorted(batch.ranges.items())},
        }
