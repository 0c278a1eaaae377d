"""What happens to one alert: it fires, gets worse, is seen again, is acknowledged, ends. Pure: `now` is an argument.

`now` is a wall clock and may jump. A clock that was set back must neither silence an alert nor keep it for ever, so a
time of the future counts as now.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from quality.alert import Alert, Event, weight
from schemas.verdict import Severity  # noqa: TC001 - msgspec reads the annotations at run time


class State(StrEnum):
    """Of an alert."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Policy:
    """Spans in seconds. `repeat_s` 0: nothing is said again; `stale_s` 0: nothing ends because nobody sees it."""

    window_s: float = 300.0
    stale_s: float = 1800.0
    repeat_s: float = 4 * 3600.0
    group_s: float = 10.0
    per_hour: int = 60


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one alert.

    `since`: when it fired; `told`: when people last heard of it, None if not yet; `worst`: the severity they heard of;
    `over`: since when its raiser says that it is over; `ended`: when it was resolved; `paused`: for how many seconds
    since it was seen nobody could see it, as no process ran.
    """

    alert: Alert
    state: State
    since: float
    seen: float
    times: int
    told: float | None = None
    worst: Severity | None = None
    over: float | None = None
    ended: float | None = None
    paused: float = 0.0

    @property
    def open(self) -> bool:
        """True until it is resolved."""
        return self.state is not State.RESOLVED


Step = tuple[Entry, Event | None]


def raised(entry: Entry | None, alert: Alert, times: int, now: float, policy: Policy, *, silenced: bool) -> Step:
    """It is so now; `times` it was seen since it was said last. With what people are to be told, if anything."""
    entry = None if entry is None else _no_future(entry, now)
    if entry is None or not entry.open:
        return _told(Entry(alert, State.FIRING, now, now, times), now, Event.FIRED, silenced=silenced)
    known = replace(
        entry, alert=replace(alert, since=entry.alert.since), seen=now, times=entry.times + times, over=None, paused=0.0
    )
    if entry.worst is None:
        return _told(known, now, Event.FIRED, silenced=silenced)
    if weight(alert.severity) > weight(entry.worst):
        return _told(replace(known, state=State.FIRING), now, Event.WORSE, silenced=silenced)
    if 0 < policy.stale_s <= now - entry.seen:  # it would have ended, had a process been there to say so
        return _told(known, now, Event.AGAIN, silenced=silenced)
    return known, None


def cleared(entry: Entry, now: float, policy: Policy) -> Step:
    """Its raiser says that it is over. It is, once it has stayed so for the window."""
    if not entry.open:
        return entry, None
    entry = _no_future(entry, now)
    known = replace(entry, seen=now, over=now if entry.over is None else entry.over)
    return passed(known, now, policy, silenced=True)


def passed(entry: Entry, now: float, policy: Policy, *, silenced: bool, paused: float = 0.0) -> Step:
    """Time has gone by; for `paused` seconds of it no process ran."""
    if not entry.open:
        return entry, None
    entry = _no_future(entry, now)
    if paused:
        entry = replace(entry, paused=entry.paused + paused)
    if entry.over is not None and now - entry.over >= policy.window_s:
        return _ended(entry, now, Event.RESOLVED)
    if 0 < policy.stale_s <= now - entry.seen - entry.paused:
        return _ended(entry, now, Event.UNSEEN)
    if entry.over is not None or silenced:
        return entry, None
    if entry.told is None:
        return _told(entry, now, Event.FIRED, silenced=False)
    # Somebody has seen it since, or it ends only by hand: after a pause it may be over, and nobody has looked yet.
    still = entry.seen > entry.told or policy.stale_s == 0
    if still and entry.state is State.FIRING and 0 < policy.repeat_s <= now - entry.told:
        return _told(entry, now, Event.AGAIN, silenced=False)
    return entry, None


def acknowledged(entry: Entry) -> Step:
    """Somebody has it in hand: it is not said again, unless it gets worse."""
    if entry.state is not State.FIRING:
        return entry, None
    return replace(entry, state=State.ACKNOWLEDGED), Event.ACKNOWLEDGED


def ended(entry: Entry, now: float) -> Step:
    """Somebody says that it is over."""
    return _ended(entry, now, Event.RESOLVED) if entry.open else (entry, None)


def _told(entry: Entry, now: float, event: Event, *, silenced: bool) -> Step:
    if silenced:
        return entry, None
    worst = entry.alert.severity
    if entry.worst is not None and weight(entry.worst) > weight(worst):
        worst = entry.worst
    return replace(entry, told=now, worst=worst), event


def _ended(entry: Entry, now: float, event: Event) -> Step:
    """Who was not told of it is not told of its end."""
    return replace(entry, state=State.RESOLVED, ended=now), None if entry.told is None else event


def _no_future(entry: Entry, now: float) -> Entry:
    if max(entry.since, entry.seen, entry.told or 0.0, entry.over or 0.0) <= now:
        return entry
    return replace(
        entry,
        since=min(entry.since, now),
        seen=min(entry.seen, now),
        told=None if entry.told is None else min(entry.told, now),
        over=None if entry.over is None else min(entry.over, now),
    )
