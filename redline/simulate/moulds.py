"""Scenes of the made-up company prepared for many people: bytes with holes, so that an event costs microseconds.

`company_stories` plans the scenes, with a cast of placeholders: each is a character of Unicode's private use area,
which no text of ours has, so that what is done to a text (cutting, revising, encoding) leaves it whole. What they stand
for is filled in for each person: names, mail addresses, numbers, ids, times. No two events are alike, and all texts of
one interaction still belong together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from operator import itemgetter
from random import Random
from typing import TYPE_CHECKING, Any

import msgspec

from redline import company_faults
from redline import company_texts as texts
from redline.company_interactions import Moment, Story
from redline.company_people import Person
from redline.company_stories import Stories
from schemas import codec
from schemas.events import TYPES, Event, Revision, ThreadMessage
from schemas.sources.cloudevents import STRUCTURED_HEADERS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from schemas.events import Data
    from schemas.records import Outgoing

# What an event's own holes are, by place in the values that `Cast.fill` is given.
ID, TIME, SESSION, INTERACTION, THREAD, CHANNEL, MESSAGE, REPLY, DOCUMENT, UNIT, *NUMBERS = range(14)
PEOPLE = 14
"""Where people begin: the six fields of who does it, then of colleagues."""
FIELDS = 6
COLLEAGUES = 3
_PRIVATE = 0xE000
_CAST = _PRIVATE + 0x100
_PER_ROLE = 3
_HOLE = re.compile(rb"\xee[\x80-\x8f][\x80-\xbf]")  # U+E000 to U+E3FF
_NUMBER = re.compile(r"(?<=[A-Za-z] )[0-9]{2,4}(?=[ ,.] ?[A-Za-z])")
_BINARY = 0.15
_NAMES = {schema: name for name, schema in TYPES.items()}
_THEN = "2001-01-01T00:00:00Z"
_THEN_US = 978_307_200_000_000
_GIANT_BYTES = (60_000, 120_000, 250_000, 500_000)


@dataclass(frozen=True, slots=True)
class Cast:
    """One event with holes. `after_us`: since its scene began."""

    after_us: int
    type: str
    late: bool
    keyed_by: int
    colleagues: int
    form: bytes
    holes: Callable[[Sequence[bytes]], Any]
    headers: tuple[tuple[str, bytes], ...] | None
    """None: of the structured binding."""

    def fill(self, values: Sequence[bytes]) -> bytes:
        """The record's value."""
        value: bytes = self.form % self.holes(values)
        return value

    def headers_of(self, values: Sequence[bytes], mail: bytes) -> tuple[tuple[str, bytes], ...]:
        """The record's headers."""
        if self.headers is None:
            return STRUCTURED_HEADERS
        own = ("ce_id", values[ID]), ("ce_time", values[TIME]), ("ce_subject", mail)
        return self.headers + own


@dataclass(frozen=True, slots=True)
class Mould:
    """One scene with holes. `own_session`: it is a session of its own; else it belongs to its person's sitting."""

    role: str
    surface: str
    label: str
    own_session: bool
    chat: bool
    casts: tuple[Cast, ...]


@dataclass(frozen=True, slots=True)
class Moulds:
    """All of them; `giants` are single events with huge texts, `broken` are records that must be refused, with why."""

    scenes: tuple[Mould, ...]
    giants: tuple[Mould, ...]
    broken: tuple[tuple[str, Outgoing], ...]
    per_scene: float
    """Events of a scene on average."""


def prepare(seed: int, scenes: int) -> Moulds:
    """So many scenes; a thousand take about a second and 5 MB."""
    rng = Random(f"redline/simulate/{seed}/moulds")  # noqa: S311 - made-up data must be repeatable
    cast = _cast()
    stories = Stories(rng, cast)
    made = tuple(_mould(rng, stories.next(0)) for _ in range(scenes))
    giants = tuple(_mould(rng, _giant(rng, cast, size)) for size in _GIANT_BYTES)
    return Moulds(made, giants, tuple(_broken(rng, stories)), sum(len(one.casts) for one in made) / len(made))


