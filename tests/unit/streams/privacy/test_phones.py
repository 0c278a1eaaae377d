"""Telephone numbers: tables of what is one, what is none, and what only a word makes one."""

from __future__ import annotations

import itertools
import time

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.privacy import phones

ON_SIGHT = (
    *("212-867-5309", "(212) 867-5309", "(212)867-5309", "212.867.5309", "+1-212-867-5309", "001-212-867-5309"),
    *("212-867-5309x1234", "(212) 867-5309 ext. 77", "1-212-867-5309", "+1 (212) 867-5309"),
    *("+49 30 123456", "+49 (0)30 123456", "+4930123456", "0049 30 123456", "(030) 123456", "030/1234567"),
    *("01 23 45 67 89", "+33 1 23 45 67 89", "020 7946 0958", "07911 123456", "0171-1234567", "(02) 9059 8513"),
    *("+86 138 1234 5678", "+7 495 123-45-67", "(11) 91234-5678", "06 12 34 56 78", "+351 912 345 678"),
)
# Numbers of national plans that look like other numbers: a sentence, a line of their own or a word decides.
WITH_A_WORD = ("45 82 52 66", "912 345 678", "2128675309", "8252 6658", "138 1234 5678", "07911123456", "1 666 2992")
NEVER = (
    "order no. 212-867-5309",
    "tracking number: 2128675309",
    "id=2128675309",
    "2024-01-05 10:11:12",
    "2024-01-05T10:11:12.123456",
    "01.02.2003 and 01/02/2003",
    "2012-2013",
    "ISBN 978-3-16-148410-0",
    "ssn 078-05-1121",
    "zip 12345-6789",
    "123e4567-e89b-12d3-a456-426614174000",
    "0x7fffabcd12345678",
    "1699999999",
    "h * 69069 + 907133923",
    "1.2345678901",
    "v1.22.333.4444",
    "10.20.30.40:8080",
    "$1 234 567 890",
    "48.8566 2.3522",
    "00000000 0000000",
    "sha256:0123456789012345",
    "[1234567, 2345678, 3456789]",
    "00000010  01 23 45 67 89 ab cd ef",
)


def values(text: str, least: float = 0.5) -> list[str]:
    return [text[one.start : one.end] for one in phones.written(text) if one.score >= least]


@pytest.mark.parametrize("number", ON_SIGHT)
@pytest.mark.parametrize("around", ["{}", "so {} it is", "x = '{}'", "<{}>", "a,{},b", '{{"a": "{}"}}'])
def test_the_shape_says_it_anywhere(number: str, around: str) -> None:
    assert values(around.format(number)) == [number]


@pytest.mark.parametrize("number", WITH_A_WORD)
@pytest.mark.parametrize("around", ["phone: {}", "call me at {} please", "homePhone={}", "Tel. {}", "{} (mobile)"])
def test_a_word_makes_it_one(number: str, around: str) -> None:
    assert values(around.format(number)) == [number]


@pytest.mark.parametrize("number", WITH_A_WORD)
def test_without_a_word_it_is_none_in_code(number: str) -> None:
    assert values(f"x = [{number}];") == []


@pytest.mark.parametrize("text", NEVER)
def test_other_numbers_are_none(text: str) -> None:
    assert values(text) == []


def test_a_label_speaks_for_no_number_that_is_dialled_with_country_and_groups() -> None:
    assert values("see the second line\n+44 29 2018 0713\nbelow") == ["+44 29 2018 0713"]
    assert values("offset: +442920180713") == []


@pytest.mark.parametrize("after", ["10:30", "5pm", "2nd floor", "0%", "3 times", "7% off", "24x"])
def test_what_follows_after_a_space_may_be_a_number_of_its_own(after: str) -> None:
    [found] = values(f"so +44 29 2018 0713 {after}")
    assert found.startswith("+44 29 2018 0713")


def test_words_count_whole_only() -> None:
    assert values("the hotel; 45 82 52 66;") == []
    assert values("a string; 45 82 52 66;") == []


def test_a_date_before_it_is_not_taken_for_its_beginning() -> None:
    assert values("2024-01-05 212-867-5309 called") == ["212-867-5309"]


def test_a_number_after_an_international_one_is_not_taken_for_its_end() -> None:
    assert values("+44 20 7946 0958 1234 5678 days")[0] == "+44 20 7946 0958"


def test_two_numbers_on_a_line_are_two() -> None:
    assert values("650-234-2345/332-445-1234 or 212-867-5309") == ["650-234-2345", "332-445-1234", "212-867-5309"]


def test_a_line_of_its_own_under_words_is_a_letterhead() -> None:
    assert values("Jane Roe\n12 Any Street\n628 147 887\n") == ["628 147 887"]


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_every_countrys_example_is_found_as_it_is_written_abroad(region: str) -> None:
    number = phonenumbers.example_number(region)
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    assert values(f"so {written} it is") == [written]


@given(st.text(alphabet="0123456789 .-/()+x\n,a:", max_size=120))
def test_findings_are_in_order_apart_and_of_enough_digits(text: str) -> None:
    found = phones.written(text)
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))
    assert all(sum(map(str.isdigit, text[one.start : one.end])) >= 7 for one in found)


@pytest.mark.parametrize("part", ["1", "+1", "1 ", "+49 (", "0-", "(1)", "1.2 ", "212-867-", "00 "])
def test_no_text_makes_it_run_away(part: str) -> None:
    before = time.process_time()
    phones.written(part * 20_000 + "x")
    assert time.process_time() - before < 20  # seconds where a runaway takes hours: a bound, not a timing
