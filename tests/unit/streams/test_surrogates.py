from __future__ import annotations

import ipaddress
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.surrogates import Found, Surrogates, merge, reserved, unreserved

KEY = b"k" * 32


@pytest.fixture
def surrogates() -> Surrogates:
    return Surrogates(KEY, 1, b"scope")


@pytest.mark.parametrize(
    ("entity", "value", "shape"),
    [
        ("EMAIL_ADDRESS", "jane.doe@corp.com", r"[a-z]+\.[a-z]+\d\d@example\.com"),
        ("IP_ADDRESS", "10.1.2.3", r"(192\.0\.2|198\.51\.100|203\.0\.113)\.\d+"),
        ("IP_ADDRESS", "10.1.0.0/16", r"(192\.0\.2|198\.51\.100|203\.0\.113)\.\d+/16"),
        ("IP_ADDRESS", "fe80::1", r"2001:db8::[0-9a-f]+:[0-9a-f]+"),
        ("PHONE_NUMBER", "212-867-5309", r"[2-9]\d\d-555-01\d\d"),
        ("PHONE_NUMBER", "+1 (212) 867 5309", r"\+1 \([2-9]\d\d\) 555 01\d\d"),
        ("PHONE_NUMBER", "867 5309", r"555 01\d\d"),
        ("PHONE_NUMBER", "+49 30 1234567", r"<PHONE_NUMBER_[0-9a-f]{4}>"),
        ("CREDIT_CARD", "4242-4242-4242-4242", r"\d{4}-\d{4}-\d{4}-\d{4}"),
        ("CREDIT_CARD", "371111111111114", r"37\d{13}"),
        ("URL", "https://jira.corp.com/browse/X-1?u=jane", r"https://example\.com/[0-9a-f]{8}"),
        ("PERSON", "Jane Doe", r"<PERSON_[0-9a-f]{4}>"),
        ("SECRET", "hunter2", r"<SECRET_[0-9a-f]{4}>"),
        ("IBAN_CODE", "DE89370400440532013000", r"<IBAN_CODE_[0-9a-f]{4}>"),
        ("odd type!", "x", r"<ODD_TYPE_[0-9a-f]{4}>"),
    ],
)
def test_surrogate_has_the_form_of_its_type(surrogates: Surrogates, entity: str, value: str, shape: str) -> None:
    surrogate = surrogates.replace(entity, value)
    assert re.fullmatch(shape, surrogate)
    assert surrogate != value
    assert reserved(f"x {surrogate} y") == [(2, 2 + len(surrogate))]


@pytest.mark.parametrize(
    ("entity", "one", "same"),
    [
        ("EMAIL_ADDRESS", "J.Smith@X.org", "j.smith@x.org"),
        ("PERSON", "Jane  Doe", "jane doe"),
        ("PERSON", "jane.doe", "Jane Doe"),
        ("IBAN_CODE", "DE89 3704 0044 0532 0130 00", "de89370400440532013000"),
    ],
)
def test_same_value_in_another_spelling_gets_the_same_surrogate(
    surrogates: Surrogates, entity: str, one: str, same: str
) -> None:
    assert surrogates.replace(entity, one) == surrogates.replace(entity, same)


def test_phone_in_another_shape_gets_the_same_digits(surrogates: Surrogates) -> None:
    shapes = ["2128675309", "212-867-5309", "(212) 867.5309", "٢١٢-٨٦٧-٥٣٠٩"]
    assert len({re.sub(r"\D", "", surrogates.replace("PHONE_NUMBER", shape)) for shape in shapes}) == 1


def test_the_letter_case_of_a_secret_counts(surrogates: Surrogates) -> None:
    assert surrogates.replace("SECRET", "abcDEF") != surrogates.replace("SECRET", "ABCdef")


def test_another_scope_epoch_or_key_gives_another_surrogate() -> None:
    base = Surrogates(KEY, 1, b"a").replace("EMAIL_ADDRESS", "a@b.io")
    others = [Surrogates(KEY, 1, b"b"), Surrogates(KEY, 2, b"a"), Surrogates(b"l" * 32, 1, b"a")]
    assert all(other.replace("EMAIL_ADDRESS", "a@b.io") != base for other in others)


