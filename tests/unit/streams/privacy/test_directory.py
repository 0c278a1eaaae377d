"""People of the directory in texts: what names them, and what only looks as if."""

from __future__ import annotations

import os
import random
import string
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.errors import SettingsError
from streams.privacy.directory.file import DirectoryFile
from streams.privacy.directory.fold import PIECE, RUN, folded, runs, spellings
from streams.privacy.directory.matcher import Directory
from streams.privacy.directory.roster import Person, Roster, in_words, parted
from streams.privacy.directory.table import TableError, compiled, read
from streams.privacy.directory.words import ALSO_WORDS, FUNCTION_WORDS, common, everyday, frequent

if TYPE_CHECKING:
    from pathlib import Path


def person(
    first: str, last: str, *, logins: tuple[str, ...] = (), mails: tuple[str, ...] = (), **more: object
) -> Person:
    return Person((in_words(first, last),), logins=logins, mails=mails, **more)  # type: ignore[arg-type]


STAFF = (
    person("Jane Marie", "Doe", logins=("jdoe",), mails=("jane.doe@corp.com",), extensions=("1234",)),
    person("Will", "Long"),
    person("Mark", "Price", logins=("mark",)),
    person("Page", "Case", logins=("main",)),
    person("Will", "Smith"),
    person("Will", "Kim"),
    person("Kim", "Park"),
    person("Jürgen", "Müller", nicknames=("Jogi",)),
    person("Søren", "Kjær"),
    person("Beatriz", "Muñoz"),
    person("Anna", "van der Berg"),
    person("Sean", "O'Neill"),
    person("Mary-Jane", "Watson"),
    person("Ronald", "McDonald"),
    person("Rosa", "García Márquez"),
    person("Xu", "Li", logins=("xl48213", "test")),
    person("小明", "王"),
    person("太郎", "田中"),
    person("민수", "김"),
    person("伟", "王"),
    person("Иван", "Петров"),
)


def written(path: Path, people: tuple[Person, ...]) -> Path:
    roster = Roster()
    for one in people:
        assert roster.add(one)
    head = "".join(sorted(roster.firsts))
    path.write_bytes(compiled(roster.forms, salt=b"s" * 16, people=roster.people, head=head))
    path.chmod(0o600)
    return path


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Directory:
    return Directory.load(written(tmp_path_factory.mktemp("directory") / "people", STAFF))


def said(directory: Directory, text: str) -> list[str]:
    return [text[one.start : one.end] for one in directory.find(text)]


NAMED = (
    *("Jane Doe", "jane doe", "JANE DOE", "Doe, Jane", "Jane M. Doe", "Jane Marie Doe", "Jane D.", "J. Doe", "Doe, J."),
    *("jane_doe", "jane-doe", "jane.doe", "janeDoe", "JaneDoe", "janedoe", "JANE_DOE", "jdoe", "jdoe12", "Jane%20Doe"),
    *("Jürgen Müller", "Juergen Mueller", "jurgen muller", "MÜLLER, Jürgen", "Jogi Müller", "Mu\u0308ller Jürgen"),
    *("Søren Kjær", "soren kjaer", "Soeren Kjaer", "Beatriz Munoz", "beatriz.munoz", "\uff2aane Doe", "Ja\u200bne Doe"),
    *("Anna van der Berg", "anna.vanderberg", "van der Berg, Anna", "A. van der Berg", "ANNA VAN DER BERG"),
    *("Sean O'Neill", "Sean O\u2019Neill", "sean.oneill", "seanONeill", "Mary-Jane Watson", "mary jane watson"),
    *("Ronald McDonald", "ronald mcdonald", "ronaldMcDonald", "Rosa García Márquez", "Rosa Garcia", "Will Smith"),
    *("will smith", "xl48213", "王小明", "田中太郎", "田中 太郎", "김민수", "Иван Петров"),
)
AROUND = (
    "{}",
    "so {} it is",
    "({})",
    "# TODO: {} wants this",
    "x = '{}'",
    "> {}\n",
    "{}'s idea",
    "\u00e9t\u00e9 {} \U0001f600",
)


