"""The events of a company over time, step by step, in order of arrival. Pure and seeded: equal arguments, equal bytes.

A load says how many records arrive at a time. Each is the next event that is due of a scene under way, or else the
first of a new scene; so the rate is that of the load from the first second on, and at most what is under way is held.
Event times lie before arrivals: by seconds, for a few by minutes, for a laptop that was offline by hours. Some records
come twice (same source and id), some are broken, a few are huge, some edits come long after their interaction closed.
"""

# ruff: noqa: PLR2004, S311 - shares of a mix read best in place; made-up data must be repeatable

from __future__ import annotations

import heapq
from array import array
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from redline.simulate.curve import DAY, HOUR, SECOND, Load
from redline.simulate.roster import TEAM, UNIT
from redline.simulate.tally import Tally
from schemas.records import Outgoing
from schemas.sources.cloudevents import rfc3339

if TYPE_CHECKING:
    from redline.simulate.moulds import Mould, Moulds
    from redline.simulate.roster import Roster

STEP_US = SECOND // 5
_SITTING_US = 4 * HOUR
_NUMBERS = [b"%d" % number for number in range(2, 5001)]


@dataclass(frozen=True, slots=True)
class Mix:
    """Shares of what goes wrong, and `hurry`: scenes take so many times less time than people would."""

    copies: float = 0.015
    broken: float = 0.005
    giants: float = 0.000_01
    offline: float = 0.002
    straggles: float = 0.02
    hurry: float = 1.0


class Timed(NamedTuple):
    """A record and when it arrives (microseconds)."""

    at_us: int
    record: Outgoing


class Under(NamedTuple):
    """The next event of a scene: when it arrives, and all that it takes to write it and those after it."""

    due_us: int
    number: int
    """Breaks ties; unique."""
    scene: int
    cast: int
    serial: int
    person: int
    draw: int
    begun_us: int
    behind_us: int
    copy: bool


class _Mark(msgspec.Struct, array_like=True):
    name: str
    now_us: int
    owed: float
    serial: int
    number: int
    said: bytes
    under_way: list[Under]
    random: tuple[int, list[int], float | None]
    tally: Tally


