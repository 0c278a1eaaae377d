"""From marks to the places in a text that they name. Pure.

A place is named if its words are those of a mark, or already the surrogates of those. All places of all marks count,
also where they overlap, and every word has one surrogate: so it does not matter whether marks come at once or one after
the other, and a text that was repaired stays as it is. (Placeholders stand for whole names. There the longest place
counts, and two names that share words can come out otherwise if their marks come apart.)
"""

from __future__ import annotations

import re
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from streams.marks.first_look import FirstLook
from streams.marks.words import plain, words
from streams.surrogates import people

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Sequence

    from schemas.rows import Mark
    from streams.marks.words import ScopeHashes

_GAP = re.compile(r"[\s._\-,]{0,2}")
_GAP_OF_NAMES = re.compile(r"\s|,\s?")  # between everyday words: "Mark. Price" is two sentences
_GAP_OF_INITIAL = re.compile(r"\.\s?|[_\-]")  # "a Smith" is no initial
_MOST_LOOKS = 4
_DENSE = re.compile("[\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]{2,}")


class _Form(NamedTuple):
    words: tuple[str, ...]
    placeholder: str  # empty where every word has its own surrogate
    capitalised: bool


class _Word(NamedTuple):
    start: int
    end: int
    name: str  # the hash that it has, or that its original had


class _Place(NamedTuple):
    start: int
    end: int
    surrogate: str


class Repair:
    """Marks of one scope, ready to be looked for. Remembers words of the texts it has seen: for one interaction only.

    Args:
        marks: where two say different things of one word, the first of them in their order counts.
        hashes: of the scope that the marks are of.
    """

    def __init__(self, marks: Iterable[Mark], hashes: ScopeHashes) -> None:
        self._marks = tuple(marks)
        self._hashes = hashes
        self._first = FirstLook([mark for mark in self._marks if mark.how != "within"], hashes)
        self._dense = any(mark.how == "within" for mark in self._marks)
        self._placeholders = any(mark.surrogate.startswith("<") for mark in self._marks)

    def __repr__(self) -> str:
        return f"Repair({len(self._marks)} marks)"

    def text(self, text: str, counts: Counter[str] | None = None) -> str:
        """`text` with the surrogates in the places that the marks name; `counts` grows by these, a full name as one."""
        for _ in range(_MOST_LOOKS):
            before, text = text, self._once(text, counts)
            # `JaneJane Doe`: the first name can be told from the second once a placeholder begins behind it.
            if text == before or not self._placeholders:
                break
        return text

    def _once(self, text: str, counts: Counter[str] | None) -> str:
        places = self._forms.places(text) if self._first.says(text) else []
        if self._dense:
            places += self._forms.inside(text)
        if not places:
            return text
        parts: list[str] = []
        at = found = 0
        for place in sorted(places, key=lambda one: (one.start, -one.end, one.surrogate)):
            if place.start >= at:
                found += not (parts and _GAP.fullmatch(text, at, place.start))
                parts += (text[at : place.start], place.surrogate)
                at = place.end
        if counts is not None:
            counts["PERSON"] += found
        return "".join((*parts, text[at:]))

    @cached_property
    def _forms(self) -> _Forms:
        return _Forms(self._marks, self._hashes)


