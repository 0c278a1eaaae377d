"""Where a piece of a text is in a later text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.sources.regions import Region, carry, narrowed, replaced, same_but_layout

FILE = "import os\n\ndef a():\n    return 1\n\ndef b():\n    return 2\n\ndef c():\n    return 3\n"
B = "def b():\n    return 2\n"
LINES = st.lists(st.sampled_from(["a\n", "b\n", "    x = 1\n", "\n", "def f():\n", "}\n"]), max_size=12)


def image(then: str, now: str, piece: str) -> str | None:
    start = then.index(piece)
    found = carry(then, now, [Region(start, start + len(piece))])[0]
    return None if found is None else now[found.start : found.end]


@pytest.mark.parametrize(
    ("now", "piece", "expected"),
    [
        ("# new\n# lines\n" + FILE, B, B),
        (FILE.removeprefix("import os\n\n"), B, B),
        (FILE.replace("return 2", "return 22"), B, "def b():\n    return 22\n"),
        (FILE.replace("return 1", "return 11").replace("def b", "def bb"), B, "def bb():\n    return 2\n"),
        (FILE.replace(B, ""), B, ""),
        # Whole lines right before or after it are not of it, what is added within is.
        (FILE.replace(B, "@cache\n" + B), B, B),
        (FILE.replace(B, B + "\ndef new():\n    pass\n"), B, B),
        (FILE.replace(B, "def b():\n    x = 0\n    return 2\n"), B, "def b():\n    x = 0\n    return 2\n"),
        # Also where its own first or last line was changed with them.
        (FILE.replace(B, "# a note\n# more\ndef b(x):\n    return 2\n"), B, "def b(x):\n    return 2\n"),
        (FILE.replace(B, "def b():\n    return 22\n\nX = {}\nY = None\n"), B, "def b():\n    return 22\n"),
        (FILE.replace("return 2", "return 22\n\nX = {}"), "return 2", "return 22"),
        # A piece of one line.
        (FILE.replace("return 2", "return 2 + 5"), "return 2", "return 2 + 5"),
        (FILE.replace("return 2", "return 7"), "2", "7"),
        # It has moved, below what was below it.
        (FILE.replace(B, "") + "\n" + B, B, B),
        # Nothing is left of the file.
        ("something else\n", "return 2", None),
    ],
)
def test_a_region_is_found_again(now: str, piece: str, expected: str | None) -> None:
    assert image(FILE, now, piece) == expected


def test_lines_that_were_taken_out_and_put_back() -> None:
    assert carry("a\nb\n", "a\nback\nb\n", [Region(2, 2)]) == [Region(2, 7)]


@settings(deadline=None)
@given(LINES, LINES, st.data())
def test_a_region_stays_within_the_text_and_what_is_unchanged_around_it_stays_outside(
    before: list[str], after: list[str], data: st.DataObject
) -> None:
    piece, now = "PROPOSED one\nPROPOSED two\n", data.draw(st.sampled_from(["MINE\n", "PROPOSED one\nmine\n", ""]))
    then = "".join(before) + piece + "".join(after)
    start = len("".join(before))
    head = data.draw(st.sampled_from(["", "# top\n", "x\ny\n"]))
    text = head + "".join(before) + now + "".join(after)
    found = carry(then, text, [Region(start, start + len(piece))])[0]
    if found is not None:
        assert 0 <= found.start <= found.end <= len(text)
    if not head and before and after:
        assert found is not None
        assert text[found.start : found.end].strip() in {now.strip(), ""}


@settings(deadline=None)
@given(st.text(max_size=60), st.text(max_size=60), st.data())
def test_any_two_texts_give_a_range_or_nothing(then: str, now: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(then)))
    end = data.draw(st.integers(start, len(then)))
    found = carry(then, now, [Region(start, end)])[0]
    assert found is None or 0 <= found.start <= found.end <= len(now)


@settings(deadline=None)
@given(st.text("ab\n", max_size=20), st.text("ab\n", max_size=10), st.data())
def test_a_narrowed_change_is_the_same_change(text: str, new: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    first, last, changed = narrowed(text, start, end, new)
    assert text[:first] + changed + text[last:] == text[:start] + new + text[end:]
    assert start <= first <= last <= end


@pytest.mark.parametrize(
    ("start", "end", "length", "expected"),
    [
        (0, 2, 5, Region(13, 23)),
        (0, 10, 0, Region(0, 10)),
        (20, 25, 0, Region(10, 20)),
        (15, 15, 3, None),
        (5, 11, 9, None),
    ],
)
def test_a_region_behind_a_change_moves_and_one_it_reaches_into_ends(
    start: int, end: int, length: int, expected: Region | None
) -> None:
    assert replaced(Region(10, 20), start, end, length) == expected


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("f(a,\n  'b',\n)", 'f(a, "b")', True),
        ("x=1;\n", "x = 1", True),
        ("return 1", "return 2", False),
        ("f(a, b)", "f(a b)", False),
    ],
)
def test_layout(a: str, b: str, same: bool) -> None:
    assert same_but_layout(a, b) is same


def test_texts_too_long_to_compare_give_nothing() -> None:
    then = "".join(f"line {i}\n" for i in range(200_000))
    now = "".join(f"other {i}\n" for i in range(200_000))
    assert carry(then, now, [Region(10, 50_000)]) == [None]
