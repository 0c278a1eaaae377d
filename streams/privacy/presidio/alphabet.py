"""The alphabet of `projection` as sets: single ASCII characters, and the four classes of everything else.

For each class of `re` two sets are known: what it holds for certain and what it may hold, so that a set and its
complement are both never too small.
"""

from __future__ import annotations

import regex  # type: ignore[import-untyped]

from streams.privacy.presidio import projection

Kinds = frozenset[str]  # ASCII characters, and the names of classes, which are longer

_WORD, _DIGIT, _SPACE, _OTHER = "word", "digit", "space", "other"
_OUTSIDE: Kinds = frozenset((_WORD, _DIGIT, _SPACE, _OTHER))
_BYTES = {_WORD: projection.WORD, _DIGIT: projection.DIGIT, _SPACE: projection.SPACE, _OTHER: projection.OTHER}
_ASCII: Kinds = frozenset(map(chr, range(128)))
EVERYTHING: Kinds = _ASCII | _OUTSIDE


def members(character: str) -> Kinds:
    """The kind of one character."""
    if character.isascii():
        return frozenset((character,))
    names = {stands: name for name, stands in _BYTES.items()}
    return frozenset((names[projection.project(character).decode()],))


def _ascii(category: str) -> Kinds:
    match = regex.compile(category).match
    return frozenset(c for c in _ASCII if match(c))


def _exactly(plain: Kinds, *classes: str) -> tuple[Kinds, Kinds]:
    kinds = plain | frozenset(classes)
    return kinds, kinds


_D, _S, _W = _ascii(r"\d"), _ascii(r"\s"), _ascii(r"\w")

# name of the class -> (certain, possible). Under the ASCII flag the classes hold less: for certain, only plain signs.
ALL: dict[str, tuple[Kinds, Kinds]] = {
    "DIGIT": (_D, _D | {_DIGIT}),
    "SPACE": (_S, _S | {_SPACE}),
    "WORD": (_W, _W | {_WORD, _DIGIT}),
    "NOT_DIGIT": (_ASCII - _D | {_WORD, _SPACE, _OTHER}, _ASCII - _D | _OUTSIDE),
    "NOT_SPACE": (_ASCII - _S | {_WORD, _DIGIT, _OTHER}, _ASCII - _S | _OUTSIDE),
    "NOT_WORD": (_ASCII - _W | {_SPACE, _OTHER}, _ASCII - _W | _OUTSIDE),
    "OUTSIDE": _exactly(frozenset(), *_OUTSIDE),
}


def expression(kinds: Kinds, *, caseless: bool) -> str:
    """The kinds as a class for the scanner, as short as can be: it has a limit."""
    signs = {_BYTES.get(kind, kind) for kind in kinds}
    if caseless:
        signs = {sign.lower() for sign in signs}
    if not signs:
        return r"[^\x00-\xff]"
    ranges: list[list[int]] = []
    for point in sorted(map(ord, signs)):
        if ranges and ranges[-1][1] == point - 1:
            ranges[-1][1] = point
        else:
            ranges.append([point, point])
    inside = "".join(_sign(low) if low == high else f"{_sign(low)}-{_sign(high)}" for low, high in ranges)
    return f"[{inside}]" if len(signs) > 1 else inside


def _sign(point: int) -> str:
    return chr(point) if chr(point).isalnum() else f"\\x{point:02x}"
