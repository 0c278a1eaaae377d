from __future__ import annotations

from functools import cache

import pytest
from support import rows as make
from support.world import HASHES

from redline.simulate.moulds import FIELDS, Mould, Moulds, prepare
from redline.simulate.roster import Roster
from schemas import codec
from schemas.errors import DecodeError
from schemas.events import TYPES, Event, Suggestion
from schemas.records import Coordinate, Outgoing, Record
from schemas.rows import Pair
from streams.join import Join

PEOPLE = Roster(500)
TIME = "2026-11-09T09:00:00.000000Z"


@cache
def moulds() -> Moulds:
    return prepare(1, 400)


def played(mould: Mould, person: int) -> list[Event]:
    values = [b"?", TIME.encode(), b"s", b"i", b"t", b"c", b"m", b"r", b"d", b"u", b"11", b"222", b"3333", b"4"]
    values += [field for number in range(person, person + 4) for field in PEOPLE.fields(number)]
    events = []
    for number, cast in enumerate(mould.casts):
        own = [f"e{number}".encode(), *values[1:]]
        mail = PEOPLE.mail(person).encode()
        sent = Outgoing(own[cast.keyed_by], cast.fill(own), cast.headers_of(own, mail))
        assert not any(0xE000 <= ord(letter) <= 0xF8FF for letter in sent.value.decode())  # type: ignore[union-attr]
        event = codec.decode(Record(Coordinate("redline.events", 0, number), sent.key, sent.value, sent.headers))
        assert (event.id, event.subject, event.unknown) == (f"e{number}", PEOPLE.mail(person), ())
        assert event.type == cast.type
        assert sent.key == codec.key_of(event.data)
        events.append(event)
    return events


def test_every_scene_is_of_whole_events_of_its_person() -> None:
    types = {event.type for mould in moulds().scenes for event in played(mould, 7)}
    assert types == set(TYPES)


def test_a_joined_scene_gets_the_label_that_it_was_planned_with() -> None:
    for mould in moulds().scenes:
        members = [
            make.of_event(event, number, after_us=cast.after_us)
            for number, (event, cast) in enumerate(zip(played(mould, 3), mould.casts, strict=True))
            if hasattr(event.data, "interaction_id")
        ]
        join, header = Join(HASHES), None
        for member in members:
            header = join.admit(b"i", header, member, known=False).header
        emits = join.settle(b"i", header, members, final=True).emits if header else []
        assert [emit.row.label for emit in emits if isinstance(emit.row, Pair)] == (
            [mould.label] if mould.label else []
        )


def test_texts_are_of_the_people_who_are_put_in() -> None:
    mould = next(one for one in moulds().scenes if any(cast.colleagues for cast in one.casts) and one.label)
    first, again, other = (played(mould, person) for person in (10, 10, 200))
    assert [event.data for event in first] == [event.data for event in again]
    assert all(a.data != b.data for a, b in zip(first, other, strict=True) if isinstance(a.data, Suggestion))
    assert len(PEOPLE.fields(0)) == FIELDS


def test_broken_records_are_refused_for_their_reasons_and_giants_are_not() -> None:
    for reason, sent in moulds().broken:
        with pytest.raises(DecodeError) as caught:
            codec.decode(
                Record(Coordinate("redline.events", 0, 0), sent.key, sent.value, sent.headers, 1_794_000_000_000)
            )
        assert caught.value.reason == reason
    sizes = [len(giant.casts[0].form) for giant in moulds().giants]
    assert sizes == sorted(sizes)
    assert 50_000 < sizes[0] < sizes[-1] < codec.DEFAULT_LIMITS.max_bytes
    for giant in moulds().giants:
        played(giant, 1)
