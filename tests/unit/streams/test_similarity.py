"""The measures of an edit, on cases checked by hand."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.rows import Span
from streams import similarity
from streams.alignment import Alignment


@pytest.mark.parametrize(
    ("suggestion", "final", "similar", "retained"),
    [
        ("", "", 1.0, 1.0),
        ("abcd", "abcd", 1.0, 1.0),
        ("abcd", "", 0.0, 0.0),
        ("abcdef", "abcdxx", 2 * 4 / 12, 1 / 3),  # LCS 4; of abcd bcde cdef one is kept
        ("aaaaa", "aaaa", 2 * 4 / 9, 1 / 2),  # 4-grams count with multiplicity
        ("ab", "xaby", 2 * 2 / 6, 1.0),  # shorter than a 4-gram: the whole is the gram
    ],
)
def test_similarity_and_retention(suggestion: str, final: str, similar: float, retained: float) -> None:
    assert similarity.similarity(suggestion, final) == pytest.approx(similar)
    assert similarity.retention_4gram(suggestion, final) == pytest.approx(retained)


@pytest.mark.parametrize(
    ("before", "suggestion", "final", "expected"),
    [
        ("old text", "new text", "new text", 1.0),
        ("old text", "new text", "old text", 0.0),
        ("same", "same", "other", 1.0),  # nothing was proposed, nothing can be undone
        ("", "fresh", "", 0.0),
    ],
)
def test_no_revert(before: str, suggestion: str, final: str, expected: float) -> None:
    assert similarity.no_revert(before, suggestion, final) == pytest.approx(expected)


def test_spans_name_what_was_kept_and_what_is_new() -> None:
    assert Alignment.of("the quick fox", "the slow fox").spans()[0][0] == Span(0, 4)
    assert Alignment.of("abc", "abc d").spans() == ([Span(0, 3)], [Span(3, 5)])
    assert Alignment.of("", "new").spans() == ([], [Span(0, 3)])


def test_a_megabyte_is_aligned_by_lines() -> None:
    old = "".join(f"line {i}\n" for i in range(60_000))
    new = old.replace("line 30000\n", "changed\n")
    kept, edited = Alignment.of(old, new).spans()
    assert [new[s.start : s.end] for s in edited] == ["changed\n"]
    assert len(kept) == 2
    assert similarity.similarity(old, new) > 0.999


@given(st.text(max_size=60), st.text(max_size=60))
def test_spans_are_ordered_disjoint_and_spell_the_same_text(suggestion: str, final: str) -> None:
    kept, edited = Alignment.of(suggestion, final).spans()
    for ranges, text in ((kept, suggestion), (edited, final)):
        assert all(0 <= s.start < s.end <= len(text) for s in ranges)
        assert all(a.end < b.start for a, b in itertools.pairwise(ranges))
    kept_text = "".join(suggestion[s.start : s.end] for s in kept)
    rest = list(final)
    for span in edited:
        rest[span.start : span.end] = [""] * (span.end - span.start)
    assert "".join(rest) == kept_text
