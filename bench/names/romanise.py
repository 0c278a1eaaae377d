"""Names of other scripts in Latin letters: Cyrillic, Greek, Georgian, Armenian by letter, Korean by syllable.

After the tables of passports and news rather than of libraries (ICAO Doc 9303 for Cyrillic, ELOT 743 for Greek, the
national systems of Georgia and Korea, Armenian as it is commonly written): the way in which names are met in English.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FIRST_HANGUL, _LAST_HANGUL = 0xAC00, 0xD7A3
_LEADS, _VOWELS, _TAILS = (
    row.split()
    for row in (
        "g kk n d tt r m b pp s ss _ j jj ch k t p h",
        "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i",
        "_ k k k n n n t l k m l l l p l m p p t t ng t t k t p t",
    )
)  # the three parts of a syllable in the order of their code points; `_` is silent


@cache
def _letters() -> tuple[dict[str, str], list[tuple[str, str]]]:
    """What one letter is in Latin, and what two are."""
    rows = Path(__file__).with_name("romanised.txt").read_text("utf-8").splitlines()
    table = " ".join(row for row in rows if not row.startswith("#")).split()
    pairs = list(zip(table[::2], table[1::2], strict=True))
    return {key: latin for key, latin in pairs if len(key) == 1}, [one for one in pairs if len(one[0]) > 1]


def romanised(name: str) -> str | None:
    """The name in Latin letters, each word with a capital; None if it is of another script."""
    if all(_FIRST_HANGUL <= ord(letter) <= _LAST_HANGUL for letter in name):
        return "-".join(_syllable(letter) for letter in name).capitalize()
    table, pairs = _letters()
    folded = name.lower()
    for pair, latin in pairs:
        folded = folded.replace(pair, latin)
    letters = [table.get(letter, letter if letter.isascii() else None) for letter in folded]
    if None in letters or folded.isascii():
        return None
    return "".join(letter for letter in letters if letter and letter != "_").title()


def _syllable(letter: str) -> str:
    place = ord(letter) - _FIRST_HANGUL
    parts = (_LEADS[place // 588], _VOWELS[place // 28 % 21], _TAILS[place % 28])
    return "".join(parts).replace("_", "")
