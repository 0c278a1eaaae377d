"""Encodings that hide text in text: where they stand and what they hold. Pure, and never raises.

Sources: RFC 3986, 2.1 (percent-encoding), RFC 2045, 6.7 (quoted-printable), RFC 2047, 4.2 (its form in headers), RFC
4648 (base64, base64url, base 16), RFC 1950 and 1952 (zlib, gzip), RFC 8259, 7 (escapes of JSON), ECMA-262 and the
Python language reference (theirs), HTML Living Standard, 13.5 (references).
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import zlib
from typing import TYPE_CHECKING, Protocol

from streams.privacy.lookalikes import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEX = "[0-9A-Fa-f]"
_ENCODED = re.compile(
    rf"(?P<percent>(?:%{_HEX}{{2}})+)|%u(?P<percent_u>{_HEX}{{4}})"
    rf"|(?P<bytes>(?:\\x{_HEX}{{2}})+)"
    rf"|(?P<pair>\\u[dD][89abAB]{_HEX}{{2}}\\u[dD][c-fC-F]{_HEX}{{2}})"
    rf"|\\u(?:(?P<u>{_HEX}{{4}})|\{{(?P<brace>[0-9A-Fa-f]{{1,6}})\}})|\\U(?P<long>[0-9A-Fa-f]{{8}})"
    r"|(?P<octal>(?:\\[0-3][0-7]{2})+)"
    r"|\\(?P<plain>[nrtbfv\"'/\\])"
    r"|(?P<reference>&(?:#(?:[xX][0-9A-Fa-f]{1,6}|[0-9]{1,7});?|[A-Za-z][A-Za-z0-9]{1,31};))"
)
_QUOTED = re.compile(r"(?P<soft>(?<![=!<> ])=[ \t]*\r?\n)|(?P<quoted>(?:=[0-9A-F]{2})+)")
_MAY_BE_QUOTED = re.compile(r"=(?:[0-9A-F]{2}|[ \t]*\r?\n)")
_SOFT = re.compile(r"[^\r\n]{56}[A-Za-z0-9,;.]=\r?\n")
_IS_QUOTED = re.compile(
    r"=(?:3[Dd]|[C-Ec-e][0-9A-Fa-f]=[89ABab][0-9A-Fa-f]|40(?<=[A-Za-z0-9]=40)[A-Za-z0-9\-]+\.[A-Za-z]{2})"
    r"|(?:=[0-9A-F]{2}){4}|=\?[\w\-]{1,40}\?[Qq]\?"
)
_SIGN = re.compile(r"[%\\&]")
_EQUALS = re.compile("=")
_PLAIN = {"n": "\n", "r": "\n", "t": "\t", "b": " ", "f": " ", "v": " "}

# A token begins where a run of these characters does, which is looked for in bytes: one for each code point.
_RUN = 16
_CLASSES = bytes(
    ord("a") if chr(byte).isascii() and (chr(byte).isalnum() or chr(byte) in "+/_-") else 32 for byte in range(256)
)
_NEEDLE = b"a" * _RUN
_TOKEN = re.compile(r"(?:[A-Za-z0-9+/]{60,76}\r?\n)+[A-Za-z0-9+/]{2,76}={0,2}|[A-Za-z0-9+/_\-]{16,}={0,2}")
_PART = re.compile(r"[A-Za-z0-9+]{16,}={0,2}")
_JOINS = re.compile(r"[/_\-\n]")
_MIXED = re.compile(r"(?=.*[A-Z])(?=.*[a-z0-9])", re.DOTALL)
_LEAST_PRINTABLE = 0.95
_HEX_RUN = re.compile(r"(?:0[xX])?((?:[0-9A-Fa-f]{2}){8,})")
_UNPACKED = 16  # times as long as it was packed: more than text gains, and no bomb


class Decoder(Protocol):
    """Reads what an expression found at a range of the text."""

    def __call__(self, found: str, start: int, end: int, /) -> list[Edit]:
        """What it reads as; nothing if it is no such encoding after all."""
        ...


def escapes(text: str) -> Iterator[Edit]:
    """Percent-encoding, escapes of JSON, JavaScript and Python, and character references."""
    return _sequences(text, _SIGN, _ENCODED)


def quoted(text: str) -> Iterator[Edit]:
    """Quoted-printable, where the text shows signs of it: `=40` alone is as well a part of a program."""
    if _MAY_BE_QUOTED.search(text) and _is_quoted(text):
        yield from _sequences(text, _EQUALS, _QUOTED)


def _is_quoted(text: str) -> bool:
    if _IS_QUOTED.search(text) or (("=\n" in text or "=\r\n" in text) and _SOFT.search(text)):
        return True
    return "quoted-printable" in text.lower()


def signed(text: str) -> bool:
    """False if nothing in `text` can be one of these."""
    return "%" in text or "\\" in text or "&" in text or "=" in text


def _sequences(text: str, sign: re.Pattern[str], expression: re.Pattern[str]) -> Iterator[Edit]:
    """Edits for what `expression` matches at a `sign`; a search for all of it everywhere would take far longer."""
    at = 0
    for place in sign.finditer(text):
        match = expression.match(text, place.start()) if place.start() >= at else None
        if match is not None:
            at, kind = match.end(), match.lastgroup or ""
            yield from _DECODERS[kind](match[kind], match.start(), at)


def _decoded_bytes(sign: str, *, latin: bool = False, base: int = 16, digits: int = 2) -> Decoder:
    """A decoder of bytes written as `sign` and so many digits: UTF-8; what is none stays, or is Latin-1."""
    size = len(sign) + digits

    def decode(run: str, start: int, _: int) -> list[Edit]:
        data = bytes(int(run[i + len(sign) : i + size], base) for i in range(0, len(run), size))
        edits = []
        at = start
        for char in data.decode("utf-8", "surrogateescape"):
            broken = "\udc80" <= char <= "\udcff"
            after = at + size * (1 if broken else len(char.encode()))
            if not broken:
                edits.append(Edit(at, after, char))
            elif latin:
                edits.append(Edit(at, after, chr(ord(char) - 0xDC00)))
            at = after
        return edits

    return decode


def _code(digits: str, start: int, end: int) -> list[Edit]:
    """A code point in hex digits; half a surrogate pair or a number too large is left."""
    code = int(digits, 16)
    if code > 0x10FFFF or 0xD800 <= code < 0xE000:  # noqa: PLR2004 - The Unicode Standard, 3.4 and 3.9
        return []
    return [Edit(start, end, chr(code))]


def _escaped(letter: str, start: int, end: int) -> list[Edit]:
    return [Edit(start, end, _PLAIN.get(letter, letter))]


def _pair(escapes: str, start: int, end: int) -> list[Edit]:
    high, low = int(escapes[2:6], 16), int(escapes[8:12], 16)
    return [Edit(start, end, chr(0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF)))]


def _reference(reference: str, start: int, end: int) -> list[Edit]:
    decoded = html.unescape(reference)
    return [Edit(start, end, decoded)] if decoded != reference else []


_DECODERS: dict[str, Decoder] = {
    "percent": _decoded_bytes("%"),
    "percent_u": _code,
    "bytes": _decoded_bytes("\\x", latin=True),
    "pair": _pair,
    "u": _code,
    "brace": _code,
    "long": _code,
    "octal": _decoded_bytes("\\", latin=True, base=8, digits=3),
    "plain": _escaped,
    "reference": _reference,
    "soft": lambda _, start, end: [Edit(start, end, "")],
    "quoted": _decoded_bytes("="),
}


def tokens(text: str) -> Iterator[Edit]:
    """Base64 and base 16 that decode to text, also packed (gzip, zlib): the whole token and what it holds."""
    data = text.encode("ascii", "replace").translate(_CLASSES)
    at = data.find(_NEEDLE)
    while at >= 0:
        match = _TOKEN.match(text, at)
        end = match.end() if match else at
        if match is not None:
            yield from _decoded(at, match[0])
        after = data.find(b" ", max(end - 1, at))  # a match may end inside of a run
        at = data.find(_NEEDLE, after) if after >= 0 else -1


def _decoded(start: int, token: str) -> Iterator[Edit]:
    decoded = _base64(token) or _base16(token)
    if decoded is not None:
        yield Edit(start, start + len(token), decoded)
    elif _JOINS.search(token):  # a path, a name or lines of which a part may be one
        for part in _PART.finditer(token):
            if (inner := _base64(part[0]) or _base16(part[0])) is not None:
                yield Edit(start + part.start(), start + part.end(), inner)


def has_tokens(text: str) -> bool:
    """False if nothing in `text` is long enough for base64."""
    return _NEEDLE in text.encode("ascii", "replace").translate(_CLASSES)


def _base64(token: str) -> str | None:
    if not _MIXED.match(token):
        return None
    body = re.sub(r"[\r\n=]", "", token).translate(_STANDARD)
    body = body[: len(body) - (len(body) % 4 == 1)]  # cut: the last character alone says nothing
    try:
        data = base64.b64decode(body + "=" * (-len(body) % 4))
    except (binascii.Error, ValueError):
        return None
    return _text_of(_unpacked(data))


def _base16(token: str) -> str | None:
    run = _HEX_RUN.fullmatch(token)
    return _text_of(_unpacked(bytes.fromhex(run[1]))) if run else None


def _unpacked(data: bytes) -> bytes:
    """What gzip or zlib have packed, as far as it goes; other data as they are."""
    if data[:2] == b"\x1f\x8b":
        form = 16 + zlib.MAX_WBITS
    elif len(data) > 2 and data[0] == 0x78 and not (data[0] << 8 | data[1]) % 31:  # noqa: PLR2004 - RFC 1950, 2.2
        form = zlib.MAX_WBITS
    else:
        return data
    try:
        return zlib.decompressobj(form).decompress(data, _UNPACKED * len(data))
    except zlib.error:
        return data


_STANDARD = str.maketrans("-_", "+/")


def _text_of(data: bytes) -> str | None:
    """The text that bytes hold: UTF-8 whose last character may be cut, or UTF-16 of Latin letters, in either order."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        data = data[2:]
    if len(data) >= 2 and len(data) % 2 == 0:  # noqa: PLR2004 - one letter
        for high in (1, 0):
            if not any(data[high::2]):
                data = data[1 - high :: 2].decode("latin-1").encode()
                break
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        if error.start < len(data) - 3:  # bytes of a character less its last one
            return None
        text = data[: error.start].decode()
    printable = sum(c.isprintable() or c in "\r\n\t" for c in text)
    return text if text and printable >= _LEAST_PRINTABLE * len(text) else None
