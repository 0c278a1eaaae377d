"""How much of a suggestion a person kept, as numbers from 0 to 1. Pure.

Sources: similarity is the normalised Indel similarity (2 * LCS / (len a + len b)) in code points; `retention_4gram` and
`no_revert` follow VS Code Copilot's published edit-survival measures, written anew.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
from rapidfuzz.distance import Indel

from streams.alignment import CELLS, Alignment

if TYPE_CHECKING:
    import numpy.typing as npt

_GRAM = 4
# From so many characters on numpy counts faster.
_MANY = 100
# From so many grams on the sort's worst case counts.
_LONG = 4_000
_POINTS = 0x110000  # of Unicode
_SIGNS = 1 << 16  # different ones: more are only in a text that was made to have them


def similarity(a: str, b: str) -> float:
    """Normalised Indel similarity, 0 to 1; two empty texts are equal (1.0).

    Beyond `CELLS` cells what is common is the words that `Alignment` finds, with the white space between: some less.
    """
    if a == b:
        return 1.0
    if len(a) * len(b) <= CELLS:
        return float(Indel.normalized_similarity(a, b))
    return similarity_of(Alignment.of(a, b))


def similarity_of(found: Alignment) -> float:
    """Likewise, of texts that are aligned already."""
    a, b = found.left.text, found.right.text
    if a == b or len(a) * len(b) <= CELLS:
        return similarity(a, b)
    kept, _ = found.spans()
    return 2 * sum(span.end - span.start for span in kept) / (len(a) + len(b))


def retention_4gram(suggestion: str, final: str) -> float:
    """Share of the suggestion's 4-grams of characters (with multiplicity) that stand in final; 1.0 for an empty one."""
    if suggestion == final or not suggestion:
        return 1.0
    size = min(_GRAM, len(suggestion))
    count = len(suggestion) - size + 1
    if size == _GRAM and count + len(final) > _MANY:
        return _common_grams(suggestion, final) / count
    ours = Counter(suggestion[i : i + size] for i in range(count))
    theirs = Counter(final[i : i + size] for i in range(max(len(final) - size + 1, 0)))
    return sum(min(times, theirs[gram]) for gram, times in ours.items()) / count


def no_revert(before: str, suggestion: str, final: str) -> float:
    """1 minus the share of the suggestion's change that was undone: 1.0 nothing undone, 0.0 all of it."""
    proposed = similarity(suggestion, before)
    if proposed >= 1.0:
        return 1.0
    # A text that was taken over as it is has undone nothing, whatever it is compared with.
    undone = 0.0 if final == suggestion else max(similarity(final, before) - proposed, 0.0)
    return max(0.0, 1.0 - undone / (1.0 - proposed))


def _common_grams(a: str, b: str) -> int:
    """How many 4-grams two texts have in common, with multiplicity."""
    left, right = _units(a), _units(b)
    if len(left) == len(a) and len(right) == len(b):
        return _common(_grams(left), _grams(right))
    ours, theirs = _points(a), _points(b)
    present = np.zeros(_POINTS, dtype=np.bool_)
    present[ours] = present[theirs] = True
    signs = int(present.sum())
    if signs > _SIGNS:
        each = (Counter(text[i : i + _GRAM] for i in range(len(text) - _GRAM + 1)) for text in (a, b))
        return (next(each) & next(each)).total()
    number = np.zeros(_POINTS, dtype=np.uint16)
    number[present] = np.arange(signs, dtype=np.uint16)
    return _common(_grams(number[ours]), _grams(number[theirs]))


def _common(left: npt.NDArray[np.uint64], right: npt.NDArray[np.uint64]) -> int:
    if not len(left) or not len(right):
        return 0
    (grams, times), (others, other_times) = _counted(left), _counted(right)
    place = others.searchsorted(grams)
    place[place == len(others)] = 0
    return int(np.minimum(times, other_times[place])[others[place] == grams].sum())


def _units(text: str) -> npt.NDArray[np.uint16]:
    """UTF-16: one for each character, but for those beyond the basic plane."""
    return np.frombuffer(text.encode("utf-16-le", "surrogatepass"), dtype=np.dtype("<u2"))


def _points(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.dtype("<u4"))


def _grams(numbers: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint64]:
    """Every four numbers that follow each other, as one."""
    return np.ndarray((max(len(numbers) - _GRAM + 1, 0),), np.dtype("<u8"), numbers.tobytes(), strides=(2,))


def _counted(grams: npt.NDArray[np.uint64]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.intp]]:
    """Different ones, ascending, and how often each is there. Not of none."""
    # The quicker sort has a worst case: it was seen to take minutes for a megabyte of two values.
    found = np.sort(grams, kind=None if len(grams) < _LONG else "stable")
    new = np.empty(len(found), dtype=np.bool_)
    new[0] = True
    np.not_equal(found[1:], found[:-1], out=new[1:])
    starts = new.nonzero()[0]
    times = np.empty(len(starts), dtype=np.intp)
    np.subtract(starts[1:], starts[:-1], out=times[:-1])
    times[-1] = len(found) - starts[-1]
    return found[starts], times
