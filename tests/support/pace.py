"""How fast rows come into a table, seen from outside: when each partition's offset in it moved."""

from __future__ import annotations

import itertools
import threading
import time
from typing import TYPE_CHECKING, Self

from schemas.errors import RedlineError
from sinks import reader

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from schemas.records import Partition

_LOOK_S = 0.25


class Pace:
    """Watches one table from a thread of its own, as a context. Times are of `time.monotonic`."""

    def __init__(self, data: Path, table: str = "interactions") -> None:
        self._place = data, table
        self._offsets: dict[Partition, int] = {}
        self.moves: dict[Partition, list[float]] = {}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="pace", daemon=True)

    def _watch(self) -> None:
        while not self._done.wait(_LOOK_S):
            try:
                offsets = reader.offsets(*self._place)
            except (RedlineError, OSError):
                continue  # not there yet, or just being replaced
            now = time.monotonic()
            for partition, offset in offsets.items():
                if self._offsets.get(partition) != offset:
                    self._offsets[partition] = offset
                    self.moves.setdefault(partition, []).append(now)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._done.set()
        self._thread.join()


def longest_pauses(moves: Mapping[Partition, Sequence[float]], begin: float, end: float) -> dict[Partition, float]:
    """Seconds that each partition stood still for at most, between two times."""
    found = {}
    for partition, times in moves.items():
        inside = [begin, *(at for at in times if begin <= at <= end), end]
        found[partition] = max(later - at for at, later in itertools.pairwise(inside))
    return found


def first_after(moves: Mapping[Partition, Sequence[float]], begin: float) -> dict[Partition, float]:
    """Seconds from a time until each partition moved next; one that never did is not in it."""
    found = {}
    for partition, times in moves.items():
        if (later := next((at for at in times if at > begin), None)) is not None:
            found[partition] = later - begin
    return found
