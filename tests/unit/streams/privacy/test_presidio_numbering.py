"""Phone numbers without the library's parser, against the library."""
# ruff: noqa: E501 - tables

from __future__ import annotations

import random

import phonenumbers
import pytest
from phonenumbers import NumberParseException, PhoneNumberMatcher
from phonenumbers import phonenumbermatcher as matcher

from streams.privacy.presidio.numbering import Region
from streams.privacy.presidio.phones import Numbers

REGIONS = ("US", "GB", "DE", "FR", "IL", "IN", "CA", "BR")
OTHERS = ("AR", "IT", "MX", "JP", "CN", "RU", "KZ", "NZ", "VA")
ANY = PhoneNumberMatcher("", "US")


def examples() -> list[tuple[str, str]]:
    made = []
    for region in phonenumbers.SUPPORTED_REGIONS:
        for kind in range(11):
            number = phonenumbers.example_number_for_type(region, kind)
            if number is not None:
                made.append((str(number.country_code), phonenumbers.national_significant_number(number)))
    return made


def library(region: str, digits: str, *, plus: bool) -> bool:
    text = ("+" if plus else "") + digits
    try:
        number = phonenumbers.parse(text, region, keep_raw_input=True)
    except NumberParseException:
        return False
    return bool(matcher._verify(1, number, text, ANY))


def test_digits_are_a_number_exactly_where_the_library_says_so() -> None:
    chooser = random.Random(7)  # noqa: S311 - which digits, not a secret
    known = examples()
    plans = {region: Region(region) for region in (*REGIONS, *OTHERS)}
    valid = 0
    for _ in range(1200):
        code, national = chooser.choice(known)
        digits = list(national)
        for _ in range(chooser.choice((0, 0, 1, 2))):
            digits[chooser.randrange(len(digits))] = chooser.choice("0123456789")
        prefix = chooser.choice(("", "0", "00", "1", "011", "8", "9", code, "00" + code, code + "0", "0" + code, "15"))
        text, plus = prefix + "".join(digits), chooser.random() < 0.3
        if len(text) < 3:
            continue
        for name, plan in plans.items():
            expected = library(name, text, plus=plus)
            valid += expected
            assert plan.valid(text, plus=plus) == expected, (name, text, plus)
    assert valid > 500


def test_a_region_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="'XX' is none"):
        Region("XX")


PIECES = (
    *("x123", " ext. 45", "#9", ";ext=3", "x", " / ", "//", " - ", "\u2013", " ", "\n", "\t", "(", ")", "[", "+", "++", " +"),
    *("a", "\u00e9", "%", "$", "\u20ac", ".", ",", "~", "\u0661\u0662\u0663", "0", "1", "00", "011", "9" * 23, "555", "2024"),
    *("12/03/2011", " 2012-01-02 08:00", "650-234-2345/332-445-1234", "10.0.0.1", "--", "\u0301", "\u00a0", "\u2011"),
)  # fmt: skip


def outermost(spans: set[tuple[int, int]]) -> list[tuple[int, int]]:
    """What Presidio leaves of findings of one score."""
    return sorted(s for s in spans if not any(o != s and o[0] <= s[0] and o[1] >= s[1] for o in spans))


def test_spans_are_those_of_the_library_s_matchers() -> None:
    chooser = random.Random(11)  # noqa: S311 - which pieces, not a secret
    written = [
        phonenumbers.format_number(number, style)
        for region in (*REGIONS, "AU", "JP")
        for kind in range(11)
        if (number := phonenumbers.example_number_for_type(region, kind)) is not None
        for style in range(4)
    ]
    numbers = Numbers(REGIONS)
    count = 0
    for _ in range(400):
        parts = [chooser.choice(written if chooser.random() < 0.5 else PIECES) for _ in range(chooser.randint(1, 7))]
        text = "".join(parts)
        expected = {(m.start, m.end) for region in REGIONS for m in PhoneNumberMatcher(text, region, leniency=1)}
        count += len(expected)
        assert outermost(set(numbers.spans(text))) == outermost(expected), text
    assert count > 300
