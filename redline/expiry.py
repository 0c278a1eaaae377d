"""A certificate that ends soon is told of, by every process that logs in with one, as often as alerts must be seen.

Each process looks at what it uses itself: on a cluster every deployment has files of its own.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from typing import TYPE_CHECKING, Final

from schemas import metrics
from schemas.errors import RedlineError
from schemas.verdict import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from quality.alert import Alert
    from redline.certificates import Certificate
    from redline.sections import Alerts
    from redline.settings import Settings
    from schemas.metrics import Meter

log = logging.getLogger("redline.expiry")
KIND: Final = "certificate_ends"
LOOK_S: Final = 600.0
_LOOKS = 3  # of what still fires, before it would count as over


class Expiry:
    """Looks at the certificates of one process's connection as long as the process runs.

    Args:
        settings: with the broker, and whose channels are told.
        process: its name.
        meter: is told when each part ends; of several brokers the first to end.
        look_s: between looks, in seconds; at most a third of `alerts.stale_s`, after which an alert counts as over.
    """

    def __init__(self, settings: Settings, *, process: str, meter: Meter, look_s: float = LOOK_S) -> None:
        self._settings = settings
        self._process = process
        self._meter = meter
        self._look_s = min(look_s, settings.alerts.stale_s / _LOOKS) or look_s

    def start(self) -> None:
        """Look now, and again and again. Without TLS there is nothing to look at."""
        if self._settings.kafka.connection.tls:
            threading.Thread(target=self._follow, name="expiry", daemon=True).start()

    def look(self, now: dt.datetime) -> list[Alert]:
        """One look: what is told.

        Raises:
            SettingsError: a channel's settings do not fit together.
        """
        from redline.certificates import certificates  # noqa: PLC0415 - nobody needs it without TLS

        seen = list(certificates(self._settings.kafka))
        ends: dict[str, float] = {}
        for one in seen:
            if one.ends is not None:
                ends[one.part] = min(one.ends.timestamp(), ends.get(one.part, float("inf")))
        for part, at in ends.items():
            self._meter.set(metrics.CERTIFICATE_ENDS, at, certificate=part)
        found = alerts_of(seen, now, self._settings.alerts)
        if found:
            self._tell(found)
        return found

    def _tell(self, found: Iterable[Alert]) -> None:
        from redline.alerting import alerter  # noqa: PLC0415 - channels, which nobody needs while all is well

        # The process may have an alerter of its own under its name.
        alerts = alerter(self._settings, process=f"{self._process}-certificates", meter=self._meter)
        try:
            for alert in found:
                alerts.raise_(alert)
        finally:
            alerts.close()  # what is not delivered by then waits in the book

    def _follow(self) -> None:
        while True:
            try:
                self.look(dt.datetime.now(dt.UTC))
            except Exception as error:  # noqa: BLE001 - a certificate as nobody has seen one must not end the looks
                what = str(error) if isinstance(error, RedlineError) else type(error).__name__
                log.warning("certificates were not looked at: %s", what)
            time.sleep(self._look_s)


def alerts_of(seen: Iterable[Certificate], now: dt.datetime, limits: Alerts) -> list[Alert]:
    """An alert for each certificate that ends within `alerts.certificate_days`."""
    from redline.alerting import alert_of  # noqa: PLC0415 - as above

    found = []
    for one in seen:
        if one.ends is None or (days := (one.ends - now) / dt.timedelta(days=1)) > limits.certificate_days:
            continue
        critical = days <= limits.certificate_critical_days
        found.append(
            alert_of(
                KIND,
                subject=one.name,
                severity=Severity.CRITICAL if critical else Severity.WARNING,
                expected=f"a certificate that holds for {limits.certificate_days:g} days",
                got={"days left": round(days, 1)},
            )
        )
    return found
