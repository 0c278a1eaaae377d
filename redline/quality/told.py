"""What the monitors say, as alerts: raised as long as it is so, cleared when it is over.

A breach knows which tool or source it is about. Those are names of others, and alerts go to many: `redline quality
show` has them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from quality.measures import US
from redline.alerting import alert_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from quality.alert import Alert
    from quality.breach import Breach


class Alerts(Protocol):
    """What is needed of an Alerter."""

    def raise_(self, alert: Alert) -> None:
        """It is so now."""

    def clear(self, kind: str, table: str = "", subject: str = "") -> None:
        """It is over."""


class Teller:
    """Tells of breaches, and of those that were and are no more. `firing`: what an earlier process has told of."""

    def __init__(self, alerts: Alerts, firing: frozenset[tuple[str, str, str]] = frozenset()) -> None:
        self._alerts = alerts
        self.firing = firing

    def tell(self, breaches: Iterable[Breach]) -> int:
        """Every breach of this look; returns how many."""
        now = {one.key: one for one in breaches}
        for one in now.values():
            self._alerts.raise_(of_breach(one))
        for kind, table, subject in sorted(self.firing - now.keys()):
            self._alerts.clear(kind, table, subject)
        self.firing = frozenset(now)
        return len(now)

    def also(self, alerts: Iterable[Alert]) -> int:
        """What is told of once, and ends when it was not seen for a while; returns how many."""
        told = list(alerts)
        for alert in told:
            self._alerts.raise_(alert)
        return len(told)


def of_breach(breach: Breach) -> Alert:
    """A breach in the words of an alert."""
    return alert_of(
        breach.kind,
        breach.table,
        subject=breach.subject,
        severity=breach.severity,
        expected=breach.expected,
        got=breach.got,
        since=breach.since_us / US,
    )
