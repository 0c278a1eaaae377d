"""Which process delivers what: a name, and a lock that the kernel gives back when its process is dead."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Owner:
    """The right to deliver under a name, until `release`.

    A second process of the same name gets a name of its own. Without a folder to lock in, everybody has their name.
    """

    def __init__(self, folder: Path, process: str) -> None:
        self._folder = folder
        self._fd: int | None = None
        self.name = process
        for name in (process, f"{process}.{os.getpid()}"):
            self.name = name
            try:
                self._fd = _lock(folder / f"{name}.lock")
            except OSError:
                return
            if self._fd is not None:
                return

    def is_dead(self, name: str) -> bool:
        """True if no living process delivers under this name."""
        if name == self.name:
            return False
        try:
            fd = _lock(self._folder / f"{name}.lock")
        except OSError:
            return False
        if fd is None:
            return False
        os.close(fd)
        return True

    def release(self) -> None:
        """Give the name back. Idempotent."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def _lock(path: Path) -> int | None:
    """A descriptor that holds the lock; None if another process does."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    except OSError:
        os.close(fd)
        raise
    return fd
