"""What is read off an expression, and the projection it is written for."""

from __future__ import annotations

import pytest
import regex  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.privacy.presidio.projection import project
from streams.privacy.presidio.shape import NoShapeError, shape

FLAGS = regex.DOTALL | regex.MULTILINE | regex.IGNORECASE
EXPRESSIONS = (
    *(r"\b\d{3}-\d{2}\b", r"[a-f0-9]{4}\.\w+", r"\w+@\w+(?:\.\w+)+", r"(?<![\w:])::\d", r"(a|bc)+\1", r"[^\s,]{2,5}!"),
    *(r"K\w", r"[^k]s", r"\Dx\S", r"(?:x|y){2,100}z?", r"\W\d"),
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.sampled_from(EXPRESSIONS),
    st.text("ab\u00e9cfxyz09 k\u212as\u017fKS.,-:@!\n\u0663\u2028\u00a0\u0301\U00011f52", max_size=40),
)
def test_a_match_s_end_is_an_end_of_the_scan_or_the_scan_hits_inside_of_it(expression: str, text: str) -> None:
    """The scanner's own engine reports every end; `regex` over the projection stands in for it."""
    known = shape(expression, FLAGS)
    flags = regex.IGNORECASE if known.caseless else 0
    scan = regex.compile(known.scan.encode(), flags | regex.ASCII)
    projected = project(text)
    assert len(projected) == len(text)
    ends = {
        end
        for start in range(len(text))
        for end in range(start + 1, len(text) + 1)
        if scan.fullmatch(projected, start, end)
    }
    for match in regex.compile(expression, FLAGS).finditer(text):
        if match.end() > match.start():
            assert all(any(sign in match.group() for sign in signs) for signs in known.needed)
            assert known.excluded.isdisjoint(match.group())
            if known.bounded:
                assert known.width is not None
                assert match.end() - match.start() <= known.width
                assert match.end() in ends
            else:
                assert any(match.start() < end <= match.end() for end in ends)


@pytest.mark.parametrize(
    "expression",
    [r"(?:foo){e<=1}", r"\p{L}+", r"\Aa", r"[[:alpha:]]", r"a*", r"(?=.*x)a", r"(*FAIL)", r"(a)?(?(1)b|c)"],
)
def test_what_re_does_not_read_as_regex_does_has_no_shape(expression: str) -> None:
    with pytest.raises(NoShapeError):
        shape(expression, FLAGS)


@given(st.text(max_size=30))
def test_the_projection_keeps_words_digits_and_spaces_apart(text: str) -> None:
    for sign, byte in zip(text, project(text), strict=True):
        for category in (r"\w", r"\d", r"\s"):
            assert bool(regex.match(category, sign)) == bool(regex.match(category, chr(byte)))
