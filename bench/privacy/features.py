"""What the attack looks at: of one row its columns, its place and its writing; of two rows how far these are apart.

Writing is read in three ways: as it is; with the words masked that carry content (style: function words, signs,
letter case, spacing); and with the style masked (content: lower-case words, no function words, no signs).
"""

# ruff: noqa: SIM905, RUF001 - a list of words is words; people do write dashes; shares read best in place

from __future__ import annotations

import json
import re
import zlib
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bench.privacy.fit import Floats, Ints
    from bench.privacy.publish import Row

    Pairs = tuple[Ints, Ints]

_BUCKETS = 4096
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_NUMBER = re.compile(r"\d")
# Words that say how, not what: the commonest of English, by any list of them.
_FUNCTION = (
    "a about after again all also am an and any are aren't as at be because been before being between both but by can "
    "can't cannot could couldn't did didn't do does doesn't doing don't down each else every for from had has have he "
    "her here how however i i'd i'll i'm i've if in into is isn't it it's its just let let's like may maybe me might "
    "more most much must my no not now of off on once one only or other otherwise our out over own per perhaps please "
    "quite rather really same shall she should so some still such than that that's the their them then there there's "
    "these they they're this those though through thus to too under until up us very via was wasn't we we'll we're "
    "we've were what what's when where whether which while who why will with without won't would yes yet you you're "
    "your anyway besides plus meanwhile actually basically probably guess think hi hello hey dear thanks cheers "
    "regards best kind many thx imo"
).split()
_KNOWN = {word: number for number, word in enumerate(_FUNCTION)}
_SIGNS = ".,;:!?-–—_()[]{}'\"`*#/•…&%$@+=<>|~\\"


def human(row: Row) -> str:
    """What the person wrote of a row: the prompt, and what they added to the draft."""
    prompt = " ".join(turn["content"] for turn in json.loads(row.values["prompt"]))
    final = row.values["final"]
    added = " ".join(final[span["start"] : span["end"]] for span in row.values["edited_spans"])
    return f"{prompt}\n{added}"


def style_of(text: str) -> str:
    """The text with every word of content masked, letter case and length kept."""
    return _NUMBER.sub("0", _WORD.sub(lambda m: m[0] if m[0].lower() in _KNOWN else _mask(m[0]), text))


def content_of(text: str) -> str:
    """The words of content alone: no function words, no letter case, no signs."""
    return " ".join(word for word in _WORD.findall(text.lower()) if word not in _KNOWN)


def grams(texts: Sequence[str]) -> Floats:
    """Character 2- to 4-grams and words, hashed, tf-idf, each row of length one."""
    table = np.zeros((len(texts), _BUCKETS), np.float32)
    for number, text in enumerate(texts):
        found: Counter[int] = Counter()
        for size in (2, 3, 4):
            found.update(_bucket(text[i : i + size]) for i in range(len(text) - size + 1))
        found.update(_bucket(f" {word} ") for word in _WORD.findall(text))
        for bucket, count in found.items():
            table[number, bucket] = 1.0 + np.log(count)
    rarity = np.log((1 + len(texts)) / (1 + (table > 0).sum(axis=0)))
    table *= rarity.astype(np.float32)
    lengths = np.linalg.norm(table, axis=1, keepdims=True)
    return np.asarray(table / np.maximum(lengths, 1e-9), np.float64)


def manner(texts: Sequence[str]) -> Floats:
    """Shares of function words and signs, and some lengths."""
    table = np.zeros((len(texts), len(_FUNCTION) + len(_SIGNS) + 6))
    for number, text in enumerate(texts):
        words = [word.lower() for word in _WORD.findall(text)]
        for word in words:
            if (at := _KNOWN.get(word)) is not None:
                table[number, at] += 1 / len(words)
        for at, sign in enumerate(_SIGNS, len(_FUNCTION)):
            table[number, at] = text.count(sign) / max(len(text), 1)
        letters = [c for c in text if c.isalpha()]
        table[number, -6:] = (
            np.log1p(len(text)),
            np.log1p(len(words)),
            sum(map(len, words)) / max(len(words), 1),
            sum(c.isupper() for c in letters) / max(len(letters), 1),
            text.count("\n") / max(len(text), 1),
            text.count("  ") / max(len(text), 1),
        )
    return table


def stated(rows: Sequence[Mapping[str, object]], names: Sequence[str]) -> Floats:
    """Columns of closed vocabularies, one for each value."""
    places: dict[tuple[str, object], int] = {}
    for row in rows:
        for name in names:
            places.setdefault((name, row[name]), len(places))
    table = np.zeros((len(rows), len(places)))
    for number, row in enumerate(rows):
        for name in names:
            table[number, places[name, row[name]]] = 1.0
    return table


def same(values: Sequence[object]) -> Callable[[Pairs], Floats]:
    """If two rows have the same value, and how rare the value is that they share."""
    counts = Counter(values)
    codes = {value: number for number, value in enumerate(counts)}
    code = np.array([codes[value] for value in values])
    rarity = np.array([np.log(len(values) / counts[value]) for value in values])

    def of(pairs: Pairs) -> Floats:
        equal = code[pairs[0]] == code[pairs[1]]
        return np.column_stack([equal, equal * rarity[pairs[0]]]).astype(np.float64)

    return of


def near(values: Sequence[float]) -> Callable[[Pairs], Floats]:
    """How far two numbers are apart, plainly and by their logarithm."""
    array = np.asarray(values, np.float64)

    def of(pairs: Pairs) -> Floats:
        apart = np.abs(array[pairs[0]] - array[pairs[1]])
        return np.column_stack([apart, np.log1p(apart), apart == 0]).astype(np.float64)

    return of


def alike(table: Floats) -> Callable[[Pairs], Floats]:
    """The cosine of two rows of grams."""
    return lambda pairs: np.einsum("ij,ij->i", table[pairs[0]], table[pairs[1]])[:, None]


def apart(table: Floats) -> Callable[[Pairs], Floats]:
    """The distance of two rows in each of their shares."""
    return lambda pairs: np.sqrt(np.abs(table[pairs[0]] - table[pairs[1]]))


def _mask(word: str) -> str:
    return "".join("X" if c.isupper() else "x" for c in word)


def _bucket(gram: str) -> int:
    return zlib.crc32(gram.encode("utf-8", "surrogatepass")) % _BUCKETS
