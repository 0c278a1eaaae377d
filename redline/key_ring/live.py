"""A ring that notices new epochs while a worker runs: the key file by its looks, a command by asking it again."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from redline.key_ring import file, rotation, source
from schemas.errors import InputError, LockedError, RedlineError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from redline.settings import Settings
    from streams.epochs import KeyRing

log = logging.getLogger("redline.keys")
_LOOK_S = 1.0
_ASK_S = 15.0  # a key service counts its calls; docs/keys.md says how far ahead an epoch has to start


class LiveRing:
    """The ring as it is now. A ring that cannot be read while a worker runs is told once, and the last one counts.

    Args:
        settings: of the data folder.
        monotonic: a clock in seconds.

    Raises:
        SettingsError: there is no ring to begin with.
    """

    def __init__(self, settings: Settings, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._monotonic = monotonic
        self._mark = self._looks()
        self._ring = source.read(settings)
        self._asked = self._looked = monotonic()
        self._asking: threading.Thread | None = None
        self._told = False

    def current(self) -> KeyRing:
        """The ring; looks at its source if the last look was a while ago. Cheap, and does not wait for a command."""
        now = self._monotonic()
        if now - self._looked >= _LOOK_S:
            self._looked = now
            if source.is_file(self._settings):
                self._look()
            elif self._settings.keys.source.startswith("command:") and now - self._asked >= _ASK_S:
                self._asked = now
                self._ask()
        return self._ring

    def _look(self) -> None:
        try:
            if rotation.is_due(self._settings, self._ring, time.time_ns() // 1000):
                rotation.rotate(self._settings, due_only=True)
        except (LockedError, InputError):
            pass  # another process was first
        except (RedlineError, OSError) as error:
            self._tell(error)
        mark = self._looks()
        if mark != self._mark:
            self._mark = mark
            self._renew()

    def _ask(self) -> None:
        if self._asking is None or not self._asking.is_alive():
            self._asking = threading.Thread(target=self._renew, daemon=True, name="redline.keys")
            self._asking.start()

    def _renew(self) -> None:
        try:
            self._ring = source.read(self._settings)
            self._told = False
        except (SettingsError, OSError) as error:
            self._tell(error)

    def _tell(self, error: Exception) -> None:
        if not self._told:
            self._told = True
            log.error("the keys cannot be read again, the last ones count: %s", error)

    def _looks(self) -> tuple[int, ...]:
        try:
            stat = (self._settings.state / file.NAME).stat()
        except OSError:
            return ()
        return stat.st_ino, stat.st_mtime_ns, stat.st_size
