"""Telephone extensions of the directory: `ext. 1234`, `DW 1234`, and `x1234` where somebody is called. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from streams.privacy.directory.roster import EXTENSION
from streams.privacy.listed import words as listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WORDS = listed("ext Ext EXT extn Extn extension Extension DW dw Durchwahl durchwahl poste Poste anexo Anexo interno")
_ANNOUNCED = re.compile(
    r"(?<![^\W_])(?:(?i:ext(?:ension|n)?|durchwahl|dw|poste|anexo|interno))\.?[ \u00a0]?(?:(?:no|nr)\.?[ ])?[:#-]?[ ]?"
    r"(\d{2,7})(?![\w])"
)
_CROSS = re.compile(r"[xX](\d{3,6})(?!\w|[ ]?[(\[=*/+])")
_CROSS_BEFORE = re.compile(
    r"(?:\b(?i:call|dial|reach|ring|phone|tel|desk|at|on|me|him|her|them|us|number|is|extension|line|or)\b"
    r"[.:]?[ ]?|\d{3}[ ]?|\)[ ]?"
    r"|(?<!\w)\(|,[ ]?)\Z"
)
_STANDARDS = frozenset(("264", "265", "509", "500", "400"))  # video codecs and X.-standards


def announced(text: str, get: Callable[[str], int]) -> Iterator[tuple[int, int]]:
    """Extensions of the table after a word that says so; the word is part of what is found."""
    for match in _ANNOUNCED.finditer(text):
        if get(EXTENSION + match[1]):
            yield match.span()


def is_short(text: str, at: int, get: Callable[[str], int]) -> bool:
    """If the `x1234` that begins here is an extension of the table: what goes before speaks of calling."""
    match = _CROSS.match(text, at)
    if match is None or match[1] in _STANDARDS or not get(EXTENSION + match[1]):
        return False
    return _CROSS_BEFORE.search(text, max(0, at - 16), at) is not None
