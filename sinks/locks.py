"""Who is alive: one lock file per sink name, held as long as the process lives.

The kernel releases the lock when the process ends, however it ends. Names are reused (`sink-0`, `sink-1`, ...), and
with them the index that a predecessor left.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from schemas.errors import LockedError, SettingsError
from sinks.layout import is_sink_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MOST = 1024  # more sinks than one data folder can feed; an endless search would hide a lock that never works


class SinkLock:
    """A held name."""

    def __init__(self, name: str, descriptor: int) -> None:
        self.name = name
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the name back."""
        os.close(self._descriptor)


def hold(folder: Path, name: str | None = None) -> SinkLock:
    """Hold this name, or the first free one of `sink-0`, `sink-1`, ...

    Raises:
        LockedError: a live sink has that name.
        SettingsError: it is no name for a sink.
    """
    if name is not None:
        if not is_sink_name(name):
            raise SettingsError("sink name: needed letters, digits, `_`, `.` and single inner `-`, came something else")
        descriptor = _try(folder, name)
        if descriptor is None:
            raise LockedError(f"{folder / name}.lock: needed a free sink name, came one that a live sink holds")
        return SinkLock(name, descriptor)
    for number in range(_MOST):
        if (descriptor := _try(folder, f"sink-{number}")) is not None:
            return SinkLock(f"sink-{number}", descriptor)
    raise LockedError(f"{folder}: needed a free sink name, came {_MOST} that are all held")


@contextmanager
def if_dead(folder: Path, name: str) -> Iterator[bool]:
    """Hold a dead sink's name while something is done about its files; yields False if it is alive."""
    descriptor = _try(folder, name)
    try:
        yield descriptor is not None
    finally:
        if descriptor is not None:
            os.close(descriptor)


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """One process at a time; waits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _try(folder: Path, name: str) -> int | None:
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
