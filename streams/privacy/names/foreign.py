"""What stands of the model's findings in a language that it was not trained on. Pure.

The model learned English. In other languages written in Latin letters it still sees names, and takes common words for
names where they begin a sentence, or, in German, wherever a noun stands. So a finding stands if the lists know it: a
person with a given name or a frequent surname, a place that is listed. Common words of that language at its ends are
cut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.privacy.language import COMMON, LATIN
from streams.privacy.names import lexicon as lx
from streams.surrogates import Found

if TYPE_CHECKING:
    from collections.abc import Iterable

PERSON = "PERSON"
_FORMS_OF_ADDRESS = lx.words(
    "herr herrn frau doktor kunde kundin kollege kollegin monsieur madame mademoiselle client se\u00f1or se\u00f1ora "
    "don do\u00f1a cliente signor signora signore senhor senhora meneer mevrouw klant"
)


def kept(text: str, found: Iterable[Found], language: str, lexicon: lx.Lexicon) -> list[Found]:
    """The findings that the lists confirm, without common words of the language at their ends."""
    common = COMMON[language] if language in LATIN else frozenset[str]()
    standing = []
    for one in found:
        start, end = _cut(text, one.start, one.end, common)
        if start < end and _listed(text[start:end].split(), one.entity, lexicon):
            standing.append(Found(start, end, one.entity, one.score))
    return standing


def _cut(text: str, start: int, end: int, common: frozenset[str]) -> tuple[int, int]:
    while start < end:
        value = text[start:end]
        first, last = value.split(" ", 1)[0], value.rsplit(" ", 1)[-1]
        if _idle(first, common):
            start += min(len(first) + 1, end - start)
        elif _idle(last, common):
            end -= min(len(last) + 1, end - start)
        else:
            break
    return start, end


def _idle(word: str, common: frozenset[str]) -> bool:
    folded = word.lower()
    return not word or folded in common or folded in _FORMS_OF_ADDRESS


def _listed(words: list[str], entity: str, lexicon: lx.Lexicon) -> bool:
    bits = [lexicon.bits(word) for word in words if word[:1].isupper()]
    if entity != PERSON:
        return any(one & (lx.PLACE | lx.COUNTRY) for one in bits)
    if len(bits) == 1:
        return bool(bits[0] & lx.GIVEN) or bits[0] & (lx.SURNAME_OFTEN | lx.PLACE | lx.COUNTRY) == lx.SURNAME_OFTEN
    return any(one & (lx.GIVEN | lx.SURNAME_OFTEN) for one in bits)
