"""A made-up company at work: a seeded stream of events as real producers would send it, faults included.

Some 300 people in five working days: completions and edits in editors and terminals, summaries, documents, replies,
chat, agent sessions. The stream has copies, events out of order, late and lost ones, and broken records, and the
generator counts what it planted (`Truth`), so that a run over it can be checked. Equal arguments give equal bytes.

Memory is bounded: only what is under way at one time of the week is held, however many events are asked for.
"""

# ruff: noqa: PLR2004, S311 - shares of a mix read best in place; made-up data must be repeatable

from __future__ import annotations

import heapq
import json
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from redline import company_faults
from redline.company_people import hire, token
from redline.company_stories import Stories
from schemas import codec
from schemas.events import TYPES, Event

if TYPE_CHECKING:
    from collections.abc import Container, Iterator
    from pathlib import Path

    from redline.company_interactions import Moment, Story
    from redline.company_people import Person
    from schemas.records import Outgoing

_SECOND = 1_000_000
_HOUR = 3600 * _SECOND
_DAY = 24 * _HOUR
WORKDAYS = 5
_WORK_HOURS = 9
_COPIES = 0.015  # producers that retry without an answer; collectors restarted
_BROKEN = 0.005
_BINARY = 0.15  # most producers post the envelope as it is
_GIANTS = 3  # records over the size limit, see company_faults.TOO_LARGE
_NAMES = {schema: name for name, schema in TYPES.items()}


class ConsentWord(NamedTuple):
    """What one person said. `subject` is the CloudEvents subject of their events."""

    subject: str
    granted: bool
    version: str


@dataclass(slots=True)
class Truth:
    """What was planted. All but `records`, `broken` and `refused` is of people who consent: everybody, unless asked.

    `late`: edits long after their interaction closed. `orphans`: events whose suggestion never comes; at the end of a
    bounded run they are still open. `refused`: readable records, copies included, of people who do not consent.
    """

    records: int = 0
    events: Counter[str] = field(default_factory=Counter)
    """Unique events by CloudEvents type."""
    duplicates: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    """Broken records by reason."""
    labels: Counter[str] = field(default_factory=Counter)
    """Interactions with a suggestion, by the label that their raw texts must get."""
    late: int = 0
    orphans: int = 0
    sessions: int = 0
    """Sessions with steps of their own: one trajectory each."""
    refused: int = 0


