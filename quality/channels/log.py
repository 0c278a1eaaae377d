"""Alerts in the log of the process."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from quality.alert import Wants
from quality.channels import wording
from schemas.verdict import Severity

if TYPE_CHECKING:
    from quality.alert import Notice

_LEVELS = {Severity.CRITICAL: logging.CRITICAL, Severity.ERROR: logging.ERROR, Severity.WARNING: logging.WARNING}
_WANTS = Wants(limited=False)


class LogChannel:
    """One line to the logger `redline.alerts`, which the command line sends to standard error."""

    name = "log"
    wants = _WANTS

    def __init__(self, logger: logging.Logger | None = None) -> None:
        self._logger = logger or logging.getLogger("redline.alerts")

    def send(self, notice: Notice) -> str:
        """Write the line."""
        self._logger.log(_LEVELS[notice.severity], "%s", wording.line(notice))
        return "written"

    def close(self) -> None:
        """Nothing to release."""
