"""The event's subject, and the names that were found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.privacy import people

if TYPE_CHECKING:
    from collections.abc import Callable


def covered(text: str, *known: people.Known) -> str:
    """The text with every letter that was found as `#`."""
    letters = list(text)
    for one in (one for matcher in known for one in matcher.find(text)):
        letters[one.start : one.end] = "#" * (one.end - one.start)
    return "".join(letters)


@pytest.mark.parametrize(
    "subject",
    ["jane.kowalski@corp.com", "mailto:jane.kowalski@corp.com", "Jane Kowalski", "janeKowalski", "user:jane_kowalski"],
)
@pytest.mark.parametrize(
    "mention",
    [
        *("Jane Kowalski", "jane kowalski", "JANE KOWALSKI", "Kowalski, Jane", "Jane M. Kowalski", "jane_kowalski"),
        *("J. Kowalski", "jkowalski", "JKowalski", "jkowalski12", "kowalskij", "Jane", "Kowalski", "jane.kowalski"),
        *("janeKowalski", "JaneKowalski", "Jane\nKowalski", "J\u00e1ne Kow\u0430lski".replace("\u0430", "a")),
    ],
)
def test_a_subject_is_found_in_every_spelling(subject: str, mention: str) -> None:
    known = people.of_subject(subject)
    for around in ("{}", "so {} said", "({})", "{}'s", "x={};", "{}_laptop"):
        text = around.format(mention)
        assert covered(text, known) == text.replace(mention, "#" * len(mention)), text


@pytest.mark.parametrize(
    ("subject", "text", "left"),
    [
        ("jane.doe@corp.com", "myJaneDoeLaptop", "my#######Laptop"),
        ("jane.kern@corp.com", "Janet, jkerne, jke, rekern", "Janet, jkerne, jke, rekern"),
        ("jane.doe@corp.com", "Doe janeDoe", "###########"),
        ("Jürgen Müller", "Juergen Mueller; jurgen muller", "###############; #############"),
        ("Mueller", "Müller Mu\u0308ller", "###### #######"),
        ("王小明", "我和王小明说", "我和###说"),
        ("will.long@x.org", "will long runs end? Will said Long", "will long runs end? #### said ####"),
        ("will.long@x.org", "will.long WILL LONG", "######### #########"),
        ("mark", "mark it as done, Mark", "mark it as done, ####"),
        ("/home/mkowal", "in /home/mkowal/src", "in ############/src"),
        ("support@corp.com", "ask support", "ask support"),
        ("4711", "error 4711", "error 4711"),
        ("471147", "user 471147", "user ######"),
        ("", "anything", "anything"),
    ],
)
def test_what_names_a_subject_and_what_does_not(subject: str, text: str, left: str) -> None:
    assert covered(text, people.of_subject(subject)) == left


@pytest.mark.parametrize(
    ("names", "text", "left"),
    [
        (("Jane Kowalski",), "Jane and kowalski, J. Kowalski", "#### and ########, ###########"),
        (("Jane Kowalski",), "Jane K. said so", "####### said so"),
        (("Jane Kowalski",), "Jane K. Rowling", "#### K. Rowling"),
        (("Mark Price",), "mark price, markPrice, Mark it, Price up", "mark price, markPrice, Mark it, Price up"),
        (("Mark Price",), "Mark Price, Price, Mark", "##########, ###########"),
        (("Hana",), "hana, Hana", "hana, ####"),
        (("田中太郎",), "田中太郎さん", "####さん"),
        (("Jane Roe", "Otto Kern"), "Otto likes Jane", "#### likes ####"),
    ],
)
def test_names_that_were_found_are_found_again(names: tuple[str, ...], text: str, left: str) -> None:
    assert covered(text, *map(people.of_name, names)) == left


def test_again_says_when_there_is_nothing_more() -> None:
    assert not people.again(["Jane Doe"], map(people.Plain.of, ["Jane Doe was here"]))
    assert people.again(["Jane Doe"], map(people.Plain.of, ["Jane Doe was here", "and JANE too"]))
    assert people.again(["Müller"], map(people.Plain.of, ["Müller", "muller"]))
    assert people.again(["王小明"], map(people.Plain.of, ["王小明和王小明"]))


@given(st.text(max_size=60), st.text(max_size=120))
def test_any_subject_and_text_will_do(subject: str, text: str) -> None:
    for one in people.of_subject(subject).find(text + subject):
        assert 0 <= one.start < one.end <= len(text + subject)
    people.of_name(subject).find(text)


@given(st.text(alphabet="JaneDo .,_-\u00fc\u0308K", max_size=40))
def test_where_no_word_of_a_name_stands_nothing_is_found(text: str) -> None:
    known = people.of_subject("zoe.quirk@corp.com")
    assert known.find(text) == []


WORDS = (
    "jane",
    "doe",
    "mark",
    "price",
    "zo\u00eb",
    "o'neil",
    "al",
    "bo",
    "the",
    "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq",
)
GLUE = (" ", ", ", ".", "_", "-", "  ", "", "\n", ". ", "1", "12345", "@", "'s", "A", " J. ", "-J_", "e")


@given(
    st.sampled_from(
        ("Jane Doe", "Mark Price", "Zo\u00eb M. O'Neil", "Al Bo", "Jane", "mark.price@x.io", "jdoe12", "/home/zoe")
    ),
    st.booleans(),
    st.lists(
        st.tuples(
            st.sampled_from(WORDS),
            st.sampled_from((str.lower, str.upper, str.title, lambda word: word[:1])),
            st.sampled_from(GLUE),
        ),
        max_size=30,
    ),
)
def test_looking_around_the_words_of_a_name_finds_what_looking_everywhere_does(
    name: str, told: bool, parts: list[tuple[str, Callable[[str], str], str]]
) -> None:
    known = people.of_subject(name) if told else people.of_name(name)
    text = people.Plain.of("".join(form(word) + glue for word, form, glue in parts))
    every = [
        match.span()
        for kind in people._EDGES
        if getattr(known._forms, kind)
        for match in people._compiled(known._forms, kind).finditer(text.plain)
    ]
    assert sorted(found[:2] for found in known.within(text)) == sorted(every)
