"""Any text as plain bytes of the same length, for a scanner that knows nothing of Unicode.

Every character outside ASCII becomes one of four ASCII bytes by what the `regex` module says of it: a word character,
a digit, white space, or none of these. Word boundaries stay where they are, offsets stay code points, and the tables of
the scanner may be of another Unicode version than those of `regex`. `shape` writes its expressions for this alphabet.
"""

from __future__ import annotations

import regex  # type: ignore[import-untyped]

WORD = "_"
DIGIT = "0"
SPACE = "\x0b"
OTHER = "\x01"

_WORD = regex.compile(r"\w").match
_DIGIT = regex.compile(r"\d").match
_SPACE = regex.compile(r"\s").match
_BLOCK = 4096  # as many distinct characters as are kept; a text in Chinese has some hundreds


class _Table(dict[int, str]):
    def __missing__(self, point: int) -> str:
        if len(self) >= _BLOCK:
            self.clear()
        character = chr(point)
        stands = character if point < 128 else _class(character)  # noqa: PLR2004 - ASCII
        self[point] = stands
        return stands


def _class(character: str) -> str:
    if _DIGIT(character):
        return DIGIT
    if _WORD(character):
        return WORD
    return SPACE if _SPACE(character) else OTHER


_TABLE = _Table()


def project(text: str) -> bytes:
    """The bytes to scan, one for each code point of the text."""
    return text.encode() if text.isascii() else text.translate(_TABLE).encode()
