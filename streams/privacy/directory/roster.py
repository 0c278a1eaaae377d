"""What a text may call one person of the directory: the forms that go into the table. Pure.

A form is letters and digits only, in lower case: `janedoe` stands for `Jane Doe`, `jane.doe`, `JANE-DOE` and `janeDoe`;
the matcher looks at what is between the letters. Mails and extensions keep a sign in front (`m:`, `x:`), the first two
characters of names in scripts without spaces too (`^`).
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streams.privacy.directory.fold import PIECE, RUN, folded, is_cjk, letters, spellings
from streams.privacy.directory.table import FULL, GIVEN, GUESSED, INITIAL, LAST, LOGIN, REVERSED, SOLID
from streams.privacy.directory.words import common, everyday, frequent
from streams.privacy.listed import words as listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

MAIL, EXTENSION, PREFIX = "m:", "x:", "^"
PARTICLES = listed(
    "af al ap ben bin bint da dal das de dei del dela della den der des di do dos du el ibn la las le lo los mac mc o "
    "st ten ter te und van vande vanden vander ver von vom y zu zum zur"
)
# Not a part of anybody's name.
_TITLES = listed("mr mrs ms miss dr prof ing mag dipl phd md mba jr sr ii iii iv esq ret frau herr mme mlle sra")
# Mailboxes of everybody.
_ROLES = listed("info mail support sales contact office hello service noreply team hr jobs")
_WORD = re.compile(r"[^\s,;()\"]+")
_SURE_LAST = 4  # letters of a last name that make `jdoe` a name of its own
_TWO = 2
_PART = 3  # letters of a word that another word may be glued to
_SHORTEST_RUN = 7  # letters of `janedoe`


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """One line of the directory. Names as people write them, spelled with their marks.

    Attributes:
        names: (first names, last names) each as words; several pairs if there are several ways to read them.
        nicknames: what colleagues say instead of the first name.
        mails: addresses.
        logins: as in `/home/jdoe`.
        extensions: digits.
    """

    names: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    nicknames: tuple[str, ...] = ()
    mails: tuple[str, ...] = ()
    logins: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()


@dataclass(slots=True)
class Roster:
    """Collects the forms of many people."""

    forms: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    firsts: set[str] = field(default_factory=set)
    people: int = 0

    def add(self, person: Person) -> bool:
        """Take one person in; false if nothing of theirs can be looked for."""
        forms = _Forms(self.forms, self.firsts)
        for first, last in person.names:
            forms.name(first, last, person.nicknames)
        for mail in person.mails:
            forms.mail(mail)
        for login in person.logins:
            forms.login(login)
        for extension in person.extensions:
            forms.put(EXTENSION + extension, LOGIN)
        self.people += forms.usable
        return forms.usable


@dataclass(slots=True)
class _Forms:
    forms: defaultdict[str, int]
    firsts: set[str]
    usable: bool = False

    def put(self, form: str, flags: int) -> None:
        self.forms[form] |= flags
        self.usable = True

    def name(self, first: Sequence[str], last: Sequence[str], nicknames: Iterable[str]) -> None:
        if is_cjk("".join((*first, *last))):
            self._unspaced(first, last)
            return
        lasts = _joined(last)
        if len(last) > 1 and not PARTICLES & {word.lower() for word in last} and "-" not in "".join(last):
            lasts += _joined(last[:1])  # García Márquez is García too
        firsts = _joined(first) + (_joined(first[:1]) if len(first) > 1 and "-" not in first[0] else [])
        nicks = [one for nickname in nicknames for one in _joined(_words(nickname))]
        for word in (*first, *nicknames):
            self._parts(word, GIVEN)
        for word in last:
            self._parts(word, LAST)
        for form, _ in _joined(last):
            self.forms[form] |= LAST
        for given, (family, sure) in itertools.product(firsts + nicks, lasts):
            self._pair(given, (family, sure))
        for given, (family, sure) in itertools.product(firsts, lasts):
            self._initials(given[0], family, sure=sure)
        for middle in first[1:2]:
            for family, sure in lasts:
                self._guess(f"{letters(first[0])[:1]}{letters(middle)[:1]}{family}", sure=sure)

    def _pair(self, given: tuple[str, bool], family: tuple[str, bool]) -> None:
        if not given[0] or not family[0]:
            return
        sure = given[1] or family[1]
        for form, flag in ((given[0] + family[0], FULL), (family[0] + given[0], REVERSED)):
            alone = sure and len(form) >= _SHORTEST_RUN and not _glued(form)
            self.put(form, flag | (SOLID if alone else 0))

    def _initials(self, given: str, family: str, *, sure: bool) -> None:
        self._guess(given[:1] + family, sure=sure)
        for form in (given + family[:1], family + given[:1]):
            self.put(form, INITIAL)

    def _guess(self, form: str, *, sure: bool) -> None:
        alone = sure and len(form) > _SURE_LAST and not _glued(form)
        self.put(form, GUESSED | (SOLID if alone else 0))

    def _parts(self, word: str, flag: int) -> None:
        plain = folded(word)[0]
        for run in RUN.findall(plain):
            for piece in (run, *PIECE.findall(run)):
                for form in spellings(piece):
                    self.forms[form] |= flag
        for form in spellings("".join(RUN.findall(plain))):
            self.forms[form] |= flag
        for run in RUN.findall(word):
            for form in spellings(run):
                self.forms[form] |= flag

    def _unspaced(self, first: Sequence[str], last: Sequence[str]) -> None:
        one, other = letters("".join(first)), letters("".join(last))
        for form in {one + other, other + one}:
            if len(form) >= _TWO:
                self.put(form, FULL | REVERSED)
                self.put(PREFIX + form[:2], FULL)
                self.firsts.add(form[0])

    def mail(self, mail: str) -> None:
        self.put(MAIL + folded(mail)[0].lower(), LOGIN)
        local = mail.partition("@")[0].partition("+")[0]
        if local.lower() not in _ROLES:
            self.login(local)

    def login(self, login: str) -> None:
        parts = RUN.findall(folded(login.rpartition("\\")[2])[0])
        form = "".join(parts).lower()
        if len(form) < _TWO:
            return
        words = [part for part in parts if part.lower() in common()]
        solid = len(words) < len(parts) and not _glued(form) and form[1:] not in everyday()
        self.put(form, LOGIN | (SOLID if solid else 0))
        for part in parts if len(parts) > 1 else ():
            if len(part) >= _PART and part.lower() not in common():
                self.forms[part.lower()] |= LAST  # where the whole login is looked for
        digits = re.fullmatch(r"(.*[^\W\d_])\d{1,4}", form)
        if digits and len(parts) == 1 and digits[1] in frequent():
            self.forms[form] &= ~SOLID  # test1, admin2


def _joined(words: Sequence[str]) -> list[tuple[str, bool]]:
    """All letters of the words, in each spelling, and whether one of them is no common word."""
    runs = [run for word in words for run in RUN.findall(word)]
    if not runs:
        return []
    sure = any(folded(run)[0].lower() not in common() and len(run) > 1 for run in runs)
    long = sure and len("".join(runs)) >= _TWO
    ways = dict.fromkeys("".join(way) for way in itertools.islice(itertools.product(*map(spellings, runs)), 6))
    return [(way, long) for way in ways]


def _glued(form: str) -> bool:
    """If it is a common word, or two of them one after the other: `pagecase`."""
    words = frequent()
    return form in common() or any(
        form[:at] in words and form[at:] in words for at in range(_PART, len(form) - _PART + 1)
    )


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in _WORD.findall(text) if word.strip(".").lower() not in _TITLES and RUN.search(word))


def in_words(first: str, last: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """First and last names that stand in fields of their own."""
    return _words(first), _words(last)


def parted(
    name: str, is_given: Callable[[str], bool] = lambda _: False
) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    """First and last names of a full name, in every likely reading; empty for a single word that is no script's whole.

    Args:
        name: `Jane M. Doe`, `Doe, Jane`, `Jane van der Berg`, `García Márquez, Gabriel`.
        is_given: whether a word is someone's first name, which makes `Jane Marie Doe` a middle name.
    """
    before, comma, after = name.partition(",")
    if comma and (first := _words(after)):
        return ((first, _words(before)),)
    words = _words(before)
    if is_cjk(name):
        return ((words[1:], words[:1]),) if words else ()
    if len(words) < _TWO:
        return ()
    at = next((n for n, word in enumerate(words) if n and word.lower() in PARTICLES and n < len(words) - 1), None)
    if at is not None:
        return ((words[:at], words[at:]),)
    readings = [(words[:-1], words[-1:])]
    if len(words) > _TWO:
        middle = words[1]
        if len(words) > _TWO + 1:
            readings.append((words[:-2], words[-2:]))
        if len(RUN.sub("x", middle)) and len(middle.strip(".")) > 1 and not is_given(middle.lower()):
            readings.append((words[:1], words[1:]))
    return tuple(readings)
