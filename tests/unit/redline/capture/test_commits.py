from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redline.capture import commits
from redline.capture.commits import Kept, Said, said
from schemas.sources.claude_code.proposals import Piece

FILE = "import os\n\ndef load(path):\n    return open(path).read()\n\ndef save(path):\n    pass\n"
BEFORE = "    return open(path).read()\n"
TEXT = "    with open(path, encoding='utf-8') as file:\n        return file.read()\n"


def Offer(name: str, before: str, text: str) -> commits.Offer:  # noqa: N802 - one of a single piece
    return commits.Offer(name, (Piece(before, text),))


def kept(offers: list[commits.Offer], parent: str, committed: str) -> list[Kept]:
    return said(offers, parent, committed).kept


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
    text = TEXT.replace("utf-8", "latin-1")
    later = Offer("j", TEXT, text)
    assert said([OFFER, later], FILE, FILE.replace(BEFORE, text)) == Said([Kept("j", text)], overtaken=["i"])
    assert said([OFFER, later], FILE, FILE.replace("pass", "return 1")).overtaken == []  # the later one may go again


def test_what_reads_as_before_is_undone_or_not_committed_yet() -> None:
    assert said([OFFER], FILE, FILE.replace("pass", "return 1")) == Said(undone=["i"])
    assert said([OFFER], FILE, FILE) == Said(undone=["i"])
    assert said([OFFER], FILE, FILE.replace("open(path)", "open(path, 'r')")) == Said()


MULTI = commits.Offer("m", (Piece("import os\n", "import io\nimport os\n"), Piece(BEFORE, TEXT)))
BOTH = TAKEN.replace("import os\n", "import io\nimport os\n")


@pytest.mark.parametrize(
    ("committed", "expected"),
    [
        pytest.param(BOTH, "import io\nimport os\n\n" + TEXT, id="as it was"),
        pytest.param(
            BOTH.replace("read()", "read(9)"), "import io\nimport os\n\n" + TEXT.replace("read()", "read(9)"), id="one"
        ),
        pytest.param(TAKEN, "import os\n\n" + TEXT, id="one piece undone"),
        pytest.param("other = 1\n" * 30, None, id="another file"),
    ],
)
def test_the_pieces_of_a_proposal_are_followed_one_by_one(committed: str, expected: str | None) -> None:
    assert kept([MULTI], FILE, committed) == ([] if expected is None else [Kept("m", expected)])
    assert said([MULTI], FILE, FILE) == Said(undone=["m"])


def test_a_proposal_of_which_a_piece_has_no_place_is_not_laid_at_all() -> None:
    half = commits.Offer("h", (Piece("    pass\n", "    return 1\n"), Piece("not there", "x")))
    assert said([half, OFFER], FILE, TAKEN) == Said([Kept("i", TEXT)])


EVERY = commits.Offer("e", (Piece("path", "name", every=True),))


@pytest.mark.parametrize(
    ("committed", "expected"),
    [
        (FILE.replace("path", "name"), "name"),
        (FILE.replace("path", "filename"), "filename"),
        (FILE.replace("path", "name").replace("save(name)", "save(filename)"), "name"),
        (FILE.replace("path", "name", 1).replace("path", "filename", 1), None),
    ],
)
def test_of_a_piece_in_several_places_what_stands_at_most_of_them_is_said(committed: str, expected: str | None) -> None:
    assert kept([EVERY], FILE, committed) == ([] if expected is None else [Kept("e", expected)])


def book(**sources: str | list[str]) -> str:
    return json.dumps({"cells": [{"id": name, "cell_type": "code", "source": text} for name, text in sources.items()]})


def test_a_cell_of_a_notebook_is_known_by_its_id() -> None:
    offer = commits.Offer("c", (Piece("", "y = 2\n"),), cell="b")
    before = book(a="x = 1\n", b="y = 1\n")
    assert said([offer], before, book(b=["y = 22\n"], a="x = 1\n")) == Said([Kept("c", "y = 22\n")])
    assert said([offer], before, book(a="x = 5\n", b="y = 1\n")) == Said(undone=["c"])
    later = commits.Offer("d", (Piece("", "y = 3\n"),), cell="b")
    assert said([offer, later], before, book(b="y = 3\n")) == Said([Kept("d", "y = 3\n")], overtaken=["c"])
    for nothing in (book(a="x"), "{", "[]", "", '{"cells": [{"id": 5}]}', "[" * 100_000):
        assert said([offer], before, nothing) == Said()


@given(st.lists(st.text("ab\n", max_size=4), max_size=4), st.text("ab\n", max_size=12), st.text("ab\n", max_size=12))
def test_any_pieces_over_any_file_end_in_something_sayable(pieces: list[str], parent: str, committed: str) -> None:
    offers = [
        commits.Offer(str(n), (Piece(one, other, every=n % 2 == 0), Piece(other, one)))
        for n, (one, other) in enumerate(itertools.pairwise(pieces))
    ]
    found = said(offers, parent, committed)
    names = [*(one.interaction_id for one in found.kept), *found.overtaken, *found.undone]
    assert len(names) == len(set(names))


def test_proposals_beside_each_other_are_told_apart() -> None:
    text = "    with open(path, 'w') as file:\n        file.write('')\n"
    other = Offer("j", "    pass\n", text)
    committed = TAKEN.replace("    pass\n", text.replace("''", "'x'")).replace("file.read()", "file.read(1)")
    assert kept([OFFER, other], FILE, committed) == [
        Kept("i", TEXT.replace("read()", "read(1)")),
        Kept("j", text.replace("''", "'x'")),
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


def test_a_piece_with_too_many_places_is_left_alone() -> None:
    offer = commits.Offer("e", (Piece("a", "b", every=True),))
    assert said([offer], "a" * 1_000_000, "b" * 1_000_000) == Said()