class _Forms:
    """What the marks say, by word."""

    def __init__(self, marks: Iterable[Mark], hashes: ScopeHashes) -> None:
        self._hashes = hashes
        self._starting: dict[str, list[_Form]] = {}
        self._within: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        self._surrogates: dict[str, str] = {}
        self._hashed: set[str] = set()
        for mark in sorted(marks):
            self._put(mark)
        self._known = {made: name for name, made in reversed(self._surrogates.items()) if len(made) > 1}
        self._names: dict[str, str] = {}

    def _put(self, mark: Mark) -> None:
        row, made = tuple(mark.words.split(" ")), mark.surrogate.split(" ")
        if mark.how == "within":
            self._within.setdefault(row[0], []).append((row, mark.surrogate))
            return
        placeholder = mark.surrogate if len(made) != len(row) or mark.surrogate.startswith("<") else ""
        if not placeholder:
            for name, one in zip(row, made, strict=True):
                self._surrogates.setdefault(name, one)
        self._hashed.update(row)
        self._starting.setdefault(row[0], []).append(_Form(row, placeholder, mark.how == "capitalised"))

    def _name(self, word: str) -> str:
        """The hash of a word, or of what it stands for."""
        name = self._names.get(word)
        if name is None:
            low = plain(word)
            name = self._names[word] = self._known.get(low) or self._hashes.of(low)
        return name

    def places(self, text: str) -> list[_Place]:
        """Disjoint places that are named by words."""
        row = [
            _Word(start, end, name)
            for start, end in words(text)
            if (name := self._name(text[start:end])) in self._hashed
        ]
        covered: dict[int, bool] = {}
        spans: list[_Place] = []
        for at, word in enumerate(row):
            for form in self._starting.get(word.name, ()):
                here = row[at : at + len(form.words)]
                if tuple(one.name for one in here) != form.words or not _fits(text, here, form):
                    continue
                if form.placeholder:
                    spans.append(_Place(here[0].start, here[-1].end, form.placeholder))
                else:
                    for place in range(at, at + len(here)):
                        covered[place] = covered.get(place, False) or len(here) > 1
        places = _longest(text, spans)
        taken = [(place.start, place.end) for place in places]
        for at, several in covered.items():
            start, end, name = row[at]
            if any(start < high and end > low for low, high in taken):
                continue
            made = _written(self._surrogates.get(name, ""), text[start:end], several=several)
            if made is not None:
                places.append(_Place(start, end, made))
        return places

    def inside(self, text: str) -> list[_Place]:
        """Names in a script without spaces, wherever their characters stand."""
        places: list[_Place] = []
        for match in _DENSE.finditer(text):
            names = tuple(self._name(letter) for letter in match[0])
            for at, name in enumerate(names):
                for row, made in self._within.get(name, ()):
                    if names[at : at + len(row)] == row:
                        start = match.start() + at
                        places.append(_Place(start, start + len(row), made))
        return places


def _fits(text: str, here: Sequence[_Word], form: _Form) -> bool:
    """If the words stand in the text as a name does: edges, what is between them, letter case, initials."""
    start, end = here[0].start, here[-1].end
    parted = len(here) > 1
    if not _edge(text, start, humps=parted) or not _edge(text, end, humps=parted):
        return False
    if form.capitalised and not all(text[one.start].isupper() or text[one.start].isdigit() for one in here):
        return False
    gaps = _GAP_OF_NAMES if form.capitalised and parted else _GAP
    for place, (one, after) in enumerate(pairwise(here)):
        initial = one.end - one.start == 1 and place == 0 and not text[one.start].isdigit()
        if not (_GAP_OF_INITIAL if initial else gaps).fullmatch(text, one.end, after.start):
            return False
    last = here[-1]
    trails = parted and last.end - last.start == 1 and not text[last.start].isdigit()
    return not trails or (text[last.start].isupper() and text[end : end + 1] == ".")


def _edge(text: str, at: int, *, humps: bool) -> bool:
    """If a word can begin or end between two characters: `jane_laptop` and, for a full name, `janeDoeLaptop`."""
    before, behind = text[at - 1 : at] if at else "", text[at : at + 1]
    return not (before.isalnum() and behind.isalnum()) or (humps and before.islower() and behind.isupper())


def _longest(text: str, spans: Iterable[_Place]) -> list[_Place]:
    """Disjoint places, the first and of these the longest; inside of an identifier without the brackets."""
    chosen: list[_Place] = []
    for one in sorted(spans, key=lambda span: (span.start, -span.end, span.surrogate)):
        if chosen and one.start < chosen[-1].end:
            continue
        beside = (
            text[one.start - 1 : one.start] + text[one.end : one.end + 1] if one.start else text[one.end : one.end + 1]
        )
        bare = any(c.isalnum() or c == "_" for c in beside) and re.fullmatch(r"\w+", text[one.start : one.end])
        chosen.append(one._replace(surrogate=one.surrogate.strip("<>")) if bare else one)
    return chosen


def _written(made: str, like: str, *, several: bool) -> str | None:
    """A surrogate in the letter case of what it stands for; None if nothing is to be changed."""
    if not made or plain(like) == made or (several and people.is_kept(like)):
        return None
    if like.isupper():
        return made.upper() if len(like) > 1 or len(made) == 1 else made.capitalize()
    return made.capitalize() if like[:1].isupper() else made
