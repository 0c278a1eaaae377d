"""What all processes of a data folder know of alerts: states, silences, and the notices that channels are owed.

A state and the notices that tell of it are written in one transaction: a kill leaves both, or neither. Whichever
process looks next does what has become due, so there is no leader.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from quality import kinds
from quality.alert import Alert, Event, Standing, encode
from quality.alerting import entries, life
from quality.alerting.life import Entry, Policy
from quality.alerting.owed import LIMIT, Owed, alert_of
from quality.alerting.silence import Silence
from quality.alerting.store import number
from schemas.verdict import Severity

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from quality.alert import Wants

ALERTS_LOST = "alerts_lost"
MOST_OPEN = 20_000  # and one more: that not all were taken in
_KEPT_S = 30 * 86_400.0  # a resolved alert is listed for so long
_JUST_ENDED_S = 900.0  # an end is shown to mirrors for so long: one that was down hears of it
_PAUSE_S = 300.0  # alerters tend every half minute


class Saying(NamedTuple):
    """What a process says of an alert: it is so (`times` it was seen), or it is over."""

    alert: Alert
    times: int = 1
    over: bool = False


class Book(Owed):
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
        super().__init__(path, channels or {}, owner=owner, policy=policy or Policy(), limit=limit)
        self.lost = 0
        """Alerts that were not taken in because too many fire."""

    def take(self, sayings: Sequence[Saying], now: float) -> bool:
        """Take in what was said; True if somebody is to be told now, or in a moment."""

        def run(db: sqlite3.Connection) -> bool:
            self._greet(db, now)
            silences = _silences(db)
            told = False
            room = MOST_OPEN - db.execute("select count(*) from states where open = 1").fetchone()[0]
            urgent: set[str] = set()
            for saying in sayings:
                alert = saying.alert
                entry = entries.of(db, alert.key)
                if saying.over:
                    if entry is None:
                        continue
                    after, event = life.cleared(entry, now, self._policy)
                else:
                    if (entry is None or not entry.open) and room <= 0 and alert.kind != ALERTS_LOST:
                        self.lost += 1
                        continue
                    silenced = any(silence.covers(alert, now) for silence in silences)
                    policy = self._of(alert.kind)
                    after, event = life.raised(entry, alert, saying.times, now, policy, silenced=silenced)
                    room -= entry is None or not entry.open
                self._keep(db, after, changed=event is not None or entry is None or entry.state is not after.state)
                if event is not None:
                    self._wait(db, after.alert, event, now)
                    told = True
                    if after.alert.severity is Severity.CRITICAL:
                        urgent.add(alert.kind)
            for kind in sorted(urgent):
                self._flush(db, kind, now)
            return told

        return self._store.write(run)

    def tend(
        self, now: float, *, is_dead: Callable[[str], bool] = lambda _name: False, all_groups: bool = False
    ) -> None:
        """Do what time has made due: ends, repeats, groups (all of them, if asked), digests, notices of the dead."""

        def run(db: sqlite3.Connection) -> None:
            silences = _silences(db)
            pause = _pause(db, now)
            for (blob,) in db.execute(entries.OPEN).fetchall():
                entry = entries.decoded(blob)
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
                    self._wait(db, after.alert, event, now)
            self._greet(db, now)
            due = db.execute("select kind, min(at), max(at) from waiting group by kind").fetchall()
            for name, first, last in due:
                if all_groups or now - first >= self._policy.group_s or last > now:
                    self._flush(db, name, now)
            self._digests(db, now)
            owners = [owner for (owner,) in db.execute("select distinct owner from notices").fetchall()]
            for owner in owners:
                if owner != self.owner and is_dead(owner):
                    db.execute("update notices set owner = ? where owner = ?", (self.owner, owner))
            self._expire(db, now)
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
            covered = [entry for entry in entries.opened(db) if silence.covers(entry.alert, now)]
            for entry in covered:
                if entry.told is not None:
                    self._wait(db, entry.alert, Event.ACKNOWLEDGED, now)
            for kind in sorted({entry.alert.kind for entry in covered}):
                self._flush(db, kind, now)
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
        rows = self._store.read("select entry from states" if resolved else entries.OPEN)
        found = [entry for (blob,) in rows if (entry := entries.decoded(blob)) is not None]
        return sorted(found, key=lambda entry: (entry.open, entry.since), reverse=True)

    def standing(self, now: float) -> list[Standing]:
        """What mirrors are shown: what fires and is not silenced, and what has just ended."""

        def run(db: sqlite3.Connection) -> list[Standing]:
            silences = _silences(db)
            rows = db.execute("select entry from states where open = 1 or ended > ?", (now - _JUST_ENDED_S,)).fetchall()
            found = [entry for (blob,) in rows if (entry := entries.decoded(blob)) is not None]
            return [
                Standing(entry.alert, entry.since, entry.ended)
                for entry in found
                if entry.ended is not None or not any(silence.covers(entry.alert, now) for silence in silences)
            ]

        return self._store.write(run)

    def version(self) -> int:
        """Another number whenever an alert fires or ends."""
        return number(self._store.read("select value from numbers where name = 'version'"))

    def show_due(self, mirror: str, now: float, every_s: float) -> bool:
        """Whether this process is to show a mirror what stands; if so, no other process does for a while."""

        def run(db: sqlite3.Connection) -> bool:
            version = number(db.execute("select value from numbers where name = 'version'").fetchall())
            row = db.execute("select at, version from shown where channel = ?", (mirror,)).fetchone()
            if row is not None and row[1] == version and 0 <= now - row[0] < every_s:
                return False
            db.execute("insert or replace into shown values (?, ?, ?)", (mirror, now, version))
            return True

        return self._store.write(run)

    def not_shown(self, mirror: str) -> None:
        """Showing failed: somebody is to try again."""
        self._store.write(lambda db: db.execute("delete from shown where channel = ?", (mirror,)))

    def identity(self) -> str:
        """A number of this book, so that receivers can tell the alerts of two data folders apart."""

        def run(db: sqlite3.Connection) -> int:
            db.execute("insert or ignore into numbers values ('identity', ?)", (uuid.uuid4().int >> 80,))
            return number(db.execute("select value from numbers where name = 'identity'").fetchall())

        return f"{self._store.write(run):012x}"

    def _of(self, kind: str) -> Policy:
        return replace(self._policy, stale_s=0.0) if kinds.of(kind).ends == "hand" else self._policy

    def _act(self, key: str, now: float, act: Callable[[Entry], life.Step]) -> Entry:
        def run(db: sqlite3.Connection) -> Entry:
            entry = entries.of(db, key)
            if entry is None or not entry.open:
                raise KeyError(key)
            after, event = act(entry)
            self._keep(db, after, changed=True)
            if event is not None:
                self._wait(db, after.alert, event, now)
                self._flush(db, after.alert.kind, now)
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

    def _wait(self, db: sqlite3.Connection, alert: Alert, event: Event, now: float) -> None:
        """Into the group of its kind and event. An alert is in one group at a time: its events are told in order."""
        if db.execute("select 1 from waiting where key = ? and event <> ?", (alert.key, event.value)).fetchone():
            self._flush(db, alert.kind, now)
        row = (alert.kind, event.value, alert.key, encode(alert), now)
        db.execute("insert or replace into waiting values (?, ?, ?, ?, ?)", row)

    def _flush(self, db: sqlite3.Connection, kind: str, now: float) -> None:
        """Make notices of the groups of a kind."""
        waiting: dict[Event, list[Alert]] = {}
        for event, blob in db.execute("select event, alert from waiting where kind = ?", (kind,)).fetchall():
            if (alert := alert_of(blob)) is not None:
                waiting.setdefault(Event(event), []).append(alert)
        db.execute("delete from waiting where kind = ?", (kind,))
        for event, alerts in waiting.items():
            entry = entries.of(db, alerts[0].key) if len(alerts) == 1 else None
            times = entry.times if entry is not None else 1
            for channel, wants in self._channels.items():
                self._send(db, channel, event, alerts, wants=wants, now=now, times=times)
                self._bound(db, channel)

    def _greet(self, db: sqlite3.Connection, now: float) -> None:
        """A channel that is new is told what fires already."""
        known = {name for (name,) in db.execute("select name from channels").fetchall()}
        if known.issuperset(self._channels):
            return
        standing = [entry for entry in entries.opened(db) if entry.told is not None and entry.over is None]
        for channel, wants in self._channels.items():
            if channel not in known:
                db.execute("insert into channels values (?, ?)", (channel, now))
                for kind in sorted({entry.alert.kind for entry in standing}):
                    alerts = [entry.alert for entry in standing if entry.alert.kind == kind]
                    event = Event.FIRED if wants.one_each else Event.AGAIN
                    self._send(db, channel, event, alerts, wants=wants, now=now)

    def _forget(self, db: sqlite3.Connection, now: float) -> None:
        """What is old."""
        db.execute("delete from states where open = 0 and ended < ?", (now - _KEPT_S,))
        db.execute("delete from silences where until < ?", (now - _KEPT_S,))
        most = "select key from states where open = 0 order by ended desc limit -1 offset ?"
        db.execute(f"delete from states where key in ({most})", (MOST_OPEN,))  # noqa: S608 - our own words


def _pause(db: sqlite3.Connection, now: float) -> float:
    """Seconds for which nobody tended, if they were more than a moment."""
    last = number(db.execute("select value from numbers where name = 'tended'").fetchall())
    db.execute("insert or replace into numbers values ('tended', ?)", (int(now),))
    return now - last if last and now - last > _PAUSE_S else 0.0


def _silences(db: sqlite3.Connection) -> list[Silence]:
    return [Silence(*row) for row in db.execute("select id, kind, name, subject, made, until from silences").fetchall()]
