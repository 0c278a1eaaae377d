r"""What a text looks like once its encodings are undone, with the way back to the text itself. Pure.

Personal data hides in `jane%40corp.com`, `"Zo\u00eb"`, `jane&#64;corp.com`, `=C3=BC`, base64, full-width digits,
look-alike letters and letters with nothing visible between them. A view is a stretch of the text as it reads without
them: finders look at views as well as at the text, and `View.back` gives the range of the text behind what they find.
Ordinary text has no views. Undone, two levels deep (a percent-encoding in base64, JSON in JSON):

* percent-encoding (RFC 3986, 2.1) and `%uXXXX`; quoted-printable (RFC 2045, 6.7), where the text shows signs of it
* escapes of JSON, JavaScript and Python, octal ones too; HTML character references
* base64, base64url and base 16 (RFC 4648) from 16 characters on, if it decodes to text, also packed (gzip, zlib) or in
  UTF-16; the range is the whole token
* characters: NFKC forms, digits of any script, combining marks, invisible characters, Cyrillic and Greek look-alikes
  inside Latin words, unusual spaces and hyphens
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from streams.privacy import encodings, lookalikes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from streams.privacy.lookalikes import Edit

_CONTEXT = 200  # characters of a stretch before and after what is undone
_REACH = 80  # how far its edge may move to stand at white space
_DEEP = 2  # levels of encoding that are undone
_WHOLE = 16  # stretches; with more, the view is of all between the first and the last


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

    Ordinary text is told by what it has not: the sign of an encoding, or a run of characters as long as base64's.

    All of them together are at most 40 times as long as `text` is, and for text of one encoding hardly longer than it.
    """
    if text.isascii() and not (encodings.signed(text) or encodings.has_tokens(text)):
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


def reads_as(value: str) -> str:
    """`value` without escapes and disguises, base64 apart: what is the same value, written plainly."""
    if value.isascii() and not encodings.signed(value):
        return value
    for decode in (encodings.escapes, encodings.quoted) * _DEEP:
        value = _stretch(value, 0, len(value), _ordered(value, decode(value))).text
    return _stretch(value, 0, len(value), _ordered(value, lookalikes.edits(value))).text


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
    built = [*_built(text, encodings.escapes(text)), *_built(text, encodings.quoted(text))]
    for start, end, decoded in encodings.tokens(text):
        built.append(_Built(decoded, [_Piece(0, start, end, one_for_one=False)]))
    return built


def _built(text: str, edits: Iterable[Edit]) -> Iterator[_Built]:
    """Views of the stretches around `edits`."""
    ordered = _ordered(text, edits)
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


def _ordered(text: str, edits: Iterable[Edit]) -> list[Edit]:
    """Those that change something, in order; the first of overlapping ones counts."""
    ordered: list[Edit] = []
    for edit in sorted(edits):
        if (not ordered or edit.start >= ordered[-1].end) and text[edit.start : edit.end] != edit.text:
            ordered.append(edit)
    return ordered


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