def test_equal_surrogates_come_from_any_instance() -> None:
    assert Surrogates(KEY, 1, b"a").replace("PERSON", "J") == Surrogates(KEY, 1, b"a").replace("PERSON", "J")


def test_repr_shows_neither_key_nor_scope() -> None:
    assert repr(Surrogates(b"SECRETKEY" * 3, 7, b"jane")) == "Surrogates(epoch=7)"


def test_ipv6_surrogate_is_in_the_documentation_range(surrogates: Surrogates) -> None:
    address = ipaddress.ip_address(surrogates.replace("IP_ADDRESS", "2a02:810:1::77"))
    assert address in ipaddress.ip_network("2001:db8::/32")


def test_offsets_are_code_points(surrogates: Surrogates) -> None:
    text = "\U0001f600\u0301 Zoë: a@b.io!"
    at = text.index("a@")
    replaced = surrogates.apply(text, [Found(at, at + 6, "EMAIL_ADDRESS", 1.0)])
    assert replaced.startswith("\U0001f600\u0301 Zoë: ")
    assert replaced.endswith("@example.com!")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(
            [Found(0, 4, "A", 0.5), Found(0, 9, "B", 0.5)], [Found(0, 9, "B", 0.5)], id="the longer one names the range"
        ),
        pytest.param(
            [Found(0, 6, "A", 0.5), Found(4, 9, "B", 0.9)], [Found(0, 9, "A", 0.5)], id="nothing of the loser is left"
        ),
        pytest.param(
            [Found(0, 9, "A", 1.0), Found(2, 4, "SECRET", 0.6)], [Found(0, 9, "SECRET", 0.6)], id="a secret wins"
        ),
        pytest.param(
            [Found(0, 4, "A", 0.5), Found(0, 4, "B", 0.9)], [Found(0, 4, "B", 0.9)], id="the stronger of equal length"
        ),
        pytest.param(
            [Found(0, 4, "A", 0.5), Found(4, 6, "B", 0.9)],
            [Found(0, 4, "A", 0.5), Found(4, 6, "B", 0.9)],
            id="neighbours stay two",
        ),
        pytest.param([Found(3, 3, "A", 1.0)], [], id="an empty range is nothing"),
    ],
)
def test_overlapping_findings_become_one(found: list[Found], expected: list[Found]) -> None:
    assert merge(found) == expected
    assert merge(reversed(found)) == expected


FOUND = st.builds(
    lambda start, size, entity, score: Found(start, start + size, entity, score),
    st.integers(0, 60),
    st.integers(0, 15),
    st.sampled_from(["A", "B", "SECRET"]),
    st.sampled_from([0.5, 0.9]),
)


@given(st.lists(FOUND, max_size=12), st.randoms())
def test_merged_findings_cover_the_same_text_without_overlap_in_any_order(found: list[Found], random: object) -> None:
    merged = merge(found)
    random.shuffle(found)  # type: ignore[attr-defined]
    assert merge(found) == merged
    covered = [place for one in merged for place in range(one.start, one.end)]
    assert len(covered) == len(set(covered))
    assert set(covered) == {place for one in found for place in range(one.start, one.end)}


def test_counts_grow_by_what_was_replaced(surrogates: Surrogates) -> None:
    counts: Counter[str] = Counter(PERSON=1)
    surrogates.apply("ab cd", [Found(0, 2, "PERSON", 1.0), Found(3, 5, "URL", 1.0)], counts)
    assert counts == {"PERSON": 2, "URL": 1}


@pytest.mark.parametrize("address", ["127.0.0.1", "255.255.255.255", "192.0.2.7", "198.51.100.9/24"])
def test_addresses_that_name_nobody_are_left_alone(address: str) -> None:
    assert unreserved(f"bind {address}", [Found(5, 5 + len(address), "IP_ADDRESS", 0.6)]) == []


def test_an_example_address_that_is_no_surrogate_is_not_left_alone() -> None:
    text = "jane.doe@example.com"
    assert unreserved(text, [Found(0, len(text), "EMAIL_ADDRESS", 1.0)])
