"""Silence means what the operator chose; a word always beats silence."""

import msgspec
import pytest

from streams.consent import Admitted, Consent, ConsentBook, ConsentMode, Refused, encode


def book(mode: ConsentMode, **records: Consent) -> ConsentBook:
    made = ConsentBook(mode)
    for person, consent in records.items():
        made.put(person.encode(), encode(consent))
    return made


@pytest.mark.parametrize(
    ("mode", "person", "expected"),
    [
        (ConsentMode.OPT_IN, b"stranger", Refused("no_consent")),
        (ConsentMode.OPT_IN, None, Refused("no_consent")),
        (ConsentMode.OPT_OUT, b"stranger", Admitted("opt-out")),
        (ConsentMode.OPT_IN, b"yes", Admitted("v2")),
        (ConsentMode.OPT_OUT, b"no", Refused("consent_withdrawn")),
        (ConsentMode.OPT_IN, b"later", Refused("no_consent")),
    ],
)
def test_decisions(mode: ConsentMode, person: bytes | None, expected: Admitted | Refused) -> None:
    records = {
        "yes": Consent(granted=True, version="v2"),
        "no": Consent(granted=False, version="v2"),
        "later": Consent(granted=True, version="v2", since_us=1_000),
    }
    assert book(mode, **records).decide(person, event_us=500) == expected


def test_the_last_word_counts_and_a_tombstone_forgets() -> None:
    made = book(ConsentMode.OPT_IN, ann=Consent(granted=True, version="v1"))
    made.put(b"ann", encode(Consent(granted=False, version="v2")))
    assert made.decide(b"ann", 0) == Refused("consent_withdrawn")
    made.put(b"ann", None)
    assert made.decide(b"ann", 0) == Refused("no_consent")


def test_an_unreadable_record_is_not_guessed_at() -> None:
    with pytest.raises(msgspec.DecodeError):
        book(ConsentMode.OPT_IN).put(b"ann", b"yes please")
