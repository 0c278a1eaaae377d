import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.export.shingles import Grams, batches, grams, tokens

texts = st.lists(
    st.text(
        st.one_of(
            st.sampled_from("ab_9 .(\n\0\tÄßé\xd7÷¿«\u0301\uff0c。「アの龍한ก😀\u2019\u2014\xa0\ud800\ufb01"),
            st.characters(),
        ),
        max_size=40,
    ),
    max_size=6,
)


def read(text: str, *, punctuation: bool) -> list[str]:
    """The rule of the module, one character at a time."""
    found: list[str] = []
    word = ""
    for character in [*unicodedata.normalize("NFKC", text).lower(), " "]:
        encoded = character.encode("utf-8", "surrogatepass")
        sign = encoded[0] in {0xC2, 0xE2} or encoded[:2] == b"\xe3\x80"
        if (len(encoded) == 1 and (character.isalnum() or character == "_")) or (len(encoded) == 2 and not sign):
            word += character
            continue
        found += [word] if word else []
        word = ""
        letter = len(encoded) > 2 and not sign
        visible = sign or (character > " " and character != "\x7f")
        if letter or (punctuation and visible):
            found.append(character)
    return found


def per_text(found: Grams, count: int) -> list[list[int]]:
    return [found.hashes[found.texts == i].tolist() for i in range(count)]


@given(texts, st.booleans())
def test_tokens_are_those_of_the_rule_and_have_one_hash_each(many: list[str], punctuation: bool) -> None:
    expected = [read(text, punctuation=punctuation) for text in many]
    found = per_text(tokens(many, punctuation=punctuation), len(many))
    assert [len(one) for one in found] == [len(one) for one in expected]
    pairs = {(t, h) for row, hashes in zip(expected, found, strict=True) for t, h in zip(row, hashes, strict=True)}
    assert len({t for t, _ in pairs}) == len({h for _, h in pairs}) == len(pairs)


@given(texts, st.integers(1, 8))
def test_runs_are_the_windows_of_each_text_and_a_short_text_is_one(many: list[str], length: int) -> None:
    found = tokens(many, punctuation=True)
    rows = [tuple(one) for one in per_text(found, len(many))]
    expected = [[row[i : i + length] for i in range(len(row) - length + 1)] or ([row] if row else []) for row in rows]
    runs = grams(found, length)
    assert np.all(np.diff(runs.texts) >= 0)
    hashes = per_text(runs, len(many))
    assert [len(one) for one in hashes] == [len(one) for one in expected]
    pairs = {(t, h) for row, of in zip(expected, hashes, strict=True) for t, h in zip(row, of, strict=True)}
    assert len({t for t, _ in pairs}) == len({h for _, h in pairs}) == len(pairs)
    assert per_text(grams(found, length, short=False), len(many)) == [
        one if len(row) >= length else [] for row, one in zip(rows, hashes, strict=True)
    ]


def test_hashes_never_change() -> None:
    """An export made next year on another machine must drop the same rows."""
    found = tokens(["Return x+1", "返す"], punctuation=True)
    assert found.texts.tolist() == [0, 0, 0, 0, 1, 1]
    assert found.hashes.tolist() == PINNED


PINNED = [
    8582299527850991740,
    16212245534667927157,
    11334844188281805251,
    1610418083975819161,
    8134814449150819160,
    2617966184341977930,
]


def test_one_long_text_is_read_like_many_short_ones() -> None:
    part = "value = compute(前, after) # ok\n"
    once = tokens([part], punctuation=True).hashes.tolist()
    assert tokens([part * 30_000], punctuation=True).hashes.tolist() == once * 30_000


@given(st.lists(st.integers(0, 300_000).map("x".__mul__), max_size=5), st.integers(0, 3000))
def test_batches_cover_a_list_and_are_bounded(long: list[str], short: int) -> None:
    many = long + ["y"] * short
    parts = list(batches(many))
    assert [text for part in parts for text in many[part]] == many
    assert all(sum(map(len, many[p])) <= 1 << 17 or p.stop - p.start == 1 for p in parts)
    assert all(0 < p.stop - p.start <= 1024 for p in parts)


@pytest.mark.parametrize("punctuation", [True, False])
def test_nothing_gives_nothing(punctuation: bool) -> None:
    for many in ([], [""], ["", " \n", "\0"]):
        found = tokens(many, punctuation=punctuation)
        assert not len(found.hashes)
        assert not len(grams(found, 5).hashes)
