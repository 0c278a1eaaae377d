"""How surrogates look, so that they are known again without a key. Pure.

Who looks for personal data leaves these forms alone: scrubbing scrubbed text changes nothing. A finding is left out
only if the forms cover all of it but punctuation. Sources of the ranges are with each form.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from streams.surrogates import lines, people
from streams.surrogates.findings import SECRET, Found

if TYPE_CHECKING:
    from collections.abc import Sequence


def _words(words: str) -> tuple[str, ...]:
    return tuple(words.split())


ADJECTIVES = _words(
    "amber basic brave brisk calm clear clever cool crisp dapper eager early fair fancy fresh gentle glad golden grand "
    "happy honest humble jolly keen kind late light lively loyal lucky mellow merry mild modest neat nimble noble open "
    "plain polite prime proud quick quiet rapid ready round royal shiny silent silver simple sleek smart smooth solid "
    "steady sunny swift tidy vivid warm wise young"
)
NOUNS = _words(
    "acorn anchor apple arrow badge beacon birch bridge brook cabin candle canyon castle cedar cliff cloud comet coral "
    "crane creek delta drift ember falcon fern field finch fjord forest garden glade harbor heron hill island juniper "
    "kettle lagoon lake lantern maple marsh meadow mesa orchard otter pebble pine planet pond prairie reef ridge river "
    "robin sparrow spruce stone summit tulip valley willow"
)
# Published by the networks and processors for tests, by number of digits (none of them can be charged).
TEST_CARDS = {
    13: ("4222222222222",),
    14: ("30569309025904", "38520000023237"),
    15: ("378282246310005", "371449635398431", "378734493671000"),
    16: (
        "4111111111111111",
        "4012888888881881",
        "5555555555554444",
        "5105105105105100",
        "6011111111111117",
        "6011000990139424",
        "3530111333300000",
        "3566002020360505",
    ),
    19: ("6205500000000000004",),
}
V4_NETS = ("192.0.2", "198.51.100", "203.0.113")  # RFC 5737
SSN_AREA = "666"  # never issued (SSA, "Social Security Number Randomization")
MAC_FRONT = "00005e0053"  # RFC 7042, 2.1.2: for documentation
UUID_FRONT = "0000000000008"  # RFC 9562: version 8, whose first bits are the maker's to choose
IBAN_FRONT = "XX00"  # XX is no country (ISO 3166-1, user-assigned); 00 is never a check number (ISO 7064, mod 97-10)
# This host, "any address" and the broadcast address name nobody.
_V4_NOBODY = re.compile(r"(?:127\.\d+\.\d+\.\d+|0\.0\.0\.0|255\.255\.255\.255)\Z")

PLACEHOLDER = re.compile(r"<[A-Z][A-Z0-9_]{1,40}_[0-9a-f]{4}>")
# Types that also have a placeholder for the inside of an identifier, where `<` would break the code.
IN_IDENTIFIERS = frozenset(
    ("PERSON", "LOCATION", "NRP", "ORGANIZATION", "PHONE_NUMBER", "DATE_TIME", "CRYPTO", "IBAN_CODE", "US_SSN", "DATA")
)


def _hex(front: str, free: int) -> str:
    return r"[:.\-]?".join((*front, *["[0-9a-f]"] * free))


# What has to be in a text for the form to be there, and the form.
_FORMS: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = tuple(
    (re.compile(needle, re.IGNORECASE), re.compile(form))
    for needle, form in (
        ("<", PLACEHOLDER.pattern),
        ("@example", rf"(?:{'|'.join(ADJECTIVES)})\.(?:{'|'.join(NOUNS)})\d\d@example\.com\b"),
        (
            r"example\.com/|\.example\.com",
            r"(?:[a-z0-9]{2,5}://)?(?:example\.com/[0-9a-f]{8}|x[0-9a-f]{8}\.example\.com)\b",
        ),
        (
            r"\.2\.|\.100\.|\.113\.",
            rf"(?:{'|'.join(re.escape(n) for n in V4_NETS)})\.\d{{1,3}}(?:/\d{{1,2}})?(?!\d)",
        ),
        ("2001:db8", r"(?i:2001:db8:[0-9a-f:]*(?:/\d{1,3})?)(?![\w:])"),
        ("5[:.-]?e", rf"(?i:{_hex(MAC_FRONT, 2)})(?![0-9A-Fa-f])"),
        (
            "0000-?0000-?8|00000-0000-8",
            r"(?i:0{8}-?0{4}-?8[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12})(?![0-9A-Fa-f])",
        ),
        ("XX ?-?0", r"(?i:XX[ \-]?0[ \-]?0(?:[ \-]?[0-9A-Z]){6,30})(?![^\W_])"),
        (
            r"\d{4}[- ]?\d{4,6}",
            r"(?:" + "|".join("[- ]?".join(c) for cards in TEST_CARDS.values() for c in cards) + r")(?!\d)",
        ),
    )
)
# Forms that count for some types only: outside of them they may be anything.
_TYPED: dict[str, re.Pattern[str]] = {"US_SSN": re.compile(rf"{SSN_AREA}[\s.\-]?\d\d[\s.\-]?\d{{4}}(?!\d)")}
_IDENTIFIER = re.compile(rf"(?:{'|'.join(sorted(IN_IDENTIFIERS))})_[0-9a-f]{{4}}")
_TELLING = re.compile(r"[^\W_](?:.*[^\W_])?", re.DOTALL)  # anything but punctuation
_REACH = 96  # characters; no form is longer
_KEPT = 2048  # stretches of text: those of a suggestion come again with its decision and its edits
_NAMES = frozenset(("PERSON", "LOCATION"))
_ESCAPE = re.compile(r"[nrtbfv]|(?:x(?=..)|u(?=....))(?P<code>(?<=x)[0-9A-Fa-f]{2}|(?<=u)[0-9A-Fa-f]{4})")


@lru_cache(_KEPT)
def reserved(text: str) -> tuple[tuple[int, int], ...]:
    """Ranges of `text` that are surrogates already, or could be: they name nobody. They may overlap."""
    spans = [match.span() for needle, form in _FORMS if needle.search(text) for match in form.finditer(text)]
    return tuple(sorted({*spans, *lines.written(text), *people.written(text)}))


def unreserved(text: str, found: Sequence[Found]) -> list[Found]:
    """`found` without what is a surrogate, or an address that names nobody.

    A name of which a part is a surrogate is given without that part: the person beside it is still to be replaced.
    """
    if not found:
        return []
    spans = [(low + start, low + end) for low, high in _around(text, found) for start, end in reserved(text[low:high])]
    left: list[Found] = []
    for raw in found:
        one = past_escape(text, raw)
        if one.entity == "IP_ADDRESS" and _V4_NOBODY.match(text[one.start : one.end]):
            continue
        rest = _rest(one, [*spans, *_typed(text, one)])
        if rest == [(one.start, one.end)]:
            left.append(one)
        elif any(_TELLING.search(text, start, end) for start, end in rest):
            left += _cut(text, one, rest) if one.entity in _NAMES else [one]
    return left


def _around(text: str, found: Sequence[Found]) -> list[tuple[int, int]]:
    """The stretches in which a surrogate can be that covers something of `found`."""
    around: list[tuple[int, int]] = []
    for one in sorted(found):
        low, high = max(0, one.start - _REACH), min(len(text), one.end + _REACH)
        if around and low <= around[-1][1]:
            around[-1] = (around[-1][0], max(high, around[-1][1]))
        else:
            around.append((low, high))
    return around


def past_escape(text: str, one: Found) -> Found:
    r"""`one` without the rest of an escape that it begins in: in `\njane@x.org` the mail is `jane@x.org`."""
    if one.entity != "EMAIL_ADDRESS" or text[one.start - 1 : one.start] != "\\":
        return one
    escape = _ESCAPE.match(text, one.start)
    slashes = one.start - len(text[: one.start].rstrip("\\"))
    if escape is None or slashes % 2 == 0 or escape.end() >= one.end:
        return one
    letter = escape["code"] and chr(int(escape["code"], 16))
    return one if letter and letter.isalnum() else one._replace(start=escape.end())


def _typed(text: str, one: Found) -> list[tuple[int, int]]:
    forms = [_TYPED[one.entity]] if one.entity in _TYPED else []
    if one.entity != SECRET:
        forms.append(_IDENTIFIER)
    low, high = max(0, one.start - 40), one.end + 40
    return [match.span() for form in forms for match in form.finditer(text, low, high)]


def _rest(one: Found, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The parts of a finding that no span covers."""
    rest: list[tuple[int, int]] = []
    at = one.start
    for start, end in sorted(spans):
        if end > at and start < one.end:
            if start > at:
                rest.append((at, start))
            at = max(at, end)
    return [*rest, (at, one.end)] if at < one.end else rest


def _cut(text: str, one: Found, rest: Sequence[tuple[int, int]]) -> list[Found]:
    cut = []
    for start, end in rest:
        words = _TELLING.search(text, start, end)
        if words:
            cut.append(one._replace(start=words.start(), end=words.end()))
    return cut
