"""A person's or a place's name, word by word, as invented names of the same shape. Pure.

Each word has its own surrogate, so that `Jane Doe`, `Doe, Jane`, `jane_doe` and `janeDoe` agree; script, letter case,
number of words and whatever stands between them are kept. Initials stay initials, and are those of the surrogate:
`Jane` and `J.` begin with one letter. Titles and particles (`Dr`, `van der`) stay as they are. A login's digits become
other digits. What has another form (a base64 token, an escape, a script without invented names) has no natural
surrogate.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from streams.surrogates import names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LETTER = r"(?:[^\W\d_][\u0300-\u036f\u00ad\u200b-\u200f\u2060]*)"  # with marks and what cannot be seen
_WORD = re.compile(rf"{LETTER}+(?:['\u2019]{LETTER}+)*|\d+")
_SHAPE = re.compile(
    r"(?:[^\W\d_]|[\u0300-\u036f\u00ad\u200b-\u200f\u2060]|\d|[\s._\-,'\u2019\"()/&@:;\u30fb\u00b7|])+\Z"
)
_CAMEL = re.compile(r"(?<=[a-z\u00df-\u00f6\u00f8-\u00ff])(?=[A-Z\u00c0-\u00d6\u00d8-\u00de])")
_NOT_SPLIT = re.compile(r"(?:Mc|Mac|De|Di|La|Le|Van|Fitz|O|D)\Z")  # McDonald is one word
_KEPT = r"(?:van|von|der|den|de|la|le|da|di|dos|bin|bint|ten|ter|zu|del|des|du|(?i:mr|mrs|ms|dr|prof|sir))"
_KEPT_WORD = re.compile(_KEPT + r"\Z")
_MOST_WORDS = 8
_MOST_DIGITS = 4
_UNSEEN = re.compile(r"[\u00ad\u034f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff]")
# What belongs to an invented name beside it: initials, titles, particles before; a login's digits, initials after.
_BEFORE = re.compile(rf"(?:(?<![^\W_])(?:{_KEPT}|[^\W\d_])(?:\.[\s_\-]?|[\s_\-])){{1,4}}\Z")
_AFTER = re.compile(
    rf"(?:[._\-]?\d{{1,{_MOST_DIGITS}}}(?!\d))?(?:(?:,\s?|[\s._\-]){_KEPT}(?![^\W_]))?(?:(?:,\s?|[\s._\-])[^\W\d_](?![^\W_]))?"
)
_REACH = 24


class _Piece(NamedTuple):
    start: int
    end: int
    text: str
    plain: str


def plain(text: str) -> str:
    """`text` in the spelling under which names are equal: compatibility forms, letter case, nothing unseen."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", _UNSEEN.sub("", text)).casefold()


def invented(value: str, number: Callable[[str, str], int]) -> str | None:
    """A name in the place of `value`; None if `value` has not the form of one.

    Args:
        value: a name as it was found.
        number: gives a large number for (what it is for, the plain word), the same for the same.
    """
    if not _SHAPE.match(value):
        return None
    pieces = _pieces(value)
    whole = [one for one in pieces if not one.text.isdigit()]
    full = any(len(one.plain) > 1 for one in whole)
    if not whole or len(whole) > _MOST_WORDS:
        return None
    parts: list[str] = []
    at, several = 0, sum(not _KEPT_WORD.match(one.text) for one in whole) > 0 and len(whole) > 1
    for one in pieces:
        new = _digits(one, number) if one.text.isdigit() else _new(one, number, several=several, full=full)
        if new is None:
            return None
        parts += (value[at : one.start], new)
        at = one.end
    return "".join((*parts, value[at:]))


def of_word(word: str, number: Callable[[str, str], int]) -> str | None:
    """What one word of a name becomes wherever it stands in one, in lower case; None if nothing is invented for it.

    Args:
        word: in the spelling of `plain`.
        number: as in `invented`.
    """
    one = _Piece(0, len(word), word, word)
    return _digits(one, number) if word.isdigit() else _new(one, number, several=False, full=True)


def is_kept(word: str) -> bool:
    """True for a title or a particle, which stays as it is in a name of several words."""
    return _KEPT_WORD.match(word) is not None


def parts(value: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The words of a run of letters: `janeDoe` is two, `McDonald` is one."""
    for cut in (*(m.start() for m in _CAMEL.finditer(value, start, end)), end):
        if cut < end and _NOT_SPLIT.match(value[start:cut]):
            continue
        yield start, cut
        start = cut


def _pieces(value: str) -> list[_Piece]:
    return [
        _Piece(start, end, value[start:end], plain(value[start:end]))
        for match in _WORD.finditer(value)
        for start, end in parts(value, match.start(), match.end())
    ]


def _digits(one: _Piece, number: Callable[[str, str], int]) -> str | None:
    size = len(one.text)
    return f"{number('digits', one.text) % 10**size:0{size}d}" if size <= _MOST_DIGITS else None


def _new(one: _Piece, number: Callable[[str, str], int], *, several: bool, full: bool) -> str | None:
    if several and _KEPT_WORD.match(one.text):
        return one.text
    script = names.script_of(one.plain[0])
    if script is None:
        return None
    initial = number("initial", one.plain[0])
    if len(one.plain) == 1 and full and script not in {"han", "hangul", "kana"}:
        return names.letter(script, initial, one.text)
    return names.word(script, initial, number("word", one.plain), one.text)


def written(text: str) -> list[tuple[int, int]]:
    """Where invented names stand in `text`, each with the initials, titles and digits that go with it."""
    spans = []
    for start, end in names.written(text):
        before = _BEFORE.search(text, max(0, start - _REACH), start)
        after = _AFTER.match(text, end)
        spans.append((before.start() if before else start, after.end() if after else end))
    return spans
