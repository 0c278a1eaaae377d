"""A process of `redline up` that ends again and again: started again each time, and told of once it is no accident."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Self

from schemas.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from quality.alerts import Alerter
    from redline.settings import Settings
    from redline.supervisor import Death

PROCESS = "up"
KIND = "process_dies"
# With the supervisor's waits that is a quarter of a minute of something that cannot start, or an hour of something that
# runs out of memory every ten minutes.
MANY, WITHIN_S = 5, 3600.0


class CrashLoops:
    """Counts deaths. Nothing is opened before there is something to tell.

    Args:
        settings: whose channels are told.
        say: told why nobody can be told, if so.
        clock: seconds that only go forward.
        opened: makes the alerter.
    """

    def __init__(
        self,
        settings: Settings,
        say: Callable[[str], None],
        *,
        clock: Callable[[], float] = time.monotonic,
        opened: Callable[[Settings], Alerter] | None = None,
    ) -> None:
        self._settings = settings
        self._say = say
        self._clock = clock
        self._opened = opened or _alerter
        self._alerter: Alerter | None = None
        self._deaths: dict[str, deque[float]] = {}

    def count(self, death: Death) -> None:
        """A process has ended."""
        now = self._clock()
        deaths = self._deaths.setdefault(death.name, deque())
        deaths.append(now)
        while now - deaths[0] > WITHIN_S:
            deaths.popleft()
        if len(deaths) >= MANY:
            self._tell(death, len(deaths), now - deaths[0])

    def close(self) -> None:
        """Deliver what is still to be told."""
        if self._alerter is not None:
            self._alerter.close()
            self._alerter = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _tell(self, death: Death, times: int, seconds: float) -> None:
        from redline.alerting import alert_of  # noqa: PLC0415 - channels, which nobody needs while all is well

        if self._alerter is None:
            try:
                self._alerter = self._opened(self._settings)
            except SettingsError as error:  # it may be why they end
                self._say(f"nobody can be told of it: {error}")
                return
        got = {"ends": times, "seconds": round(seconds), **({} if death.code is None else {"code": death.code})}
        self._alerter.raise_(alert_of(KIND, subject=death.name, got=got))


def _alerter(settings: Settings) -> Alerter:
    from redline.alerting import alerter  # noqa: PLC0415 - likewise

    return alerter(settings, process=PROCESS)
