"""Alerts that are not delivered yet, on disk: one SQLite file for one process, whose alerts survive its restart.

Bounded: over the limit the oldest notices go, and are counted. If the disk refuses (it may be full: that is an alert),
the outbox goes on in memory until the next start.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import uuid
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import msgspec

from quality.alert import Alert, Notice, decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_T = TypeVar("_T")

_log = logging.getLogger(__name__)

# A day of one alert a second over three channels would not be read either.
LIMIT = 10_000

_TABLES = """
create table if not exists notices (
  place integer primary key autoincrement, id text, channel text, alert blob, suppressed integer,
  attempts integer default 0, due real
);
create index if not exists by_channel on notices (channel, due);
create table if not exists sent (key text primary key, at real, suppressed integer);
"""


class Pending(NamedTuple):
    """A notice that one channel owes."""

    place: int
    notice: Notice
    attempts: int


class Outbox:
    """Notices per channel, and when an alert of each key was last let through. Safe to use from several threads."""

    def __init__(self, path: Path, *, limit: int = LIMIT) -> None:
        self._lock = threading.RLock()
        self._limit = limit
        self.dropped = 0
        """Notices that were pushed out by newer ones, undelivered."""
        self._db: sqlite3.Connection
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connect(str(path))
        except (OSError, sqlite3.Error) as error:
            self._in_memory(error)

    def admit(self, alert: Alert, *, now: float, window_s: float, channels: Sequence[str]) -> bool:
        """Take an alert in for `channels`, unless one of its key was let through less than `window_s` ago."""

        def run(db: sqlite3.Connection) -> bool:
            row = db.execute("select at, suppressed from sent where key = ?", (alert.key,)).fetchone()
            at, suppressed = row or (None, 0)
            # A clock that was set back must not silence anything.
            if at is not None and 0 <= now - at < window_s:
                db.execute("update sent set suppressed = suppressed + 1 where key = ?", (alert.key,))
                return False
            db.execute("insert or replace into sent values (?, ?, 0)", (alert.key, now))
            db.execute("delete from sent where at < ? and suppressed = 0", (now - 100 * window_s,))
            name, body = uuid.uuid4().hex, encode(alert)
            db.executemany(
                "insert into notices (id, channel, alert, suppressed, due) values (?, ?, ?, ?, ?)",
                [(name, channel, body, suppressed, now) for channel in channels],
            )
            over = db.execute("select count(*) from notices").fetchone()[0] - self._limit
            if over > 0:
                db.execute(
                    "delete from notices where place in (select place from notices order by place limit ?)", (over,)
                )
                self.dropped += over
            return True

        return self._write(run)

    def due(self, channel: str, now: float) -> Pending | None:
        """The channel's oldest notice whose time has come."""

        def run(db: sqlite3.Connection) -> Pending | None:
            row = db.execute(
                "select place, id, alert, suppressed, attempts from notices"
                " where channel = ? and due <= ? order by place limit 1",
                (channel, now),
            ).fetchone()
            if row is None:
                return None
            try:
                return Pending(row[0], Notice(row[1], decode(row[2]), row[3]), row[4])
            except msgspec.DecodeError:  # written by another version
                db.execute("delete from notices where place = ?", (row[0],))
                self.dropped += 1
                return None

        return self._write(run)

    def next_due(self, channel: str) -> float | None:
        """When the channel's next notice is due."""
        due: float | None = self._write(
            lambda db: db.execute("select min(due) from notices where channel = ?", (channel,)).fetchone()[0]
        )
        return due

    def delivered(self, pending: Pending) -> None:
        """Forget a notice."""
        self._write(lambda db: db.execute("delete from notices where place = ?", (pending.place,)))

    def failed(self, pending: Pending, *, due: float) -> None:
        """Try a notice again at `due`."""
        self._write(
            lambda db: db.execute(
                "update notices set attempts = attempts + 1, due = ? where place = ?", (due, pending.place)
            )
        )

    def pending(self) -> int:
        """How many notices are owed, over all channels."""
        count: int = self._write(lambda db: db.execute("select count(*) from notices").fetchone()[0])
        return count

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _connect(self, path: str) -> None:
        self._db = sqlite3.connect(path, check_same_thread=False, timeout=5)
        try:
            self._db.execute("pragma journal_mode = wal")
            self._db.executescript(_TABLES)
        except sqlite3.Error:
            self._db.close()
            raise

    def _in_memory(self, error: Exception) -> None:
        _log.warning("alert outbox: the disk refused (%s); alerts are kept in memory only", type(error).__name__)
        self._connect(":memory:")

    def _write(self, run: Callable[[sqlite3.Connection], _T]) -> _T:
        with self._lock:
            try:
                with self._db:
                    return run(self._db)
            except sqlite3.ProgrammingError:  # closed
                raise
            except sqlite3.Error as error:
                self._db.close()
                self._in_memory(error)
                with self._db:
                    return run(self._db)
