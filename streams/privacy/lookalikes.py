"""Characters that read as others: what a text says to the eye, in plain ones. Pure.

Full-width and styled letters and digits become plain (NFKC, Unicode Standard Annex 15), digits of any script ASCII,
letters with combining marks one letter; what cannot be seen goes, where it stands at a word; Cyrillic and Greek letters
that look Latin become Latin inside words with Latin letters (a choice from Unicode Technical Standard 39, confusables);
unusual spaces and hyphens become plain ones.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST = 4  # characters that one may become; a longer compatibility form is left as it is

_LATIN = dict(
    zip(
        "аеорсухіѕјһԁԛԝгкмтвАВЕКМНОРСТУХІЅЈԚԜοανρικυτηχγΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
        "aeopcyxisjhdqwrkmtbABEKMHOPCTYXISJQWoavpikutnxyABEZHIKMNOPTYX",
        strict=True,
    )
)
_ALIKE = "".join(_LATIN)
_UNSEEN = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    r"\ufeff\U000e0000-\U000e007f"
)
_MARKS = (
    r"\u0300-\u034e\u0350-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u064b-\u0652\u0670\u1ab0-\u1aff\u1dc0-\u1dff"
    r"\u20d0-\u20ff"
)
_SPACES = r"\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_HYPHENS = r"\u2010-\u2012\u2212\ufe63\uff0d"
# Forms of compatibility: letter-like, enclosed, ligatures, small, full and half width, mathematical. Not the trade mark
# sign and the punctuation of Chinese and Japanese, which stand in ordinary text.
_FORMS = (
    r"\u2070-\u209c\u2100-\u2121\u2123-\u214f\u2460-\u24ff\ufb00-\ufb06\ufe50-\ufe62\ufe64-\ufe6b\uff0b\uff0e\uff10-\uff19"
    r"\uff20-\uff3a\uff3f\uff41-\uff5a\uff66-\uff9f\U0001d400-\U0001d7ff\U0001f100-\U0001f189"
)
# The zeros of scripts with decimal digits (UnicodeData.txt, general category Nd); nine more follow each.
_ZEROS = (
    "\u0660\u06f0\u07c0\u0966\u09e6\u0a66\u0ae6\u0b66\u0be6\u0c66\u0ce6\u0d66\u0de6\u0e50\u0ed0\u0f20\u1040\u1090\u17e0"
    "\u1810\u1946\u19d0\u1a80\u1a90\u1b50\u1bb0\u1c40\u1c50\ua620\ua8d0\ua900\ua9d0\ua9f0\uaa50\uabf0"
)
_DIGITS = "".join(f"{zero}-{chr(ord(zero) + 9)}" for zero in _ZEROS)
# One class of characters tells ordinary text; what they are is looked at only where they stand.
_ANY = re.compile(rf"[{_UNSEEN}{_MARKS}{_SPACES}{_HYPHENS}{_FORMS}{_DIGITS}\u2013]+")
_ODD = re.compile(
    rf"(?P<marked>\w[{_MARKS}]+)"
    rf"|(?P<unseen>(?<=[\w@.+\-])[{_UNSEEN}]++|(?<![{_UNSEEN}])[{_UNSEEN}]++(?=[\w@+]))"
    rf"|(?P<space>[{_SPACES}])|(?P<hyphen>[{_HYPHENS}]|(?<=\d)\u2013(?=\d))|(?P<form>[{_FORMS}{_DIGITS}])"
)
_ALIKES = re.compile(f"[{_ALIKE}]")
_MIXED = re.compile(rf"[A-Za-z\u00c0-\u024f][{_ALIKE}]|[{_ALIKE}][A-Za-z\u00c0-\u024f]")
_WORD = re.compile(r"[^\W\d_]+")


class Edit(NamedTuple):
    """A range of a text, and what it reads as."""

    start: int
    end: int
    text: str


def edits(text: str) -> Iterator[Edit]:
    """What in `text` reads as something else, in no order; ranges may be the same, the first given then counts."""
    for run in _ANY.finditer(text):
        for match in _ODD.finditer(text, max(0, run.start() - 1), run.end() + 1):
            plain = _plain(match)
            if match.end() <= run.end() and plain != match[0] and len(plain) <= _LONGEST:
                yield Edit(match.start(), match.end(), plain)
    if _ALIKES.search(text) and _MIXED.search(text):
        yield from _disguised(text)


def _plain(odd: re.Match[str]) -> str:
    kind, found = odd.lastgroup, odd[0]
    if kind == "unseen":
        return ""
    if kind in {"space", "hyphen"}:
        return " " if kind == "space" else "-"
    plain = unicodedata.normalize("NFKC", found)
    if kind == "marked":
        plain = plain[:1]  # one letter, however many marks are heaped on it
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in plain)


def _disguised(text: str) -> Iterator[Edit]:
    """Look-alike letters of words whose other letters are Latin."""
    for match in _WORD.finditer(text):
        word = match[0]
        if word.isascii() or not _MIXED.search(word):
            continue
        if all(c in _LATIN or _is_latin(c) for c in word):
            for at, c in enumerate(word, match.start()):
                if c in _LATIN:
                    yield Edit(at, at + 1, _LATIN[c])


def _is_latin(letter: str) -> bool:
    return letter.isascii() or "\u00c0" <= letter <= "\u024f"
