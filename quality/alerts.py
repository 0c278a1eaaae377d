"""Telling someone, outside of the commit path.

`raise_` and `clear` put what is said into a bounded queue and return. One thread writes it to the book of the data
folder, where it is decided who is told what; one thread per channel sends from there and retries, so a channel that is
down or slow holds up no other. Delivery is at least once with an id that stays the same; a channel that confirms gets
each notice once.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from quality import kinds
from quality.alert import Alert, weight
from quality.alerting.book import ALERTS_LOST, Book, Saying
from quality.alerting.delivery import Delivery, Retry, Turns
from quality.alerting.owner import Owner
from quality.alerting.store import BOOK
from schemas import metrics
from schemas.verdict import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from quality.alert import Channel, Mirror
    from quality.alerting.life import Policy
    from schemas.metrics import Meter

_log = logging.getLogger(__name__)

# Alerts that come faster than a disk can take them: so many different ones wait, the rest is counted.
_QUEUE = 20_000
_CHUNK = 1_000  # sayings in one transaction: other processes write in between
_TEND_S = 30.0
# What is known already is written at most five times a second: an alert in a loop must not keep the disk busy.
_REST_S = 0.2


@dataclass(frozen=True, slots=True)
class Standing:
    """Alerts that hold as long as something on the disk says so: `look` tells which of `kinds` do now."""

    kinds: frozenset[str]
    look: Callable[[], Sequence[Alert]]


class Alerter:
    """Takes alerts, and delivers what the book owes under this process's name, and what dead processes were owed.

    Args:
        channels: where notices go.
        folder: of the book; all processes of a data folder share it.
        process: unique among them.
        mirrors: receivers that are shown again and again what fires.
        policy: spans and limits of the book.
        clock: seconds since 1970; may jump.
        retry: of channels.
        standing: alerts that hold as long as the disk says so.
        meter: where is counted what was raised and sent.
    """

    def __init__(
        self,
        channels: Sequence[Channel],
        folder: Path,
        *,
        process: str = "redline",
        mirrors: Sequence[Mirror] = (),
        policy: Policy | None = None,
        clock: Callable[[], float] = time.time,
        retry: Retry | None = None,
        standing: Standing | None = None,
        meter: Meter = metrics.NO_METER,
    ) -> None:
        self._channels = tuple(channels)
        self._mirrors = tuple(mirrors)
        wants = {channel.name: channel.wants for channel in self._channels}
        # The book makes the folder, if it can.
        self.book = Book(folder / BOOK, wants, policy=policy)
        self._owner = Owner(folder, process)
        self.book.owner = self._owner.name
        self._clock = clock
        self._standing = standing
        self._meter = meter
        self._queue: deque[Saying] = deque()
        self._last: dict[str, int] = {}
        self._turns = Turns()
        self._overflow = 0
        self._tended = float("-inf")
        delivery = Delivery(self.book, self._turns, self._put, clock=clock, retry=retry or Retry(), meter=meter)
        work: list[tuple[str, Callable[[], None]]] = [("alerts", self._take_in)]
        work += [(f"alerts-{one.name}", partial(delivery.deliver, one)) for one in self._channels]
        work += [(f"alerts-{one.name}", partial(delivery.show, one)) for one in self._mirrors]
        self._threads = [threading.Thread(target=target, name=name, daemon=True) for name, target in work]
        for thread in self._threads:
            thread.start()

    def raise_(self, alert: Alert) -> None:
        """It is so now. Who is to be told is told, soon. Returns at once, never raises."""
        self._meter.count(metrics.ALERTS_RAISED, 1, kind=alert.kind if alert.kind in kinds.BY_NAME else "other")
        self._put(Saying(alert))

    def clear(self, kind: str, table: str = "", subject: str = "") -> None:
        """It is over, if it ever was. Returns at once, never raises."""
        self._put(Saying(Alert(kind, table, Severity.WARNING, "", "", 0.0, subject=subject), over=True))

    def firing(self, kinds: Collection[str]) -> frozenset[tuple[str, str, str]]:
        """Kind, table and subject of what fires, of these kinds: what an earlier process raised can be cleared."""
        found = [entry.alert for entry in self.book.entries()]
        return frozenset((alert.kind, alert.table, alert.subject) for alert in found if alert.kind in kinds)

    def tend(self, now: float | None = None) -> None:
        """Do what time has made due: repeats, ends, groups, digests. Alerters do so by themselves every half minute."""
        at = self._clock() if now is None else now
        try:
            self.book.take(self._look(), at)
            self.book.tend(at, is_dead=self._owner.is_dead)
        except sqlite3.Error as error:
            _log.warning("alerts cannot be tended: %s", type(error).__name__)
        self._turns.next()

    def close(self, timeout_s: float = 5.0) -> int:
        """Try to deliver everything once more, within `timeout_s`; returns how much stays in the book."""
        self._turns.closing = True
        self._turns.next()
        end = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        try:
            left = sum(self.book.owed(mine=True).values())
        except sqlite3.ProgrammingError:  # closed before
            return 0
        self.book.close()
        for channel in self._channels:
            channel.close()
        for mirror in self._mirrors:
            mirror.close()
        self._owner.release()
        return left

    def _put(self, saying: Saying) -> None:
        key = saying.alert.key
        with self._turns.changed:
            if self._turns.taken_in:
                if not saying.over:
                    _log.warning("alert %s came after the end and was not sent", saying.alert.kind)
                return
            at = self._last.get(key)
            if at is not None and self._queue[at].over == saying.over:
                self._queue[at] = _both(self._queue[at], saying)
            elif len(self._queue) >= _QUEUE:
                self._overflow += 1
            else:
                self._last[key] = len(self._queue)
                self._queue.append(saying)
                self._turns.next()

    def _take_in(self) -> None:
        try:
            while True:
                sayings, overflow, closing = self._next()
                now = self._clock()
                if overflow:
                    sayings.append(Saying(self._lost(overflow)))
                told = False
                for start in range(0, len(sayings), _CHUNK):
                    told |= self.book.take(sayings[start : start + _CHUNK], now)
                self._tend_if_due(now, all_groups=closing)
                with self._turns.changed:
                    self._turns.taken_in = closing and not self._queue
                self._turns.next()
                if self._turns.taken_in:
                    return
                if not told:
                    with self._turns.changed:
                        self._turns.changed.wait_for(lambda: self._turns.closing, _REST_S)
        except sqlite3.ProgrammingError:
            return  # the book was closed: `close` ran out of time

    def _next(self) -> tuple[list[Saying], int, bool]:
        """What was said since, once something was, or something is due."""
        wait_s = self._until_due()
        with self._turns.changed:
            self._turns.changed.wait_for(lambda: bool(self._queue) or self._turns.closing, wait_s)
            sayings, overflow = list(self._queue), self._overflow
            self._queue.clear()
            self._last.clear()
            self._overflow = 0
            return sayings, overflow, self._turns.closing

    def _until_due(self) -> float:
        if self._tended == float("-inf"):
            return 0.0
        group = self.book.next_group()
        return _TEND_S if group is None else max(0.01, min(_TEND_S, group - self._clock()))

    def _tend_if_due(self, now: float, *, all_groups: bool) -> None:
        group = self.book.next_group()
        passed = time.monotonic() - self._tended
        if not all_groups and passed < _TEND_S and (group is None or now < group <= now + _TEND_S):
            return
        if passed >= _TEND_S:
            self.book.take(self._look(), now)
        self._tended = time.monotonic()
        self.book.tend(now, is_dead=self._owner.is_dead, all_groups=all_groups)
        if self.book.lost or self.book.dropped:
            lost, self.book.lost = self.book.lost, 0
            dropped, self.book.dropped = self.book.dropped, 0
            self._meter.count(metrics.ALERTS_DROPPED, dropped)
            self._put(Saying(self._lost(lost + dropped)))
        for channel, owed in {**dict.fromkeys((c.name for c in self._channels), 0), **self.book.owed()}.items():
            self._meter.set(metrics.ALERTS_OWED, owed, channel=channel)

    def _look(self) -> list[Saying]:
        """What is to be said of the alerts that stand: those that do fire, those that do not are over."""
        if self._standing is None:
            return []
        try:
            found = {alert.key: alert for alert in self._standing.look()}
        except Exception as error:  # noqa: BLE001 - whatever it is, the other alerts go on
            _log.warning("alerts that stand cannot be read: %s", type(error).__name__)
            return []
        known = [entry.alert for entry in self.book.entries() if entry.alert.kind in self._standing.kinds]
        said = [Saying(alert, times=0, over=alert.key not in found) for alert in known]
        return said + [Saying(alert) for key, alert in found.items() if key not in {alert.key for alert in known}]

    def _lost(self, count: int) -> Alert:
        kind = kinds.of(ALERTS_LOST)
        return Alert(
            kind=kind.name,
            table="",
            severity=kind.severity,
            expected=kind.expected,
            command=kind.command,
            since=self._clock(),
            got={"lost": count},
        )


def _both(earlier: Saying, later: Saying) -> Saying:
    """Two sayings of one alert as one: the later, but as bad as the worse."""
    if weight(earlier.alert.severity) > weight(later.alert.severity):
        later = later._replace(alert=earlier.alert)
    return later._replace(times=earlier.times + later.times)
