"""Texts as hashes of their tokens and of runs of tokens, many texts at once: for finding texts in other texts. Pure.

A text is read in Unicode's form NFKC and in lower case. A token is a run of letters, digits and underscores. A
character of three or four bytes in UTF-8 (Chinese, Japanese, Korean, Thai, emoji) is a token by itself, as those
scripts have no spaces between words. Any other character that is no white space is a sign: a token by itself (to tell
code from code), or nothing (to compare prose). Latin-1's signs, General Punctuation up to the CJK radicals, and CJK
punctuation are signs as well.

A token's hash is a polynomial over random values of its bytes modulo 2^64 (Karp and Rabin 1987), so that the hashes of
all tokens come out of one running sum. It depends on nothing but the text: no machine, process or library version.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Hashes = npt.NDArray[np.uint64]
_SPACE, _WORD, _SIGN, _WIDE = range(4)
_CONTINUED = 0x80  # bytes 0x80 to 0xBF continue a character
_TWO, _THREE = 0xC0, 0xE0  # the least bytes that start a character of two, of three bytes
_LATIN_SIGNS, _SIGNS, _CJK = 0xC2, 0xE2, 0xE3
_CJK_SIGNS = 0x80  # second byte
_BATCH_TEXTS, _BATCH_CHARACTERS = 1024, 1 << 17  # what one round works on stays in the cache
_BASE = 0x9E3779B97F4A7C15  # odd: it has an inverse modulo 2^64


class Grams(NamedTuple):
    """Runs of tokens: their hashes, and the text each is from; in the order of the texts."""

    hashes: Hashes
    texts: npt.NDArray[np.int64]


def mixed(values: Hashes) -> Hashes:
    """Each value as one that looks drawn by lot, and no two alike (the finaliser of SplitMix64, Steele et al. 2014)."""
    values = values ^ (values >> np.uint64(30))
    values *= np.uint64(0xBF58476D1CE4E5B9)
    values ^= values >> np.uint64(27)
    values *= np.uint64(0x94D049BB133111EB)
    values ^= values >> np.uint64(31)
    return values


def drawn(count: int, start: int) -> Hashes:
    """So many odd numbers that look drawn by lot, the same ones for the same start."""
    steps = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(_BASE)
    return mixed(steps + np.uint64(start)) | np.uint64(1)


def _kinds() -> npt.NDArray[np.uint8]:
    kinds = np.full(256, _SIGN, np.uint8)
    kinds[:33] = _SPACE
    kinds[127] = _SPACE
    kinds[[i for i in range(128) if chr(i).isalnum() or i == ord("_")]] = _WORD
    kinds[_CONTINUED:_THREE] = _WORD
    kinds[_LATIN_SIGNS] = _SIGN
    kinds[_THREE:] = _WIDE
    kinds[_SIGNS] = _SIGN
    return kinds


_KINDS = _kinds()
_BYTES = drawn(256, 1)
_STEPS = drawn(64, 2)


def batches(texts: Sequence[str]) -> Iterator[slice]:
    """Parts of a list that are worked on together: bounded in texts and in characters, but for one long text."""
    start = characters = 0
    for at, text in enumerate(texts):
        if at > start and (at - start == _BATCH_TEXTS or characters + len(text) > _BATCH_CHARACTERS):
            yield slice(start, at)
            start, characters = at, 0
        characters += len(text)
    if start < len(texts):
        yield slice(start, len(texts))


def tokens(texts: Sequence[str], *, punctuation: bool) -> Grams:
    """Every token of the texts; a text may have none."""
    encoded = [_plain(text) for text in texts]
    data = np.frombuffer(b" ".join([*encoded, b""]), np.uint8)
    kinds = _KINDS[data]
    first = data < _CONTINUED
    if not first.all():
        _follow(data, kinds, np.flatnonzero(~first))
        first |= data >= _TWO
    kept = kinds != _SPACE
    if not punctuation:
        kept &= kinds != _SIGN
    # A word starts where none was before; signs and wide characters start with each of their first bytes.
    word = kinds == _WORD
    starts = kept & first
    starts[1:] &= ~(word[1:] & word[:-1])
    ends = starts.copy()
    ends |= ~kept
    ends[1:] &= kept[:-1]
    ends[:1] = False
    begin, end = np.flatnonzero(starts), np.flatnonzero(ends)
    powers, inverses = _powers(len(data))
    sums = np.zeros(len(data) + 1, np.uint64)
    np.cumsum(_BYTES[data] * powers, out=sums[1:])
    hashes = mixed((sums[end] - sums[begin]) * inverses[begin])
    bounds = np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)) + 1)
    counts = np.diff(np.searchsorted(begin, bounds), prepend=0)
    return Grams(hashes, np.repeat(np.arange(len(texts)), counts))


def grams(found: Grams, length: int, *, short: bool = True) -> Grams:
    """Every run of so many tokens of a text.

    `short`: a text with fewer tokens, but some, gives one run of all of them; else none.
    """
    hashes, owners = found
    count = len(hashes) - length + 1
    if count > 0:
        whole = np.flatnonzero(owners[:count] == owners[length - 1 :])
        runs = hashes[whole] * _STEPS[0]
        for step in range(1, length):
            runs += hashes[whole + step] * _STEPS[step]
        long = Grams(mixed(runs), owners[whole])
    else:
        long = Grams(np.empty(0, np.uint64), np.empty(0, np.int64))
    if not short or not len(hashes):
        return long
    begins = np.flatnonzero(np.diff(owners, prepend=-1))
    sizes = np.diff(begins, append=len(owners))
    few = sizes < length
    if not few.any():
        return long
    places = np.flatnonzero(np.repeat(few, sizes))
    offsets = np.cumsum(sizes[few]) - sizes[few]
    inside = np.arange(len(places)) - np.repeat(offsets, sizes[few])
    runs = np.add.reduceat(hashes[places] * _STEPS[inside], offsets)
    both = np.concatenate([long.texts, owners[begins[few]]])
    order = np.argsort(both, kind="stable")
    return Grams(np.concatenate([long.hashes, mixed(runs)])[order], both[order])


@lru_cache(maxsize=2)
def _powers_of(count: int) -> tuple[Hashes, Hashes]:
    both = []
    for base in (_BASE, pow(_BASE, -1, 1 << 64)):
        factors = np.full(count, base, np.uint64)
        factors[:1] = 1
        both.append(np.multiply.accumulate(factors))
    return both[0], both[1]


def _powers(count: int) -> tuple[Hashes, Hashes]:
    """The first powers of the base and of its inverse. A long text needs more of them than are kept."""
    kept = 4 * _BATCH_CHARACTERS
    powers, inverses = _powers_of(kept) if count <= kept else _powers_of.__wrapped__(count)
    return powers[:count], inverses[:count]


def _plain(text: str) -> bytes:
    if text.isascii():
        return text.lower().encode()
    return unicodedata.normalize("NFKC", text).lower().encode("utf-8", "surrogatepass")


def _follow(data: npt.NDArray[np.uint8], kinds: npt.NDArray[np.uint8], wide: npt.NDArray[np.int64]) -> None:
    """Bytes that continue a character are of its kind; CJK punctuation shows in its second byte."""
    lead = wide[data[wide] == _CJK]
    kinds[lead[data[lead + 1] == _CJK_SIGNS]] = _SIGN
    continued = wide[data[wide] < _TWO]
    for _ in range(3):
        kinds[continued] = kinds[continued - 1]
