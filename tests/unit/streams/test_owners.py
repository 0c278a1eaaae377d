"""Whose an event was is answered from its tag alone, as it was answered from the event; of nobody else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import SettingsError
from streams.consent import Admitted, Consent, ConsentBook, ConsentMode, Scope, encode
from streams.epochs import Epoch, KeyRing
from streams.owners import Owners, Tags

RING = KeyRing(b"i" * 32, (Epoch(1, 0, b"1" * 32), Epoch(2, 9, b"2" * 32)))
SURFACES, SOURCES = ("ide", "chat"), ("/a", "/a/b", "/ab", "/" + "/".join("abcdefghijklmnopqrst"))
PEOPLE = (b"ann", b"bo", b"cy")


def tag(
    person: bytes = b"ann", *, epoch: int = 1, surface: str = "ide", source: str = "/a", consent: int = -1
) -> bytes:
    key = {1: b"1" * 32, 2: b"2" * 32}[epoch]
    tags = Tags(key, epoch)
    return tags.of(person, event_us=5, arrived_ms=1, surface=surface, source=source, consent=consent)


SAID = st.builds(
    Consent,
    granted=st.one_of(st.none(), st.booleans()),
    version=st.just("v"),
    since_us=st.sampled_from((0, 6)),
    until_us=st.sampled_from((None, 4)),
    erased_us=st.sampled_from((None, 999, 1000)),
    scopes=st.lists(
        st.builds(
            Scope,
            granted=st.booleans(),
            surface=st.sampled_from(("", *SURFACES)),
            source=st.sampled_from(("", *SOURCES)),
        ),
        max_size=3,
        unique_by=lambda scope: (scope.surface, scope.source),
    ).map(tuple),
)


@given(
    st.sampled_from(ConsentMode),
    st.lists(st.tuples(st.sampled_from(PEOPLE), st.none() | SAID), max_size=6),
    st.sampled_from((1, 2)),
    st.sampled_from(SURFACES),
    st.sampled_from(SOURCES),
)
def test_a_tag_gives_the_answer_that_the_event_gives(
    mode: ConsentMode, records: list[tuple[bytes, Consent | None]], epoch: int, surface: str, source: str
) -> None:
    book = ConsentBook(mode)
    owners = Owners(book, lambda: RING)
    assert owners.refusal(tag()) == (None if mode is ConsentMode.OPT_OUT else "no_consent")
    for offset, (person, said) in enumerate(records):
        book.put(person, None if said is None else encode(said), offset)
    for person in PEOPLE:
        answer = book.decide(person, 5, surface, source, 1)
        expected = None if isinstance(answer, Admitted) else answer.reason
        assert owners.refusal(tag(person, epoch=epoch, surface=surface, source=source)) == expected


def test_who_admitted_an_event_may_have_known_more() -> None:
    book = ConsentBook(ConsentMode.OPT_IN)
    owners = Owners(book, lambda: RING)
    book.put(b"ann", encode(Consent(granted=False, version="v")), 3)
    admitted_later = tag(consent=4)
    assert owners.refusal(admitted_later) is None
    book.put(b"bo", encode(Consent(granted=True, version="v")), 4)
    assert owners.refusal(admitted_later) == "consent_withdrawn"


def test_what_compaction_leaves_at_the_end_counts_as_read() -> None:
    book = ConsentBook(ConsentMode.OPT_IN)
    book.reached(4)
    assert Owners(book, lambda: RING).refusal(tag(consent=4)) == "no_consent"


def test_an_epoch_without_a_key_leads_to_nobody_and_an_unknown_one_stops() -> None:
    rings = [RING, KeyRing(RING.identity, (Epoch(1, 0, None), RING.epochs[1]))]
    book = ConsentBook(ConsentMode.OPT_OUT)
    owners = Owners(book, lambda: rings[0])
    assert owners.refusal(tag()) is None
    rings.pop(0)
    assert owners.refusal(tag()) == "key_destroyed"
    assert owners.refusal(tag(epoch=2)) is None
    with pytest.raises(SettingsError, match="epoch 1"):
        Owners(book, lambda: KeyRing(RING.identity, RING.epochs[1:])).refusal(tag())


def test_a_tag_holds_no_name_and_no_source() -> None:
    made = tag(b"ann-lindqvist", source="/team/ann-lindqvist")
    assert b"ann" not in made
    assert b"team" not in made
    assert tag(b"ann-lindqvist", epoch=2, source="/team/ann-lindqvist")[2:40] != made[2:40]
    assert len(tag(source="/x" * 1_000)) < 250
