r"""What a text looks like once its encodings are undone, with the way back to the text itself. Pure.

Personal data hides in `jane%40corp.com`, `"Zo\u00eb"`, `jane&#64;corp.com`, `=C3=BC`, base64, full-width digits,
look-alike letters and letters with nothing visible between them. A view is a stretch of the text as it reads without
them: finders look at views as well as at the text, and `View.back` gives the range of the text behind what they find.
Ordinary text has no views. Undone, two levels deep (a percent-encoding in base64, JSON in JSON):

* percent-encoding (RFC 3986, 2.1) and `%uXXXX`; quoted-printable (RFC 2045, 6.7), where the text shows signs of it
* escapes of JSON, JavaScript and Python; HTML character references
* base64 and base64url (RFC 4648) from 16 characters on, if it decodes to text; the range is the whole token
* characters: NFKC forms, digits of any script, combining marks, invisible characters, Cyrillic and Greek look-alikes
  inside Latin words, unusual spaces and hyphens
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple, Protocol

from streams.privacy import lookalikes
from streams.privacy.lookalikes import Edit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_CONTEXT = 200  # characters of a stretch before and after what is undone
_REACH = 80  # how far its edge may move to stand at white space
_WHOLE = 16  # stretches; with more, the view is of all between the first and the last

_HEX = "[0-9A-Fa-f]"
# Ordinary text is told by what it has not: the sign of an encoding, or a run of characters as long as base64's.
_RUN = re.compile(r"[A-Za-z0-9+/_\-]{16}")
_ENCODED = re.compile(
    rf"(?P<percent>(?:%{_HEX}{{2}})+)|%u(?P<percent_u>{_HEX}{{4}})"
    rf"|(?P<bytes>(?:\\x{_HEX}{{2}})+)"
    rf"|(?P<pair>\\u[dD][89abAB]{_HEX}{{2}}\\u[dD][c-fC-F]{_HEX}{{2}})"
    rf"|\\u(?:(?P<u>{_HEX}{{4}})|\{{(?P<brace>[0-9A-Fa-f]{{1,6}})\}})|\\U(?P<long>[0-9A-Fa-f]{{8}})"
    r"|\\(?P<plain>[nrtbfv\"'/\\])"
    r"|(?P<reference>&(?:#(?:[xX][0-9A-Fa-f]{1,6}|[0-9]{1,7});?|[A-Za-z][A-Za-z0-9]{1,31};))"
)
_QUOTED = re.compile(r"(?P<soft>=[ \t]*\r?\n)|(?P<quoted>(?:=[0-9A-F]{2})+)")
_MAY_BE_QUOTED = re.compile(r"=(?:[0-9A-F]{2}|[ \t]*\r?\n)")
_IS_QUOTED = re.compile(
    r"quoted-printable|=3D|=[C-E][0-9A-F]=[89AB][0-9A-F]|[A-Za-z0-9,;]=\r?\n|[A-Za-z0-9]=40[A-Za-z0-9\-]+\.[A-Za-z]{2}",
    re.IGNORECASE,
)
_SIGN = re.compile(r"[%\\&]")
_EQUALS = re.compile("=")
_PLAIN = {"n": "\n", "r": "\n", "t": "\t", "b": " ", "f": " ", "v": " "}

_TOKEN = re.compile(
    r"(?<![A-Za-z0-9+/_\-])(?:(?:[A-Za-z0-9+/]{60,76}\r?\n)+[A-Za-z0-9+/]{2,76}={0,2}|[A-Za-z0-9+/_\-]{16,}={0,2})"
)
_PART = re.compile(r"[A-Za-z0-9+]{16,}={0,2}")
_JOINS = re.compile(r"[/_\-]")
_MIXED = re.compile(r"(?=.*[A-Z])(?=.*[a-z0-9])", re.DOTALL)
_LEAST_PRINTABLE = 0.95


class Decoder(Protocol):
    """Reads what an expression found at a range of the text."""

    def __call__(self, found: str, start: int, end: int, /) -> list[Edit]:
        """What it reads as; nothing if it is no such encoding after all."""
        ...


class _Piece(NamedTuple):
    """A part of a view that begins at `at`: of the text from `start`, one for one, or all of `start` to `end`."""

    at: int
    start: int
    end: int
    one_for_one: bool


class View:
    """A stretch of a text, decoded. `text` is what finders should look at as well."""

    __slots__ = ("_ats", "_pieces", "_under", "text")

    def __init__(self, text: str, pieces: list[_Piece], under: View | None = None) -> None:
        self.text = text
        self._pieces = pieces
        self._ats = [piece.at for piece in pieces]
        self._under = under

    def __repr__(self) -> str:
        return f"View({len(self.text)} characters)"

    def back(self, start: int, end: int) -> tuple[int, int]:
        """The smallest range of the original text that holds what `text[start:end]` was decoded from.

        Any range is allowed; one outside of the view is taken as far as the view goes, an empty one gives an empty one.
        """
        start = min(max(start, 0), len(self.text))
        end = min(max(end, start), len(self.text))
        if start == end:  # between two characters: where the next one begins, or the last one ends
            edge = self.back(start, start + 1)[0] if start < len(self.text) else self.back(start - 1, start)[1]
            return edge, edge
        first, last = self._start(start), self._end(end - 1)
        return self._under.back(first, last) if self._under else (first, last)

    def _piece(self, at: int) -> _Piece:
        return self._pieces[bisect_right(self._ats, at) - 1]

    def _start(self, at: int) -> int:
        piece = self._piece(at)
        return piece.start + (at - piece.at) if piece.one_for_one else piece.start

    def _end(self, at: int) -> int:
        piece = self._piece(at)
        return piece.start + (at - piece.at) + 1 if piece.one_for_one else piece.end


def views(text: str) -> list[View]:
    """Every stretch of `text` that reads otherwise once decoded; none for ordinary text. Never raises.

    All of them together are at most 40 times as long as `text` is, and for text of one encoding hardly longer than it.
    """
    if text.isascii() and not (_signed(text) or _RUN.search(text)):
        return []
    found = [View(one.text, one.pieces) for one in _level(text)]
    for outer in tuple(found):
        found += [View(one.text, one.pieces, outer) for one in _level(outer.text)]
    found += [
        View(one.text, one.pieces, under)
        for under, plain in ((None, text), *((view, view.text) for view in found))
        if not plain.isascii()
        for one in _built(plain, list(lookalikes.edits(plain)))
    ]
    return _distinct(text, found)


def _signed(text: str) -> bool:
    return "%" in text or "\\" in text or "&" in text or "=" in text


def _distinct(text: str, found: Iterable[View]) -> list[View]:
    distinct: dict[tuple[str, int, int], View] = {}
    for view in found:
        if not view.text:
            continue
        start, end = view.back(0, len(view.text))
        if view.text != text[start:end]:
            distinct.setdefault((view.text, start, end), view)
    return list(distinct.values())


class _Built(NamedTuple):
    text: str
    pieces: list[_Piece]


def _level(text: str) -> list[_Built]:
    """What one level of decoding gives."""
    edits = [*_sequences(text, _SIGN, _ENCODED)]
    if _MAY_BE_QUOTED.search(text) and _IS_QUOTED.search(text):
        edits += _sequences(text, _EQUALS, _QUOTED)
    return [*_built(text, edits), *_tokens(text)]


def _sequences(text: str, sign: re.Pattern[str], expression: re.Pattern[str]) -> Iterator[Edit]:
    """Edits for what `expression` matches at a `sign`; a search for all of it everywhere would take far longer."""
    at = 0
    for place in sign.finditer(text):
        match = expression.match(text, place.start()) if place.start() >= at else None
        if match is not None:
            at, kind = match.end(), match.lastgroup or ""
            yield from _DECODERS[kind](match[kind], match.start(), at)


def _decoded_bytes(sign: str, *, latin: bool = False) -> Decoder:
    """A decoder of bytes written as `sign` and two hex digits: UTF-8; what is none stays, or is Latin-1."""
    size = len(sign) + 2

    def decode(run: str, start: int, _: int) -> list[Edit]:
        data = bytes(int(run[i + len(sign) : i + size], 16) for i in range(0, len(run), size))
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
    "plain": _escaped,
    "reference": _reference,
    "soft": lambda _, start, end: [Edit(start, end, "")],
    "quoted": _decoded_bytes("="),
}


def _tokens(text: str) -> Iterator[_Built]:
    """Base64 that decodes to text."""
    for match in _TOKEN.finditer(text):
        start, token = match.start(), match[0]
        decoded = _base64(token)
        if decoded is None and _JOINS.search(token):  # a path or a name of which a part may be one
            for part in _PART.finditer(token):
                if (inner := _base64(part[0])) is not None:
                    yield _atom(inner, start + part.start(), start + part.end())
        elif decoded is not None:
            yield _atom(decoded, start, match.end())


def _atom(decoded: str, start: int, end: int) -> _Built:
    return _Built(decoded, [_Piece(0, start, end, one_for_one=False)])


def _base64(token: str) -> str | None:
    if not _MIXED.match(token):
        return None
    body = re.sub(r"[\r\n=]", "", token).translate(_STANDARD)
    body = body[: len(body) - (len(body) % 4 == 1)]  # cut: the last character alone says nothing
    try:
        data = base64.b64decode(body + "=" * (-len(body) % 4))
    except (binascii.Error, ValueError):
        return None
    return _text_of(data)


_STANDARD = str.maketrans("-_", "+/")


def _text_of(data: bytes) -> str | None:
    """The text that bytes hold: UTF-8 whose last character may be cut, or UTF-16 as PowerShell has it."""
    if len(data) >= 2 and len(data) % 2 == 0 and not any(data[1::2]):  # noqa: PLR2004 - one letter
        data = data[::2]
    text = ""
    for cut in range(4):
        try:
            text = data[: len(data) - cut].decode("utf-8")
        except UnicodeDecodeError:
            continue
        break
    printable = sum(c.isprintable() or c in "\r\n\t" for c in text)
    return text if text and printable >= _LEAST_PRINTABLE * len(text) else None


def _built(text: str, edits: Iterable[Edit]) -> Iterator[_Built]:
    """Views of the stretches around `edits`, which may come in any order; the first of overlapping ones counts."""
    ordered: list[Edit] = []
    for edit in sorted(edits):
        if (not ordered or edit.start >= ordered[-1].end) and text[edit.start : edit.end] != edit.text:
            ordered.append(edit)
    if not ordered:
        return
    stretches: list[tuple[int, int, list[Edit]]] = []
    for edit in ordered:
        if stretches and edit.start - 2 * _CONTEXT <= stretches[-1][1]:
            stretches[-1][2].append(edit)
            stretches[-1] = (stretches[-1][0], edit.end, stretches[-1][2])
        else:
            stretches.append((edit.start, edit.end, [edit]))
    if len(stretches) > _WHOLE:
        stretches = [(stretches[0][0], stretches[-1][1], ordered)]
    for start, end, own in stretches:
        yield _stretch(text, _edge_before(text, start), _edge_after(text, end), own)


def _edge_before(text: str, start: int) -> int:
    edge = start - _CONTEXT
    if edge <= 0:
        return 0
    line = text.rfind("\n", max(0, edge - _REACH), edge + 1)
    space = line if line >= 0 else text.rfind(" ", max(0, edge - _REACH), edge + 1)
    return space + 1 if space >= 0 else edge


def _edge_after(text: str, end: int) -> int:
    edge = end + _CONTEXT
    if edge >= len(text):
        return len(text)
    line = text.find("\n", edge, edge + _REACH)
    space = line if line >= 0 else text.find(" ", edge, edge + _REACH)
    return space if space >= 0 else edge


def _stretch(text: str, low: int, high: int, edits: list[Edit]) -> _Built:
    parts: list[str] = []
    pieces: list[_Piece] = []
    at, size = low, 0
    for edit in edits:
        if edit.start > at:
            parts.append(text[at : edit.start])
            pieces.append(_Piece(size, at, edit.start, one_for_one=True))
            size += edit.start - at
        if edit.text:
            parts.append(edit.text)
            pieces.append(_Piece(size, edit.start, edit.end, one_for_one=False))
            size += len(edit.text)
        at = edit.end
    if at < high:
        parts.append(text[at:high])
        pieces.append(_Piece(size, at, high, one_for_one=True))
    return _Built("".join(parts), pieces)
