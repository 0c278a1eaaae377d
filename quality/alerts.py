"""Telling someone, outside of the commit path.

`raise_` puts the alert into a bounded queue and returns. One thread writes it to the outbox; one thread per channel
sends from there and retries, so a channel that is down or slow holds up no other. Alerts of one key are let through
once in a window; the next one says how many were not. Delivery is at least once with an id that stays the same; a
channel that confirms gets each notice once.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quality.alert import Alert
from quality.outbox import Outbox
from schemas.verdict import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from quality.alert import Channel

_log = logging.getLogger(__name__)

# Alerts that come faster than a disk can take them are one alert: bounded, and the rest counted.
_QUEUE = 1_000
# An idle channel looks at the outbox this often, in seconds, whatever it was told.
_IDLE_S = 30.0


@dataclass(frozen=True, slots=True)
class Retry:
    """Waits between attempts, in seconds: doubled from `first_s` to `longest_s`, for ever."""

    first_s: float = 1.0
    longest_s: float = 300.0
    failing_after: int = 5
    """Failures in a row after which the other channels are told."""

    def wait_s(self, attempts: int) -> float:
        """The wait after `attempts` failed attempts."""
        # 2**20 s is past any sensible longest wait, and no overflow.
        return min(self.longest_s, self.first_s * 2.0 ** min(attempts - 1, 20))


class Alerter:
    """Takes alerts and delivers them. The outbox file belongs to this process alone: name it after the process.

    Notices left in the outbox by an earlier process of this name are delivered first.
    """

    def __init__(
        self,
        channels: Sequence[Channel],
        outbox: Path,
        *,
        window_s: float = 300.0,
        clock: Callable[[], float] = time.time,
        retry: Retry | None = None,
    ) -> None:
        self._channels = tuple(channels)
        self._outbox = Outbox(outbox)
        self._window_s = window_s
        self._clock = clock
        self._retry = retry or Retry()
        self._queue: deque[tuple[Alert, tuple[str, ...]]] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._taken_in = False
        self._overflow = 0
        self._threads = [threading.Thread(target=self._take_in, name="alerts", daemon=True)]
        self._threads += [
            threading.Thread(target=self._deliver, args=(c,), name=f"alerts-{c.name}", daemon=True)
            for c in self._channels
        ]
        for thread in self._threads:
            thread.start()

    def raise_(self, alert: Alert) -> None:
        """Tell all channels, soon. Returns at once, never raises."""
        self._put(alert, tuple(c.name for c in self._channels))

    def close(self, timeout_s: float = 5.0) -> int:
        """Try to deliver everything once more, within `timeout_s`; returns how much stays in the outbox."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        end = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        try:
            left = self._outbox.pending()
        except sqlite3.ProgrammingError:  # closed before
            return 0
        self._outbox.close()
        for channel in self._channels:
            channel.close()
        return left

    def _put(self, alert: Alert, channels: tuple[str, ...]) -> None:
        with self._changed:
            if self._taken_in:
                _log.warning("alert %s came after the end and was not sent", alert.kind)
                return
            if len(self._queue) >= _QUEUE:
                self._overflow += 1
                return
            self._queue.append((alert, channels))
            self._changed.notify_all()

    def _take_in(self) -> None:
        while True:
            with self._changed:
                while not self._queue and not self._closing:
                    self._changed.wait()
                if not self._queue:
                    self._taken_in = True
                    self._changed.notify_all()
                    return
                alert, channels = self._queue.popleft()
                overflow, self._overflow = self._overflow, 0
            try:
                if overflow:
                    self._admit(self._too_many(overflow), tuple(c.name for c in self._channels))
                self._admit(alert, channels)
            except sqlite3.ProgrammingError:
                return  # the outbox was closed: `close` ran out of time
            with self._changed:
                self._changed.notify_all()

    def _admit(self, alert: Alert, channels: tuple[str, ...]) -> None:
        self._outbox.admit(alert, now=self._clock(), window_s=self._window_s, channels=channels)

    def _deliver(self, channel: Channel) -> None:
        try:
            failures = 0
            while self._wait(channel):
                closing = self._closing
                pending = self._outbox.due(channel.name, float("inf") if closing else self._clock())
                if pending is None:
                    continue
                try:
                    channel.send(pending.notice)
                except Exception as error:  # noqa: BLE001 - whatever a channel raises, it is tried again
                    failures += 1
                    self._outbox.failed(pending, due=self._clock() + self._retry.wait_s(pending.attempts + 1))
                    # The text of the error may hold the channel's address, which is a secret.
                    _log.warning("alert channel %s failed: %s", channel.name, type(error).__name__)
                    if failures == self._retry.failing_after:
                        self._tell_others(channel, failures)
                    if closing:
                        return
                else:
                    failures = 0
                    self._outbox.delivered(pending)
        except sqlite3.ProgrammingError:
            return  # the outbox was closed while a channel was slow

    def _wait(self, channel: Channel) -> bool:
        """Until something is due; False when there is nothing left to do for good."""
        with self._changed:
            while True:
                due = self._outbox.next_due(channel.name)
                if self._closing and self._taken_in:
                    return due is not None
                if due is not None and due <= self._clock():
                    return True
                self._changed.wait(_IDLE_S if due is None else min(_IDLE_S, max(0.01, due - self._clock())))

    def _tell_others(self, channel: Channel, failures: int) -> None:
        alert = Alert(
            kind="channel_failing",
            table="",
            severity=Severity.ERROR,
            expected=f"alerts delivered by channel {channel.name}",
            command="redline status",
            since=self._clock(),
            got={"failures in a row": failures},
        )
        self._put(alert, tuple(c.name for c in self._channels if c is not channel))

    def _too_many(self, count: int) -> Alert:
        return Alert(
            kind="alerts_lost",
            table="",
            severity=Severity.ERROR,
            expected=f"at most {_QUEUE} alerts at a time",
            command="redline status",
            since=self._clock(),
            got={"lost": count},
        )
