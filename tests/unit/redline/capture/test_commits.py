from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redline.capture.commits import Kept, Offer, kept

FILE = "import os\n\ndef load(path):\n    return open(path).read()\n\ndef save(path):\n    pass\n"
BEFORE = "    return open(path).read()\n"
TEXT = "    with open(path, encoding='utf-8') as file:\n        return file.read()\n"
OFFER = Offer("i", BEFORE, TEXT)
TAKEN = FILE.replace(BEFORE, TEXT)


@pytest.mark.parametrize(
    ("committed", "expected"),
    [
        pytest.param(TAKEN, TEXT, id="as it was"),
        pytest.param(
            TAKEN.replace("file.read()", "file.read().strip()"), TEXT.replace("read()", "read().strip()"), id="edited"
        ),
        pytest.param(
            FILE.replace(BEFORE, "    return open(path, encoding='utf-8').read()\n"),
            "    return open(path, encoding='utf-8').read()\n",
            id="edited until it is nearer to what was before",
        ),
        pytest.param("# new\n# lines\n" + TAKEN + "\nmore = 1\n", TEXT, id="lines around it"),
        pytest.param(TAKEN.replace("'utf-8'", '"utf-8"'), TEXT, id="a formatter's quotes"),
        pytest.param(TAKEN.replace("        return", "\treturn"), TEXT, id="a formatter's tabs"),
        pytest.param(TAKEN.replace("\n", "\r\n"), TEXT, id="line ends"),
        pytest.param(FILE.replace("pass", "return 1"), None, id="not in this commit"),
        pytest.param(FILE.replace(BEFORE, ""), None, id="deleted"),
        pytest.param("", None, id="emptied"),
        pytest.param("completely = 'other'\n" * 30, None, id="another file"),
    ],
)
def test_what_a_commit_says_of_a_proposal(committed: str, expected: str | None) -> None:
    assert kept([OFFER], FILE, committed) == ([] if expected is None else [Kept("i", expected)])


def test_line_ends_of_the_proposal_are_kept() -> None:
    offer = Offer("i", BEFORE.replace("\n", "\r\n"), TEXT.replace("\n", "\r\n"))
    edited = TAKEN.replace("file.read()", "file.read(9)")
    assert kept([offer], FILE.replace("\n", "\r\n"), edited.replace("\n", "\r\n")) == [
        Kept("i", TEXT.replace("read()", "read(9)").replace("\n", "\r\n"))
    ]


def test_a_new_file_is_the_proposal_s_whole_text() -> None:
    text = "a = 1\nb = 2\nc = 3\n"
    assert kept([Offer("w", "", text)], "", text.replace("2", "22")) == [Kept("w", text.replace("2", "22"))]


def test_a_later_proposal_over_an_earlier_one_leaves_only_the_later() -> None:
    later = Offer("j", TEXT, TEXT.replace("utf-8", "latin-1"))
    assert kept([OFFER, later], FILE, FILE.replace(BEFORE, later.text)) == [Kept("j", later.text)]


def test_proposals_beside_each_other_are_told_apart() -> None:
    other = Offer("j", "    pass\n", "    with open(path, 'w') as file:\n        file.write('')\n")
    committed = TAKEN.replace("    pass\n", other.text.replace("''", "'x'")).replace("file.read()", "file.read(1)")
    assert kept([OFFER, other], FILE, committed) == [
        Kept("i", TEXT.replace("read()", "read(1)")),
        Kept("j", other.text.replace("''", "'x'")),
    ]


def test_a_place_that_is_not_the_only_one_is_not_guessed() -> None:
    assert kept([Offer("i", "x = 1\n", "x = 2\n")], "x = 1\nx = 1\n", "x = 2\nx = 1\n") == []


lines = st.lists(st.sampled_from(["a = 1\n", "b = 2\n", "\n", "    pass\n", "def f():\n"]), max_size=12).map("".join)


@given(lines, lines, lines, lines)
def test_a_proposal_that_is_committed_as_it_was_is_never_an_edit(head: str, before: str, text: str, tail: str) -> None:
    parent = head + before + tail
    if not before or parent.count(before) != 1 or not text.strip():
        return
    for found in kept([Offer("i", before, text)], parent, head + text + tail):
        assert found.text == text
