"""People one knows of: the event's own subject, and the names that were found. Pure.

A known person is looked for in all spellings that follow from what is known: `jane.doe@corp.com` is also `Jane Doe`,
`Doe, Jane`, `jane_doe`, `janeDoe`, `jdoe`, `J. Doe`, `Jane`, `Doe`, with or without accents. Single words are at least
four letters long. A word that is also English (`Will`, `Rose`) counts only where it is capitalised, and if the name was
only found and not told, not even there when every text is full of it (`Mark`).

A text is first asked for the words of the name, all in lower case: where none of them is, no expression runs, and for
most people none is ever compiled.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from streams.privacy.directory.fold import folded, is_cjk, spellings
from streams.privacy.directory.words import common, frequent
from streams.privacy.listed import words as listed
from streams.surrogates import Found

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_SHORTEST = 4  # letters of a single word; "Jo", "Al" and "Ian" alone would hit half the language
_BETWEEN = 8  # signs between two words of a name, or behind it: gaps, the initial of a middle name, digits of a login
_EDGE = 4  # signs that expressions look at before and behind
_PAIR = 2  # characters of a name in a script without spaces
_NUMBER = 6  # digits of a subject that is a number; a short one is any number
_OPEN, _CLOSE = r"(?<![^\W_])", r"(?![^\W_])"  # a word's edge; an underscore is one, as in jane_doe_laptop
# The edges of a part of `myJaneDoeLaptop`, whatever the letter case of the rest of the expression.
_HUMP_OPEN, _HUMP_CLOSE = rf"(?:{_OPEN}|(?-i:(?<=[a-z])(?=[A-Z])))", rf"(?:{_CLOSE}|(?-i:(?<=[a-z])(?=[A-Z])))"
_WORDS = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_GAP, _GAP_MOST = r"[\s._\-]{0,2}", 2
_MIDDLE = r"(?:[\s._\-]{1,2}[^\W\d_](?:\.\s?|[\s_\-]))?"  # the initial of a middle name
# Of each kind of form: what stands before and behind it, and flags.
_EDGES = {
    "exact": (_OPEN, r"(?:" + _CLOSE + r"|(?<=\.))", 0),
    "loose": (_OPEN, _CLOSE, re.IGNORECASE),
    "parts": (_HUMP_OPEN, _HUMP_CLOSE, re.IGNORECASE),
    "turned": (_HUMP_OPEN, _HUMP_CLOSE, re.IGNORECASE),
    "unspaced": ("", "", re.IGNORECASE),
}
GENERIC = listed("info mail support sales admin root user test team office contact hello service noreply dev")


@dataclass(slots=True)
class _Forms:
    """Expressions of one set of people, and the words of which each of their findings holds one."""

    exact: dict[str, str] = field(default_factory=dict)  # keep their letter case; each with a part of all it finds
    loose: set[str] = field(default_factory=set)
    parts: set[str] = field(default_factory=set)  # may be a part of a camel-case word
    turned: set[str] = field(default_factory=set)  # likewise, last name first: must not eat the next mention's first
    unspaced: set[str] = field(default_factory=set)  # of a script without spaces: no edges
    needles: set[str] = field(default_factory=set)
    firsts: set[str] = field(default_factory=set)  # spellings of which `parts` and `turned` hold one each
    lasts: set[str] = field(default_factory=set)
    reach: int = 0  # characters of the longest finding, at most

    def reaches(self, words: Iterable[str]) -> None:
        """Findings are of these words, with less than eight signs between and behind each."""
        self.reach = max(self.reach, sum(max(map(len, (word, *spellings(word)))) + _BETWEEN for word in words))

    def put(self, word: str, *, sure: bool) -> None:
        """A single word."""
        low = folded(word)[0].lower()
        if low in common():
            if sure or low not in frequent():
                self.exact |= {re.escape(way): way for way in map(str.capitalize, spellings(word))}
        else:
            self.loose |= {re.escape(way) for way in spellings(word)}
        self.needles |= set(spellings(word))
        self.reaches((word,))

    def pair(self, words: Sequence[str], *, sure: bool) -> None:
        """A name of several words, in all that can be made of it."""
        parts = [_any_of(word) for word in words]
        first, last, letter = parts[0], parts[-1], re.escape(folded(words[0])[0][:1])
        self.firsts.update(spellings(words[0]))
        self.lasts.update(spellings(words[-1]))
        self.needles |= self.firsts | self.lasts
        self.reaches(words)
        if all(folded(word)[0].lower() in frequent() for word in words):
            self._of_words(words, sure=sure)
            return
        self.parts.add(rf"{first}{_MIDDLE}{_GAP}{last}")
        if len(parts) > 2:  # noqa: PLR2004 - of two, the form before is all that this one is
            self.parts.add(_GAP.join(parts))
        self.turned.add(rf"{last}(?:,\s?|{_GAP}){first}")
        if len(words[0]) >= _SHORTEST and folded(words[0])[0].lower() not in common():
            initial = folded(words[-1])[0][:1].upper()
            self.exact[rf"{_cased(words[0])}\s{re.escape(initial)}\.(?!\s?[A-Z])"] = f"{initial}."
        if len(words[-1]) < _SHORTEST - sure or f"{letter}{words[-1]}".lower() in common():
            return
        self.loose.add(rf"{letter}(?:\.\s?|[_\-])?{last}\d{{0,4}}")  # jdoe, J. Doe, jdoe12
        if sure:
            self.loose.add(rf"{last}{letter}\d{{0,4}}")

    def _of_words(self, words: Sequence[str], *, sure: bool) -> None:
        """A name of everyday words, `Mark Price`: as names are written, and as logins are if it was told."""
        for form in (str.capitalize, str.upper):
            last = form(folded(words[-1])[0])
            row = [re.escape(form(folded(word)[0])) for word in words]
            ways = (r"\s".join(row), rf"{row[-1]},\s?{row[0]}", rf"{row[0]}\s[A-Z]\.?\s{row[-1]}")
            self.exact |= dict.fromkeys(ways, last)
        if sure:
            self.parts.add(r"[._\-]".join(_any_of(word) for word in words))

    def whole(self, name: str) -> None:
        """A name in a script without spaces, its words together in either order."""
        words = folded(name)[0].split()
        for row in (words, words[::-1]):
            if len("".join(row)) >= _PAIR:
                self.unspaced.add(r"[\s\u3000\u30fb]?".join(map(re.escape, row)))
        self.reaches(words)
        self.needles |= {word.lower() for word in words}


class Known:
    """Matcher of one set of people. Made once, used for many texts."""

    def __init__(self, forms: _Forms) -> None:
        self._forms = forms
        self.needles = tuple(sorted(forms.needles))
        self._shortest = min(map(len, self.needles), default=0)
        self._patterns: dict[str, re.Pattern[str]] = {}

    def find(self, text: str) -> list[Found]:
        """Every place that names one of them; findings may overlap."""
        return self.within(Plain.of(text))

    def within(self, text: Plain) -> list[Found]:
        """As `find`, of a text that was made plain."""
        low = text.low
        if len(low) < self._shortest:
            return []
        for needle in self.needles:
            if needle in low:
                break
        else:
            return []
        return self.among(text, self._around(low) if text.ascii else ((0, len(text.plain)),))

    def among(self, text: Plain, around: Iterable[tuple[int, int]]) -> list[Found]:
        """What the expressions find in stretches of a text."""
        plain, places = text.plain, text.places
        spans = [
            match.span()
            for pattern in self._able(text)
            for first, last in around
            for match in pattern.finditer(plain, first, last)
        ]
        if places is not None:
            spans = [(places[start], places[end - 1] + 1) for start, end in spans]
        return [Found(start, end, "PERSON", 0.9) for start, end in spans]

    def _able(self, text: Plain) -> Iterator[re.Pattern[str]]:
        """The expressions that may find something. Most of the others are never compiled."""
        forms = self._forms
        if any(part in text.plain for part in forms.exact.values()):
            yield self._pattern("exact")
        if forms.loose:
            yield self._pattern("loose")
        if forms.parts and (not text.ascii or (_any_in(forms.firsts, text.low) and _any_in(forms.lasts, text.low))):
            yield self._pattern("parts")
            if forms.turned and (not text.ascii or _is_turned(forms, text.low)):
                yield self._pattern("turned")
        if forms.unspaced:
            yield self._pattern("unspaced")

    def _pattern(self, kind: str) -> re.Pattern[str]:
        if kind not in self._patterns:
            self._patterns[kind] = _compiled(self._forms, kind)
        return self._patterns[kind]

    def _around(self, low: str) -> Iterable[tuple[int, int]]:
        """Stretches of a text, in order, that hold every finding with what it looks at: around each needle."""
        reach = self._forms.reach + _EDGE
        around: list[tuple[int, int]] = []
        for needle in self.needles:
            around += [(max(0, at - reach), at + len(needle) + reach) for at in _places(low, needle)]
        around.sort()
        joined = [around[0]]
        for first, last in around[1:]:
            if first <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
            else:
                joined.append((first, last))
        return joined


class Plain(NamedTuple):
    """A text as names are looked for in it, made once for all of them."""

    plain: str
    places: list[int] | None
    low: str
    ascii: bool

    @classmethod
    def of(cls, text: str) -> Plain:
        """The text made plain."""
        plain, places = folded(text)
        return cls(plain, places, plain.lower(), plain.isascii())


def _compiled(forms: _Forms, kind: str) -> re.Pattern[str]:
    """The expression of all forms of a kind."""
    before, after, flags = _EDGES[kind]
    return re.compile(f"{before}(?:{'|'.join(sorted(getattr(forms, kind), key=_longest))}){after}", flags)


def _is_turned(forms: _Forms, low: str) -> bool:
    """Whether a first name follows a last name as closely as it may."""
    ends = [at + len(last) for last in forms.lasts for at in _places(low, last)]
    return any(low.find(first, end, end + _GAP_MOST + len(first)) >= 0 for first in forms.firsts for end in ends)


def _places(low: str, word: str) -> Iterator[int]:
    at = low.find(word)
    while at >= 0:
        yield at
        at = low.find(word, at + 1)


def _any_in(needles: Iterable[str], low: str) -> bool:
    return any(needle in low for needle in needles)


def _any_of(word: str) -> str:
    ways = [re.escape(way) for way in spellings(word)]
    return ways[0] if len(ways) == 1 else f"(?:{'|'.join(sorted(ways, key=_longest))})"


def _cased(word: str) -> str:
    return f"(?:{'|'.join(re.escape(way.capitalize()) for way in spellings(word))})"


def _longest(form: str) -> tuple[int, str]:
    return (-len(form), form)


@lru_cache(maxsize=8192)
def of_subject(subject: str) -> Known:
    """The subject of an event in every spelling: a mail address, a login, a home folder, or a name."""
    forms = _Forms()
    whole = subject.strip()
    # A subject may come as user:jane, mailto:jane@corp.com or /home/jane.
    value = re.split(r"[/\\]", whole.rpartition(":")[2])[-1].lstrip("@~")
    local = value.partition("@")[0].partition("+")[0]
    for one in (whole, value, local):
        telling = any(letter.isalpha() for letter in one) or len(one) >= _NUMBER
        if len(one) >= _SHORTEST and telling and one.lower() not in GENERIC:
            forms.put(one, sure=True)
    _name(forms, _HUMP.sub(" ", local), sure=True)
    return Known(forms)


@lru_cache(maxsize=2048)
def of_name(name: str) -> Known:
    """A person whose name was found in a text, to be found wherever else they are named."""
    forms = _Forms()
    if len(_WORDS.findall(name)) > 1 or is_cjk(name):
        _name(forms, name, sure=False)
    elif len(name) >= _SHORTEST and name.lower() not in GENERIC:
        forms.exact[re.escape(folded(name)[0])] = folded(name)[0]
        forms.needles.add(folded(name)[0].lower())
    return Known(forms)


def again(names: Iterable[str], texts: Iterable[Plain]) -> tuple[str, ...]:
    """Those of the names of which a part stands more than once in the texts: of others nothing more can be found."""
    low = "\n".join([text.low for text in texts])
    return tuple(
        sorted(
            name
            for name in names
            if any(low.count(way) > 1 for word in (*_WORDS.findall(name), name) for way in _counted(word))
        )
    )


def _counted(word: str) -> tuple[str, ...]:
    return (folded(word)[0].lower(),) if len(word) >= _SHORTEST or (is_cjk(word) and len(word) >= _PAIR) else ()


def _name(forms: _Forms, name: str, *, sure: bool) -> None:
    if is_cjk(name):
        forms.whole(name)
        return
    words = _WORDS.findall(name)
    if len(words) > 1:
        forms.pair(words, sure=sure)
    for word in words:
        if len(word) >= _SHORTEST and word.lower() not in GENERIC:
            forms.put(word, sure=sure)
