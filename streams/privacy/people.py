"""People one knows of: the event's own subject, and the names that the cues have found. Pure.

A known person is looked for in all spellings that follow from what is known: `jane.doe@corp.com` is also `Jane Doe`,
`Doe, Jane`, `jane_doe`, `jdoe`, `Jane`, `Doe`. Single words are at least four letters long, and words that are also
English (`Will`, `Mark`, `Rose`) count only where they are capitalised.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from streams.surrogates import Found

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHORTEST = 4  # letters of a single word; "Jo", "Al" and "Ian" alone would hit half the language
_OPEN, _CLOSE = r"(?<![^\W_])", r"(?![^\W_])"  # a word's edge; an underscore is one, as in jane_doe_laptop
_WORDS = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


_TAIL = re.compile(r"[ \t]+[^\W\d_a-z\u00df-\u00f6\u00f8-\u00ff][^\W\d_]+(?![^\W_])")


_GENERIC = _words("info mail support sales admin root user test team office contact hello service noreply dev")
# First and last names that are also words: common in code and prose.
_ALSO_WORDS = _words(
    "abel amber angel april art august autumn banks baker barber basil bell best bill bishop black blossom bolt "
    "bond brand brook brooks brown buck bush butler candy carol carter case cash chance chase chip christian church "
    "clay close cloud cole cook cooper cross daisy dale dawn dean destiny dick dollar drew duke earl early east "
    "eden faith fern field fields fisher ford forest foster fox frank free french gardener gene gentry glass glory "
    "gold good grace grant gray green greene guy hall harmony harvest hazel heath heather henry hill holly holmes "
    "honey hood hope house hunt hunter iris ivory ivy jack jade jasmine jean jewel john josh joy judge june justice "
    "karma keys king knight lake lance land lane law lily long love lucky major march mark marks marsh mason matt "
    "max may melody mercy miles mill mills miller moon moore more morning myles noble north olive page paris park "
    "parker parks patience pearl penny pepper piper pierce plum pope porter power price prince purse ray reed rich "
    "river rivers rob robin rock rose rosemary ruby ruth sandy sawyer scout sharp shepherd short sierra silver "
    "singer sky small smart smith spring star stark stone street strong summer sunny swift tailor taylor temple "
    "todd tucker turner victor violet wade walker ward waters weaver web webb weeks welch wells west white wild "
    "will winter wise wolf wood woods worth wright young"
)


class Known:
    """Matcher of one set of people. Made once, used for many texts."""

    def __init__(self, exact: Iterable[str], loose: Iterable[str]) -> None:
        """`exact` are expressions that keep their letter case, `loose` those that do not."""
        exact, loose = sorted(set(exact), key=_longest), sorted(set(loose), key=_longest)
        self._patterns = [
            re.compile(f"{_OPEN}(?:{'|'.join(forms)}){_CLOSE}", flags)
            for forms, flags in ((exact, 0), (loose, re.IGNORECASE))
            if forms
        ]

    def find(self, text: str) -> list[Found]:
        """Every place that names one of them."""
        return [Found(*match.span(), "PERSON", 0.9) for pattern in self._patterns for match in pattern.finditer(text)]


def _longest(form: str) -> tuple[int, str]:
    return (-len(form), form)


@lru_cache(maxsize=8192)
def of_subject(subject: str) -> Known:
    """The subject of an event in every spelling: a mail address, a login, or a name."""
    exact: set[str] = set()
    loose: set[str] = set()
    value = subject.strip().rpartition(":")[2].lstrip("@")  # "user:jane", "mailto:jane@corp.com", "@jane"
    local = value.partition("@")[0].partition("+")[0]
    for whole in (subject.strip(), value, local):
        telling = any(c.isalpha() for c in whole) or len(whole) >= 6  # noqa: PLR2004 - a short number is any number
        if len(whole) >= _SHORTEST and telling and whole.lower() not in _GENERIC:
            _put(whole, exact, loose)
    _forms(_WORDS.findall(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", local)), exact, loose)
    return Known(exact, loose)


def again(names: Iterable[str], texts: Iterable[str]) -> bool:
    """False if every part of the names stands once in the texts: then there is nothing more to find."""
    folded = "\n".join(texts).lower()
    words = {word.lower() for name in names for word in (*_WORDS.findall(name), name) if len(word) >= _SHORTEST}
    return any(folded.count(word) > 1 for word in words)


@lru_cache(maxsize=2048)
def of_names(names: tuple[str, ...]) -> Known:
    """People whose names were found in a text, to be found wherever else they are named."""
    exact: set[str] = set()
    loose: set[str] = set()
    for name in names:
        words = _WORDS.findall(name)
        if len(words) > 1:
            _forms(words, exact, loose, sure=False)
        elif len(name) >= _SHORTEST and name.lower() not in _GENERIC:
            exact.add(re.escape(name))
    return Known(exact, loose)


def _forms(words: list[str], exact: set[str], loose: set[str], *, sure: bool = True) -> None:
    if len(words) > 1:
        parts = [re.escape(word) for word in words]
        loose.add(r"[\s._\-]{0,2}".join(parts))
        loose.add(rf"{parts[-1]}(?:,\s?|[\s._\-]{{0,2}}){parts[0]}")
        loose.add(rf"{parts[0]}[\s._\-]{{0,2}}{parts[-1]}")
        if len(words[-1]) >= _SHORTEST:
            loose.add(rf"{re.escape(words[0][0])}(?:\.\s?|[_\-])?{parts[-1]}\d{{0,4}}")  # jdoe, J. Doe, jdoe12
            if sure:
                loose.add(rf"{parts[-1]}{re.escape(words[0][0])}\d{{0,4}}")
    for word in words:
        # A part of a name that a cue found is not sure enough to hide every `Will` and `Rose`; the subject's is.
        if len(word) >= _SHORTEST and word.lower() not in _GENERIC and (sure or word.lower() not in _ALSO_WORDS):
            _put(word, exact, loose)


def _put(word: str, exact: set[str], loose: set[str]) -> None:
    if word.lower() in _ALSO_WORDS:
        exact.add(re.escape(word.capitalize()))
    else:
        loose.add(re.escape(word))
