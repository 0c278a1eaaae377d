"""The directory's file while it is in use: read again when it was replaced, kept when the new one is broken."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from schemas.errors import SettingsError
from streams.privacy.directory.matcher import Directory

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_EVERY_S = 1.0


class DirectoryFile:
    """A file that may not be there yet, and may be replaced at any time.

    Args:
        path: what `redline directory import` writes.
        broken: told once for each file that could not be read, with a sentence that holds no name.
        clock: seconds, only ever more.
    """

    def __init__(
        self,
        path: Path,
        *,
        broken: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._broken = broken
        self._clock = clock
        self._checked: float | None = None
        self._seen: tuple[int, int, int] | None = None
        self._directory: Directory | None = None

    def current(self) -> Directory | None:
        """The directory as the file has it now; looks at most once a second.

        None if there was never a file that could be read. A file that was taken away is no directory any more; a broken
        one leaves the last that was whole in use.
        """
        now = self._clock()
        if self._checked is not None and now - self._checked < _EVERY_S:
            return self._directory
        self._checked = now
        seen = self._look()
        if seen != self._seen:
            self._seen = seen
            self._read()
        return self._directory

    def _look(self) -> tuple[int, int, int] | None:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            self._broken(f"{self._path}: needed to be read, came {type(error).__name__}")
            return self._seen
        return (status.st_mtime_ns, status.st_ino, status.st_size)

    def _read(self) -> None:
        if self._seen is None:
            self._directory = None
            return
        try:
            self._directory = Directory.load(self._path)
        except SettingsError as error:
            self._broken(str(error))
        except OSError as error:
            self._broken(f"{self._path}: needed to be read, came {type(error).__name__}")
