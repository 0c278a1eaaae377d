"""Silence means what the operator chose, a word beats silence, and the most specific word beats the others."""

from __future__ import annotations

from itertools import product

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import ConsentError
from streams.consent import Admitted, Consent, ConsentBook, ConsentMode, Refused, Scope, encode, prefixes

IN, OUT = ConsentMode.OPT_IN, ConsentMode.OPT_OUT
SOURCES = ("/a", "/a/b", "/a/b/c", "/ab", "/z")
SURFACES = ("ide", "chat", "mail")


def book(mode: ConsentMode, *records: Consent | None) -> ConsentBook:
    """What Ann has said, one record after the other."""
    made = ConsentBook(mode)
    for offset, consent in enumerate(records):
        made.put(b"ann", None if consent is None else encode(consent), offset)
    return made


def decide(made: ConsentBook, person: bytes | None = b"ann", **event: object) -> Admitted | Refused:
    told = {"event_us": 500, "surface": "ide", "source": "/a", "arrived_ms": 10} | event
    return made.decide(person, **told)  # type: ignore[arg-type]


YES, NO = Consent(granted=True, version="v2"), Consent(granted=False, version="v2")
IDE_ONLY = Consent(granted=None, version="v2", scopes=(Scope(granted=True, surface="ide"),))
NOT_CHAT = Consent(granted=True, version="v2", scopes=(Scope(granted=False, surface="chat"),))
ERASED = Consent(granted=True, version="v2", erased_us=10_000)


@pytest.mark.parametrize(
    ("mode", "said", "event", "expected"),
    [
        (IN, None, {}, Refused("no_consent")),
        (IN, YES, {"person": None}, Refused("no_consent")),
        (OUT, None, {}, Admitted("opt-out")),
        (OUT, NO, {"person": None}, Admitted("opt-out")),
        (IN, YES, {}, Admitted("v2")),
        (OUT, NO, {}, Refused("consent_withdrawn")),
        (IN, Consent(granted=True, version="v2", since_us=501), {}, Refused("no_consent")),
        (IN, Consent(granted=True, version="v2", since_us=500, until_us=501), {}, Admitted("v2")),
        (IN, Consent(granted=True, version="v2", until_us=500), {}, Refused("no_consent")),
        (OUT, Consent(granted=False, version="v2", until_us=1), {}, Refused("consent_withdrawn")),
        (IN, IDE_ONLY, {}, Admitted("v2")),
        (IN, IDE_ONLY, {"surface": "chat"}, Refused("out_of_scope")),
        (OUT, IDE_ONLY, {"surface": "chat"}, Admitted("opt-out")),
        (IN, NOT_CHAT, {}, Admitted("v2")),
        (IN, NOT_CHAT, {"surface": "chat"}, Refused("out_of_scope")),
        (IN, ERASED, {"arrived_ms": 10}, Refused("erased")),
        (OUT, ERASED, {"arrived_ms": 10}, Refused("erased")),
        (IN, ERASED, {"arrived_ms": 11}, Admitted("v2")),
        (OUT, Consent(granted=False, version="", erased_us=10_000), {"arrived_ms": 11}, Refused("consent_withdrawn")),
    ],
)
def test_decisions(mode: ConsentMode, said: Consent | None, event: dict[str, object], expected: object) -> None:
    assert decide(book(mode, said), **event) == expected  # type: ignore[arg-type]


WORDS = st.one_of(st.none(), st.booleans())
SCOPES = st.dictionaries(
    st.tuples(st.sampled_from(("", *SURFACES)), st.sampled_from(("", *SOURCES))).filter(any), st.booleans(), max_size=6
)


@given(st.sampled_from(ConsentMode), WORDS, SCOPES)
def test_the_longest_source_decides_then_the_surface_then_the_word_on_everything(
    mode: ConsentMode, whole: bool | None, scopes: dict[tuple[str, str], bool]
) -> None:
    said = tuple(Scope(granted=word, surface=place[0], source=place[1]) for place, word in scopes.items())
    made = book(mode, Consent(granted=whole, version="v", scopes=said))
    for surface, source in product(SURFACES, SOURCES):
        tree = [*reversed(prefixes(source)), ""]
        asked = [(one, up) for up in tree for one in (surface, "")]
        expected = next((scopes[place] for place in asked if place in scopes), whole)
        if expected is None:
            expected = mode is OUT
        assert isinstance(decide(made, surface=surface, source=source), Admitted) is expected


@given(st.lists(st.one_of(st.none(), WORDS.map(lambda w: Consent(granted=w, version="v"))), max_size=6))
def test_the_last_word_counts_whatever_came_before(records: list[Consent | None]) -> None:
    assert decide(book(IN, *records)) == decide(book(IN, *records[-1:]))
    assert len(book(IN, *records)) == bool(records and records[-1])


def test_a_record_of_an_earlier_version_is_read() -> None:
    made = ConsentBook(IN)
    made.put(b"ann", b'{"granted":true,"version":"v1","since_us":0}')
    assert decide(made) == Admitted("v1")
    assert msgspec.json.decode(encode(YES)) == {"granted": True, "version": "v2"}


@pytest.mark.parametrize("value", [b"yes please", b"", b"{}", b'{"granted":true,"version":"v","but_not":"chat"}'])
def test_an_unreadable_last_word_is_not_guessed_at(value: bytes) -> None:
    made = book(IN, YES)
    made.put(b"ann", value, 7)
    with pytest.raises(ConsentError, match=r"offset 7.*consent repair") as told:
        made.check()
    assert "please" not in str(told.value)
    made.put(b"ann", encode(NO), 8)
    made.check()
    assert decide(made) == Refused("consent_withdrawn")


def test_only_what_may_say_less_asks_for_a_second_look() -> None:
    made = book(IN)
    for step, said in enumerate((YES, YES, NO, None, IDE_ONLY, ERASED)):
        before = made.narrowed
        made.put(b"ann", None if said is None else encode(said), step)
        assert (made.narrowed > before) is (said is not YES)
