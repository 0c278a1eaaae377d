"""Card numbers, wherever they begin, of all networks and lengths. Pure.

Presidio's pattern takes the first digits it can and goes on after them: in `...174000 4242 4242 4242 4242` it tries the
end of the id with the beginning of the card, and never looks at the card itself; and it knows no number of 12, 13 or 19
digits. This looks at every beginning, with the networks' own ranges and lengths and the check digit that all of them
have (ISO/IEC 7812-1, annex B). One number in ten passes the check by chance, so lengths that other numbers have as well
(12: ids; 13: article numbers, milliseconds; 17 to 19: ids of messages, nanoseconds) count for less.
"""

from __future__ import annotations

import re

from streams.privacy import nearby
from streams.privacy.sieve import SHARED
from streams.surrogates import Found

# First digits -> lengths in use (ISO/IEC 7812 issuer ranges, as the networks publish them).
_NETWORKS = (
    ("4", (13, 16, 19)),  # Visa
    ("5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720", (16,)),  # Mastercard
    ("3[47]", (15,)),  # American Express
    ("30[0-5]|3095|3[689]", (14, 16, 19)),  # Diners Club
    ("6011|64[4-9]|65", (16, 19)),  # Discover
    ("35", (16, 19)),  # JCB: 3528 to 3589, and the rest of 35, which no network else has
    ("2131|1800", (15,)),  # JCB, of old
    ("62|81", (16, 17, 18, 19)),  # UnionPay
    ("220[0-4]", (16, 17, 18, 19)),  # Mir
    ("50|5[6-8]|6|0604", (12, 13, 14, 15, 16, 17, 18, 19)),  # Maestro, RuPay, Verve, Elo
)
_RANGES = tuple((re.compile(first), frozenset(lengths)) for first, lengths in _NETWORKS)
_GAP = r"[ \-.\u00a0\u2010\u2011\u2013\u202f]"
_GATE = re.compile(rf"\d\d\d\d{_GAP}?\d\d{_GAP}?\d\d{_GAP}?\d\d")
# Written in fours, as American Express and Diners do it, in halves, or without gaps.
_CARD = re.compile(
    rf"(?<![\w.\-/])(?:(?=(\d{{4}}({_GAP})\d{{4}}\2\d{{4}}(?:\2\d{{4}})?(?:\2\d{{1,3}})?)(?![\w]|\.\d|-\w))"
    rf"|(?=(\d{{4}}({_GAP})(?:\d{{6}}\4\d{{4,5}}|\d{{5}}\4\d{{6}}))(?![\w]|\.\d|-\w))"
    rf"|(?=(\d{{6}}{_GAP}\d{{6,13}}|\d{{8}}{_GAP}\d{{8,11}})(?![\w]|\.\d|-\w))"
    rf"|(?=(\d{{12,19}})(?![\w]|\.\d|-\w)))"
)
_FOURS = re.compile(rf"(?<![\w.])(?=(\d{{4}}({_GAP}?)\d{{4}}\2\d{{4}}\2\d{{4}})(?![\w]|\.\d))")
_RUN = re.compile(r"\d{4,}")  # a number begins where a run of digits does
(_CARD_AT,) = SHARED.add(_GATE)
_DIGIT = re.compile(r"\d")
_WORD = nearby.Words(
    r"card|credit|debit|visa|mastercard|maestro|amex|american express|diners|discover|jcb|unionpay|rupay|cc|"
    r"kreditkarte|karte|carte|tarjeta|cart[aã]o|carta|kaart|karta|kort|карт\w*",
    parts="credit_?card|card_?num|カード|卡",
)
_NUMBER = nearby.Words("number|pan")  # what a field is called that holds one
_SHORT, _LONG = 14, 16
_CERTAIN, _LIKELY, _WEAK = 1.0, 0.7, 0.4


def find(text: str) -> list[Found]:
    """Numbers in the form of a card whose check digit is right; a shorter one inside a longer is given as well.

    Scores: 1.0 for 14 to 16 digits of a network, or with a word such as "card" near; 0.7 for other lengths where
    nothing says otherwise; 0.4 where the text calls the number something else.
    """
    if _CARD_AT not in SHARED.live(text) or not _GATE.search(text):
        return []
    spans: set[tuple[int, int]] = set()
    for run in _RUN.finditer(text):
        if (match := _CARD.match(text, run.start())) is not None:
            spans |= {match.span(group) for group in (1, 3, 5, 6) if match[group]}
        if (match := _FOURS.match(text, run.start())) is not None:
            spans.add(match.span(1))
    return [
        Found(start, end, "CREDIT_CARD", score) for start, end in sorted(spans) if (score := _score(text, start, end))
    ]


def _score(text: str, start: int, end: int) -> float:
    digits = "".join(str(int(digit)) for digit in _DIGIT.findall(text[start:end]))
    if not luhn(digits) or len(set(digits)) == 1:
        return 0.0
    fits = any(len(digits) in lengths and first.match(digits) for first, lengths in _RANGES)
    grouped = end - start > len(digits)
    if _WORD.near(text, start, end):
        return _CERTAIN if fits else _LIKELY
    if not grouped and nearby.OTHERS.label(text, start):
        return _WEAK
    if fits and _SHORT <= len(digits) <= _LONG and not digits.startswith("0"):
        return _CERTAIN
    if nearby.OTHERS.label(text, start):
        return _WEAK
    if _NUMBER.label(text, start):
        return _LIKELY
    if not fits:  # a national network's, if in fours
        return _LIKELY if grouped and len(digits) == _LONG else 0.0
    return _LIKELY if grouped or nearby.prose(text, start, end) or nearby.alone(text, start, end) else _WEAK


def luhn(number: str) -> bool:
    """True if the digits of `number` end in their check digit (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(_DIGIT.findall(number))):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value  # noqa: PLR2004 - the digits of 10 to 18 summed
    return total % 10 == 0
