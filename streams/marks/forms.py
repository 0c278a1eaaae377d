"""From the names that were found in one event to its marks. Pure.

The rules are those of `streams.privacy.people` for names that were found: a full name in either order, with an initial
or written as a login, and each of its words of four letters or more. A word that is also English counts only where it
is capitalised, an everyday one (`Mark`) only if it is the subject's.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

from schemas.rows import Mark
from streams.marks.words import plain, words
from streams.privacy.directory.fold import folded, is_cjk, spellings
from streams.privacy.directory.words import common, frequent
from streams.privacy.people import GENERIC
from streams.surrogates import people

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Sequence

    from streams.marks.words import ScopeHashes
    from streams.surrogates import Surrogates

MOST = 128  # marks of one event, some twenty names; a list of more people than that is no interaction about them
_LONGEST_WITHIN = 6  # characters of a name in a script without spaces
_MOST_WORDS = 8  # of one name, as surrogates have it
_NAMES = 2048  # whose forms are kept: as many as streams.privacy.people has expressions for
_SHORTEST = 4  # letters of a word alone, as in streams.privacy.people

_Form = tuple[tuple[str, ...], str]  # plain words, and how they count


def marks_of(
    names: Iterable[str], hashes: ScopeHashes, surrogates: Surrogates, sure: Callable[[str], bool]
) -> list[Mark]:
    """The marks of the names found in one event, each once; the first `MOST`.

    Args:
        names: people as they stood in the texts.
        hashes: of the event's interaction or session.
        surrogates: of the same.
        sure: if a name is that of the event's subject, who was told and not only found.
    """
    forms: dict[_Form, bool] = {}
    for name in dict.fromkeys(names):
        of_subject = sure(name)
        for form in _forms_of(name, of_subject):
            forms[form] = of_subject or forms.get(form, False)
    # A word stands in several forms.
    of_word, hash_of = cache(surrogates.of_word), cache(hashes.of)
    made: dict[tuple[str, ...], Mark] = {}
    for (row, how), of_subject in forms.items():
        invented = [of_word(word) for word in row]
        natural = None not in invented
        if (how == "capitalised" and (row, "any") in forms) or (natural and _told(row, made, forms)):
            continue
        surrogate = " ".join(map(str, invented)) if natural else surrogates.replace("PERSON", " ".join(row))
        pieces = row[0] if how == "within" else row
        made[row] = Mark(" ".join([hash_of(piece) for piece in pieces]), surrogate, how, of_subject)
        if len(made) == MOST:
            break
    return list(made.values())


def _told(row: tuple[str, ...], made: Container[tuple[str, ...]], forms: Container[_Form]) -> bool:
    """If `Doe, Jane` says no more than `Jane Doe`, `Jane` and `Doe` do."""
    return len(row) > 1 and row[::-1] in made and all(((word,), "any") in forms for word in row)


@lru_cache(_NAMES)
def _forms_of(name: str, sure: bool) -> tuple[_Form, ...]:
    return tuple(_forms(name, sure=sure))


def _forms(name: str, *, sure: bool) -> Iterator[_Form]:
    row = [name[start:end] for start, end in words(name)]
    letters = [word for word in row if not word.isdigit()]
    if not letters or len(row) > _MOST_WORDS:
        return
    if is_cjk(name):
        for order in ("".join(letters), "".join(reversed(letters))):
            if 1 < len(order) <= _LONGEST_WITHIN:
                yield (plain(order),), "within"
    elif len(row) == 1:
        yield from _alone(row[0], sure=sure)
    else:
        for version in _versions(row):
            yield version, _how(letters)
        full = [word for word in letters if len(word) > 1 and not people.is_kept(word)]
        for version in _versions(full) if len(full) > 1 else ():
            yield from _of_person(version, sure=sure)


def _versions(row: Sequence[str]) -> list[tuple[str, ...]]:
    """A name as written, without its marks, and with them written out: müller, muller, mueller."""
    ways = [spellings(word) or (word,) for word in row]
    return list(dict.fromkeys((tuple(map(plain, row)), tuple(way[0] for way in ways), tuple(way[-1] for way in ways))))


def _how(row: Sequence[str]) -> str:
    low = [_low(word) for word in row]
    if frequent().issuperset(low):
        return "capitalised"
    return "english" if common().issuperset(low) else "any"


def _of_person(row: Sequence[str], *, sure: bool) -> Iterator[_Form]:
    """A name of several words, in what can be made of it."""
    first, last, how = row[0], row[-1], _how(row)
    yield (first, last), how
    yield (last, first), how
    if how != "capitalised":
        login = f"{first[0]}{last}"
        if len(last) >= _SHORTEST - sure and login not in common():
            yield (first[0], last), _how((last,))
            yield (login,), "any"
        if f"{first}{last}" not in common():
            yield (f"{first}{last}",), "any"
    for word in row:
        low = _low(word)
        if _is_telling(word, low, sure=sure):
            yield (word,), "capitalised" if low in common() else "any"


def _alone(word: str, *, sure: bool) -> Iterator[_Form]:
    """A name of one word counts as it was written: capitalised, or as a login."""
    low = _low(word)
    if not _is_telling(word, low, sure=sure):
        return
    if word[0].isupper():
        for version in _versions((word,)):
            yield version, "capitalised"
    elif low not in common():
        yield (plain(word),), "any"


def _is_telling(word: str, low: str, *, sure: bool) -> bool:
    """If a word of a name can stand for it alone."""
    if len(word) < _SHORTEST or people.is_kept(word) or low in GENERIC:
        return False
    return sure or low not in frequent()


def _low(word: str) -> str:
    return folded(word)[0].lower()