@pytest.mark.parametrize("name", NAMED)
def test_a_name_is_found_in_every_spelling_and_place(directory: Directory, name: str) -> None:
    for around in AROUND:
        assert said(directory, around.format(name)) == [name], around


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ask Will Long about it", ["Will Long"]),
        ("Mark Price said so, Page Case did not.", ["Mark Price", "Page Case"]),
        ("jane_doe_laptop and fix-jane-doe-branch", ["jane_doe", "jane-doe"]),
        ("/home/jdoe/x C:\\Users\\jdoe\\y https://git.corp.com/jdoe/repo", ["jdoe"] * 3),
        ("user=mark, /home/mark/x, @mark ptal, ssh mark@build", ["mark"] * 4),
        ("user: test", ["test"]),
        ("login=page.case", ["page.case"]),
        ("Jane,\nsee Jane\nDoe", ["Jane\nDoe"]),
        ("thanks Jane!", ["Jane"]),
        ("ask Jane. Jane said. @Jane", ["Jane", "Jane", "Jane"]),
        ("Jane, can you look?", ["Jane"]),
        ("Dr. Müller is in", ["Müller"]),
        ("我和王伟去", ["王伟"]),
        ("ping jane.doe@corp.com or jane.doe@home.org", ["jane.doe@corp.com", "jane.doe@home.org"]),
        ("call ext. 1234 or x1234, DW 1234", ["ext. 1234", "x1234", "DW 1234"]),
        ("Jane Xylo Doe", ["Jane Xylo Doe"]),
    ],
)
def test_what_a_text_says(directory: Directory, text: str, found: list[str]) -> None:
    assert said(directory, text) == found


@pytest.mark.parametrize(
    "text",
    [
        "will long running jobs die?",
        "Will long texts work?",
        "Will Long-running queries time out?",
        "the Mark Price of it",
        "markPrice = mark_price",
        "will_long = True",
        "page_case.run()",
        "class PageCase(TestCase): pass",
        "mark price up",
        "Mark Price: 123.45",
        "Mark Price Update Guide",
        "will kim ask?",
        "mark it, main(), test",
        "@test\ndef f(): pass",
        "Robert Doe said",
        "Doe, Robert said so",
        "R. Doe",
        "Eric D. Raymond",
        "Jane Roe and John Doe",
        "thanks Jane Roe",
        "Fred J. Doe",
        "J. Doe-Smith",
        "Jane; Doe",
        "Jane (Doe)",
        "Doe; Jane",
        "jdoex xjdoe",
        "王伟华说",
        "高王伟达",
        "x264 x509 1920x1080 0x1234",
        "f(x1234)",
        "x1234 = 3",
        "ext 9999",
        "mark.sandhu@else.org",
        "section J. Long ago",
        "",
        " ",
        "̈",
        "\u200b",
        "_",
    ],
)
def test_words_and_other_people_are_left_alone(directory: Directory, text: str) -> None:
    assert said(directory, text) == []


def test_mails_and_extensions_have_types_of_their_own(directory: Directory) -> None:
    found = directory.find("Jane Doe, jane.doe@corp.com, ext. 1234")
    assert [one.entity for one in found] == ["PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER"]
    assert all(0 < one.score <= 1 for one in found)


@example("@Da_")  # an identifier's sign at the end of the text
@given(st.text(alphabet=st.sampled_from("aJneDo .,_-'@/\u0308ßü\u041c王伟é\u200b1x\n"), max_size=60))
def test_findings_are_ordered_disjoint_and_inside_the_text(text: str) -> None:
    found = SMALL.find(text)
    edges = [edge for one in found for edge in (one.start, one.end)]
    assert edges == sorted(edges)
    assert not edges or (edges[0] >= 0 and edges[-1] <= len(text))
    assert all(one.start < one.end for one in found)


@given(st.text(max_size=80))
def test_any_text_can_be_searched(text: str) -> None:
    SMALL.find(text)
    SMALL.find(f"{text} Jane Doe {text}")


@given(st.text(max_size=80))
def test_folding_keeps_every_offset(text: str) -> None:
    plain, places = folded(text)
    if places is None:
        assert len(plain) == len(text)
    else:
        assert len(places) == len(plain) + 1
        assert places == sorted(places)
        assert all(folded(text[at])[0] == letter for at, letter in zip(places, plain, strict=False))


@given(st.text(max_size=80))
def test_runs_are_what_the_expression_finds(text: str) -> None:
    assert runs(text) == RUN.findall(text)


@given(st.from_regex(r"[A-Za-z0-9\u00e9\u0416\u738b]{1,20}", fullmatch=True))
def test_pieces_are_the_whole_run(run: str) -> None:
    assert "".join(PIECE.findall(run)) == run


def test_spellings_without_marks() -> None:
    assert set(spellings("Müller")) == {"muller", "mueller"}
    assert set(spellings("Mueller")) == {"mueller", "muller"}
    assert {"weiss", "weis"} <= set(spellings("Weiß"))


