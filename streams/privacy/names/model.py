"""The weights of the model and the scores they give a word, kept per word. Reads its own file once; no pickle.

The file is a MessagePack map (`python -m bench.names.train` writes it, docs/names-model.md is its card). Weights are
16-bit integers times a scale, one row of `len(labels)` per feature. What a word adds to its own label and to its
neighbours' does not depend on where it stands, so it is summed once and kept, for the last few thousand words.
"""

from __future__ import annotations

import struct
import sys
import zlib
from array import array
from functools import lru_cache, partial
from itertools import repeat
from pathlib import Path

import msgspec

from streams.privacy.names import features as fx
from streams.privacy.names.kept import Kept
from streams.privacy.names.lexicon import Lexicon

OUTSIDE = "O"
FILE = Path(__file__).with_name("model.bin")
Vector = tuple[int, ...]
_BYTES, _BITS, _HALF = 4, 32, 1 << 31
_WORDS, _SORTS = 16_384, 16_384  # entries kept; some 300 bytes each


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
    """Scores of words by label, as integers in units of `scale`. Not for use by several threads at once.

    A row of weights is kept as one integer, 32 bits for each label, so that one addition adds two rows.
    """

    def __init__(self, stored: Stored) -> None:
        self.labels = tuple(stored.labels)
        self.transitions = tuple(tuple(row) for row in stored.transitions)
        self.outside = self.labels.index(OUTSIDE)
        self.thresholds = stored.thresholds
        words = zlib.decompress(stored.words).decode().split("\n")
        self.lexicon = Lexicon(dict(zip(words, array("B", zlib.decompress(stored.bits)), strict=True)))
        width = len(self.labels)
        self._size = _BYTES * width
        self._unpacked = struct.Struct(f"<{width}I").unpack
        self._zero = sum(_HALF << (_BITS * i) for i in range(width))
        rows = array("i", array("h", zlib.decompress(stored.rows)))
        if sys.byteorder == "big":
            rows.byteswap()
        packed = array("I", [value + _HALF for value in rows]).tobytes()
        names = zlib.decompress(stored.names).decode().split("\n")
        self._rows = {
            name: int.from_bytes(packed[i : i + self._size], "little") - self._zero
            for name, i in zip(names, range(0, len(packed), self._size), strict=True)
        }
        self.scale = stored.scale
        self.named = Kept(self.lexicon.named, _WORDS).__getitem__
        self._known = known = fx.known(self.lexicon)
        self._own: Kept[str, int] = Kept(lambda word: self._zero + self._sum(fx.own(word, known[word])), _WORDS)
        self._near = [Kept(partial(self._sum_near, distance=distance), _WORDS) for distance in (-2, -1, 1, 2)]
        self._joint: Kept[tuple[str, str, str, str], int] = Kept(lambda sorts: self._sum(fx.joint(*sorts)), _SORTS)

    def score(self, words: list[str], i: int, heading: str) -> Vector:
        """Scores of every label for word `i` of a line with this `heading`, in units of `scale`."""
        before2, before, after, after2 = fx.around(words, i)
        word, known, row = words[i], self._known, self._rows.get
        near_2, near_1, near1, near2 = self._near
        _, _, _, sort, form = known[word]
        total = (
            self._own[word]
            + near_2[before2]
            + near_1[before]
            + near1[after]
            + near2[after2]
            + self._joint[known[before].sort, sort, known[after].sort, heading]
            + row(fx.behind(before, form), 0)
            + row(fx.before(form, after), 0)
        )
        return tuple([value - _HALF for value in self._unpacked(total.to_bytes(self._size, "little"))])

    def _sum_near(self, word: str, distance: int) -> int:
        return self._sum(fx.near(self._known[word], distance))

    def _sum(self, names: list[str]) -> int:
        return sum(map(self._rows.get, names, repeat(0)))


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
