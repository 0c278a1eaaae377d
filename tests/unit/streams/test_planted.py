"""A person planted anywhere in an event, in any encoding, is in no byte of what the pure scrub gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.canaries import ENCODINGS, FIELDS, IDENTITIES, POSITIONS, SUBJECT, planted, traces

from schemas import events
from schemas.events import Event
from schemas.records import Coordinate
from streams.scrub import Job, scrub

if TYPE_CHECKING:
    from streams.privacy.engine import Engine

PLACES = [(kind, field) for kind, fields in FIELDS.items() for field in fields]
NO_TOKEN = ("secret", "look-alikes")
NAMES = {"name", "turned", "login"}  # found as the subject's: nothing else says that these words are a name


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("identity", IDENTITIES)
def test_the_search_sees_every_encoding_at_every_position(identity: str, encoding: str) -> None:
    for position, frame in POSITIONS.items():
        text = frame.format(ENCODINGS[encoding](IDENTITIES[identity]))
        assert traces(text.encode()), (position, text)
    assert not traces(b"nobody is named in this text, 2018 or 0713, Zor and blatt, base64 of it neither")


def scrubbed(engine: Engine, keys: Any, kind: str, values: dict[str, str], *, subject: str | None) -> bytes:
    """All that the scrub gives of an event with these texts in these fields."""
    event = Event(
        source=values.pop("source", "/x"),
        id=values.pop("id", "1"),
        type=kind,
        time_us=1_700_000_000_000_000,
        subject=subject,
        data=planted(events.TYPES[kind], values),
    )
    result = scrub(Job(event, Coordinate("redline.events", 0, 7), "v1"), engine.analyze, keys)
    parts = (result.interaction, result.subject or b"", result.clean_key, result.step_key or b"", result.identity)
    return b" ".join([*parts, repr(result).encode()])


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("identity", IDENTITIES)
def test_an_identity_is_found_in_every_encoding_at_every_position(
    engine: Engine, keys: Any, identity: str, encoding: str
) -> None:
    if (identity, encoding) == NO_TOKEN:
        pytest.skip("nobody's token has Cyrillic letters")
    value = ENCODINGS[encoding](IDENTITIES[identity])
    for position, frame in POSITIONS.items():
        output = scrubbed(engine, keys, "redline.edit.v1", {"text": frame.format(value)}, subject=SUBJECT)
        assert not traces(output), (position, frame.format(value), output)


Plant = tuple[str, str, str]


@settings(deadline=None, max_examples=250)
@given(
    places=st.lists(st.sampled_from(PLACES), min_size=1, max_size=4),
    plants=st.lists(
        st.tuples(*(st.sampled_from(sorted(one)) for one in (IDENTITIES, ENCODINGS, POSITIONS))), min_size=4, max_size=4
    ),
    around=st.text("ab \n.,;:=\"'\\%&<>[]{}()@#/-_0123456789é", max_size=20),
)
def test_a_person_planted_anywhere_is_in_no_byte_of_the_row(
    engine: Engine, keys: Any, places: list[tuple[str, str]], plants: list[Plant], around: str
) -> None:
    """The kind of event is the first place's; a name is that of the subject, the others need none."""
    kind = places[0][0]
    fields = [field for other, field in places if other == kind]
    chosen = {field: plant for field, plant in zip(fields, plants, strict=False) if plant[:2] != NO_TOKEN}
    values = {
        field: f"{around} {POSITIONS[position].format(ENCODINGS[encoding](IDENTITIES[identity]))} {around}"
        for field, (identity, encoding, position) in chosen.items()
    }
    known = any(identity in NAMES for identity, _, _ in chosen.values())
    assert not traces(scrubbed(engine, keys, kind, values, subject=SUBJECT if known else None)), values
