"""The people of a simulated company: names, roles, time zones, teams, what they said about consent. Pure.

One size, one company: the same people every time, so that what they have said need be recorded once.

Names are those of `company_people`; with a middle initial there are enough of them for 130,000 people, above that a
number follows. One team in ten is hot: its people do five times as much.
"""

# ruff: noqa: PLR2004 - shares of a mix read best in place

from __future__ import annotations

from array import array
from random import Random
from typing import TYPE_CHECKING

from redline.company_people import DOMAIN, FIRST, LAST, ROLES, plain
from redline.simulate.curve import ZONES

if TYPE_CHECKING:
    from collections.abc import Iterator

TEAM = 12
"""People of a team; they share role and zone, and write in the same threads."""
UNIT = 20 * TEAM
"""People of a department: `org_unit` of their messages."""
_HOT = 5
_INITIALS = "abcdefghijklmnopqrstuvwxyz"
_PAIRS = len(FIRST) * len(LAST)


class Roster:
    """People by number, from 0. `shard` of `shards`: the teams whose events this process makes."""

    def __init__(self, people: int, shard: int = 0, shards: int = 1) -> None:
        self.people = people
        rng = Random(f"redline/simulate/{people}")  # noqa: S311 - made-up data must be repeatable
        self._step = _coprime(rng.randrange(1, _PAIRS), _PAIRS)
        self._first = rng.randrange(_PAIRS)
        self._fields: dict[int, tuple[bytes, ...]] = {}
        zones = rng.choices(range(len(ZONES)), [zone.share for zone in ZONES], k=1 + people // TEAM)
        self.at_work: list[dict[str, array[int]]] = [{role: array("I") for role in set(ROLES)} for _ in ZONES]
        """By zone and role: whoever may begin something, hot people several times."""
        self.own = 0
        self.anybody = 0
        """One of this shard's."""
        for team, zone in enumerate(zones):
            times = _HOT if rng.random() < 0.1 else 1
            if team % shards != shard:
                continue
            members = range(team * TEAM, min(people, (team + 1) * TEAM))
            self.own += len(members)
            self.anybody = members[0] if members else self.anybody
            for _ in range(times):
                self.at_work[zone][role_of(team)].extend(members)

    def fields(self, person: int) -> tuple[bytes, ...]:
        """First and last name, login, mail, telephone and home folder, as they stand in a JSON string."""
        found = self._fields.get(person)
        if found is None:
            found = self._fields[person] = self._drawn(person)
        return found

    def mail(self, person: int) -> str:
        """The CloudEvents subject of their events."""
        return self.fields(person)[3].decode()

    def consented(self, person: int) -> bool | None:
        """What they said before it began: 94 of 100 yes, 2 no, the rest nothing."""
        draw = (person * self._step + self._first) * 0x9E3779B1 % 2**32 / 2**32  # spread evenly by the golden ratio
        return True if draw < 0.94 else False if draw < 0.96 else None

    def mails(self, *, granted: bool) -> Iterator[str]:
        """Of everybody who said that."""
        return (self.mail(person) for person in range(self.people) if self.consented(person) is granted)

    def _drawn(self, person: int) -> tuple[bytes, ...]:
        pair = (self._first + person * self._step) % _PAIRS
        first, last = FIRST[pair % len(FIRST)], LAST[pair // len(FIRST)]
        round_ = person // _PAIRS
        middle = _INITIALS[round_ - 1] if 0 < round_ <= len(_INITIALS) else "" if round_ == 0 else str(round_)
        local = ".".join(filter(None, (plain(first).lower(), middle, plain(last).lower())))
        login = f"{plain(first)[0]}{middle}{plain(last)}".lower()
        home = f"C:\\\\Users\\\\{login}" if person % 7 == 0 else f"/home/{login}"
        phone = f"+44 {'28 9649 6' if person % 2 else '29 2018 0'}{person // 2 % 1000:03d}"  # as `company_people.phone`
        return tuple(text.encode() for text in (first, last, login, f"{local}@{DOMAIN}", phone, home))


def role_of(team: int) -> str:
    """What a team does: one after the other in the shares of the company, so that few teams have every role."""
    return ROLES[team * 7 % len(ROLES)]


def _coprime(number: int, to: int) -> int:
    """The next number that has no divisor in common: its multiples meet every remainder."""
    while _common(number, to) > 1:
        number += 1
    return number


def _common(a: int, b: int) -> int:
    while b:
        a, b = b, a % b
    return a
