"""What all processes of a data folder know of alerts: states, silences, and the notices that channels are owed.

A state and the notices that tell of it are written in one transaction: a kill leaves both, or neither. Whichever
process looks next does what has become due, so there is no leader.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from quality import kinds
from quality.alert import Alert, Event, Notice, Standing, decode, decode_notice, encode
from quality.alerting import groups, life
from quality.alerting.life import Entry, Policy
from quality.alerting.store import Store
from schemas.verdict import Severity

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from quality.alert import Wants

# Nobody would read more of one channel.
LIMIT = 10_000
MOST_OPEN = 20_000
_KEPT_S = 30 * 86_400.0  # a resolved alert is listed for so long
_JUST_ENDED_S = 900.0  # an end is shown to mirrors for so long: one that was down hears of it
_OWED_S = 7 * 86_400.0  # by then somebody has been told otherwise, or nobody ever will be
_AHEAD_S = 3_600.0  # no wait is so long: what is due later was written under another clock
_HOUR_S = 3_600
_PAUSE_S = 300.0  # alerters tend every half minute
# An end must not come before the beginning, whichever process owes them: of one line the first goes first.
_FIRST = (
    "notices as n where owner = ? and channel = ? and not exists"
    " (select 1 from notices as e where e.channel = n.channel and e.line = n.line and e.place < n.place)"
)
_OPEN = "select entry from states where open = 1"


class Saying(NamedTuple):
    """What a process says of an alert: it is so (`times` it was seen), or it is over."""

    alert: Alert
    times: int = 1
    over: bool = False


class Pending(NamedTuple):
    """A notice that one channel is owed."""

    channel: str
    notice: Notice
    attempts: int


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing is told of what it covers, until `until`. An empty word covers all."""

    id: str
    kind: str
    table: str
    subject: str
    made: float
    until: float

    def covers(self, alert: Alert, now: float) -> bool:
        """Whether this alert is not told of now. A clock that was set back must not silence anything."""
        return self.made - 60.0 <= now < self.until and all(
            word in ("", own)
            for word, own in ((self.kind, alert.kind), (self.table, alert.table), (self.subject, alert.subject))
        )


