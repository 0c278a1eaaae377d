"""Notices from the book to channels, and what fires to mirrors: each in a thread of its own, again where it failed."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quality import kinds
from quality.alert import Alert
from quality.alerting.book import Saying
from quality.alerting.groups import CHANNEL_FAILING
from schemas import metrics
from schemas.errors import ChannelError
from schemas.verdict import Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from quality.alert import Channel, Mirror
    from quality.alerting.book import Book
    from quality.alerting.owed import Pending
    from schemas.metrics import Meter

_log = logging.getLogger(__name__)

# An idle channel looks at the book this often, in seconds, whatever it was told.
_IDLE_S = 30.0
_SHOW_S = 60.0  # Alertmanager forgets what it does not hear of for five minutes
_REFUSED_S = 86_400.0  # what a receiver calls malformed is tried for a day


@dataclass(frozen=True, slots=True)
class Retry:
    """Waits between attempts, in seconds: doubled from `first_s` to `longest_s`, for ever."""

    first_s: float = 1.0
    longest_s: float = 300.0
    failing_after: int = 5
    """Failures in a row after which the other channels are told."""

    def wait_s(self, attempts: int, asked_s: float | None = None) -> float:
        """The wait after `attempts` failed attempts; at least what the receiver asked for, within the limit."""
        # 2**20 s is past any sensible longest wait, and no overflow.
        return min(self.longest_s, max(asked_s or 0.0, self.first_s * 2.0 ** min(attempts - 1, 20)))


class Turns:
    """What an alerter's threads wait for: another turn, or the end.

    The book may have to wait for another process. So it is never asked while `changed` is held: who raises needs that.
    """

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.closing = False
        self.taken_in = False
        """All that was said is in the book, and nothing more is taken."""
        self._turn = 0

    def now(self) -> tuple[int, bool]:
        """Which turn it is, and whether it is the last one."""
        with self.changed:
            return self._turn, self.closing and self.taken_in

    def rest(self, turn: int, wait_s: float) -> None:
        """Until another turn, or the time is over."""
        with self.changed:
            self.changed.wait_for(lambda: self._turn != turn, wait_s)

    def next(self) -> None:
        """Another turn: everybody looks again."""
        with self.changed:
            self._turn += 1
            self.changed.notify_all()


class Delivery:
    """What the threads of channels and mirrors run. `say`: what is to be said of the channels themselves."""

    def __init__(
        self,
        book: Book,
        turns: Turns,
        say: Callable[[Saying], None],
        *,
        clock: Callable[[], float],
        retry: Retry,
        meter: Meter,
    ) -> None:
        self._book = book
        self._turns = turns
        self._say = say
        self._clock = clock
        self._retry = retry
        self._meter = meter
        self._sound: set[str] = set()

    def deliver(self, channel: Channel) -> None:
        """Send what the book owes a channel, until there is nothing left to do for good."""
        failures = 0
        try:
            while (pending := self._pending(channel.name)) is not None:
                closing = self._turns.closing
                try:
                    channel.send(pending.notice)
                except Exception as error:  # noqa: BLE001 - whatever a channel raises, it is tried again
                    failures += 1
                    self._failed(channel.name, error, failures)
                    self._put_off(pending, error)
                    if closing:
                        return  # it stays in the book
                else:
                    failures = 0
                    self._book.delivered(pending)
                    self._worked(channel.name)
        except sqlite3.ProgrammingError:
            return  # the book was closed while a channel was slow

    def _put_off(self, pending: Pending, error: Exception) -> None:
        refusal = error if isinstance(error, ChannelError) else None
        now = self._clock()
        if refusal is not None and refusal.malformed and now - pending.notice.at > _REFUSED_S:
            self._book.delivered(pending)
            self._book.dropped += 1
        else:
            wait_s = self._retry.wait_s(pending.attempts + 1, refusal.retry_after_s if refusal is not None else None)
            self._book.failed(pending, due=now + wait_s)

    def _pending(self, channel: str) -> Pending | None:
        """The next notice for a channel, once one is due; None when there is nothing left to do for good."""
        while True:
            turn, last = self._turns.now()
            now = self._clock()
            pending = self._book.due(channel, float("inf") if self._turns.closing else now)
            if pending is not None or last:
                return pending
            due = self._book.next_due(channel, now)
            self._turns.rest(turn, _IDLE_S if due is None else min(_IDLE_S, max(0.01, due - now)))

    def show(self, mirror: Mirror) -> None:
        """Show a mirror what fires, again and again, until the end."""
        failures, again = 0, 0.0
        try:
            while True:
                turn, last = self._turns.now()
                if (last or time.monotonic() >= again) and self._book.show_due(mirror.name, self._clock(), _SHOW_S):
                    try:
                        mirror.show(self._book.standing(self._clock()))
                    except Exception as error:  # noqa: BLE001 - as a channel's
                        failures += 1
                        self._book.not_shown(mirror.name)
                        self._failed(mirror.name, error, failures)
                        again = time.monotonic() + self._retry.wait_s(failures)
                    else:
                        failures, again = 0, 0.0
                        self._worked(mirror.name)
                if last:
                    return
                self._turns.rest(turn, max(0.01, min(_IDLE_S, again - time.monotonic())) if failures else _IDLE_S)
        except sqlite3.ProgrammingError:
            return  # likewise

    def _failed(self, channel: str, error: Exception, failures: int) -> None:
        # The text of the error may hold the channel's address, which is a secret.
        what = str(error) if isinstance(error, ChannelError) else type(error).__name__
        _log.warning("alert channel %s failed: %s", channel, what)
        self._meter.count(metrics.ALERTS_FAILED, 1, channel=channel)
        self._sound.discard(channel)
        if failures >= self._retry.failing_after:
            kind = kinds.of(CHANNEL_FAILING)
            self._say(
                Saying(
                    Alert(
                        kind=kind.name,
                        table="",
                        severity=kind.severity,
                        expected=f"alerts delivered by channel {channel}",
                        command=kind.command,
                        since=self._clock(),
                        got={"failures in a row": failures},
                        subject=channel,
                    )
                )
            )

    def _worked(self, channel: str) -> None:
        self._meter.count(metrics.ALERTS_SENT, 1, channel=channel)
        if channel not in self._sound:  # an earlier process may have said that it fails
            self._sound.add(channel)
            over = Alert(CHANNEL_FAILING, "", Severity.WARNING, "", "", 0.0, subject=channel)
            self._say(Saying(over, over=True))
