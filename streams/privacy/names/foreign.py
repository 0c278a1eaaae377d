"""What stands of the model's findings in a language that it was not trained on. Pure.

The model learned English. In other languages written in Latin letters it still sees names, and takes common words for
names where they begin a sentence, or, in German, wherever a noun stands. So a finding stands if the lists know it: a
person with a given name or a surname, a place that is listed. Common words at its ends are cut: those of the language,
and, in front of a listed name, what the lists do not know.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from streams.privacy.language import COMMON, LATIN, detect
from streams.privacy.listed import words
from streams.privacy.names import lexicon as lx
from streams.privacy.names.tokens import PARTICLES
from streams.surrogates import Found

if TYPE_CHECKING:
    from collections.abc import Iterable

PERSON = "PERSON"
ENGLISH = "en"
_FORMS_OF_ADDRESS = words(
    "herr herrn frau doktor kunde kundin kollege kollegin monsieur madame mademoiselle client cliente señor señora don "
    "doña signor signora signore senhor senhora meneer mevrouw klant président presidente doctor doctora dottor "
    "dottoressa doutor doutora docteur"
)
# Words with which sentences and letters begin, and days: they have a capital and name nobody.
_OPENERS = words(
    "liebe lieber guten morgen hallo grüße sehr geehrter geehrte mein meine meinen unser unsere ihre ihr das leider "
    "montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar märz mai juni juli oktober dezember "
    "laut hat kann bonjour salut selon lundi mardi mercredi jeudi vendredi samedi dimanche janvier février mars avril "
    "juin juillet août septembre octobre novembre décembre hola según muchas muchos gracias lunes martes miércoles "
    "jueves viernes sábado domingo enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
    "diciembre manda envía ayer hoy ciao secondo lunedì martedì mercoledì giovedì venerdì sabato domenica gennaio "
    "febbraio aprile maggio giugno luglio settembre ottobre dicembre ieri oggi olá segundo segunda terça quarta quinta "
    "sexta janeiro fevereiro março maio junho julho setembro outubro dezembro ontem hoje volgens groetjes maandag "
    "dinsdag woensdag donderdag vrijdag zaterdag zondag januari februari maart mei augustus gisteren stuur vraag"
)
_FEW = 2  # words of a language, and none of English, that make a short text one of it
_FEW_IN = 5
_ENGLISH_ONLY = COMMON[ENGLISH] - words("i so do no on as an or at me my by we was he be of in")
_OTHERS = frozenset().union(*(COMMON[one] for one in LATIN if one != ENGLISH), _OPENERS) - _ENGLISH_ONLY
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_NAMES = lx.GIVEN | lx.SURNAME


def spoken(text: str) -> frozenset[str] | None:
    """The common words of the language of a text; None if it is English, or too short to say.

    A text too short for `detect` is of another language if two of its words are, a fifth at least, and none is English.
    """
    if language := detect(text):
        return None if language == ENGLISH else COMMON.get(language, frozenset())
    said = set(_WORD.findall(text.lower().replace("\u2019", "'")))
    few = max(_FEW, len(said) // _FEW_IN)
    return _OTHERS if said.isdisjoint(_ENGLISH_ONLY) and len(said & _OTHERS) >= few else None


def kept(text: str, found: Iterable[Found], common: frozenset[str], lexicon: lx.Lexicon) -> list[Found]:
    """The findings that the lists confirm, without the common words of the language at their ends."""
    standing = []
    for one in found:
        start, end = _cut(text, one, common, lexicon)
        if start < end and _listed(text, start, end, one.entity, lexicon):
            standing.append(Found(start, end, one.entity, one.score))
    return standing


def _cut(text: str, one: Found, common: frozenset[str], lexicon: lx.Lexicon) -> tuple[int, int]:
    start, end = one.start + _before_name(text[one.start : one.end], lexicon), one.end
    while start < end:
        parts = text[start:end].split(" ")
        named = one.entity == PERSON and len(parts) > 1 and lexicon.bits(parts[1]) & lx.GIVEN
        if _idle(parts[0], common) or (named and not _may_open(parts[0], lexicon)):
            start += min(len(parts[0]) + 1, end - start)
        elif _idle(parts[-1], common):
            end -= min(len(parts[-1]) + 1, end - start)
        else:
            break
    return start, end


def _before_name(value: str, lexicon: lx.Lexicon) -> int:
    """How much of a finding stands in front of a form of address, or of `von` behind no name: `Brief von Frau Kim`."""
    parts = value.split(" ")
    first = 0
    for i, part in enumerate(parts[:-1]):
        nameless = i > first and not any(lexicon.bits(word) & _NAMES for word in parts[first:i])
        if part.lower() in _FORMS_OF_ADDRESS or (part in PARTICLES and nameless):
            first = i + 1
    return sum(len(part) + 1 for part in parts[:first])


def _may_open(word: str, lexicon: lx.Lexicon) -> bool:
    """Whether a word in front of a given name can be a part of the name too."""
    bits = lexicon.bits(word)
    return word[:1].isupper() and (bool(bits & _NAMES) or bits < lx.COMMON)


def _idle(word: str, common: frozenset[str]) -> bool:
    folded = word.lower()
    if word[:1].islower() and folded not in PARTICLES:
        return True
    return not word or folded in common or folded in _FORMS_OF_ADDRESS or folded in _OPENERS


def _listed(text: str, start: int, end: int, entity: str, lexicon: lx.Lexicon) -> bool:
    bits = [lexicon.bits(word) for word in text[start:end].split() if word[:1].isupper()]
    if entity != PERSON:
        return any(one & (lx.PLACE | lx.COUNTRY) for one in bits)
    if len(bits) == 1:
        before = text[max(0, start - 20) : start].split()
        if before and before[-1].rstrip(".").lower() in _FORMS_OF_ADDRESS:
            return bool(bits[0] & _NAMES)
        return bool(bits[0] & lx.GIVEN) or bits[0] & (lx.SURNAME_OFTEN | lx.PLACE | lx.COUNTRY) == lx.SURNAME_OFTEN
    return any(one & (lx.GIVEN | lx.SURNAME_OFTEN) for one in bits)