class Week:
    """`step` after `step`; `tally` says what came out so far. `name` goes into every id: equal names, equal ids."""

    def __init__(
        self, name: str, load: Load, roster: Roster, moulds: Moulds, *, start_us: int, mix: Mix | None = None
    ) -> None:
        self.name = name
        self.now_us = start_us
        self.tally = Tally()
        self._load, self._roster, self._moulds, self._mix = load, roster, moulds, mix or Mix()
        self._rng = Random(f"redline/simulate/{name}")
        self._owed = 0.0
        self._serial = self._number = 0
        self._under_way: list[Under] = []
        self._said = array("I", bytes(4 * (roster.people // TEAM + 1)))  # messages of each team so far
        self._share = roster.own / roster.people
        self._day, self._date = -1, ""

    @property
    def under_way(self) -> int:
        """Scenes that have begun and have not ended."""
        return len(self._under_way)

    def step(self) -> list[Timed]:
        """What arrives in the next fifth of a second."""
        rates = self._load.rates(self.now_us)
        self._owed += sum(rates) * self._share * STEP_US / SECOND
        count = int(self._owed)
        self._owed -= count
        zones = self._rng.choices(range(len(rates)), rates, k=count) if count else ()
        made = [
            Timed(at_us, self._next(at_us, zone))
            for zone, at_us in zip(
                zones, range(self.now_us, self.now_us + STEP_US, STEP_US // max(count, 1)), strict=False
            )
        ]
        self.now_us += STEP_US
        self.tally.records += len(made)
        return made

    def snapshot(self) -> bytes:
        """All that a Week of the same arguments needs to go on from here."""
        version, state, gauss = self._rng.getstate()
        mark = _Mark(
            self.name,
            self.now_us,
            self._owed,
            self._serial,
            self._number,
            self._said.tobytes(),
            self._under_way,
            (version, list(state), gauss),
            self.tally,
        )
        return msgspec.msgpack.encode(mark)

    def restore(self, snapshot: bytes) -> None:
        """Go on where a snapshot was taken.

        Raises:
            ValueError: it is of a Week of another name.
            msgspec.MsgspecError: it is no snapshot.
        """
        mark = msgspec.msgpack.decode(snapshot, type=_Mark)
        if mark.name != self.name:
            raise ValueError(f"needed a mark of {self.name}, came one of another simulation")
        self.now_us, self._owed, self._serial, self._number = mark.now_us, mark.owed, mark.serial, mark.number
        self._said = array("I", mark.said)
        self._under_way = mark.under_way
        version, state, gauss = mark.random
        self._rng.setstate((version, tuple(state), gauss))
        self.tally = mark.tally

    def _next(self, at_us: int, zone: int) -> Outgoing:
        under_way = self._under_way
        if under_way and under_way[0].due_us <= at_us:
            return self._played(heapq.heappop(under_way))
        draw = self._rng.random()
        if draw < self._mix.broken:
            reason, record = self._moulds.broken[self._serial % len(self._moulds.broken)]
            self._serial += 1
            self.tally.broken[reason] = self.tally.broken.get(reason, 0) + 1
            return record
        return self._played(self._begun(at_us, zone))

    def _begun(self, at_us: int, zone: int) -> Under:
        """A new scene, of somebody of this zone who does what it needs."""
        rng, moulds, mix = self._rng, self._moulds, self._mix
        scene = int(rng.random() * len(moulds.scenes))
        if rng.random() < mix.giants * moulds.per_scene:
            scene = -1 - int(rng.random() * len(moulds.giants))
        able = self._roster.at_work[zone]
        people = able[self._mould(scene).role] or next(filter(None, able.values()), array("I"))
        person = people[int(rng.random() * len(people))] if people else self._roster.anybody
        behind_us = int(rng.expovariate(1 / (3 * SECOND)))
        if rng.random() < mix.offline:
            behind_us += int((0.5 + 5 * rng.random()) * HOUR / mix.hurry)
            self.tally.offline += 1
        self._serial += 1
        self._number += 1
        draw = int(rng.random() * (1 << 48))
        self.tally.scenes += 1
        return Under(
            at_us, self._number, scene, 0, self._serial, person, draw, at_us - behind_us, behind_us, copy=False
        )

    def _played(self, one: Under) -> Outgoing:
        """The record that is due; what follows it is put under way."""
        rng, mix = self._rng, self._mix
        mould = self._mould(one.scene)
        cast = mould.casts[one.cast]
        if not one.copy:
            if rng.random() < mix.copies:
                pause = 2 * HOUR / mix.hurry if rng.random() < 0.2 else 5 * SECOND
                self._number += 1
                again = one._replace(due_us=one.due_us + 1 + int(rng.random() * pause), number=self._number, copy=True)
                heapq.heappush(self._under_way, again)
            self._follow(one, mould)
        event_us = one.begun_us + int(cast.after_us / mix.hurry)
        values = self._values(one, mould, event_us)
        if mould.chat:
            self._chatted(one, values)
        for colleague in range(1, cast.colleagues + 1):
            values += self._roster.fields((one.draw * (2 * colleague + 1) >> 7) % self._roster.people)
        value = cast.fill(values)
        self.tally.sent(cast.type, len(value), self._roster.consented(one.person), copy=one.copy, late=cast.late)
        return Outgoing(values[cast.keyed_by], value, cast.headers_of(values, values[17]))

    def _follow(self, one: Under, mould: Mould) -> None:
        """Put the scene's next event under way, or count its outcome."""
        after = one.cast + 1
        if after < len(mould.casts):
            rng = self._rng
            straggles = 240 * rng.random() if rng.random() < self._mix.straggles else 2 * rng.random()
            after_us = int(mould.casts[after].after_us / self._mix.hurry)
            due_us = one.begun_us + one.behind_us + after_us + int(straggles * SECOND)
            _, number, scene, _, serial, person, draw, begun_us, behind_us, copy = one  # faster than `_replace`
            following = Under(due_us, number, scene, after, serial, person, draw, begun_us, behind_us, copy)
            heapq.heappush(self._under_way, following)
        elif mould.label:
            self.tally.outcomes[mould.label] = self.tally.outcomes.get(mould.label, 0) + 1

    def _mould(self, scene: int) -> Mould:
        return self._moulds.scenes[scene] if scene >= 0 else self._moulds.giants[-1 - scene]

    def _values(self, one: Under, mould: Mould, event_us: int) -> list[bytes]:
        """What the holes are filled with, in the order of `moulds`."""
        name = f"{self.name}-{one.serial:x}"
        sitting = (
            f"{mould.surface}-{name}"
            if mould.own_session
            else f"{mould.surface}-{one.person}-{one.begun_us // _SITTING_US}"
        )
        draw = one.draw
        unit = one.person // UNIT
        return [
            f"{name}.{one.cast}".encode(),
            self._time(event_us),
            sitting.encode(),
            b"i-" + name.encode(),
            b"",
            b"channel-%d" % (one.person // TEAM),
            b"",
            b"",
            b"d-" + name.encode(),
            b"unit-%d" % unit,
            _NUMBERS[draw % 4999],
            _NUMBERS[(draw >> 11) % 4999],
            _NUMBERS[(draw >> 22) % 4999],
            _NUMBERS[(draw >> 33) % 4999],
            *self._roster.fields(one.person),
        ]

    def _chatted(self, one: Under, values: list[bytes]) -> None:
        """The next message of the team's thread; every tenth or so begins another."""
        team = one.person // TEAM
        if not one.copy:
            self._said[team] += 1
        count = self._said[team]
        thread = b"t-%s-%d-%d" % (self.name.encode(), team, count // 10)
        values[4], values[6], values[7] = thread, b"%s/%d" % (thread, count), b"%s/%d" % (thread, count - 1)

    def _time(self, event_us: int) -> bytes:
        day, into_us = divmod(event_us, DAY)
        if day != self._day:
            self._day, self._date = day, rfc3339(day * DAY)[:10]
        seconds, micros = divmod(into_us, SECOND)
        minutes, second = divmod(seconds, 60)
        return b"%sT%02d:%02d:%02d.%06dZ" % (self._date.encode(), minutes // 60, minutes % 60, second, micros)
