"""What stands in the text in place of a finding. Pure: no clock, no I/O, no Presidio.

A surrogate is HMAC-SHA256(key, epoch, scope, entity, normalised value), rendered. Where a range is reserved for
examples the rendering is natural, so that code still parses and prose still reads:

* e-mail: two words and two digits at example.com (RFC 2606)
* IPv4: 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24 (RFC 5737); IPv6: 2001:db8::/32 (RFC 3849)
* phone: any area code and 555-0100 to 555-0199 (ATIS, reserved for fiction), in the shape it was written in
* card: the test numbers that the card networks publish
* URL: https://example.com/ and eight hex digits

Everything else, secrets always, is a typed placeholder: `<PERSON_3f9a>`. `reserved` says where a text holds such forms
already; who looks for personal data leaves them alone, so that scrubbing scrubbed text changes nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Sequence

SECRET = "SECRET"  # noqa: S105 - the name of an entity type


def _words(words: str) -> tuple[str, ...]:
    return tuple(words.split())


_ADJECTIVES = _words(
    "amber basic brave brisk calm clear clever cool crisp dapper eager early fair fancy fresh gentle glad golden grand "
    "happy honest humble jolly keen kind late light lively loyal lucky mellow merry mild modest neat nimble noble open "
    "plain polite prime proud quick quiet rapid ready round royal shiny silent silver simple sleek smart smooth solid "
    "steady sunny swift tidy vivid warm wise young"
)
_NOUNS = _words(
    "acorn anchor apple arrow badge beacon birch bridge brook cabin candle canyon castle cedar cliff cloud comet coral "
    "crane creek delta drift ember falcon fern field finch fjord forest garden glade harbor heron hill island juniper "
    "kettle lagoon lake lantern maple marsh meadow mesa orchard otter pebble pine planet pond prairie reef ridge river "
    "robin sparrow spruce stone summit tulip valley willow"
)
# Published by the networks and processors for tests, by number of digits (none of them can be charged).
_TEST_CARDS = {
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
}
_V4_NETS = ("192.0.2", "198.51.100", "203.0.113")
_V6_NET = ipaddress.ip_network("2001:db8::/32")
# This host, "any address" and the broadcast address name nobody.
_V4_NOBODY = re.compile(r"(?:127\.\d+\.\d+\.\d+|0\.0\.0\.0|255\.255\.255\.255)\Z")

PLACEHOLDER = re.compile(r"<[A-Z][A-Z0-9_]{1,40}_[0-9a-f]{4}>")
_GAP = r"[^\w<>]{0,3}"
_FICTION = _GAP.join(("5", "5", "5", "0", "1", r"\d", r"\d"))
# What has to be in a text for the form to be there, and the form.
_RESERVED: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = tuple(
    (re.compile(needle), re.compile(form))
    for needle, form in (
        ("<", PLACEHOLDER.pattern),
        ("@example", rf"\b(?:{'|'.join(_ADJECTIVES)})\.(?:{'|'.join(_NOUNS)})\d\d@example\.com\b"),
        ("//example", r"https://example\.com/[0-9a-f]{8}\b"),
        (r"\.2\.|\.100\.|\.113\.", rf"\b(?:{'|'.join(re.escape(n) for n in _V4_NETS)})\.\d{{1,3}}(?:/\d{{1,2}})?\b"),
        ("2001:db8", r"(?<![\w:.])2001:db8:[0-9a-f:]*(?:/\d{1,3})?(?![\w:])"),
        (_FICTION, rf"(?<![\w])\(?(?:\+?1{_GAP})?(?:[2-9]{_GAP}\d{_GAP}\d{_GAP})?{_FICTION}(?!\d)"),
        (
            r"\d{4}[- ]?\d{4,6}",
            r"(?<!\d)(?:" + "|".join("[- ]?".join(c) for cards in _TEST_CARDS.values() for c in cards) + r")(?!\d)",
        ),
    )
)
_ENTITY = re.compile(r"[^A-Z0-9]+")
_SPACE = re.compile(r"\s+")
_NAME_GAP = re.compile(r"[\s._\-,]+")
_DIGIT = re.compile(r"\d")


class Found(NamedTuple):
    """A half-open range of code points and what it is; `score` is between 0 and 1."""

    start: int
    end: int
    entity: str
    score: float


def merge(found: Iterable[Found]) -> list[Found]:
    """Findings as disjoint ranges in text order, whatever order they came in.

    Overlapping findings become one that covers all of them: cutting one short would leave its rest in the text. Its
    type is that of a secret if there is one, else of the longest, then the strongest, then the last by name.
    """
    merged: list[tuple[int, int, Found]] = []
    for one in sorted(found):
        if one.end <= one.start:
            continue
        if merged and one.start < merged[-1][1]:
            start, end, best = merged[-1]
            merged[-1] = (start, max(end, one.end), max(best, one, key=_weight))
        else:
            merged.append((one.start, one.end, one))
    return [Found(start, end, best.entity, best.score) for start, end, best in merged]


def _weight(one: Found) -> tuple[bool, int, float, str, int]:
    return (one.entity == SECRET, one.end - one.start, one.score, one.entity, -one.start)


def reserved(text: str) -> list[tuple[int, int]]:
    """Ranges of `text` that are surrogates already, or could be: they name nobody."""
    spans = [match.span() for needle, form in _RESERVED if needle.search(text) for match in form.finditer(text)]
    return sorted(spans)


def unreserved(text: str, found: Sequence[Found]) -> list[Found]:
    """`found` without what is a surrogate, or an address that names nobody."""
    if not found:
        return []
    spans = reserved(text)
    return [one for one in found if not _harmless(text, one, spans)]


def _harmless(text: str, one: Found, spans: Sequence[tuple[int, int]]) -> bool:
    rest: list[str] = []
    at = one.start
    for start, end in spans:
        if end > at and start < one.end:
            rest.append(text[at : max(at, start)])
            at = max(at, end)
    if at > one.start and not re.search(r"\w", "".join(rest) + text[at : one.end]):
        return True
    return one.entity == "IP_ADDRESS" and _V4_NOBODY.match(text[one.start : one.end]) is not None


def normalise(entity: str, value: str) -> str:
    """The spelling under which values are the same: `J.Smith@X.org` is `j.smith@x.org`, `+1 (212)` is `1212`."""
    if entity in {"PHONE_NUMBER", "CREDIT_CARD"}:
        return "".join(str(int(digit)) for digit in _DIGIT.findall(value))
    if entity == SECRET:
        return value.strip()  # the letter case of a key is the key
    if entity == "PERSON":
        return _NAME_GAP.sub(" ", value.casefold()).strip()
    return _SPACE.sub("", value.casefold())


class Surrogates:
    """Surrogates of one scope under one epoch's key: the same value gets the same one, here and in any other process.

    Another scope, epoch or key gives unrelated ones.
    """

    def __init__(self, key: bytes, epoch: int, scope: bytes) -> None:
        base = hmac.new(key, digestmod=hashlib.sha256)
        for part in (str(epoch).encode(), scope):
            base.update(len(part).to_bytes(4, "big") + part)
        self._base = base
        self._memo: dict[tuple[str, str], bytes] = {}
        self._epoch = epoch

    def __repr__(self) -> str:
        return f"Surrogates(epoch={self._epoch})"

    def replace(self, entity: str, value: str) -> str:
        """The surrogate of `value`, written in the shape of `value` where the type has one."""
        digest = self._digest(entity, normalise(entity, value))
        number = int.from_bytes(digest[:8], "big")
        natural: str | None = None
        if entity == "EMAIL_ADDRESS":
            natural = _mail(number)
        elif entity == "IP_ADDRESS":
            natural = _address(number, value)
        elif entity == "PHONE_NUMBER":
            natural = _phone(number, value)
        elif entity == "CREDIT_CARD":
            natural = _card(number, value)
        elif entity == "URL":
            natural = f"https://example.com/{digest[:4].hex()}"
        return natural or f"<{_ENTITY.sub('_', entity.upper()).strip('_') or 'DATA'}_{digest[:2].hex()}>"

    def apply(self, text: str, found: Iterable[Found], counts: Counter[str] | None = None) -> str:
        """`text` with every finding replaced; `counts` grows by the entity types replaced."""
        parts: list[str] = []
        at = 0
        for start, end, entity, _ in merge(found):
            parts += (text[at:start], self.replace(entity, text[start:end]))
            at = end
            if counts is not None:
                counts[entity] += 1
        return "".join((*parts, text[at:])) if parts else text

    def _digest(self, entity: str, value: str) -> bytes:
        known = self._memo.get((entity, value))
        if known is None:
            mac = self._base.copy()
            kind = entity.encode()
            mac.update(len(kind).to_bytes(4, "big") + kind + value.encode("utf-8", "surrogatepass"))
            known = self._memo[(entity, value)] = mac.digest()
        return known


def _mail(number: int) -> str:
    number, two = divmod(number, 100)
    number, noun = divmod(number, len(_NOUNS))
    return f"{_ADJECTIVES[number % len(_ADJECTIVES)]}.{_NOUNS[noun]}{two:02d}@example.com"


def _address(number: int, value: str) -> str | None:
    address, slash, bits = value.partition("/")
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if parsed.version == 6:  # noqa: PLR2004 - IPv6
        if parsed in _V6_NET:
            return value
        return f"2001:db8::{number >> 16 & 0xFFFF:x}:{number & 0xFFFF:x}{slash}{bits}"
    net, host = divmod(number % (3 * 254), 254)
    return f"{_V4_NETS[net]}.{host + 1}{slash}{bits}"


def _phone(number: int, value: str) -> str | None:
    """North American shapes only: their 555-01xx is reserved; other plans reserve nothing that fits every shape."""
    count = len(_DIGIT.findall(value))
    line = f"55501{number % 100:02d}"
    area = f"{200 + number // 100 % 789:03d}"
    if count == 7:  # noqa: PLR2004 - a local number
        return _pour(line, value)
    if count == 10 and "+" not in value:  # noqa: PLR2004 - area code and number
        return _pour(area + line, value)
    if count == 11 and re.match(r"\W*1", value):  # noqa: PLR2004 - with the country code 1
        return _pour("1" + area + line, value)
    return None


def _card(number: int, value: str) -> str | None:
    cards = _TEST_CARDS.get(len(_DIGIT.findall(value)))
    return _pour(cards[number % len(cards)], value) if cards else None


def _pour(digits: str, shape: str) -> str:
    """`digits` in the place of the digits of `shape`. A shape that is odd enough to hide the result is made plain."""
    stream = iter(digits)
    poured = _DIGIT.sub(lambda _: next(stream), shape)
    return poured if reserved(poured) == [(0, len(poured))] else digits
