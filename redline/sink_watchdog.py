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


class Watchdog:
    """Compares Kafka's ends with the tables' offsets. `live` is read by who answers probes, from any thread."""

    def __init__(self, lags: LagWatch, data_dir: Path, *, all_s: float = 60.0, one_s: float = 180.0) -> None:
        self._lags = lags
        self._data_dir = data_dir
        self._stuck = Stuck(all_s, one_s)
        self._half = Stuck(all_s / 2, one_s / 2)
        self._late: list[Partition] = []

    def look(self, now: float) -> list[Partition]:
        """The partitions that are stuck, at a time of `time.monotonic`."""
        try:
            progress = self._lags.progress()
            halted = {topics.BY_TABLE[halt.table].name for halt in halts.halted(self._data_dir)}
        except (RedlineError, OSError):
            self._late = []
            return []  # no broker to ask, or no table: nothing can move, and that is not this process's fault
        ends = {p: n for p, n in progress.ends.items() if p.topic in _TABLES and p.topic not in halted}
        self._late = self._half.look(ends, progress.stored, now)
        return self._stuck.look(ends, progress.stored, now)

    def live(self) -> str:
        """Why the sink should be started anew, said at half of the time after which it ends; empty if it should not."""
        return f"lag and no progress in {_named(self._late)}" if self._late else ""

    def start(self) -> None:
        """Look every few seconds in a thread; end the process once something is stuck, which is as safe as kill -9."""
        threading.Thread(target=self._run, name="watchdog", daemon=True).start()

    def _run(self) -> None:
        while not (found := self.look(time.monotonic())):
            time.sleep(_LOOK_S)
        log.critical("lag and no progress in %s: exiting so that a supervisor starts it again", _named(found))
        logging.shutdown()
        os._exit(EXIT_STUCK)


def _named(partitions: Sequence[Partition]) -> str:
    return ", ".join(f"{p.topic}/{p.index}" for p in partitions[:5])


_TABLES = frozenset(topic.name for topic in topics.TOPICS if topic.table)
