"""Where the digits of a payment card or a social security number stand in a column of texts. Vectorised and pure.

Looking for them with a regular expression takes longer than all else that is looked for. So the bytes of the whole
column are looked at, four at a time: wherever such a number stands, eight bytes from a multiple of four on lie in it,
six digits or more among them. Few places are such, and only there a number is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable

    Bytes = npt.NDArray[np.uint8]
    Places = npt.NDArray[np.int64]

# How cards are written, and social security numbers; 0 is any digit.
CARDS = (
    *("0000 0000 0000 0000", "0000-0000-0000-0000", "0000 000000 00000", "0000-000000-00000"),
    *("0000000000000000", "000000000000000"),
)
SSN = "000-00-0000"
_SHORTEST = 11  # bytes of them: eight, and up to three before a multiple of four
_ANY_HIGH, _HIGH = np.uint32(0xE0E0E0E0), np.uint32(0x20202020)  # bytes 0x20 to 0x3F: spaces, dashes, digits
_DIGITS, _FEWEST = np.uint64(0x1010101010101010), 6  # the bit that digits have of these, and the other two have not

_BLOCK = 1 << 15  # words looked at in one go: what is made of them stays in the processor's cache


class Numbers:
    """The places of a text column (Arrow's `string`) where a number may stand."""

    def __init__(self, texts: Any) -> None:
        _, offsets, data = texts.buffers()
        ends = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
        self._bytes: Bytes = np.frombuffer(data or b"", np.uint8)[ends[0] : ends[-1]]
        self._ends = ends - ends[0]
        self._near = _near(self._bytes)
        self._starts = self._begun()

    def rows(self) -> Places:
        """Texts in which a number may stand, ascending: all that hold one, and some others."""
        return _once(self._row(self._near))

    def written(self, form: str, wanted: Callable[[str], bool]) -> Places:
        """Texts, ascending, that hold a number of that form, no digit before or after it; `wanted` is asked of it."""
        starts = self._starts[: np.searchsorted(self._starts, len(self._bytes) - len(form), side="right")]
        for place, letter in enumerate(form):
            if letter != "0":
                starts = starts[self._bytes[starts + place] == ord(letter)]
        digits = [place for place, letter in enumerate(form) if letter == "0"]
        for at in (digits[-1:], digits):  # mostly the last is none
            starts = starts[_is_digit(self._bytes[starts[:, None] + at]).all(axis=1)]
        rows, after = self._row(starts), starts + len(form)
        end = self._ends[rows + 1]
        ended = (after == end) | (after < end) & ~_is_digit(self._bytes[after % len(self._bytes)])
        starts, rows = starts[ended], rows[ended]
        found = self._bytes[starts[:, None] + np.arange(len(form))].view(f"S{len(form)}").ravel().tolist()
        good = {number: wanted(number.decode()) for number in set(found)}
        return _once(rows[[good[number] for number in found]])

    def _begun(self) -> Places:
        """Where one may begin, ascending: at a digit that has none before it in its text."""
        around = _is_digit(self._bytes[np.maximum(self._near[:, None] + np.arange(-4, 1), 0)])
        at, place = np.nonzero(around[:, 1:] & ~around[:, :-1])
        starts = self._near[at] + place - 3
        # These have a digit before them that is of another text, or they are the first byte of all.
        first = self._ends[:-1][self._ends[:-1] < len(self._bytes)]
        first = first[_is_digit(self._bytes[first]) & (_is_digit(self._bytes[first - 1]) | (first == 0))]
        return np.unique(np.concatenate([starts, first])) if len(first) else starts

    def _row(self, places: Places) -> Places:
        return np.searchsorted(self._ends, places, side="right") - 1


def _once(ascending: Places) -> Places:
    return ascending[np.flatnonzero(np.diff(ascending, prepend=-1))]


def _near(data: Bytes) -> Places:
    """Multiples of four from which on eight bytes are digits, spaces and dashes, or few others, and mostly digits."""
    words = data[: len(data) // 4 * 4].view(np.uint32)
    found = [np.empty(0, np.int64)]
    for first in range(0, len(words) - 1, _BLOCK):
        block = words[first : first + _BLOCK + 1]
        such = (block & _ANY_HIGH) == _HIGH
        found.append(np.flatnonzero(such[1:] & such[:-1]) + first)
    at = np.concatenate(found)
    eight = words[at].astype(np.uint64) << np.uint64(32) | words[at + 1]
    near: Places = at[np.bitwise_count(eight & _DIGITS) >= _FEWEST] * 4
    return near


def _is_digit(data: Bytes) -> npt.NDArray[np.bool_]:
    return (data >= ord("0")) & (data <= ord("9"))
