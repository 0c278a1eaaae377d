"""Notices that channels are owed: made within limits, kept in order, bounded. Part of the book."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from quality.alert import Alert, Event, Notice, decode, decode_notice, encode
from quality.alerting import groups
from quality.alerting.store import Store, number

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from quality.alert import Wants
    from quality.alerting.life import Policy

# Nobody would read more of one channel.
LIMIT = 10_000
_OWED_S = 7 * 86_400.0  # by then somebody has been told otherwise, or nobody ever will be
_GONE_S = 86_400.0  # a channel that no process has had for so long will not come back
_AHEAD_S = 3_600.0  # no wait is so long: what is due later was written under another clock
_HOUR_S = 3_600
# An end must not come before the beginning, whichever process owes them: of one line the first goes first.
_FIRST = (
    "notices as n where owner = ? and channel = ? and not exists"
    " (select 1 from notices as e where e.channel = n.channel and e.line = n.line and e.place < n.place)"
)


class Pending(NamedTuple):
    """A notice that one channel is owed."""

    channel: str
    notice: Notice
    attempts: int


class Owed:
    """What each channel is owed, of all processes; this one delivers what it owes under the name `owner`."""

    def __init__(
        self, path: Path, channels: Mapping[str, Wants], *, owner: str, policy: Policy, limit: int = LIMIT
    ) -> None:
        self._store = Store(path)
        self._channels = dict(channels)
        self._policy = policy
        self._limit = limit
        self.owner = owner
        self.dropped = 0
        """Notices that nobody will be sent, by this process: too many, too old, or of another version."""

    def due(self, channel: str, now: float) -> Pending | None:
        """The oldest notice of this process for the channel whose time has come."""
        rows = self._store.read(
            f"select place, body, attempts from {_FIRST} and (due <= ? or due > ?) order by place limit 1",  # noqa: S608
            self.owner,
            channel,
            now,
            now + _AHEAD_S,
        )
        if not rows:
            return None
        place, body, attempts = rows[0]
        try:
            return Pending(channel, decode_notice(body), attempts)
        except msgspec.DecodeError:  # written by another version
            self._store.write(lambda db: db.execute("delete from notices where place = ?", (place,)))
            self.dropped += 1
            return None

    def next_due(self, channel: str, now: float) -> float | None:
        """When the channel's next notice of this process is due."""
        found = self._store.read(f"select min(due), max(due) from {_FIRST}", self.owner, channel)  # noqa: S608
        first, last = found[0]
        if first is None:
            return None
        return now if last > now + _AHEAD_S else float(first)

    def delivered(self, pending: Pending) -> None:
        """Forget a notice."""
        name = (pending.channel, pending.notice.id)
        self._store.write(lambda db: db.execute("delete from notices where channel = ? and id = ?", name))

    def failed(self, pending: Pending, *, due: float) -> None:
        """Try a notice again at `due`."""
        put_off = "update notices set attempts = attempts + 1, due = ? where channel = ? and id = ?"
        name = (due, pending.channel, pending.notice.id)
        self._store.write(lambda db: db.execute(put_off, name))

    def owed(self, *, mine: bool = False) -> dict[str, int]:
        """Notices that wait, by channel: of all processes, or of this one."""
        rows = self._store.read(
            "select channel, count(*) from notices where owner = ? or not ? group by channel", self.owner, mine
        )
        return {str(channel): int(count) for channel, count in rows}

    def close(self) -> None:
        """Close the file."""
        self._store.close()

    def _send(
        self,
        db: sqlite3.Connection,
        channel: str,
        event: Event,
        alerts: Sequence[Alert],
        *,
        wants: Wants,
        now: float,
        times: int = 1,
    ) -> None:
        hour = int(now // _HOUR_S)
        for notice in groups.notices(
            event, alerts, channel=channel, wants=wants, name=uuid.uuid4().hex, now=now, times=times
        ):
            spent = number(
                db.execute("select count from spent where channel = ? and hour = ?", (channel, hour)).fetchall()
            )
            if groups.passes(notice, wants, spent, self._policy.per_hour):
                self._owe(db, channel, notice, now)
                db.execute(
                    "insert into spent values (?, ?, 1) on conflict (channel, hour) do update set count = count + 1",
                    (channel, hour),
                )
            else:
                db.execute(
                    "insert into held values (?, ?, ?, ?, ?, ?) on conflict (channel, hour, kind, event)"
                    " do update set count = count + excluded.count",
                    (
                        channel,
                        hour,
                        notice.kind,
                        event.value,
                        encode(notice.alerts[0]),
                        len(notice.alerts) + notice.more,
                    ),
                )

    def _owe(self, db: sqlite3.Connection, channel: str, notice: Notice, now: float) -> None:
        line = notice.alerts[0].key if self._channels[channel].one_each else notice.kind
        db.execute(
            "insert into notices (id, owner, channel, body, due, made, line) values (?, ?, ?, ?, ?, ?, ?)",
            (notice.id, self.owner, channel, encode(notice), now, now, line),
        )

    def _digests(self, db: sqlite3.Connection, now: float) -> None:
        hour = int(now // _HOUR_S)
        for channel in self._channels:
            rows = db.execute(
                "select kind, event, alert, count from held where channel = ? and hour <> ?", (channel, hour)
            ).fetchall()
            if not rows:
                continue
            held: dict[tuple[str, Event], int] = {}
            for kind, event, _, count in rows:
                held[kind, Event(event)] = held.get((kind, Event(event)), 0) + count
            examples = [alert for _, _, blob, _ in rows if (alert := alert_of(blob)) is not None]
            self._owe(db, channel, groups.digest(held, examples, name=uuid.uuid4().hex, now=now), now)
            db.execute("delete from held where channel = ? and hour <> ?", (channel, hour))
        db.execute("delete from spent where hour <> ?", (hour,))

    def _bound(self, db: sqlite3.Connection, channel: str) -> None:
        over = db.execute("select count(*) from notices where channel = ?", (channel,)).fetchone()[0] - self._limit
        if over > 0:
            oldest = "select place from notices where channel = ? order by place limit ?"
            db.execute(f"delete from notices where place in ({oldest})", (channel, over))  # noqa: S608 - our own words
            self.dropped += over

    def _expire(self, db: sqlite3.Connection, now: float) -> None:
        """What is old, and what channels are owed that nobody has any more."""
        self.dropped += db.execute("delete from notices where made < ?", (now - _OWED_S,)).rowcount
        db.executemany("update channels set seen = ? where name = ?", [(now, channel) for channel in self._channels])
        db.execute("delete from channels where seen < ?", (now - _GONE_S,))
        self.dropped += db.execute(
            "delete from notices where made < ? and channel not in (select name from channels)", (now - _GONE_S,)
        ).rowcount


def alert_of(blob: bytes) -> Alert | None:
    """An alert of the file; None if another version wrote it."""
    try:
        return decode(blob)
    except msgspec.DecodeError:
        return None