@pytest.mark.parametrize(
    ("name", "readings"),
    [
        ("Jane Doe", [("Jane", "Doe")]),
        ("Doe, Jane M.", [("Jane M.", "Doe")]),
        ("Dr. Jane Doe PhD", [("Jane", "Doe")]),
        ("Anna van der Berg", [("Anna", "van der Berg")]),
        ("Jane M. Doe", [("Jane M.", "Doe")]),
        ("Rosa García Márquez", [("Rosa García", "Márquez"), ("Rosa", "García Márquez")]),
        ("Cher", []),
    ],
)
def test_full_names_are_parted(name: str, readings: list[tuple[str, str]]) -> None:
    assert [(" ".join(first), " ".join(last)) for first, last in parted(name)] == readings


def test_a_person_without_a_form_is_told() -> None:
    assert not Roster().add(Person())
    assert not Roster().add(Person((((), ("Doe",)),)))


def test_the_table_holds_what_was_put_in_and_nothing_else() -> None:
    dice = random.Random(3)  # noqa: S311 - a seeded list, no secret
    words = {"".join(dice.choices(string.ascii_lowercase, k=7)): dice.randrange(1, 256) for _ in range(3000)}
    table = read(memoryview(compiled(words, salt=b"x" * 16, people=7, head="王田")))
    assert all(table.get(word) == flags for word, flags in words.items())
    others = ("".join(dice.choices(string.ascii_lowercase, k=8)) for _ in range(3000))
    assert not any(table.get(word) for word in others)
    assert (table.people, table.entries, table.head) == (7, len(words), "王田")


@given(st.integers(min_value=0), st.integers(min_value=0, max_value=7))
def test_a_changed_byte_is_noticed(place: int, bit: int) -> None:
    content = bytearray(SMALL_BYTES)
    content[place % len(content)] ^= 1 << bit
    with pytest.raises(TableError):
        read(memoryview(bytes(content)))


def test_names_are_not_in_the_file(tmp_path: Path) -> None:
    content = written(tmp_path / "d", STAFF).read_bytes().lower()
    for word in (b"jane", b"doe", b"jdoe", b"corp.com", b"1234", "müller".encode(), "小明".encode()):
        assert word not in content


def test_a_file_open_to_others_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "d", STAFF[:1])
    path.chmod(0o640)
    with pytest.raises(SettingsError, match="chmod 600"):
        Directory.load(path)


@pytest.mark.parametrize("content", [b"", b"x", b"x" * 500])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "d"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(SettingsError, match="redline directory import"):
        Directory.load(path)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_replaced_file_is_seen_within_a_second_and_a_broken_one_keeps_the_old(tmp_path: Path) -> None:
    clock, told = Clock(), []
    path = tmp_path / "people"
    file = DirectoryFile(path, broken=told.append, clock=clock)
    assert file.current() is None

    written(path, STAFF[:1])
    assert file.current() is None  # it has looked less than a second ago
    clock.now += 1
    first = file.current()
    assert first is not None
    assert first.people == 1
    clock.now += 1
    assert file.current() is first

    written(tmp_path / "new", STAFF).replace(path)
    clock.now += 1
    second = file.current()
    assert second is not None
    assert second.people == len(STAFF)
    assert first.find("Jane Doe")  # whoever still holds the old one can use it

    (tmp_path / "broken").write_bytes(b"nothing of the kind")
    (tmp_path / "broken").chmod(0o600)
    (tmp_path / "broken").replace(path)
    for _ in range(3):
        clock.now += 1
        assert file.current() is second
    assert len(told) == 1
    assert "Doe" not in told[0]

    path.unlink()
    clock.now += 1
    assert file.current() is None


def test_common_words_are_words() -> None:
    assert everyday() <= frequent() <= common()
    assert common() >= (ALSO_WORDS | FUNCTION_WORDS)
    assert {"will", "mark", "rose", "page", "price", "async", "kubernetes", "argv"} <= common()
    assert not {"jane", "nguyen", "garcia", "johnson", "smith", "kumar", "priya"} & common()
    assert all(word.isascii() and word.islower() for word in common())


def _small() -> bytes:
    roster = Roster()
    for one in STAFF:
        roster.add(one)
    return compiled(roster.forms, salt=os.urandom(16), people=roster.people, head="".join(sorted(roster.firsts)))


SMALL_BYTES = _small()
SMALL = Directory(read(memoryview(SMALL_BYTES)))