class Book:
    """The alerts of a data folder. Safe to use from several threads and processes.

    Args:
        path: the SQLite file.
        channels: name of each channel of this process, and what it wants.
        owner: under which name this process delivers.
        policy: spans and limits.
        limit: of notices that wait for one channel; beyond it the oldest go.
    """

    def __init__(
        self,
        path: Path,
        channels: Mapping[str, Wants] | None = None,
        *,
        owner: str = "",
        policy: Policy | None = None,
        limit: int = LIMIT,
    ) -> None:
        self._store = Store(path)
        self._channels = dict(channels or {})
        self._policy = policy or Policy()
        self._limit = limit
        self.owner = owner
        self.dropped = 0
        """Notices that nobody will be sent, by this process: too many, too old, or of another version."""
        self.lost = 0
        """Alerts that were not taken in because too many fire."""

    def take(self, sayings: Sequence[Saying], now: float) -> bool:
        """Take in what was said; True if somebody is to be told now, or in a moment."""

        def run(db: sqlite3.Connection) -> bool:
            self._greet(db, now)
            silences = _silences(db)
            told = False
            room = MOST_OPEN - db.execute("select count(*) from states where open = 1").fetchone()[0]
            urgent: set[tuple[str, Event]] = set()
            for saying in sayings:
                alert = saying.alert
                entry = _entry(db, alert.key)
                if saying.over:
                    if entry is None:
                        continue
                    after, event = life.cleared(entry, now, self._policy)
                else:
                    if (entry is None or not entry.open) and room <= 0:
                        self.lost += 1
                        continue
                    silenced = any(silence.covers(alert, now) for silence in silences)
                    policy = self._of(alert.kind)
                    after, event = life.raised(entry, alert, saying.times, now, policy, silenced=silenced)
                    room -= entry is None or not entry.open
                self._keep(db, after, changed=event is not None or entry is None or entry.state is not after.state)
                if event is not None:
                    _wait(db, after.alert, event, now)
                    told = True
                    if after.alert.severity is Severity.CRITICAL:
                        urgent.add((alert.kind, event))
            for kind, event in sorted(urgent):
                self._flush(db, kind, event, now)
            return told

        return self._store.write(run)

    def tend(
        self, now: float, *, is_dead: Callable[[str], bool] = lambda _name: False, all_groups: bool = False
    ) -> None:
        """Do what time has made due: ends, repeats, groups (all of them, if asked), digests, notices of the dead."""

        def run(db: sqlite3.Connection) -> None:
            silences = _silences(db)
            pause = _pause(db, now)
            for (blob,) in db.execute(_OPEN).fetchall():
                entry = _decoded(blob)
                if entry is None:
                    continue
                silenced = any(silence.covers(entry.alert, now) for silence in silences)
                kind = entry.alert.kind
                # Who raises one of these looks again once it runs; the others are raised by what happens.
                paused = pause if kinds.of(kind).ends == "said" else 0.0
                after, event = life.passed(entry, now, self._of(kind), silenced=silenced, paused=paused)
                if after != entry:
                    self._keep(db, after, changed=after.state is not entry.state)
                if event is not None:
                    _wait(db, after.alert, event, now)
            self._greet(db, now)
            due = db.execute("select kind, event, min(at), max(at) from waiting group by kind, event").fetchall()
            for kind, event, first, last in due:
                if all_groups or now - first >= self._policy.group_s or last > now:
                    self._flush(db, kind, Event(event), now)
            self._digests(db, now)
            owners = [owner for (owner,) in db.execute("select distinct owner from notices").fetchall()]
            for owner in owners:
                if owner != self.owner and is_dead(owner):
                    db.execute("update notices set owner = ? where owner = ?", (self.owner, owner))
            self._forget(db, now)

        self._store.write(run)

    def next_group(self) -> float | None:
        """When the next group is due."""
        first = self._store.read("select min(at) from waiting")[0][0]
        return None if first is None else float(first) + self._policy.group_s

    def acknowledge(self, key: str, now: float) -> Entry:
        """Somebody has the alert of this key in hand. Raises KeyError if it does not fire."""
        return self._act(key, now, life.acknowledged)

    def resolve(self, key: str, now: float) -> Entry:
        """Somebody says that the alert of this key is over. Raises KeyError if it does not fire."""
        return self._act(key, now, lambda entry: life.ended(entry, now))

    def silence(self, silence: Silence, now: float) -> list[Entry]:
        """Tell nobody of what it covers; returns the alerts that fire and are covered now.

        Where somebody is paged, they are acknowledged, so that nobody is woken by them.
        """

        def run(db: sqlite3.Connection) -> list[Entry]:
            db.execute(
                "insert or replace into silences values (?, ?, ?, ?, ?, ?)",
                (silence.id, silence.kind, silence.table, silence.subject, silence.made, silence.until),
            )
            covered = [entry for entry in _open(db) if silence.covers(entry.alert, now)]
            for entry in covered:
                if entry.told is not None:
                    _wait(db, entry.alert, Event.ACKNOWLEDGED, now)
            for kind in sorted({entry.alert.kind for entry in covered}):
                self._flush(db, kind, Event.ACKNOWLEDGED, now)
            self._changed(db)
            return covered

        return self._store.write(run)

    def unsilence(self, name: str) -> bool:
        """End a silence; False if there is none of this id."""

        def run(db: sqlite3.Connection) -> bool:
            self._changed(db)
            return db.execute("delete from silences where id = ?", (name,)).rowcount > 0

        return self._store.write(run)

    def silences(self, now: float) -> list[Silence]:
        """Those that hold, the first to end first."""
        found = self._store.write(_silences)
        return sorted((s for s in found if now < s.until), key=lambda s: s.until)

    def entries(self, *, resolved: bool = False) -> list[Entry]:
        """Alerts that fire, newest first; with those that have ended, if asked."""
        rows = self._store.read("select entry from states" if resolved else _OPEN)
        found = [entry for (blob,) in rows if (entry := _decoded(blob)) is not None]
        return sorted(found, key=lambda entry: (entry.open, entry.since), reverse=True)

    def standing(self, now: float) -> list[Standing]:
        """What mirrors are shown: what fires and is not silenced, and what has just ended."""

        def run(db: sqlite3.Connection) -> list[Standing]:
            silences = _silences(db)
            rows = db.execute("select entry from states where open = 1 or ended > ?", (now - _JUST_ENDED_S,)).fetchall()
            found = [entry for (blob,) in rows if (entry := _decoded(blob)) is not None]
            return [
                Standing(entry.alert, entry.since, entry.ended)
                for entry in found
                if entry.ended is not None or not any(silence.covers(entry.alert, now) for silence in silences)
            ]

        return self._store.write(run)

    def version(self) -> int:
        """Another number whenever an alert fires or ends."""
        return _number(self._store.read("select value from numbers where name = 'version'"))

    def show_due(self, mirror: str, now: float, every_s: float) -> bool:
        """Whether this process is to show a mirror what stands; if so, no other process does for a while."""

        def run(db: sqlite3.Connection) -> bool:
            version = _number(db.execute("select value from numbers where name = 'version'").fetchall())
            row = db.execute("select at, version from shown where channel = ?", (mirror,)).fetchone()
            if row is not None and row[1] == version and 0 <= now - row[0] < every_s:
                return False
            db.execute("insert or replace into shown values (?, ?, ?)", (mirror, now, version))
            return True

        return self._store.write(run)

    def not_shown(self, mirror: str) -> None:
        """Showing failed: somebody is to try again."""
        self._store.write(lambda db: db.execute("delete from shown where channel = ?", (mirror,)))

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

    def identity(self) -> str:
        """A number of this book, so that receivers can tell the alerts of two data folders apart."""

        def run(db: sqlite3.Connection) -> int:
            db.execute("insert or ignore into numbers values ('identity', ?)", (uuid.uuid4().int >> 80,))
            return _number(db.execute("select value from numbers where name = 'identity'").fetchall())

        return f"{self._store.write(run):012x}"

    def close(self) -> None:
        """Close the file."""
        self._store.close()

    def _of(self, kind: str) -> Policy:
        return replace(self._policy, stale_s=0.0) if kinds.of(kind).ends == "hand" else self._policy

    def _act(self, key: str, now: float, act: Callable[[Entry], life.Step]) -> Entry:
        def run(db: sqlite3.Connection) -> Entry:
            entry = _entry(db, key)
            if entry is None or not entry.open:
                raise KeyError(key)
            after, event = act(entry)
            self._keep(db, after, changed=True)
            if event is not None:
                _wait(db, after.alert, event, now)
                self._flush(db, after.alert.kind, event, now)
            return after

        return self._store.write(run)

    def _keep(self, db: sqlite3.Connection, entry: Entry, *, changed: bool) -> None:
        alert = entry.alert
        db.execute(
            "insert or replace into states values (?, ?, ?, ?, ?, ?)",
            (alert.key, alert.kind, entry.state.value, msgspec.json.encode(entry), int(entry.open), entry.ended),
        )
        self._store.touched(alert.key)
        if changed:
            self._changed(db)

    def _changed(self, db: sqlite3.Connection) -> None:
        db.execute("insert into numbers values ('version', 1) on conflict (name) do update set value = value + 1")

    def _flush(self, db: sqlite3.Connection, kind: str, event: Event, now: float) -> None:
        """Make notices of what waits."""
        rows = db.execute("select alert from waiting where kind = ? and event = ?", (kind, event.value)).fetchall()
        db.execute("delete from waiting where kind = ? and event = ?", (kind, event.value))
        alerts = [alert for (blob,) in rows if (alert := _alert(blob)) is not None]
        entry = _entry(db, alerts[0].key) if len(alerts) == 1 else None
        times = entry.times if entry is not None else 1
        for channel, wants in self._channels.items():
            self._send(db, channel, event, alerts, wants=wants, now=now, times=times)
            self._bound(db, channel)

    def _send(
        self,
        db: sqlite3.Connection,
        channel: str,
        event: Event,
        alerts: Iterable[Alert],
        *,
        wants: Wants,
        now: float,
        times: int = 1,
    ) -> None:
        hour = int(now // _HOUR_S)
        for notice in groups.notices(
            event, list(alerts), channel=channel, wants=wants, name=uuid.uuid4().hex, now=now, times=times
        ):
            spent = _number(
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
            examples = [alert for _, _, blob, _ in rows if (alert := _alert(blob)) is not None]
            self._owe(db, channel, groups.digest(held, examples, name=uuid.uuid4().hex, now=now), now)
            db.execute("delete from held where channel = ? and hour <> ?", (channel, hour))
        db.execute("delete from spent where hour <> ?", (hour,))

    def _greet(self, db: sqlite3.Connection, now: float) -> None:
        """A channel that is new is told what fires already."""
        known = {name for (name,) in db.execute("select name from channels").fetchall()}
        if known.issuperset(self._channels):
            return
        standing = [entry for entry in _open(db) if entry.told is not None and entry.over is None]
        for channel, wants in self._channels.items():
            if channel not in known:
                db.execute("insert into channels values (?, ?)", (channel, now))
                for kind in sorted({entry.alert.kind for entry in standing}):
                    alerts = [entry.alert for entry in standing if entry.alert.kind == kind]
                    event = Event.FIRED if wants.one_each else Event.AGAIN
                    self._send(db, channel, event, alerts, wants=wants, now=now)

    def _forget(self, db: sqlite3.Connection, now: float) -> None:
        """What is old, and what is owed to channels that nobody has any more."""
        db.execute("delete from states where open = 0 and ended < ?", (now - _KEPT_S,))
        db.execute("delete from silences where until < ?", (now - _KEPT_S,))
        self.dropped += db.execute("delete from notices where made < ?", (now - _OWED_S,)).rowcount
        db.executemany("update channels set seen = ? where name = ?", [(now, channel) for channel in self._channels])
        db.execute("delete from channels where seen < ?", (now - 86_400.0,))
        self.dropped += db.execute(
            "delete from notices where made < ? and channel not in (select name from channels)", (now - 86_400.0,)
        ).rowcount

    def _bound(self, db: sqlite3.Connection, channel: str) -> None:
        over = db.execute("select count(*) from notices where channel = ?", (channel,)).fetchone()[0] - self._limit
        if over > 0:
            oldest = "select place from notices where channel = ? order by place limit ?"
            db.execute(f"delete from notices where place in ({oldest})", (channel, over))  # noqa: S608 - our own words
            self.dropped += over


def _pause(db: sqlite3.Connection, now: float) -> float:
    """Seconds for which nobody tended, if they were more than a moment."""
    last = _number(db.execute("select value from numbers where name = 'tended'").fetchall())
    db.execute("insert or replace into numbers values ('tended', ?)", (int(now),))
    return now - last if last and now - last > _PAUSE_S else 0.0


def _open(db: sqlite3.Connection) -> list[Entry]:
    return [entry for (blob,) in db.execute(_OPEN).fetchall() if (entry := _decoded(blob)) is not None]


def _entry(db: sqlite3.Connection, key: str) -> Entry | None:
    row = db.execute("select entry from states where key = ?", (key,)).fetchone()
    return None if row is None else _decoded(row[0])


def _wait(db: sqlite3.Connection, alert: Alert, event: Event, now: float) -> None:
    db.execute(
        "insert or replace into waiting values (?, ?, ?, ?, ?)",
        (alert.kind, event.value, alert.key, encode(alert), now),
    )


def _silences(db: sqlite3.Connection) -> list[Silence]:
    return [Silence(*row) for row in db.execute("select id, kind, name, subject, made, until from silences").fetchall()]


_entry_of = msgspec.json.Decoder(Entry).decode


def _decoded(blob: bytes) -> Entry | None:
    try:
        return _entry_of(blob)
    except msgspec.DecodeError:  # written by another version
        return None


def _alert(blob: bytes) -> Alert | None:
    try:
        return decode(blob)
    except msgspec.DecodeError:
        return None


def _number(rows: Sequence[tuple[object, ...]]) -> int:
    return int(str(rows[0][0])) if rows else 0
