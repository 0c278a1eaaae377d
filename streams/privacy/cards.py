"""Card numbers, wherever they begin. Pure.

Presidio's pattern takes the first digits it can and goes on after them: in `...174000 4242 4242 4242 4242` it tries the
end of the id with the beginning of the card, and never looks at the card itself. This looks at every beginning.
"""

from __future__ import annotations

import re

from streams.surrogates import Found

# First digits and lengths of the networks (ISO/IEC 7812; the networks' own number ranges); written in fours, as
# American Express and Diners do it, or without gaps.
_CARD = re.compile(
    r"(?<![\w.])(?=("
    r"(?:4\d{3}|5[1-5]\d\d|2[2-7]\d\d|6\d{3}|3[058]\d\d)(?:[ \-]?)\d{4}([ \-]?)\d{4}\2\d{4}"
    r"|3[47]\d\d([ \-]?)\d{6}\3\d{5}|3[068]\d\d([ \-]?)\d{6}\4\d{4}"
    r")(?![\w]|\.\d))"
)
_DIGIT = re.compile(r"\d")


def find(text: str) -> list[Found]:
    """Numbers in the form of a card whose check digit is right; a shorter one inside a longer is given as well."""
    return [
        Found(match.start(1), match.end(1), "CREDIT_CARD", 1.0)
        for match in _CARD.finditer(text)
        if luhn(match.group(1))
    ]


def luhn(number: str) -> bool:
    """True if the digits of `number` end in their check digit (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(_DIGIT.findall(number))):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value  # noqa: PLR2004 - the digits of 10 to 18 summed
    return total % 10 == 0
