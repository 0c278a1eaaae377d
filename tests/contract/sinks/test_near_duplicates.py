"""Near-duplicates against brute force: exact Jaccard of every pair of rows, of texts with known variants."""

import random
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import InputError
from sinks.export.disjoint import Disjoint
from sinks.export.near_duplicates import SHINGLE, NearDuplicates
from sinks.export.shingles import grams, tokens

_SAID = """the owner of a tenant can change its plan until the invoice is closed and after that only support may do it
please look at the second paragraph because it says that nobody was told about the delay of the delivery"""
PROSE = _SAID.split()
CODE = [
    "def",
    "return",
    "(",
    ")",
    ":",
    "=",
    "+",
    "self",
    ".",
    "items",
    "for",
    "in",
    "if",
    "not",
    "None",
    "[",
    "]",
    "\n",
]


def made(rng: random.Random, words: list[str], count: int) -> list[str]:
    return [rng.choice(words) + (str(rng.randrange(90)) if rng.random() < 0.3 else "") for _ in range(count)]


def variant(rng: random.Random, words: list[str], edits: int) -> list[str]:
    """The text with some words replaced, dropped or put in."""
    words = list(words)
    for _ in range(edits):
        at = rng.randrange(len(words))
        words[at : at + rng.randrange(2)] = made(rng, PROSE, rng.randrange(1, 3))
    return words


def corpus(seed: int) -> list[str]:
    """Originals of 6 to 600 words, and up to three variants of each, some far from it and some near."""
    rng = random.Random(seed)  # noqa: S311 - texts for a test
    rows = []
    for _ in range(120):
        words = made(rng, rng.choice([PROSE, CODE]), rng.choice([6, 12, 40, 100, 250, 600]))
        rows.append(" ".join(words))
        for _ in range(rng.randrange(4)):
            rows.append(" ".join(variant(rng, words, rng.randrange(1 + len(words) // 12))))  # noqa: PERF401
    rng.shuffle(rows)
    return rows


def sets_of(texts: list[str]) -> list[frozenset[int]]:
    runs = grams(tokens(texts, punctuation=True), SHINGLE)
    return [frozenset(runs.hashes[runs.texts == i].tolist()) for i in range(len(texts))]


def jaccard(a: frozenset[int], b: frozenset[int]) -> float:
    return len(a & b) / len(a | b) if a or b else 1.0


def least_of_clusters(pairs: list[tuple[int, int]], count: int) -> set[int]:
    sets = Disjoint(count)
    sets.unite([a for a, _ in pairs], [b for _, b in pairs])
    return set(np.flatnonzero(sets.sets() != np.arange(count)).tolist())


def dropped(folder: Path, *parts: list[str], seed: int = 1, threshold: float = 0.85, step: int = 97) -> set[int]:
    """Rows added in batches; their order keys are their places."""
    found = NearDuplicates(folder / "near", seed, threshold, parts=len(parts))
    for start in range(0, len(parts[0]), step):
        rows = [part[start : start + step] for part in parts]
        found.add(np.arange(start, start + len(rows[0]), dtype=np.uint64), *rows)
    return set(found.dropped().tolist())


@pytest.mark.parametrize("threshold", [0.7, 0.85])
def test_what_is_dropped_is_what_brute_force_drops_but_for_pairs_at_the_threshold(
    tmp_path: Path, threshold: float
) -> None:
    texts = corpus(1)
    sets = sets_of(texts)
    indices = {(a, b): jaccard(sets[a], sets[b]) for a, b in combinations(range(len(texts)), 2)}
    near = 0.05  # two and a half standard errors
    surely = least_of_clusters([pair for pair, j in indices.items() if j >= threshold + near], len(texts))
    perhaps = least_of_clusters([pair for pair, j in indices.items() if j >= threshold - near], len(texts))
    exactly = least_of_clusters([pair for pair, j in indices.items() if j >= threshold], len(texts))
    found = dropped(tmp_path, texts, threshold=threshold)
    assert surely <= found <= perhaps
    assert len(found & exactly) >= 0.95 * max(len(exactly), len(found))


def test_neither_batches_nor_the_order_of_arrival_matter(tmp_path: Path) -> None:
    texts = corpus(2)
    expected = dropped(tmp_path, texts)
    assert dropped(tmp_path, texts, step=1000) == expected
    found = NearDuplicates(tmp_path / "near", 1)
    places = np.random.default_rng(1).permutation(len(texts))
    found.add(places.astype(np.uint64), [texts[place] for place in places])
    assert set(found.dropped().tolist()) == expected
    assert not (tmp_path / "near").exists()


def test_each_part_must_be_near(tmp_path: Path) -> None:
    rng = random.Random(3)  # noqa: S311 - texts for a test
    question, other, answer, another = (" ".join(made(rng, PROSE, 60)) for _ in range(4))
    questions = [question, question, other, question + " now", ""]
    answers = [answer, another, answer, answer, answer]
    assert dropped(tmp_path, questions, answers) == {3}


def test_texts_are_the_same_whatever_their_case_and_spaces(tmp_path: Path) -> None:
    texts = ["if x:\n    return ALL(y)", "if x : return all( y )", "if x: return any(y)", "ok", "OK ", "no", "", " "]
    assert dropped(tmp_path, texts) == {1, 4, 7}


@settings(max_examples=25)
@given(st.lists(st.sampled_from(["", "a", "a b", "b a", "a b c d e f", "返す", "\ud800"]), max_size=12), st.data())
def test_of_equal_texts_the_one_with_the_least_key_stays(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], data: st.DataObject
) -> None:
    keys = data.draw(st.lists(st.integers(0, 2**64 - 1), min_size=len(texts), max_size=len(texts), unique=True))
    least = {text: min(k for k, t in zip(keys, texts, strict=True) if t == text) for text in texts}
    found = NearDuplicates(tmp_path_factory.mktemp("near") / "x", 9)
    found.add(np.array(keys, np.uint64), texts)
    assert found.dropped().tolist() == sorted(set(keys) - set(least.values()))


def test_a_long_text_is_near_to_one_with_a_few_words_changed(tmp_path: Path) -> None:
    rng = random.Random(4)  # noqa: S311 - texts for a test
    words = made(rng, PROSE, 150_000)
    changed = " ".join(variant(rng, words, 2_000))
    far = " ".join(made(rng, PROSE, 150_000))
    assert dropped(tmp_path, [" ".join(words), changed, far], step=1) == {1}


@pytest.mark.parametrize("threshold", [0.4, 1.01, float("nan")])
def test_a_threshold_that_finds_everything_or_nothing_is_refused(tmp_path: Path, threshold: float) -> None:
    with pytest.raises(InputError, match="needed a threshold"):
        NearDuplicates(tmp_path / "near", 1, threshold)
