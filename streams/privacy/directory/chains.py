"""Names of several parts: `Jane Doe`, `Doe, Jane`, `J. Doe`, `jane_doe`, `janeDoe`, `Jane M. van der Berg`. Pure.

A chain is a row of pieces that may be parts of names. In it, the longest stretches are taken whose letters are a form
of the table and whose separators and letter case allow it: where every part is also a word (`Mark Price`), only a name
as names are written in prose counts.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from streams.privacy.directory.roster import PARTICLES
from streams.privacy.directory.singles import in_login_place
from streams.privacy.directory.table import FULL, GIVEN, GUESSED, INITIAL, LOGIN, REVERSED, SOLID
from streams.privacy.directory.words import FUNCTION_WORDS, common, everyday
from streams.privacy.listed import words as listed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MOST = 8  # pieces of a stretch
_IDENTIFIER = frozenset(("_", "-", ".", "", "+", "%20"))
_SHORT = 4  # letters: `li_long` is HTML
_HUMPED = 6  # letters of `AnnaLi`
_BOTH = 5  # letters of two sure parts together in lower case
_COMMA = re.compile(r",[ \t\u00a0]{0,2}|,%20")
_SPACE = re.compile(r"[ \t\u00a0\u3000]{1,2}['\u2019]?|%20|\r?\n[ \t]*(?:[#*>]+[ \t]?|//+[ \t]?)?[ \t]*|[\u30fb\u00b7]")
_DOT = re.compile(r"\.[ \t\u00a0]?")
_JOIN = frozenset(("'", "\u2019", "-", "\u2010", "\u2011", "", "`"))
_NEXT = re.compile(r"[ \t]+([^\W\d_]+)")
_BEFORE = re.compile(r"([^\W_]+)[ \t]+\Z")
_MORE = re.compile(r"[ \t]+[A-Z](?:\.|[^\W\d_]+)")  # `Eric S. Raymond` is not `Eric S.`
_MORE_LAST = re.compile(r"[-\u2010\u2011][A-Z][^\W\d_]")
_NUMBERED = listed(
    "section plan part option step appendix figure fig table case group type class grade point item phase vitamin "
    "exhibit annex schedule chapter level tier team answer choice variant column row question"
)
_LABEL = re.compile(r"[ \t]*[:=][ \t]*[\d$\u20ac\u00a3]")
_GLUED = re.compile(r"[-_/(\[=]\w|\.\w|\(")
_OPENING = re.compile(r"(?:\A|[.!?:;\n\"'(]\s*|[-*>#]\s+)\Z")
_DETERMINERS = listed(
    "a an any average best current each every first for in index last lower max min my new no of our per some that the "
    "their these this those upper your its his her whose which what"
)


class Piece(NamedTuple):
    """A part of a run of letters, where it stands, and what is known of it."""

    start: int
    end: int
    low: str
    flags: int
    case: str  # "l"ower, "T"itle, "U"pper, "" for digits and scripts without case
    sure: bool  # no common word
    rare: bool  # no frequent word


def case_of(piece: str) -> str:
    """How a piece is written: `l`, `T` or `U`; empty if it has no letter case."""
    if piece.islower():
        return "l"
    if not piece[0].isupper():
        return ""
    return "U" if len(piece) > 1 and piece.isupper() else "T"


def stretches(text: str, chain: Sequence[Piece], get: Callable[[str], int]) -> list[tuple[int, int]]:
    """Where in the chain people are named by more than one piece, the longest first, as (first, last) places of it."""
    found: list[tuple[int, int]] = []
    at, size = 0, len(chain)
    while at < size - 1:
        for last in range(min(size, at + MOST) - 1, at, -1):
            if _names(text, chain[at : last + 1], get):
                found.append((at, last))
                at = last
                break
        at += 1
    return found


def _names(text: str, pieces: Sequence[Piece], get: Callable[[str], int]) -> bool:
    if not any(piece.low.isalpha() and len(piece.low) > 1 for piece in pieces):
        return False
    gaps = [text[one.end : other.start] for one, other in pairwise(pieces)]
    whole = get("".join(piece.low for piece in pieces))
    if whole and _fits(text, pieces, gaps, whole):
        return True
    # A middle name or its initial: what is left is the name.
    for begin in range(1, len(pieces) - 1) if not any("," in gap for gap in gaps) else ():
        for end in range(begin + 1, min(begin + 2, len(pieces) - 1) + 1):
            if not all(_middle(piece, pieces) for piece in pieces[begin:end]):
                continue
            rest = [*pieces[:begin], *pieces[end:]]
            flags = get("".join(piece.low for piece in rest)) & (FULL | REVERSED | GUESSED)
            if flags and _fits(text, rest, gaps, flags, full=pieces):
                return True
    # `Doe, Jane M.`
    if len(pieces) > 2 and len(pieces[-1].low) == 1 and pieces[-1].case == "T":  # noqa: PLR2004 - and an initial
        rest = list(pieces[:-1])
        flags = get("".join(piece.low for piece in rest)) & REVERSED
        spaced = _SPACE.fullmatch(gaps[-1]) is not None
        return bool(flags) and spaced and any("," in gap for gap in gaps[:-1]) and _fits(text, rest, gaps[:-1], flags)
    return False


def _middle(piece: Piece, pieces: Sequence[Piece]) -> bool:
    if len(piece.low) == 1:
        return piece.low.isalpha() and (piece.case == "T" or pieces[0].case == "l")
    return piece.case in ("T", "U") and (bool(piece.flags) or piece.sure)


def _fits(
    text: str, pieces: Sequence[Piece], gaps: Sequence[str], flags: int, full: Sequence[Piece] | None = None
) -> bool:
    """Whether separators, order and letter case are those of a name."""
    commas = [gap for gap in gaps if "," in gap]
    inner = [gap for gap in gaps if "," not in gap]
    if len(commas) > 1 or any(not _COMMA.fullmatch(gap) for gap in commas):
        return False
    identifier = all(gap in _IDENTIFIER for gap in gaps)
    if not identifier and not all(_SPACE.fullmatch(gap) or gap in _JOIN or _DOT.fullmatch(gap) for gap in inner):
        return False
    if not any(gaps) and sum(len(piece.low) for piece in pieces) < _HUMPED and not _stands_alone(text, pieces):
        return False  # `chgXuLi` is a hash
    if not _initials_are(text, full or pieces):
        return False
    if not identifier and pieces[-1].case == "T" and _MORE_LAST.match(text, pieces[-1].end):
        return False  # `Jane Doe-Smith`
    single = [piece for piece in pieces if len(piece.low) == 1]
    if commas and len(pieces[-1].low) == 1:
        dotted = pieces[-1].case == "T" and text[pieces[-1].end : pieces[-1].end + 1] == "."
        return dotted and bool(flags & INITIAL) and pieces[-2].case in ("T", "U")
    if commas:
        ok = bool(flags & REVERSED)
    elif flags & (FULL | REVERSED) and not (single and len(pieces) == 2):  # noqa: PLR2004 - two parts, one an initial
        ok = bool(flags & FULL) or identifier or all(piece.sure or piece.case == "U" for piece in pieces)
    else:
        ok = bool(flags & LOGIN and flags & SOLID and identifier) or _initialled(text, pieces, gaps, flags)
        return ok and (
            _has_sure(pieces) or (bool(flags & (GUESSED | INITIAL)) and _no_list(text, pieces) and _prose(text, pieces))
        )
    return ok and _convinces(text, pieces, identifier=identifier)


def _initials_are(text: str, pieces: Sequence[Piece]) -> bool:
    """A dot inside a name follows an initial; elsewhere it ends a sentence, if white space follows."""
    for one, other in pairwise(pieces):
        gap = text[one.end : other.start]
        if gap.startswith(".") and len(gap) > 1 and len(one.low) > 2:  # noqa: PLR2004 - `Th. Mann`
            return False
    return True


def _initialled(text: str, pieces: Sequence[Piece], gaps: Sequence[str], flags: int) -> bool:
    """`J. Doe`, `J Doe`, `JDoe`, `j.doe` and `Jane D.`."""
    first, last = pieces[0], pieces[-1]
    if flags & GUESSED and len(first.low) == 1:
        name = pieces[1:]
        if _goes_on_before(text, first) or _goes_on_after(text, last):
            return False  # `Fred L. Drake` is not `L. Drake`
        if first.case == "T" and all(piece.case in ("T", "U") or len(piece.low) < _SHORT for piece in name):
            dotted = gaps[0].startswith(".")
            glued = gaps[0] in ("", "_") and _stands_alone(text, pieces)
            return dotted or glued or (gaps[0] == " " and any(p.sure for p in name))
        return first.case == "l" and gaps[0] in ("_", "-", ".") and any(p.sure and len(p.low) >= _SHORT for p in name)
    if (
        flags & INITIAL
        and len(last.low) == 1
        and last.case == "T"
        and first.case == "T"
        and first.low not in everyday()
    ):
        dotted = text[last.end : last.end + 1] == "." and not _MORE.match(text, last.end + 1)
        return bool(pieces[0].flags & GIVEN) and _SPACE.fullmatch(gaps[-1]) is not None and dotted
    return False


def _has_sure(pieces: Sequence[Piece]) -> bool:
    return any(piece.sure and len(piece.low) > 1 for piece in pieces)


def _same_case(pieces: Sequence[Piece]) -> bool:
    return len({piece.case for piece in pieces}) == 1


def _no_list(text: str, pieces: Sequence[Piece]) -> bool:
    """`section A. Long answers` is not A. Long."""
    before = _BEFORE.search(text, max(0, pieces[0].start - 32), pieces[0].start)
    return before is None or before[1].lower() not in _NUMBERED


def _goes_on_before(text: str, first: Piece) -> bool:
    before = _BEFORE.search(text, max(0, first.start - 32), first.start)
    return before is not None and before[1].istitle() and before[1].lower() not in common()


def _stands_alone(text: str, pieces: Sequence[Piece]) -> bool:
    """`JDoe`, and not the end of `FredJDoe` or a hash."""
    start, end = pieces[0].start, pieces[-1].end
    return not (start and text[start - 1].isalnum()) and not text[end : end + 1].isalpha()


def _goes_on_after(text: str, last: Piece) -> bool:
    after = _NEXT.match(text, last.end)
    return after is not None and after[1].istitle() and after[1].lower() not in common()


def _convinces(text: str, pieces: Sequence[Piece], *, identifier: bool) -> bool:
    sure = [piece for piece in pieces if piece.sure and len(piece.low) > 1]
    weak = [piece for piece in pieces if not piece.sure and len(piece.low) > 1]
    if not sure and identifier:
        return all(piece.rare for piece in weak) or in_login_place(text, pieces[0].start)
    if not sure:
        return (all(piece.rare for piece in weak) and _same_case(pieces)) or _prose(text, pieces)
    lower = any(piece.case == "l" for piece in (pieces[0], pieces[-1]))
    if identifier and weak and max(len(piece.low) for piece in sure) < _SHORT:
        return all(piece.rare for piece in weak) or in_login_place(text, pieces[0].start)
    if not lower:
        return True
    if not weak:
        return sum(len(piece.low) for piece in sure) >= _BOTH
    if not identifier and any(piece.low in FUNCTION_WORDS for piece in weak):
        # `will kim ask` is a question, `will smith` is somebody: Smith is nobody's first name.
        return not weak[0].sure and pieces[0] is weak[0] and not any(piece.flags & GIVEN for piece in sure)
    return True


def _prose(text: str, pieces: Sequence[Piece]) -> bool:
    """Whether words of which each is a common one are written as a name is: `ask Mark Price about it`."""
    first, last = pieces[0], pieces[-1]
    words = [piece for piece in pieces if len(piece.low) > 1]
    cases = {piece.case for piece in words if piece.low not in PARTICLES} or {piece.case for piece in words}
    if cases not in ({"T"}, {"U"}):
        return False
    before = _BEFORE.search(text, max(0, first.start - 32), first.start)
    after = _NEXT.match(text, last.end)
    lead, follow = before[1] if before else "", after[1] if after else ""
    if lead.lower() in _DETERMINERS or _LABEL.match(text, last.end) or _GLUED.match(text, last.end):
        return False
    if text[first.start - 1 : first.start] in ("_", "-", "/", ".", "$") and first.start:
        return False
    if cases == {"U"}:
        return not lead.isupper() and not follow.isupper()
    # A heading (`Mark Price Update`) goes on in capitals.
    if follow.istitle() and follow.lower() not in FUNCTION_WORDS:
        return False
    if before is not None and lead.istitle() and not _opens(text, before.start()):
        return lead.lower() not in common()
    return not (_opens(text, first.start) and first.low in FUNCTION_WORDS and last.low in FUNCTION_WORDS)


def _opens(text: str, at: int) -> bool:
    """If a sentence, a line or an item of a list begins here."""
    return _OPENING.search(text, max(0, at - 8), at) is not None
