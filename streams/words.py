"""A text as words and segments: what the comparison of two texts counts in. Pure.

A word is a run of letters, digits and underscores with the marks on them (so an identifier is one word), a sign as a
reader sees it (an emoji with its modifiers, a flag), or one character of a script that is written without spaces (Han,
kana, Thai, Lao, Khmer, Burmese). White space is no word. Follows the default rules of Unicode Standard Annex 29 as far
as a regular expression does, but for identifiers: what connects (`_`) joins words, an apostrophe or a point does not.

A segment is a line of code, or a sentence of prose (which ends with its line at the latest), without the white space
around it; a blank line is none. The word is that of translation tools.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from schemas.rows import Span

if TYPE_CHECKING:
    import numpy.typing as npt


def _marks() -> str:
    """The combining marks of the basic plane as ranges of a character class, and what modifies an emoji."""
    found: list[list[int]] = []
    for code in range(0x300, 0x10000):
        if unicodedata.category(chr(code))[0] == "M":
            if found and found[-1][1] == code - 1:
                found[-1][1] = code
            else:
                found.append([code, code])
    return "".join(f"{chr(low)}-{chr(high)}" for low, high in found) + "\U0001f3fb-\U0001f3ff\U000e0020-\U000e01ef"


_MARK = _marks()
_JOINED = "\u200c\u200d"
_SPACELESS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
_LETTER = rf"[^\W{_SPACELESS}]"
_WORD = re.compile(
    rf"{_LETTER}+(?:[{_MARK}{_JOINED}]+{_LETTER}*)*"
    r"|[\U0001f1e6-\U0001f1ff]{2}"
    rf"|\S[{_MARK}]*(?:\u200d[^\s\w][{_MARK}]*)*"
)


def _kinds() -> npt.NDArray[np.uint8]:
    """What each code unit of UTF-16 is to `_WORD`."""
    every = "".join(map(chr, range(0x10000)))
    found = np.full(len(every), _SIGN, dtype=np.uint8)
    odd = rf"[{_MARK}{_JOINED}{_SPACELESS}\ud800-\udfff]+"
    for kind, run in ((_SPACE, r"\s+"), (_LETTERS, r"\w+"), (_ODD, odd)):
        for match in re.finditer(run, every):
            found[match.start() : match.end()] = kind
    return found


# White space; what words are made of; what is a word by itself; what only the expression knows to cut.
_SPACE, _LETTERS, _SIGN, _ODD = range(4)
_KINDS = _kinds()
# Where a segment ends: with its line; prose also with its sentence, quotes and brackets behind the stop included. After
# a stop of Chinese and Japanese nothing need follow.
_LINE = re.compile(r"[\r\n]+")
_CLOSER = "\"')\\]}*_\u00bb\u201d\u2019\u300d\u300f\uff09"
_STOP, _EAST = ".!?\u2026", "\u3002\uff01\uff1f\uff61"
# The first character by itself: a search for one of a few is quick.
_SENTENCE = re.compile(
    rf"[\r\n{_STOP}{_EAST}]"
    rf"(?:(?<=[\r\n])[\r\n]*|(?<=[{_STOP}])[{_CLOSER}]*(?=\s)|(?<=[{_EAST}])(?![{_CLOSER}]))"
)
# A word's id is a character, so that sequences of ids are strings; the last two are for what no id is left for.
_IDS = sys.maxunicode - 1


@dataclass(slots=True)
class Words:
    """A text's words: `starts[i]` to `ends[i]` is word `i`; `starts` has the text's length at its end."""

    text: str = field(repr=False)
    starts: list[int] = field(repr=False)
    ends: list[int] = field(repr=False)

    @classmethod
    def of(cls, text: str) -> Words:
        """The words of a text."""
        kinds = _KINDS[np.frombuffer(text.encode("utf-16-le", "surrogatepass"), dtype=np.dtype("<u2"))]
        starts, ends = _matched(text) if _ODD in kinds else _runs(kinds)
        return cls(text, [*starts, len(text)], ends)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.ends)

    def values(self) -> list[str]:
        """The words themselves."""
        return [self.text[start:end] for start, end in zip(self.starts, self.ends, strict=False)]

    def segments(self, *, prose: bool) -> list[tuple[int, int]]:
        """Segments as ranges of words, ascending; every word is in one."""
        ends, count = (_SENTENCE if prose else _LINE).finditer(self.text), len(self)
        bounds = [0, *(bisect_left(self.starts, end.end(), 0, count) for end in ends), count]
        return [(start, end) for start, end in pairwise(bounds) if end > start]

    def range(self, start: int, end: int) -> Span:
        """Where the words `start` to `end` (not 0 of them) stand, without the white space around them."""
        return Span(self.starts[start], self.ends[end - 1])


def _matched(text: str) -> tuple[list[int], list[int]]:
    spans = list(map(re.Match.span, _WORD.finditer(text)))
    return [start for start, _ in spans], [end for _, end in spans]


def _runs(kinds: npt.NDArray[np.uint8]) -> tuple[list[int], list[int]]:
    """What `_WORD` finds where nothing is odd, in half the time: runs of letters, and signs."""
    begins = np.empty(len(kinds) + 1, dtype=np.bool_)
    begins[0] = begins[-1] = True
    np.not_equal(kinds[1:], kinds[:-1], out=begins[1:-1])
    begins[:-1] |= kinds == _SIGN
    edges = begins.nonzero()[0]
    words = kinds[edges[:-1]] != _SPACE
    return edges[:-1][words].tolist(), edges[1:][words].tolist()


def ids(left: list[str], right: list[str]) -> tuple[str, str]:
    """Two lists as strings of one character for each element: equal elements, equal characters."""
    different = dict.fromkeys(left + right)
    known = dict(zip(different, map(chr, range(_IDS)), strict=False))
    if len(different) <= _IDS:
        return "".join(map(known.__getitem__, left)), "".join(map(known.__getitem__, right))
    # Beyond a million different ones: unequal to everything of the other side, which errs towards an edit.
    return (
        "".join(known.get(element, chr(_IDS)) for element in left),
        "".join(known.get(element, chr(_IDS + 1)) for element in right),
    )
