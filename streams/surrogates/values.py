"""Values with a range of their own that is reserved, in the shape they were written in. Pure."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from streams.surrogates import forms, lines
from streams.surrogates.findings import Found

if TYPE_CHECKING:
    from collections.abc import Callable

_V6_NET = ipaddress.ip_network("2001:db8::/32")  # RFC 3849
_SSN_DIGITS = 9
_MAC_DIGITS = 12
_UUID_DIGITS = 32
_HEX = re.compile(r"[0-9a-fA-F]")
_ALNUM = re.compile(r"[0-9A-Za-z]")
_SCHEME = re.compile(r"(https?|ftps?|wss?|s3|gs|git|ssh)://", re.IGNORECASE)


def mail(number: int, _: str) -> str:
    """Two words and two digits at example.com (RFC 2606)."""
    number, two = divmod(number, 100)
    number, noun = divmod(number, len(forms.NOUNS))
    adjective = forms.ADJECTIVES[number % len(forms.ADJECTIVES)]
    return f"{adjective}.{forms.NOUNS[noun]}{two:02d}@example.com"


def address(number: int, value: str) -> str | None:
    """An address for documentation (RFC 5737, RFC 3849) with the prefix length it had."""
    plain, slash, bits = value.partition("/")
    try:
        parsed = ipaddress.ip_address(plain.partition("%")[0])
    except ValueError:
        return None
    if parsed.version == 6:  # noqa: PLR2004 - IPv6
        if parsed in _V6_NET:
            return value
        return f"2001:db8::{number >> 16 & 0xFFFF:x}:{number & 0xFFFF:x}{slash}{bits}"
    net, host = divmod(number % (len(forms.V4_NETS) * 254), 254)
    return f"{forms.V4_NETS[net]}.{host + 1}{slash}{bits}"


def phone(number: int, value: str) -> str | None:
    """A number that rings nowhere (`lines`)."""
    made = lines.fictional(number, value)
    if made is None or _known(made, "PHONE_NUMBER"):
        return made
    digits = "".join(lines.DIGIT.findall(made))  # the shape was odd enough to hide what it is
    made = f"+{digits}" if "+" in value else digits
    return made if _known(made, "PHONE_NUMBER") else None


def card(number: int, value: str) -> str | None:
    """A published test number of the same length."""
    cards = forms.TEST_CARDS.get(len(lines.DIGIT.findall(value)))
    if not cards:
        return None
    digits = cards[number % len(cards)]
    made = lines.pour(digits, value)
    return made if _known(made, "CREDIT_CARD") else digits


def url(number: int, value: str) -> str:
    """A page of example.com, or a host below it; with the scheme it had."""
    scheme = _SCHEME.match(value)
    page = f"{number % 2**32:08x}"
    if scheme:
        return f"{scheme[1].lower()}://example.com/{page}"
    return f"example.com/{page}" if "/" in value else f"x{page}.example.com"


def ssn(number: int, value: str) -> str | None:
    """A number of an area that was never issued."""
    if len(lines.DIGIT.findall(value)) != _SSN_DIGITS:
        return None
    made = lines.pour(f"{forms.SSN_AREA}{number % 99 + 1:02d}{number // 99 % 9999 + 1:04d}", value)
    return made if _known(made, "US_SSN") else None


def mac(number: int, value: str) -> str | None:
    """One of the 256 addresses for documentation (RFC 7042)."""
    return _poured(f"{forms.MAC_FRONT}{number % 256:02x}", value, _MAC_DIGITS, "MAC_ADDRESS")


def uuid(number: int, value: str) -> str | None:
    """A UUID of version 8 (RFC 9562) that begins with twelve zeros, as no clock and no dice give."""
    digits = f"{forms.UUID_FRONT}{number % 16**3:03x}{'89ab'[number // 16**3 % 4]}{number // 16**4 % 16**15:015x}"
    return _poured(digits, value, _UUID_DIGITS, "UUID")


def iban(number: int, value: str) -> str | None:
    """An account of no country with a check number that none has: no range of IBANs is reserved."""
    if not re.fullmatch(r"[A-Za-z]{2}[ \-]?\d{2}(?:[ \-]?[0-9A-Za-z]){6,30}", value):
        return None
    stream = iter(forms.IBAN_FRONT)

    def fill(match: re.Match[str]) -> str:
        nonlocal number
        front = next(stream, None)
        if front is not None:
            return front.lower() if match[0].islower() else front
        number, digit = divmod(number, 10 if match[0].isdigit() else 26)
        return str(digit) if match[0].isdigit() else chr(ord("a" if match[0].islower() else "A") + digit)

    made = _ALNUM.sub(fill, value)
    return made if _known(made, "IBAN_CODE") else None


def _poured(digits: str, value: str, size: int, entity: str) -> str | None:
    if len(_HEX.findall(value)) != size:
        return None
    upper = any(c.isupper() for c in value)
    stream = iter(digits.upper() if upper else digits)
    made = _HEX.sub(lambda _: next(stream), value)
    return made if _known(made, entity) else None


def _known(made: str, entity: str) -> bool:
    """True if finders will know the value again, and leave it alone."""
    return not forms.unreserved(made, [Found(0, len(made), entity, 1.0)])


MAKERS: dict[str, Callable[[int, str], str | None]] = {
    "EMAIL_ADDRESS": mail,
    "IP_ADDRESS": address,
    "PHONE_NUMBER": phone,
    "CREDIT_CARD": card,
    "URL": url,
    "US_SSN": ssn,
    "MAC_ADDRESS": mac,
    "UUID": uuid,
    "IBAN_CODE": iban,
}
