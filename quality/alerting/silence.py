"""Alerts of which nothing is told for a time. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quality.alert import Alert


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing is told of what it covers, until `until`. An empty word covers all."""

    id: str
    kind: str
    table: str
    subject: str
    made: float
    until: float

    def covers(self, alert: Alert, now: float) -> bool:
        """Whether this alert is not told of now. A clock that was set back must not silence anything."""
        return self.made - 60.0 <= now < self.until and all(
            word in ("", own)
            for word, own in ((self.kind, alert.kind), (self.table, alert.table), (self.subject, alert.subject))
        )
