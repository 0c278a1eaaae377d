"""What a gate says of a batch: publish it, publish its good rows, or halt the table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Severity(StrEnum):
    """How much a failed expectation weighs."""

    CRITICAL = "critical"  # halt the table: privacy or schema
    ERROR = "error"  # quarantine the failing rows
    WARNING = "warning"  # publish, and tell someone


@dataclass(frozen=True, slots=True)
class Failure:
    """One expectation that did not hold.

    `rows` are positions in the batch (0-based); empty where the expectation speaks of the whole batch. No values, ever.
    """

    expectation: str
    column: str | None
    severity: Severity
    rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The gate's answer for one batch of one table."""

    table: str
    rows: int
    expectations: int
    failures: tuple[Failure, ...] = ()

    @property
    def halts(self) -> bool:
        """True if a critical expectation failed: nothing of the batch may be published."""
        return any(f.severity is Severity.CRITICAL for f in self.failures)

    @property
    def bad_rows(self) -> Mapping[int, str]:
        """Position -> reason (first failing expectation) for every row that must go to quarantine."""
        bad: dict[int, str] = {}
        for failure in self.failures:
            if failure.severity is not Severity.WARNING:
                for row in failure.rows:
                    bad.setdefault(row, f"{failure.expectation}:{failure.column or '*'}")
        return bad
