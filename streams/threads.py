"""Who answers whom in a thread, and how soon: the messages of one thread and UTC day as facts without content. Pure.

Messages come here without their texts (`plain`). A thread's day closes when that day has been over for a while, or at
the end of input; what comes later is `late`. Facts of one organisational unit go to the unit's day
(`streams.collaboration`): for each message its hour, who wrote it (a keyed hash of that person and day), whether that
was an agent, how long the answer took, and how deep in the thread it stands.

An answer is measured from the message that `reply_to` names, or without one from the message before it, if somebody
else wrote that. What lies before midnight UTC, or is unknown, is not measured.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from schemas import topics
from schemas.rows import Interaction
from streams.days import DAY_US, HOUR_US, Days, day_end
from streams.keyed import Emit, Settlement, derived_id, event_order, turned_away, withdrawn

if TYPE_CHECKING:
    from collections.abc import Iterable

MESSAGE = "redline.message.v1"
STAGE = "collaboration"  # whose rejects these are: both steps speak as one
EVERYBODY = "all"  # the unit of people of whom none is told
UNMEASURED = -1
_LONGEST_UNIT = 64  # code points
_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class ThreadPolicy:
    """Event-time limits in microseconds, after the end of the UTC day."""

    close_us: int = 24 * HOUR_US
    keep_us: int = 7 * DAY_US


class Said(msgspec.Struct, array_like=True, frozen=True):
    """One message, as far as it is counted.

    `wait_s`: seconds since the message that it answers, or `UNMEASURED`. `turn`: who follows whom, `p` a person and `a`
    an agent, as in `pa`; empty if nobody, or the same.
    """

    hour: int
    who: str
    agent: bool
    wait_s: int
    turn: str
    channel: str


class Fact(msgspec.Struct, frozen=True):
    """Messages of one unit's people in one thread and day. `length`, `depth` and `breadth` are of the whole thread."""

    unit: str
    length: int
    depth: int
    breadth: int
    said: list[Said]


class _Payload(msgspec.Struct):
    author: str = "person"
    org_unit: str = ""
    day_person: str = ""
    message_key: str = ""
    reply_key: str = ""
    channel_key: str = ""


_payload = msgspec.json.Decoder(_Payload).decode
_json = msgspec.json.Encoder(order="deterministic").encode
fact_of = msgspec.json.Decoder(Fact).decode
"""The fact in `data` of a row of the topic of exchanges."""


def plain(row: Interaction) -> Interaction:
    """A message without what it says: what is read here, and nothing else."""
    return msgspec.structs.replace(
        row, data=_json(_payload(row.data)).decode(), findings=[], marks=[], subject_mark=None, variants=[], tool=""
    )


class Threads(Days):
    """`KeyedLogic` for threads, a day each."""

    name = "threads"

    def __init__(self, policy: ThreadPolicy | None = None) -> None:
        policy = policy or ThreadPolicy()
        super().__init__(policy.close_us, policy.keep_us)

    def key_of(self, row: Interaction) -> bytes | None:
        """The thread and the UTC day."""
        if row.event_type != MESSAGE or row.thread_key is None:
            return None
        return derived_id("thread_day", row.thread_key.encode(), row.event_date.encode()).encode()

    def end_of(self, row: Interaction) -> int:
        """Of the message's own day."""
        return day_end(row.event_time)

    def counted(self, key: bytes, members: list[Interaction], end_us: int) -> tuple[Emit, ...]:
        """The facts of this set."""
        return tuple(facts(key, members, end_us))

    def forgotten(self, row: Interaction) -> tuple[Emit, ...]:
        """Late, however much later."""
        return (turned_away(row, stage=STAGE, reason="late", expected="a message before its day was counted"),)

    def drop(self, header: bytes, members: list[Interaction], reason: str) -> Settlement:
        """The thread is not counted that day: of its messages none is, whoever wrote it."""
        return self.closed(header, tuple(withdrawn(m, stage=STAGE, reason=reason) for m in members))


def unit_key(unit: str, event_date: str) -> bytes:
    """The key of a unit's day."""
    return derived_id("unit_day", unit.encode("utf-8", "surrogatepass"), event_date.encode()).encode()


def facts(key: bytes, members: list[Interaction], end_us: int) -> Iterable[Emit]:
    """What a thread's day tells of each unit that wrote in it: rows for the topic of exchanges."""
    if not members:
        return
    members = sorted(members, key=event_order)
    read = [_payload(m.data) for m in members]
    depths, breadth = _shape(read)
    by_unit: dict[str, list[int]] = defaultdict(list)
    for place, payload in enumerate(read):
        by_unit[" ".join(payload.org_unit.split())[:_LONGEST_UNIT] or EVERYBODY].append(place)
    said = _said(members, read)
    for unit, places in sorted(by_unit.items()):
        head = members[places[0]]
        fact = Fact(unit, len(members), max(depths), breadth, [said[place] for place in places])
        row = Interaction(
            record_id=derived_id("exchange", key, unit.encode("utf-8", "surrogatepass")),
            scrub_version=head.scrub_version,
            sources=sorted(source for place in places for source in members[place].sources),
            event_date=head.event_date,
            event_type=MESSAGE,
            event_time=end_us,
            surface=head.surface,
            tool="",
            session_key="",
            data=_json(fact).decode(),
            key_epoch=head.key_epoch,
            consent_version=head.consent_version,
        )
        yield Emit(topics.EXCHANGES, unit_key(unit, head.event_date), row)


def _shape(read: list[_Payload]) -> tuple[list[int], int]:
    """How deep each message stands (1: it answers nothing), and the most answers that one message got."""
    places: dict[str, int] = {}
    answers: Counter[str] = Counter()
    depths: list[int] = []
    for place, payload in enumerate(read):
        parent = places.get(payload.reply_key)
        depths.append(1 if not payload.reply_key else 2 if parent is None else depths[parent] + 1)
        if payload.reply_key:
            answers[payload.reply_key] += 1
        if payload.message_key:
            places.setdefault(payload.message_key, place)
    return depths, max(answers.values(), default=0)


def _said(members: list[Interaction], read: list[_Payload]) -> list[Said]:
    places: dict[str, int] = {}
    said: list[Said] = []
    for place, (row, payload) in enumerate(zip(members, read, strict=True)):
        before = place - 1 if place and _others(read[place - 1], payload) else None
        asked = places.get(payload.reply_key) if payload.reply_key else before
        said.append(
            Said(
                hour=row.event_time % DAY_US // HOUR_US,
                who=payload.day_person,
                agent=payload.author == "agent",
                wait_s=UNMEASURED if asked is None else (row.event_time - members[asked].event_time) // _SECOND,
                turn="" if before is None else _kind(read[before]) + _kind(payload),
                channel=payload.channel_key,
            )
        )
        if payload.message_key:
            places.setdefault(payload.message_key, place)
    return said


def _others(one: _Payload, other: _Payload) -> bool:
    """Whether two messages are of two authors. Two persons of whom nothing is known may be one."""
    if one.author != other.author:
        return True
    return bool(one.day_person and other.day_person) and one.day_person != other.day_person


def _kind(payload: _Payload) -> str:
    return "a" if payload.author == "agent" else "p"
