"""The weights of the model and the scores they give a word, kept per word. Reads its own file once; no pickle.

The file is a MessagePack map (`python -m bench.names.train` writes it, docs/names-model.md is its card). Weights are
16-bit integers times a scale, one row of `len(labels)` per feature. What a word adds to its own label and to its
neighbours' does not depend on where it stands, so it is summed once and kept, for the last few thousand words.
"""

from __future__ import annotations

import zlib
from array import array
from functools import lru_cache
from pathlib import Path

import msgspec

from streams.privacy.names import features as fx
from streams.privacy.names.lexicon import Lexicon

OUTSIDE = "O"
FILE = Path(__file__).with_name("model.bin")
Vector = tuple[int, ...]
_WORDS, _PAIRS = 16_384, 16_384  # entries kept; some 300 bytes each


class Stored(msgspec.Struct, frozen=True):
    """What is in the file; the five byte strings are deflated."""

    labels: list[str]
    transitions: list[list[float]]  # from, to
    names: bytes  # features, one a line
    rows: bytes  # their weights, int16, little endian
    scale: float
    words: bytes  # the lexicon's words, one a line
    bits: bytes  # and their bits, one byte each
    thresholds: dict[str, float]  # of each kind: the probability that a finding with the score 0.5 has


class Model:
    """Scores of words by label, as integers in units of `scale`. Not for use by several threads at once."""

    def __init__(self, stored: Stored) -> None:
        self.labels = tuple(stored.labels)
        self.transitions = tuple(tuple(row) for row in stored.transitions)
        self.outside = self.labels.index(OUTSIDE)
        self.thresholds = stored.thresholds
        words = zlib.decompress(stored.words).decode().split("\n")
        self.lexicon = Lexicon(dict(zip(words, array("B", zlib.decompress(stored.bits)), strict=True)))
        self._width = len(self.labels)
        self._rows = array("h", zlib.decompress(stored.rows))
        names = zlib.decompress(stored.names).decode().split("\n")
        self._at = {name: i * self._width for i, name in enumerate(names)}
        self.scale = stored.scale
        self._nothing = (0,) * self._width
        self.named = lru_cache(_WORDS)(self.lexicon.named)
        self.own = lru_cache(_WORDS)(self._own)
        self.near = lru_cache(_WORDS)(self._near)
        self.sort = lru_cache(_WORDS)(self._sort)
        self.pair = lru_cache(_PAIRS)(self._pair)
        self.beside = lru_cache(_PAIRS)(self._beside)

    def score(self, words: list[str], i: int, heading: str) -> Vector:
        """Scores of every label for word `i` of a line with this `heading`, in units of `scale`."""
        before2, before, after, after2 = fx.around(words, i)
        word = words[i]
        near, sort = self.near, self.sort
        joint = self.pair(sort(before), sort(word), sort(after), heading)
        rows = (self.own(word), near(before2, -2), near(before, -1), near(after, 1), near(after2, 2), joint)
        beside = self.beside(before, after, fx.shape(word))
        return tuple(map(sum, zip(*rows, beside, strict=True)))

    def _sum(self, names: list[str]) -> Vector:
        rows, width, at = self._rows, self._width, self._at
        found = [rows[i : i + width] for name in names if (i := at.get(name, -1)) >= 0]
        return tuple(map(sum, zip(*found, strict=True))) if found else self._nothing

    def _own(self, word: str) -> Vector:
        return self._sum(fx.own(word, self.lexicon))

    def _near(self, word: str, distance: int) -> Vector:
        return self._sum(fx.near(word, distance, self.lexicon))

    def _sort(self, word: str) -> str:
        return fx.sort(word, self.lexicon)

    def _pair(self, before: str, word: str, after: str, heading: str) -> Vector:
        return self._sum(fx.joint(before, word, after, heading))

    def _beside(self, before: str, after: str, shape: str) -> Vector:
        return self._sum(fx.beside(before, after, shape))


def load(path: Path = FILE) -> Model:
    """The model in a file.

    Raises:
        FileNotFoundError: there is none.
        msgspec.DecodeError: it is not such a file.
    """
    return Model(msgspec.msgpack.decode(path.read_bytes(), type=Stored))


@lru_cache(maxsize=1)
def shipped() -> Model:
    """The model that comes with the package, loaded at the first call."""
    return load()
