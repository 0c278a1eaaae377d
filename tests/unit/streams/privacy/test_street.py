"""Street addresses are found whole; numbers beside words are not addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.privacy import street


def found(text: str) -> list[str]:
    return [text[one.start : one.end] for one in street.find(text)]


ADDRESSES = [
    "1400 Larkspur Street, Houston, TX 77002",
    "742 Evergreen Terrace",
    "221B Larkspur Street, London NW1 6XE",
    "10 Larkspur St",
    "48 N. 12th Avenue, Suite 300, Portland, OR 97201",
    "1600 Larkspur Parkway\nMountain View, CA 94043",
    "88 Larkspur Drive",
    "7 Orchard Close, Leeds LS1 4AP",
    "123 main street",
    "Kastanienallee 12a, 10435 Berlin",
    "Lange Stra\u00dfe 5",
    "Am Markt 5, 99084 Erfurt",
    "12 bis, rue de la Paix, 75002 Paris",
    "3 avenue des Tilleuls",
    "Calle de Alcal\u00e1, 42, 28014 Madrid",
    "Avenida da Liberdade 110, 1250-146 Lisboa",
    "Via Roma, 12, 00184 Roma",
    "Keizersgracht 12-2, 1015 CN Amsterdam",
    "ul. D\u0142uga 10, 00-590 Warszawa",
    "P.O. Box 123, Austin, TX 78701",
    "Portland, OR 97201",
    "D-10435 Berlin",
]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("frame", ["{}", "please ship it to {}.", "Address: {}\nThanks"])
def test_an_address_is_found_whole(address: str, frame: str) -> None:
    assert found(frame.format(address)) == [address]


@pytest.mark.parametrize(
    "text",
    [
        "500 Internal Server Error",
        "404 Not Found",
        "2 Google Drive files",
        "String 12 is long, Spring 5 is not",
        "the 3 Simple Ways to do it",
        "connect via Kafka 2",
        "row 12, column 3, place 4",
        "version 2.4.1 of Road Runner",
        "10 way street and 20 miles road",
        "Platz 5",
        "a1 2b 3CD",
        "SELECT 1 FROM Street",
        "it took 30 minutes Drive carefully",
    ],
)
def test_a_number_beside_a_word_is_no_address(text: str) -> None:
    assert found(text) == []


@given(
    st.lists(
        st.sampled_from(
            ["12", "Main", "Street", "St", ",", "rue", "de", "Via", "Berlin", "10435", "TX", "SW1A", "1AA", "weg", "\n"]
        ),
        max_size=40,
    )
)
def test_findings_are_in_order_and_never_overlap(pieces: list[str]) -> None:
    text = " ".join(pieces)
    last = 0
    for one in street.find(text):
        assert last <= one.start < one.end <= len(text)
        last = one.end
