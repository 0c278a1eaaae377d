"""Words and where they stand, and which of them can be part of a name. Pure.

A line is one sequence for the model. A line that a text editor has broken (the next one goes on in small letters) is
still one line. A word is a candidate if it begins with a capital letter and is not one of the function words of
English, or if it is a particle (`van`, `de la`, `bin`) beside such a word. Everything else is no name, in training and
afterwards, so that the stretches between such words can be decoded alone.
"""

from __future__ import annotations

import re
from itertools import compress
from typing import TYPE_CHECKING, NamedTuple

from streams.privacy.listed import words as listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

EDGE = "<>"  # stands before the first and behind the last word of a line
_UPPER = "".join(chr(code) for code in range(0x41, 0x250) if chr(code).isupper())  # Latin
_LETTER = r"[^\W\d_]"
# The second half of a given name as Korea and Taiwan write it, `Chih-ching`, which ends no English compound
_SYLLABLE = (
    r"(?!(?:in|on|to|so|no|go|do|he|me|be|we|fi|see|fee|run|fun|man|men|long|ten|pin|can|fan|ban|van|sing|king|ring|wing"
    r"|song|ing|am)\b)"
    r"(?:[csz]h|hs|t[sz]|[bcdfghjklmnpqrstwxyz])?"
    r"(?:y?(?:a(?:[ekmp]|n|ng|o|i)?|e(?:[eiklmn]|ng|rh)?|eo(?:[klmnpu]|ng)?|eu(?:[ilmn]|ng)?|oo[kn]?|o(?:[knu]|ng)?|u[klmn]?|ung)"
    r"|i(?:a|ang|ao|eh|en|h|k|l|m|n|ng|p|u|ung)?|u(?:a|ai|an|ang|ei|en|i|o)|w(?:a|an|ang|o|on|oo|ook))"
)
_MORE = rf"(?:['\u2019\u02bc](?![sS]\b|[tT]\b){_LETTER}+|-(?:(?=[{_UPPER}]){_LETTER}+|{_SYLLABLE}(?![\w-])))"
_WORD = rf"{_LETTER}+{_MORE}*"
# First, for speed, what most words are: nothing below would take more of them or less.
_PLAIN = rf"""
    [A-Z]?[a-z]+(?=[ ,;:!?)]) | [a-z]+(?=\.)
    | (?:Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|Gen|Col|Lt|Sgt|Capt|Rev|Hon|Sen|Rep|Gov|Pres|Herr|Mme|Sra?|Inc|Ltd|Corp|Co)\.(?!\w)
    | (?:[{_UPPER}]\.){{2,}} | [{_UPPER}]\.(?=[ ]?[{_UPPER}]|$)
    | (?:[aA]l|[eE]l|[uU]l|[aA]n|[aA]r|[aA]s|[aA]d|[bB]in)-[{_UPPER}]{_LETTER}+(?:-[{_UPPER}]{_LETTER}+)*
    | {_WORD} | ['\u2019][sS]\b | n?['\u2019][tT]\b | \d+(?:[.,:/]\d+)* | _+ | \S"""
_TOKEN = re.compile(_PLAIN, re.VERBOSE)
_ADDRESS = re.compile(rf"https?://\S+ | www\.\S+ | [\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+ | [@\#]\w+ | {_PLAIN}", re.VERBOSE)
_HAS_ADDRESS = re.compile(r"[@#]|://|www\.")
_BREAK = re.compile(r"\r?\n[ \t]*(?![a-z]\w*[ ,])|\\n")


PARTICLES = listed("van von der den de del della la le da das di do dos du bin ibn bint al el ul ten ter zu y e")
INNER = listed("of the and")  # in names of places: "Isle of Man"
_WRITTEN = listed(
    "I I'm I've I'd I'll A An The This That These Those It It's Its He She We You They Me Him Her Us Them My Your "
    "His Our Their In On At For From To Of By With About After Before During Since Until As If When While Where "
    "Why What Who How Which Whose And Or But So Nor Yet Not No Yes Is Are Was Were Be Been Am Do Does Did Has "
    "Have Had Can Could Should Would Shall Must There Here Then Than Also Just Only Very Some Any All Each Every "
    "Both Few Many Much Most More Other Another Such Same Because Although Though However Please Thanks Thank Hi "
    "Hello Hey Dear OK Okay Once Let Let's That's There's What's He's She's We're You're They're Doesn Didn Isn "
    "Wasn Aren Won't Can't Don't Wouldn Couldn Shouldn Hadn Hasn Weren Ain You've You'll You'd We've We'll We'd "
    "They've They'll They'd He'll He'd She'll She'd It'll It'd Oh Um Uh Hmm Hence Whereas Whether Unless Into Onto "
    "Upon Over Under Between Without Within Against Among Through Across Around Despite Via Never Always Often "
    "Sometimes Maybe Perhaps Again Still Even Everyone Someone Nobody Anyone Something Nothing Everything Anything "
    "Yeah Ok Sorry"
)
FUNCTION = _WRITTEN | {word.replace("'", "\u2019") for word in _WRITTEN}


class Line(NamedTuple):
    """The words of one line, and the code point at which each begins in the text."""

    words: list[str]
    starts: list[int]


def words(line: str) -> list[str]:
    """The words of a line."""
    return (_ADDRESS if _HAS_ADDRESS.search(line) else _TOKEN).findall(line)


def line(text: str, start: int, end: int) -> Line:
    """The words of `text[start:end]` and where they begin."""
    found = list(_expression(text, start, end).finditer(text, start, end))
    return Line([match[0] for match in found], [match.start() for match in found])


def _expression(text: str, start: int, end: int) -> re.Pattern[str]:
    return _ADDRESS if _HAS_ADDRESS.search(text, start, end) else _TOKEN


def spans(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """Where the lines of `text[start:end]` are; a line that goes on in small letters is not over."""
    end = len(text) if end is None else end
    for match in _BREAK.finditer(text, start, end):
        if match.start() > start:
            yield start, match.start()
        start = match.end()
    if end > start:
        yield start, end


def capital(word: str) -> bool:
    """Whether a word can be in a name by how it is written."""
    if word[0].isupper():
        return word not in FUNCTION
    return word[2:3] == "-" and word[3:4].isupper()  # al-Xyz


def candidates(words: Sequence[str], named: Callable[[str], bool] = capital) -> list[int]:
    """Indices of the words that can be in a name, in order; `named` says it of a word by itself."""
    chosen = list(compress(range(len(words)), map(named, words)))
    if not chosen:
        return chosen
    last = len(words) - 1
    more: list[int] = []
    for i in chosen:
        if i and words[i - 1] in PARTICLES:
            more.append(i - 1)
            if i > 1 and words[i - 2] in PARTICLES:
                more.append(i - 2)
        if i + 2 <= last and words[i + 1] in INNER:
            after = i + 2
            if words[after] in INNER and after < last:
                after += 1
            if capital(words[after]):
                more.extend(range(i + 1, after))
    return sorted({*chosen, *more}) if more else chosen


def stretches(chosen: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Runs of neighbouring candidates: first, and one past the last."""
    if not chosen:
        return
    first = previous = chosen[0]
    for i in chosen[1:]:
        if i != previous + 1:
            yield first, previous + 1
            first = i
        previous = i
    yield first, previous + 1