def _cast() -> list[Person]:
    """Placeholders for people of every role."""
    people = []
    for number in range(_PER_ROLE * 4):
        first, last, login, mail, phone, home = (chr(_CAST + number * FIELDS + i) for i in range(FIELDS))
        role = ("engineer", "product", "support", "writer")[number % 4]
        people.append(Person(first, last, login, mail, phone, home, role, windows=number // 4 == 1))
    return people


def _mould(rng: Random, story: Story) -> Mould:
    numbers: dict[str, str] = {}
    first = story.moments[0].data
    places = _places(story.person)
    casts = tuple(_cast_of(rng, moment, numbers, places) for moment in story.moments)
    chat = isinstance(first, ThreadMessage)
    return Mould(story.person.role, first.surface, story.label, story.session, chat, casts)


def _places(me: Person) -> dict[int, int]:
    """The six fields of who does it, by their placeholders; `_place` adds those of colleagues as they come."""
    return {ord(me.first) - _CAST: PEOPLE}


def _cast_of(rng: Random, moment: Moment, numbers: dict[str, str], places: dict[int, int]) -> Cast:
    data = _opened(moment.data, numbers)
    source = f"/{data.surface}/{data.tool.partition('/')[0]}"
    event = Event(source=source, id=_hole(ID), type=_NAMES[type(data)], time_us=_THEN_US, subject=None, data=data)
    binary = rng.random() < _BINARY
    encoded = codec.encode_binary(event) if binary else codec.encode_structured(event)
    value, headers = encoded.value or b"", None
    if binary:
        headers = tuple(header for header in encoded.headers if header[0] not in {"ce_id", "ce_time"})
    else:
        time = f'"time":"{_THEN}"'.encode()
        mail = chr(_CAST + next(iter(places)) + 3).encode()  # who does it comes first
        value = value.replace(time, b'"time":"' + _hole(TIME).encode() + b'","subject":"' + mail + b'"', 1)
    form, holes = _split(value, places)
    return Cast(
        after_us=moment.at_us,
        type=event.type,
        late=moment.late,
        keyed_by=INTERACTION if hasattr(data, "interaction_id") else SESSION,
        colleagues=max(0, *((hole - PEOPLE) // FIELDS for hole in holes)),
        form=form,
        holes=itemgetter(*holes),
        headers=headers,
    )


def _opened(data: Data, numbers: dict[str, str]) -> Data:
    """The data with holes in the place of its ids and of numbers in texts."""
    holes = {
        "session_id": SESSION,
        "interaction_id": INTERACTION,
        "thread_id": THREAD,
        "channel_id": CHANNEL,
        "message_id": MESSAGE,
        "document_id": DOCUMENT,
        "org_unit": UNIT,
    }
    changed: dict[str, Any] = {name: _hole(hole) for name, hole in holes.items() if hasattr(data, name)}
    if isinstance(data, ThreadMessage) and data.reply_to is not None:
        changed["reply_to"] = _hole(REPLY)
    for name in ("text", "before", "after", "content", "accepted_text", "prompt"):
        text = getattr(data, name, None)
        if isinstance(text, str):
            changed[name] = _numbered(text, numbers)
        elif isinstance(text, list):
            changed[name] = [msgspec.structs.replace(one, content=_numbered(one.content, numbers)) for one in text]
    return msgspec.structs.replace(data, **changed)


def _numbered(text: str, numbers: dict[str, str]) -> str:
    """Numbers between words, the same one by the same hole throughout a scene."""

    def hole(found: re.Match[str]) -> str:
        number = found[0]
        if number not in numbers and len(numbers) < len(NUMBERS):
            numbers[number] = _hole(NUMBERS[len(numbers)])
        return numbers.get(number, number)

    return _NUMBER.sub(hole, text)


def _split(value: bytes, places: dict[int, int]) -> tuple[bytes, tuple[int, ...]]:
    """A form for bytes' `%`, and which values its holes take."""
    holes: list[int] = []

    def place(found: re.Match[bytes]) -> bytes:
        code = ord(found[0].decode())
        if code < _CAST:
            holes.append(code - _PRIVATE)
        else:
            person, field = divmod(code - _CAST, FIELDS)
            begin = person * FIELDS
            if begin not in places:
                places[begin] = PEOPLE + FIELDS * (1 + (len(places) - 1) % COLLEAGUES)
            holes.append(places[begin] + field)
        return b"%b"

    form = _HOLE.sub(place, value.replace(b"%", b"%%"))
    return form, tuple(holes)


def _giant(rng: Random, cast: Sequence[Person], size: int) -> Story:
    """A document of that many characters, revised."""
    person = cast[3]
    parts: list[str] = []
    length = 0
    while length < size // 2:
        parts.append(texts.prose(rng, person, cast, 8))
        length += len(parts[-1])
    before = "\n\n".join(parts)
    common = {"session_id": "s", "surface": "doc", "tool": "pages/2025.9"}
    data = Revision(**common, document_id="d", revision=1, before=before, after=texts.revised(rng, before))  # type: ignore[arg-type]
    return Story(person, [Moment(0, data, 0)])


def _broken(rng: Random, stories: Stories) -> list[tuple[str, Outgoing]]:
    """Every fault there is. Their ids do not matter: they are refused before anybody looks at them."""
    made = []
    for number, fault in enumerate(company_faults.in_turn(lines=False)):
        story = stories.remark(0)
        data = msgspec.structs.replace(story.moments[0].data, text="never read")
        event = Event(
            source="/simulate/broken",
            id=f"broken-{number}-{rng.random()}",
            type=_NAMES[type(data)],
            time_us=_THEN_US,
            subject="nobody@example.com",
            data=data,
        )
        sound = codec.encode_structured(event).value or b"{}"
        made.append((fault.reason, fault.break_(msgspec.json.decode(sound))))
    return made


def _hole(number: int) -> str:
    return chr(_PRIVATE + number)