class Company:
    """Iterate to get the records in order of arrival; `truth` is complete once the iteration has ended."""

    def __init__(
        self, seed: int, events: int, start_us: int, *, lines: bool = False, consenting: Container[str] | None = None
    ) -> None:
        """`lines`: only what JSON lines can carry. `consenting`: subjects that `truth` counts, None for everybody."""
        self._rng = Random(f"redline/{seed}")
        self._people = staff(seed)
        self._stories = Stories(self._rng, self._people)
        self._target = events
        self._start_us = start_us
        self._lines = lines
        self._consenting = consenting
        self._faults = company_faults.in_turn(lines=lines)
        self._broken = self._giants = self._planned = self._serial = 0
        self._under_way: list[tuple[int, int, Outgoing]] = []
        self.truth = Truth()

    def __iter__(self) -> Iterator[Outgoing]:
        while self._planned < self._target:
            now_us = self._clock()
            yield from self._arrived(now_us)
            if self._broken < int(self._planned * _BROKEN):
                self._plan_fault(now_us)
            else:
                left = self._target - self._planned
                story = self._stories.next(now_us)
                # The last ones must fit, whole: a cut story would have another outcome than the one counted.
                self._plan(story if len(story.moments) <= left else self._stories.remark(now_us))
        yield from self._arrived(None)

    def _clock(self) -> int:
        """The week passes evenly with the records, in working hours."""
        worked_us = WORKDAYS * _WORK_HOURS * _HOUR * self._planned // self._target
        day, into_day_us = divmod(worked_us, _WORK_HOURS * _HOUR)
        return self._start_us + day * _DAY + into_day_us

    def _arrived(self, now_us: int | None) -> Iterator[Outgoing]:
        while self._under_way and (now_us is None or self._under_way[0][0] <= now_us):
            yield heapq.heappop(self._under_way)[2]

    def _plan(self, story: Story) -> None:
        counted = self._counts(story.person)
        if counted:
            self.truth.labels.update([story.label] if story.label else [])
            self.truth.late += sum(moment.late for moment in story.moments)
            self.truth.orphans += sum(moment.orphan for moment in story.moments)
            self.truth.sessions += story.session
        for left, moment in zip(reversed(range(len(story.moments))), story.moments, strict=True):
            event = self._event(moment, story.person)
            arrival_us = moment.at_us + self._delay(moment)
            self._send(arrival_us, event, binary=self._rng.random() < _BINARY)
            copies = self._rng.random() < _COPIES and self._planned + left < self._target
            if copies:
                pause = 2 * _HOUR if self._rng.random() < 0.2 else 5 * _SECOND
                self._send(arrival_us + self._rng.randrange(1, pause), event, binary=self._rng.random() < 2 * _BINARY)
            if counted:
                self.truth.events[event.type] += 1
                self.truth.duplicates += copies
            else:
                self.truth.refused += 1 + copies

    def _plan_fault(self, now_us: int) -> None:
        if self._giants < _GIANTS and self._broken % len(self._faults) == len(self._faults) // 2:
            fault = company_faults.TOO_LARGE
            self._giants += 1
        else:
            fault = self._faults[self._broken % len(self._faults)]
        self._broken += 1
        story = self._stories.remark(now_us)
        sound = codec.encode_structured(self._event(story.moments[0], story.person)).value or b"{}"
        self._hold(now_us, fault.break_(json.loads(sound)))
        self.truth.broken[fault.reason] += 1

    def _event(self, moment: Moment, person: Person) -> Event:
        self._serial += 1
        return Event(
            source=f"/{moment.data.surface}/{moment.data.tool.partition('/')[0]}",
            id=f"{token(self._rng)}-{self._serial}",
            type=_NAMES[type(moment.data)],
            time_us=moment.at_us,
            subject=person.mail,
            data=moment.data,
        )

    def _delay(self, moment: Moment) -> int:
        """Mostly some seconds. Minutes where that does not change what the event is worth: its join is still open."""
        rng = self._rng
        delay = int(rng.expovariate(1 / (3 * _SECOND)))
        if rng.random() < 0.02:
            delay += rng.randrange(4 * 60 * _SECOND)
        return min(delay, max(moment.closes_us - moment.at_us, 0) + 30 * _SECOND)

    def _send(self, arrival_us: int, event: Event, *, binary: bool) -> None:
        encode = codec.encode_binary if binary and not self._lines else codec.encode_structured
        self._hold(arrival_us, encode(event))

    def _hold(self, arrival_us: int, record: Outgoing) -> None:
        self._planned += 1
        self.truth.records += 1
        heapq.heappush(self._under_way, (arrival_us, self._planned, record))

    def _counts(self, person: Person) -> bool:
        return self._consenting is None or person.mail in self._consenting


def generate(seed: int, events: int, start_us: int) -> Iterator[Outgoing]:
    """Exactly `events` records in order of arrival; the week starts at `start_us` (microseconds since 1970, UTC)."""
    return iter(Company(seed, events, start_us))


def truth(seed: int, events: int, start_us: int, *, consenting: Container[str] | None = None) -> Truth:
    """What `generate` plants for these arguments; with `consenting` given, for these subjects."""
    company = Company(seed, events, start_us, consenting=consenting)
    for _ in company:
        pass
    return company.truth


def write_jsonl(path: Path, seed: int, events: int, start_us: int) -> Truth:
    """Write the company as JSON lines, all in the structured binding, without the faults that no line can carry."""
    company = Company(seed, events, start_us, lines=True)
    with path.open("wb") as file:
        for record in company:
            file.write((record.value or b"") + b"\n")
    return company.truth


def staff(seed: int) -> list[Person]:
    """The people of this company."""
    return hire(Random(f"redline/{seed}/staff"))


def consent_list(seed: int) -> list[ConsentWord]:
    """What the staff said: about 94 of 100 agree, 2 withdrew, and the rest said nothing and so is not on the list."""
    rng = Random(f"redline/{seed}/consent")
    words = []
    for person in staff(seed):
        draw = rng.random()
        if draw < 0.96:
            words.append(ConsentWord(person.mail, draw < 0.94, "2025-10"))
    return words
