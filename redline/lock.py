"""One Redline per data folder."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from schemas.errors import LockedError

if TYPE_CHECKING:
    from types import TracebackType

_POLL_S = 0.1


class DataLock:
    """An exclusive lock on a folder, as a context manager.

    The kernel holds it (flock), so it is free as soon as the owner is dead, kill -9 included, and a file left behind
    means nothing. Children that were handed `fileno()` keep it until they have ended too. The folder is made with mode
    0700 if it is new.

    Args:
        folder: what to lock.
        name: the lock file's name in it; locks of different names do not exclude each other.
        wait_s: how long to wait for an owner that has died while its children still stop. A living owner is not
            waited for.

    Raises:
        LockedError: on entry, if another process owns the folder.
    """

    def __init__(self, folder: Path, *, name: str = "redline.lock", wait_s: float = 0.0) -> None:
        self._path = Path(folder) / name
        self._wait_s = wait_s
        self._fd: int | None = None

    def fileno(self) -> int:
        """The descriptor that holds the lock. Raises ValueError while it is not held."""
        if self._fd is None:
            raise ValueError("the lock is not held")
        return self._fd

    def acquire(self) -> None:
        """Take the lock. Raises LockedError."""
        if self._fd is not None:
            raise LockedError(_text(self._path, os.getpid()))
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        deadline = time.monotonic() + self._wait_s
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                owner = _owner(fd)
                if time.monotonic() >= deadline or (owner is not None and _alive(owner)):
                    os.close(fd)
                    raise LockedError(_text(self._path, owner)) from None
                time.sleep(_POLL_S)
            except OSError:
                os.close(fd)
                raise
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        self._fd = fd

    def release(self) -> None:
        """Give the lock up; nothing happens if it is not held. The file stays, empty."""
        if self._fd is not None:
            os.ftruncate(self._fd, 0)
            os.close(self._fd)
            self._fd = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()


def _owner(fd: int) -> int | None:
    text = os.pread(fd, 32, 0).strip()
    return int(text) if text.isdigit() else None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _text(path: Path, owner: int | None) -> str:
    who = f"process {owner}" if owner is not None else "a process that is just stopping"
    return (
        f"{path.parent} is in use by {who}; one Redline per data folder is needed: "
        "stop that one (Ctrl-C, or `kill` with its number), or pass another folder"
    )
