"""Rows whose texts are nearly those of another row: all but one of them are to go.

Two rows are near-duplicates if each part of one (question, answer) has at least `threshold` of its shingles in common
with that part of the other: Jaccard's index of the sets of five-token runs (Broder 1997; five tokens as in Lee et al.
2022, "Deduplicating Training Data Makes Language Models Better"). Rows that are linked by a chain of near-duplicates
are a cluster; the row with the least order key stays, so that what stays depends on the seed and on the rows, not on
the order in which they came.

How they are found: each part's shingles are hashed once into 256 bins of which each keeps its least hash (one
permutation hashing, Li, Owen and Zhang 2012). Bins of both parts together, made dense by rotation (Shrivastava and Li
2014), are cut into bands; rows with an equal band are candidates (locality-sensitive hashing: a pair with Jaccard J in
`bands` of `rows` bins is one with the chance 1 - (1 - J^rows)^bands, at least 99 % at the threshold). A row is compared
with the first row of its band and with the one before it, by the share of bins that are equal among those that are not
empty in both: for texts of up to some hundred tokens nearly the exact index, for longer ones an estimate with a
standard error of two hundredths.

Memory: 8 bytes a row while rows are added; some 45 bytes a row when they are compared. In the folder: 256 bytes for
each part and 4 for each band; nobody can read a text out of them, but tell whether a text was there.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from schemas.errors import InputError
from sinks.export.disjoint import Disjoint
from sinks.export.shingles import batches, drawn, grams, mixed, tokens

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sinks.export.order import Keys

SHINGLE = 5
_BINS = 256
_DENSE = 128  # of two neighbouring bins each: more of them are filled
_CERTAIN = 0.99  # of near-duplicates just at the threshold that become candidates
_EMPTY = np.uint32(0xFFFFFFFF)
_AWAY = np.uint32(0x9E3779B1)  # for each step that a rotated value comes from
_COMPARED = 1 << 15  # pairs compared at once: some 30 MB


class NearDuplicates:
    """One pass over the rows (`add`), then the answer (`dropped`)."""

    def __init__(self, folder: Path, seed: int, threshold: float = 0.85, parts: int = 1) -> None:
        """Begin with an empty folder of its own; what was in it goes.

        Raises:
            InputError: the threshold is not between 0.5 and 1.
            OSError: the disk refuses.
        """
        lowest = 0.5
        if not lowest <= threshold <= 1.0:
            raise InputError("near-duplicates: needed a threshold from 0.5 to 1, came another number")
        self.threshold, self.parts = threshold, parts
        self.band_rows, self.bands = _banding(threshold)
        self._salts = drawn(parts, seed)
        self._steps = drawn(self.band_rows, 3)
        self._keys: list[Keys] = []
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self._folder = folder
        self._signatures = folder / "signatures"
        self._band_files = [folder / f"band-{band:02}" for band in range(self.bands)]

    def add(self, keys: Keys, *texts: Sequence[str]) -> None:
        """Take in rows by their order keys, with one list of texts for each part.

        Raises:
            OSError: the disk is full or refuses.
        """
        if len(texts) != self.parts:
            raise ValueError(f"near-duplicates: needed {self.parts} lists of texts, came {len(texts)}")
        self._keys.append(np.asarray(keys, np.uint64))
        longest = [max(row, key=len) for row in zip(*texts, strict=True)] if self.parts > 1 else texts[0]
        signatures, bands = [], []
        for part in batches(longest):
            bins = [_least(rows[part], salt) for rows, salt in zip(texts, self._salts, strict=True)]
            signatures.append(np.stack([_short(one) for one in bins], axis=1))
            bands.append(self._banded(np.minimum.reduce(bins)))
        if not signatures:
            return
        with self._signatures.open("ab") as out:
            out.writelines(one.tobytes() for one in signatures)
        for band, path in enumerate(self._band_files):
            with path.open("ab") as out:
                out.writelines(np.ascontiguousarray(one[:, band]).tobytes() for one in bands)

    def dropped(self) -> Keys:
        """The keys of the rows that are to go, sorted. The folder is empty afterwards."""
        keys = np.concatenate([np.empty(0, np.uint64), *self._keys])
        self._keys = []
        arrived = np.argsort(keys, kind="stable").astype(np.uint32)
        ranks = np.empty(len(keys), np.uint64)
        ranks[arrived] = np.arange(len(keys), dtype=np.uint64)
        clusters = Disjoint(len(keys))
        if len(keys):
            for path in self._band_files:
                banded = np.fromfile(path, np.uint32).astype(np.uint64) << np.uint64(32)
                banded |= ranks
                banded.sort()
                self._compare(banded, arrived, clusters)
                del banded
        shutil.rmtree(self._folder, ignore_errors=True)
        gone = np.flatnonzero(clusters.sets() != np.arange(len(keys), dtype=np.int32))
        found: Keys = keys[arrived[gone]]
        return found

    def _banded(self, bins: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
        dense = _dense(bins.reshape(len(bins), _DENSE, _BINS // _DENSE).min(axis=2))
        # Bins of one band lie apart: neighbours were often filled from the same place.
        used = dense[:, : self.band_rows * self.bands].reshape(len(bins), self.band_rows, self.bands)
        total = np.zeros((len(bins), self.bands), np.uint64)
        for row in range(self.band_rows):
            total += used[:, row] * self._steps[row]
        return (mixed(total) >> np.uint64(32)).astype(np.uint32)

    def _compare(self, banded: npt.NDArray[np.uint64], arrived: npt.NDArray[np.uint32], clusters: Disjoint) -> None:
        """Unite rows of equal bands that are near-duplicates. `banded`: band and rank of each row, sorted."""
        bands = (banded >> np.uint64(32)).astype(np.uint32)
        repeats = np.flatnonzero(bands[1:] == bands[:-1]) + 1
        opens = np.ones(len(bands), bool)
        opens[repeats] = False
        firsts = np.flatnonzero(opens)
        firsts = firsts[np.searchsorted(firsts, repeats, "right") - 1]
        for leaders in (firsts, repeats - 1):
            for start in range(0, len(repeats), _COMPARED):
                part = slice(start, start + _COMPARED)
                left = (banded[leaders[part]] & np.uint64(0xFFFFFFFF)).astype(np.int64)
                right = (banded[repeats[part]] & np.uint64(0xFFFFFFFF)).astype(np.int64)
                apart = clusters.find(left) != clusters.find(right)
                left, right = left[apart], right[apart]
                near = self._near(arrived[left], arrived[right])
                clusters.unite(left[near], right[near])

    def _near(self, left: npt.NDArray[np.uint32], right: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
        if not len(left):
            return np.empty(0, bool)
        # Mapped anew each time: pages that were read would count as ours for as long as the map stands.
        rows = np.memmap(self._signatures, np.uint8, "r").reshape(-1, self.parts, _BINS)
        a, b = rows[left], rows[right]
        filled = ((a | b) != 0).sum(axis=2)
        equal = ((a == b) & (a != 0)).sum(axis=2)
        near: npt.NDArray[np.bool_] = (equal >= self.threshold * filled).all(axis=1)
        return near


def _banding(threshold: float) -> tuple[int, int]:
    """(bins a band, bands): the longest bands that still find what is just at the threshold."""
    for rows in range(_DENSE // 2, 1, -1):
        bands = _DENSE // rows
        if 1 - (1 - threshold**rows) ** bands >= _CERTAIN:
            return rows, bands
    return 1, _DENSE


def _least(texts: Sequence[str], salt: np.uint64) -> npt.NDArray[np.uint32]:
    """The least hash in each bin of each text."""
    found = grams(tokens(texts, punctuation=True), SHINGLE)
    hashes = mixed(found.hashes ^ salt)
    least = np.full(len(texts) * _BINS, _EMPTY, np.uint32)
    places = found.texts * _BINS + (hashes >> np.uint64(56)).astype(np.int64)
    np.minimum.at(least, places, (hashes & np.uint64(0xFFFFFFFE)).astype(np.uint32))
    return least.reshape(len(texts), _BINS)


def _short(bins: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    """A byte of each bin, 0 for an empty one. Of different values, one in 250 or so have equal bytes."""
    short = np.maximum((bins >> np.uint32(8)).astype(np.uint8), np.uint8(1))
    short[bins == _EMPTY] = 0
    return short


def _dense(bins: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """Empty bins take the value of the next filled one, going round, and how far away it is."""
    count = bins.shape[1]
    columns = np.arange(2 * count, dtype=np.int32)
    following = np.where(np.tile(bins == _EMPTY, 2), np.int32(2 * count), columns)
    following = np.minimum.accumulate(following[:, ::-1], axis=1)[:, ::-1][:, :count]
    distance = (following - columns[:count]).astype(np.uint32)
    taken = np.take_along_axis(bins, following % count, axis=1)
    return taken + distance * _AWAY
