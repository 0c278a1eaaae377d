"""What was done to a suggestion, on cases worked out by hand, and what holds for any two texts."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Indel

from streams import alignment
from streams.alignment import matches
from streams.edit_metrics import measure
from streams.identifiers import identifier_match, identifiers, is_code
from streams.words import Words

E_ACUTE = "e\u0301"  # two code points, one sign
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"  # five code points, one sign
ALEPH, BET, GIMEL = "\u05d0\u05d1", "\u05d2\u05d3", "\u05d4\u05d5"


@dataclass
class Case:
    """`words`: kept, inserted, deleted; `segments` likewise, and moved; `kept` and `edited`: the texts of the spans."""

    name: str
    suggestion: str
    final: str
    kind: str
    words: tuple[int, int, int]
    segments: tuple[int, int, int, int]
    kept: list[str]
    edited: list[str]
    score: float
    """Identifier match of code, edit rate of prose."""
    code: bool = False


CASES = [
    Case("both empty", "", "", "none", (0, 0, 0), (0, 0, 0, 0), [], [], 0.0),
    Case("all deleted", "one two", "", "rewrote", (0, 0, 2), (0, 0, 1, 0), [], [], 1.0),
    Case("written anew", "", "one two", "rewrote", (0, 2, 0), (0, 1, 0, 0), [], ["one two"], 1.0),
    Case("taken as it is", "Yes. No.", "Yes. No.", "none", (4, 0, 0), (2, 0, 0, 0), ["Yes. No."], [], 0.0),
    Case("only white space, other", "  ", " \n", "whitespace", (0, 0, 0), (0, 0, 0, 0), [" "], ["\n"], 0.0),
    Case("white space for text", "a", " ", "rewrote", (0, 0, 1), (0, 0, 1, 0), [], [" "], 1.0),
    Case(
        "a word for another",
        "the quick red fox runs",
        "the quick old fox runs",
        "polished",
        (4, 1, 1),
        (0, 1, 1, 0),
        ["the quick ", "fox runs"],
        ["old "],
        1 / 5,
    ),
    Case("a word more", "a b", "a x b", "polished", (2, 1, 0), (0, 1, 1, 0), ["a b"], ["x "], 1 / 3),
    Case("a word less", "a x b", "a b", "polished", (2, 0, 1), (0, 1, 1, 0), ["a ", "b"], [], 1 / 2),
    Case("two thirds of the words", "a b c", "a b d", "polished", (2, 1, 1), (0, 1, 1, 0), ["a b "], ["d"], 1 / 3),
    Case("less of them", "a b c", "a d e", "rewrote", (1, 2, 2), (0, 1, 1, 0), ["a "], ["d e"], 2 / 3),
    Case(
        "kept, and twice as much besides",
        "a b",
        "a b c d e f",
        "rewrote",
        (2, 4, 0),
        (0, 1, 1, 0),
        ["a b"],
        [" c d e f"],
        4 / 6,
    ),
    Case("a capital", "We know", "we know", "rewrote", (1, 1, 1), (0, 1, 1, 0), ["know"], ["we "], 1 / 2),
    # Lines.
    Case(
        "CRLF for LF",
        "a b\nc\n",
        "a b\r\nc\r\n",
        "whitespace",
        (3, 0, 0),
        (2, 0, 0, 0),
        ["a b", "c"],
        ["\r\n", "\r\n"],
        0.0,
    ),
    Case("a line end at the end", "a\nb", "a\nb\n", "whitespace", (2, 0, 0), (2, 0, 0, 0), ["a\nb"], ["\n"], 0.0),
    Case("a blank line more", "a\nb", "a\n\nb", "whitespace", (2, 0, 0), (2, 0, 0, 0), ["a", "b"], ["\n\n"], 0.0),
    Case(
        "one line of three",
        "one\ntwo\nthree\n",
        "one\nzwei\nthree\n",
        "polished",
        (2, 1, 1),
        (2, 1, 1, 0),
        ["one\n", "three\n"],
        ["zwei\n"],
        1 / 3,
    ),
    # Two lines are kept in order, the third has moved: two words deleted and two inserted, 4 edits of 6 words.
    Case(
        "a block moved",
        "a b\nc d\ne f\n",
        "e f\na b\nc d\n",
        "polished",
        (4, 2, 2),
        (2, 1, 1, 1),
        ["a b\nc d\n"],
        ["e f\n"],
        4 / 6,
    ),
    Case(
        "signs alone do not move",
        "}\na\nb\n",
        "a\nb\n}\n",
        "polished",
        (2, 1, 1),
        (2, 1, 1, 0),
        ["a\nb\n"],
        ["}\n"],
        2 / 3,
    ),
    # Sentences.
    Case(
        "a sentence of two",
        "It rains. We stay.",
        "It rains. They leave now.",
        "rewrote",
        (4, 3, 2),
        (1, 1, 1, 0),
        ["It rains. ", "."],
        ["They leave now"],
        3 / 7,
    ),
    Case(
        "sentences that changed places",
        "It rains. We stay. So what?",
        "We stay. It rains. So what?",
        "polished",
        (6, 3, 3),
        (2, 1, 1, 1),
        ["It rains. ", "So what?"],
        ["We stay. "],
        4 / 9,  # It for We, rains for stay, and back
    ),
    # Scripts and signs.
    Case(
        "a combining mark",
        f"caf{E_ACUTE} noir",
        "cafe noir",
        "rewrote",
        (1, 1, 1),
        (0, 1, 1, 0),
        ["noir"],
        ["cafe "],
        1 / 2,
    ),
    Case(
        "an emoji of five",
        f"ok {FAMILY}!",
        f"ok {FAMILY}",
        "polished",
        (2, 0, 1),
        (0, 1, 1, 0),
        [f"ok {FAMILY}"],
        [],
        1 / 2,
    ),
    Case(
        "an emoji for one that begins like it",
        f"ok {FAMILY}",
        "ok \U0001f468",
        "rewrote",
        (1, 1, 1),
        (0, 1, 1, 0),
        ["ok "],
        ["\U0001f468"],
        1 / 2,
    ),
    Case(
        "flags",
        "\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7",
        "\U0001f1eb\U0001f1f7",
        "polished",
        (1, 0, 1),
        (0, 1, 1, 0),
        ["\U0001f1eb\U0001f1f7"],
        [],
        1.0,
    ),
    Case(
        "right to left",
        f"{ALEPH} {BET} {GIMEL}",
        f"{ALEPH} {GIMEL}",
        "polished",
        (2, 0, 1),
        (0, 1, 1, 0),
        [f"{ALEPH} ", GIMEL],
        [],
        1 / 2,
    ),
    Case(
        "Chinese, by characters and sentences",
        "\u6211\u559c\u6b22\u732b\u3002\u4ed6\u6765\u3002",
        "\u6211\u559c\u6b22\u72d7\u3002\u4ed6\u6765\u3002",
        "polished",
        (7, 1, 1),
        (1, 1, 1, 0),
        ["\u6211\u559c\u6b22", "\u3002\u4ed6\u6765\u3002"],
        ["\u72d7"],
        1 / 8,
    ),
    # Code.
    Case(
        "a name for another",
        "def f(left):\n    return left\n",
        "def f(right):\n    return right\n",
        "polished",  # def f ( ) : return are 6 of 8
        (6, 2, 2),
        (0, 2, 2, 0),
        ["def f(", "):\n    return ", "\n"],
        ["right", "right"],
        2 * 1 / 4,  # f of {f, left} and {f, right}
        code=True,
    ),
    Case(
        "indented anew",
        "if x:\n  y()\n",
        "if x:\n    y()\n",
        "whitespace",
        (6, 0, 0),
        (2, 0, 0, 0),
        ["if x:", "y()\n"],
        ["\n    "],
        1.0,
        code=True,
    ),
    Case(
        "put into a block",
        "y()\nz()\n",
        "if x:\n    y()\n    z()\n",
        "polished",  # 2 * 6 of 6 and 9 words
        (6, 3, 0),
        (2, 1, 0, 0),
        ["y()", "z()\n"],
        ["if x:\n    ", "\n    "],
        4 / 5,
        code=True,
    ),
    Case(
        "a comment and a string",
        "go(1)  # left\n",
        'go("left")  # right\n',
        "rewrote",  # go ( ) # of 6 and 8
        (4, 4, 2),
        (0, 1, 1, 0),
        ["go(", ")  # ", "\n"],
        ['"left"', "right"],
        1.0,
        code=True,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_edit_by_hand(case: Case) -> None:
    language, surface = ("python", "ide") if case.code else ("", "doc")
    found = measure(case.suggestion, case.final, language=language, surface=surface)
    kept = [case.suggestion[span.start : span.end] for span in found.kept_spans]
    edited = [case.final[span.start : span.end] for span in found.edited_spans]
    words = (found.words.kept, found.words.inserted, found.words.deleted)
    segments = (found.segments.kept, found.segments.inserted, found.segments.deleted, found.segments.moved)
    assert (kept, edited) == (case.kept, case.edited)
    assert (found.kind, words, segments) == (case.kind, case.words, case.segments)
    score, other = (found.identifier_match, found.edit_rate) if case.code else (found.edit_rate, found.identifier_match)
    assert score == pytest.approx(case.score)
    assert other is None


def test_lines_and_sentences_are_named_by_where_they_stand() -> None:
    code = measure("a = 1\n\n  b = 2\nc = 3\n", "a = 1\n    b = 2\nd = 4\n", language="python")
    assert [(s.start, s.end) for s in code.kept_segments] == [
        (0, 14)
    ]  # from `a` to the 2 of `b = 2`, blank line and all
    assert [(s.start, s.end) for s in code.edited_segments] == [(16, 21)]
    prose = measure("One. Two.", "Zero. Two. Three.", surface="doc")
    assert [(s.start, s.end) for s in prose.kept_segments] == [(5, 9)]
    assert [(s.start, s.end) for s in prose.edited_segments] == [(0, 5), (11, 17)]


texts = st.text(st.sampled_from("ab \n\r.(_\u0301\u6211\u3002\U0001f468\u200d"), max_size=30) | st.text(max_size=30)


@given(texts, texts, st.booleans())
def test_spans_tile_both_texts_and_counts_add_up(suggestion: str, final: str, code: bool) -> None:
    found = measure(suggestion, final, surface="ide" if code else "doc")
    for spans, text in (
        (found.kept_spans, suggestion),
        (found.edited_spans, final),
        (found.kept_segments, suggestion),
        (found.edited_segments, final),
    ):
        assert all(0 <= s.start < s.end <= len(text) for s in spans)
        assert all(a.end <= b.start for a, b in itertools.pairwise(spans))
    rest = list(final)
    for span in found.edited_spans:
        rest[span.start : span.end] = [""] * (span.end - span.start)
    assert "".join(rest) == "".join(suggestion[s.start : s.end] for s in found.kept_spans)
    both = (
        (suggestion, found.words.deleted, found.segments.deleted),
        (final, found.words.inserted, found.segments.inserted),
    )
    for text, words, segments in both:
        cut = Words.of(text)
        assert found.words.kept + words == len(cut)
        assert found.segments.kept + segments == len(cut.segments(prose=not code))
    assert found.segments.moved <= min(found.segments.inserted, found.segments.deleted)
    assert (found.kind == "none") == (suggestion == final)
    assert (found.kind in {"none", "whitespace"}) == (Words.of(suggestion).values() == Words.of(final).values())


@given(texts, texts)
def test_what_both_have_is_the_same_whichever_comes_first(one: str, other: str) -> None:
    there, back = measure(one, other, surface="ide"), measure(other, one, surface="ide")
    assert there.similarity == back.similarity
    assert there.identifier_match == back.identifier_match
    assert there.segments.kept == back.segments.kept
    assert 0 <= there.retention_4gram <= 1


@given(texts)
def test_words_and_segments_are_cut_so_that_nothing_is_lost(text: str) -> None:
    words = Words.of(text)
    assert "".join(words.values()) == "".join(text.split())
    for prose in (False, True):
        segments = words.segments(prose=prose)
        assert [n for start, end in segments for n in range(start, end)] == list(range(len(words)))


@given(st.text("abc", max_size=40), st.text("abc", max_size=40), st.sampled_from([1, 4, 25, 10_000]))
def test_blocks_are_equal_and_ascend_however_small_the_parts_must_be(left: str, right: str, cells: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alignment, "CELLS", cells)
        blocks = matches(left, right)
    assert all(left[i : i + n] == right[j : j + n] and n > 0 for i, j, n in blocks)
    assert all(a[0] + a[2] <= b[0] and a[1] + a[2] <= b[1] for a, b in itertools.pairwise(blocks))
    if left == right:
        assert blocks == ([(0, 0, len(left))] if left else [])


MEGABYTE = 1_000_000


@pytest.mark.parametrize(
    ("suggestion", "final", "kind", "least", "most"),
    [
        ("word " * 200_000, "word " * 160_000, "polished", 160_000, 160_000),
        ("\n" * MEGABYTE, "\n" * 800_000, "whitespace", 0, 0),
        ("x\n" * 500_000, "x\r\n" * 300_000, "polished", 300_000, 300_000),
        ("x" * MEGABYTE, "x" * MEGABYTE + "y", "rewrote", 0, 0),  # one word, however long
        # Every other line is new. No line is there once, so they are found side by side, part by part.
        ("a b\nc d\n" * 60_000, "a b\nnew\n" * 60_000, "rewrote", 100_000, 120_000),
        (" ".join(map(str, range(150_000))), " ".join(map(str, range(1, 150_001))), "polished", 149_999, 149_999),
    ],
    ids=["equal words", "empty lines", "equal lines", "one word", "every other line", "one line"],
)
def test_a_megabyte_of_anything_is_aligned(suggestion: str, final: str, kind: str, least: int, most: int) -> None:
    found = measure(suggestion, final, surface="ide")
    assert found.kind == kind
    assert least <= found.words.kept <= most
    assert 0.0 <= found.similarity < 1.0


def test_a_large_text_with_small_edits_is_close_to_what_its_characters_say() -> None:
    old = "".join(f"line {i} of the text\n" for i in range(1_500))
    new = old.replace("7 of the", "8 of a")
    assert len(old) * len(new) > alignment.CELLS
    found = measure(old, new, surface="doc")
    exact = Indel.normalized_similarity(old, new)
    assert exact - 0.03 < found.similarity < exact
    assert found.segments.kept == 1_350
    assert found.segments.moved == 0
    assert found.edit_rate == pytest.approx(2 * 150 / len(Words.of(new)))


@pytest.mark.parametrize(
    ("language", "surface", "code"),
    [
        ("Python", "chat", True),
        ("cs", "ide", True),
        ("cs", "mail", False),  # Czech
        ("pt-BR", "ide", False),
        ("markdown", "ide", False),
        ("", "terminal", True),
        ("", "ticket", False),
        ("brainfuck", "ide", True),
        ("brainfuck", "doc", False),
    ],
)
def test_code_is_told_by_its_language_and_else_by_the_surface(language: str, surface: str, code: bool) -> None:
    assert is_code(language, surface) is code


@pytest.mark.parametrize(
    ("language", "text", "names"),
    [
        ("python", 'def f(a): # b\n  return a + \'c\' + """d\n e""" + g', {"f", "a", "g"}),
        ("go", "x := y // z\n/* w\n v */ `s\n t` + u", {"x", "y", "u"}),
        ("rust", "fn f<'a>(x: &'a str) -> u8 { x }", {"f", "x", "u8", "a"}),
        ("sql", "select n -- note\nfrom t where c = 'v'", {"n", "t", "c"}),
        ("html", "<p id=x><!-- y --></p>", {"p", "id", "x"}),
        ("", 'f("open\n g', {"f", "g"}),
        ("python", "1e5 + 0x1F + x1", {"x1"}),
        ("python", "na\u00efve = \u540d", {"na\u00efve", "\u540d"}),
        ("python", "'" * 100_000 + "\\'" * 100_000, set()),
    ],
)
def test_identifiers_stand_outside_of_strings_and_comments(language: str, text: str, names: set[str]) -> None:
    assert identifiers(text, language) == names
    assert identifier_match(text, text, language) == 1.0
