"""Arrow columns as numpy arrays, and faults of single texts, vectorised. Pure."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Numbers: TypeAlias = npt.NDArray[Any]
Booleans: TypeAlias = npt.NDArray[np.bool_]

HEX = "0123456789abcdef"


def bools(array: Any) -> Booleans:
    """Null is false."""
    filled = pc.fill_null(array, fill_value=False)
    return np.asarray(filled.to_numpy(zero_copy_only=False), dtype=np.bool_)


def faults(such: Booleans) -> Numbers:
    """1 for each row that is such."""
    return np.asarray(such, dtype=np.int64)


def ints(array: Any) -> Numbers:
    """Whole numbers; there must be no null among them."""
    return np.asarray(array.to_numpy(zero_copy_only=False), dtype=np.int64)


def floats(array: Any) -> Numbers:
    """Null is NaN, which no comparison breaks."""
    return np.asarray(array.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def unmatched(texts: Any, regex: str) -> Numbers:
    """1 where RE2 finds nothing; null is no fault."""
    return ints(pc.invert(pc.fill_null(pc.match_substring_regex(texts, regex), fill_value=True)))


def not_hex(texts: Any, digits: int) -> Numbers:
    """1 where a text is not so many hexadecimal digits; null is no fault."""
    wrong = bools(pc.not_equal(pc.binary_length(texts), digits)) | not_made_of(texts, HEX)
    return np.asarray(wrong & bools(pc.is_valid(texts)), dtype=np.int64)


def not_between(texts: Any, first: str, last: str) -> Numbers:
    """1 where a text does not begin and end with these; null is no fault."""
    holds = pc.and_(pc.starts_with(texts, first), pc.ends_with(texts, last))
    return ints(pc.invert(pc.fill_null(holds, fill_value=True)))


def not_made_of(texts: Any, letters: str) -> Booleans:
    """Texts that have other letters than these of ASCII, or none."""
    data, ends = raw(texts)
    known: Booleans = np.zeros(len(data), dtype=np.bool_)
    for first, last in _ranges(letters.encode()):
        known |= data - np.uint8(first) <= last - first
    wrong: Booleans = (ends[1:] == ends[:-1]) | bools(pc.is_null(texts))
    wrong[np.searchsorted(ends, np.flatnonzero(~known), side="right") - 1] = True
    return wrong


def _ranges(letters: bytes) -> list[tuple[int, int]]:
    """First and last of those that follow each other."""
    firsts = [letter for letter in sorted(letters) if letter - 1 not in letters]
    lasts = [letter for letter in sorted(letters) if letter + 1 not in letters]
    return list(zip(firsts, lasts, strict=True))


def raw(texts: Any) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
    """The bytes of all texts (Arrow's `string`), and where in them each begins, and at last where the last one ends."""
    _, offsets, data = texts.buffers()
    if not len(texts):
        return np.empty(0, np.uint8), np.zeros(1, np.int32)
    ends = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return np.frombuffer(data or b"", np.uint8)[ends[0] : ends[-1]], ends - ends[0]
