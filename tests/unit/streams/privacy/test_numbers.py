"""Bank accounts and US social security numbers."""

from __future__ import annotations

import pytest
from faker import Faker
from hypothesis import given
from hypothesis import strategies as st

from streams.privacy import numbers

LOCALES = ("de_DE", "fr_FR", "en_GB", "nl_NL", "pl_PL", "no_NO", "it_IT", "fi_FI", "de_CH", "es_ES", "pt_PT", "tr_TR")


def values(text: str, kind: str) -> list[str]:
    return [text[one.start : one.end] for one in numbers.find(text) if one.entity == kind and one.score >= 0.5]


def account(locale: str, seed: int) -> str:
    fake = Faker(locale)
    fake.seed_instance(seed)
    return str(fake.iban())


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("after", [" 2 days later", " AND more", ".", "", '",', " 1234 5678"])
def test_an_account_ends_where_its_country_says(locale: str, after: str) -> None:
    value = account(locale, 3)
    spaced = " ".join(value[at : at + 4] for at in range(0, len(value), 4))
    assert values(f"to {spaced}{after}", "IBAN_CODE") == [spaced]
    assert values(f"to {value}{after}", "IBAN_CODE") == [value]


@given(st.sampled_from(LOCALES), st.integers(4, 14), st.integers(1, 9))
def test_a_wrong_digit_is_no_account_unless_the_text_says_so(locale: str, place: int, more: int) -> None:
    value = account(locale, 1)
    if not value[place].isdigit():
        return
    wrong = f"{value[:place]}{(int(value[place]) + more) % 10}{value[place + 1 :]}"
    assert values(f"x {wrong} y", "IBAN_CODE") == []
    assert values(f"IBAN {wrong} y", "IBAN_CODE") == [wrong]


@pytest.mark.parametrize(
    "text", ["AB12CDEF", "DE89", "commit de89370400440532", "GB29NWBK", "ID12 3456 7890 1234 5678"]
)
def test_other_words_are_no_accounts(text: str) -> None:
    assert values(text, "IBAN_CODE") == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("she is 536-90-4399", "536-90-4399"),
        ("SSN 536904399", "536904399"),
        ("social security number: 536 90 4399", "536 90 4399"),
        ('{"ssn": "536904399"}', "536904399"),
        ("user_ssn=536904399", "536904399"),
    ],
)
def test_social_security_numbers_are_found(text: str, number: str) -> None:
    assert values(text, "US_SSN") == [number]


@pytest.mark.parametrize(
    "text",
    [
        "536904399",
        "ssn 000-12-3456",
        "ssn 666-12-3456",
        "ssn 912-12-3456",
        "ssn 536-00-4399",
        "ssn 536-90-0000",
        "ssn 078-05-1120",
        "1536-90-4399",
        "536-90-43991",
        "ticket 536-90-4399",
        "536-90 4399",
    ],
)
def test_what_was_never_given_out_is_none(text: str) -> None:
    assert values(text, "US_SSN") == []
