"""Lists of names, places and common words, packed into one number per word. Pure.

A word is looked up in small letters. Its bits say: a given name (in some or in many of the lists it came from), a
surname (likewise), part of a place, and how often the word is written small in ordinary text (0 never, 3 very often).
The last is what tells `Will` and `Rose` from `Wilhelm`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.privacy.listed import words
from streams.privacy.names.tokens import capital

if TYPE_CHECKING:
    from collections.abc import Mapping

GIVEN, GIVEN_OFTEN, SURNAME, SURNAME_OFTEN, PLACE, COUNTRY = 1, 2, 4, 8, 16, 32
COMMON = 64  # times 0..3
PEOPLE = GIVEN | SURNAME


TITLES = words(
    "mr mrs ms miss dr prof professor president senator governor minister king queen prince princess sir lord "
    "lady captain general colonel major sergeant lieutenant judge justice rev reverend father sister brother pope "
    "bishop imam sheikh ayatollah mullah coach detective officer chairman ceo cto secretary ambassador mayor herr "
    "frau monsieur madame mme se\u00f1or se\u00f1ora sen rep gov gen col lt sgt capt hon aunt auntie uncle "
    "grandma grandpa saint st"
)
ORGANISATION = words(
    "inc corp corporation ltd llc gmbh company co university institute college school hospital bank club fc "
    "united city council committee department ministry agency association foundation group party army league "
    "church museum hotel restaurant airport station center centre times post news press records university's "
    "street st avenue ave road rd lane drive dr boulevard blvd river lake mountain mount island islands county "
    "valley bay beach park"
)
CALENDAR = words(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
    "september october november december mon tue tues wed thu thur thurs fri sat sun jan feb mar apr jun jul aug "
    "sep sept oct nov dec christmas easter halloween thanksgiving ramadan am pm est pst gmt utc"
)
_DEMONYMS = ("ese", "ish", "ian", "ans", "ean", "ani", "aqi", "eli", "ic", "ist", "ists", "ism")


class Lexicon:
    """What is known of words by themselves."""

    def __init__(self, bits: Mapping[str, int]) -> None:
        self._bits = bits

    def named(self, word: str) -> bool:
        """Whether a word by itself can be in a name: written so, or a given name that is no common word."""
        if capital(word):
            return True
        bits = self._bits.get(word, 0)
        return bits & GIVEN_OFTEN > 0 and bits < COMMON and len(word) > 2  # noqa: PLR2004

    def bits(self, word: str) -> int:
        """The bits of a word, whatever its letter case; a possessive or a hyphen's first part counts as the word."""
        folded = word.lower()
        found = self._bits.get(folded)
        if found is None and "-" in folded:
            found = self._bits.get(folded.rpartition("-")[2] if folded[2:3] == "-" else folded.partition("-")[0])
        return found or 0

    def kind(self, word: str) -> str:
        """A short name for what the lists say of the word: `G`, `g`, `S`, `s`, `P`, `C`, `T`, `O`, `D` and 0 to 3."""
        folded = word.lower().rstrip(".")
        bits = self.bits(folded)
        kind = "G" if bits & GIVEN_OFTEN else "g" if bits & GIVEN else ""
        kind += "S" if bits & SURNAME_OFTEN else "s" if bits & SURNAME else ""
        kind += "C" if bits & COUNTRY else "P" if bits & PLACE else ""
        if folded in TITLES:
            kind += "T"
        if folded in ORGANISATION:
            kind += "O"
        if folded in CALENDAR:
            kind += "D"
        if folded.endswith(_DEMONYMS) and not bits & (PEOPLE | COUNTRY):
            kind += "n"
        return kind + "0123"[bits // COMMON]
