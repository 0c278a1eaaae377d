"""Ends a sink process that has work and does none of it, so that a supervisor starts it again.

Kafka clients can lose a partition without a word (seen: a sink that slept past its session while the broker was
restarted kept running and no longer read one partition). What counts is the offset in the table, not what the client
says.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import TYPE_CHECKING

from schemas import topics
from schemas.errors import RedlineError
from sinks import halts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from redline.lag import LagWatch
    from schemas.records import Partition

log = logging.getLogger("redline.sink")
EXIT_STUCK = 75  # sysexits' EX_TEMPFAIL
_LOOK_S = 5.0


class Doubt:
    """Partitions that are on the way to being stuck. Written by the watchdog, read by who answers probes."""

    def __init__(self) -> None:
        self._late: tuple[Partition, ...] = ()

    def of(self, late: list[Partition]) -> None:
        """These, now."""
        self._late = tuple(late)

    def live(self) -> str:
        """Why the sink should be started anew; empty if it should not."""
        return f"lag and no progress in {_named(self._late)}" if self._late else ""


class Stuck:
    """How long partitions with lag have not moved. Pure: `now` in seconds is an argument."""

    def __init__(self, all_s: float, one_s: float) -> None:
        """`all_s`: nothing moved anywhere; `one_s`: one partition did not, though others may have."""
        self._all_s = all_s
        self._one_s = one_s
        self._moved: dict[Partition, tuple[int, float]] = {}
        self._any = 0.0

    def look(self, ends: Mapping[Partition, int], stored: Mapping[Partition, int], now: float) -> list[Partition]:
        """The partitions that are stuck; empty while all is well. Give only partitions that should move."""
        late: list[Partition] = []
        for partition, end in ends.items():
            at = stored.get(partition, 0)
            known = self._moved.get(partition)
            if known is None or known[0] != at:
                self._any = now  # something moved
            if known is None or known[0] != at or at >= end:
                self._moved[partition] = (at, now)
            else:
                late.append(partition)
        quiet = now - self._any > self._all_s
        return [p for p in late if now - self._moved[p][1] > (self._all_s if quiet else self._one_s)]


def watch(lags: LagWatch, data_dir: Path, *, all_s: float = 60.0, one_s: float = 180.0) -> Doubt:
    """Look every few seconds in a thread of its own; exit the process when something is stuck. As safe as kill -9.

    What comes back says so at half of that time.
    """
    stuck, half, doubt = Stuck(all_s, one_s), Stuck(all_s / 2, one_s / 2), Doubt()

    def look() -> None:
        while True:
            time.sleep(_LOOK_S)
            try:
                progress = lags.progress()
                halted = {topics.BY_TABLE[halt.table].name for halt in halts.halted(data_dir)}
            except RedlineError:
                doubt.of([])
                continue  # no broker to ask: nothing can move, and that is not this process's fault
            ends = {p: n for p, n in progress.ends.items() if p.topic in _TABLES and p.topic not in halted}
            now = time.monotonic()
            doubt.of(half.look(ends, progress.stored, now))
            if found := stuck.look(ends, progress.stored, now):
                log.critical("lag and no progress in %s: exiting so that a supervisor starts it again", _named(found))
                logging.shutdown()
                os._exit(EXIT_STUCK)

    threading.Thread(target=look, name="watchdog", daemon=True).start()
    return doubt


def _named(partitions: Sequence[Partition]) -> str:
    return ", ".join(f"{p.topic}/{p.index}" for p in partitions[:5])


_TABLES = frozenset(topic.name for topic in topics.TOPICS if topic.table)
