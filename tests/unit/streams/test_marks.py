"""Marks: what a name found in one event says to the texts of another, and what it must not say."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.world import IDENTITY, event

from schemas.rows import Interaction, Mark, decode_interaction, decode_map, encode
from streams.marks import Hashes, Repair, Union, marks_of
from streams.marks.forms import MOST
from streams.surrogates import Style, Surrogates

if TYPE_CHECKING:
    import random

HASHES = Hashes(IDENTITY).within("i")


def surrogates(style: Style = "natural") -> Surrogates:
    return Surrogates(b"s" * 32, 1, b"scope", style)


def marks(*names: str, sure: bool = False, style: Style = "natural") -> list[Mark]:
    return marks_of(names, HASHES, surrogates(style), lambda _name: sure)


def told(text: str, *names: str, sure: bool = False, style: Style = "natural") -> str:
    """`text` after another event gave these names away."""
    return Repair(marks(*names, sure=sure, style=style), HASHES).text(text)


def named(name: str) -> str:
    return surrogates().replace("PERSON", name)


FULL = "Oluwaseun Yamaguchi"

FOUND = (
    (FULL, "so Oluwaseun Yamaguchi did it", "so {} did it", FULL),
    (FULL, "Oluwaseun's idea", "{}'s idea", "Oluwaseun"),
    (FULL, "ask yamaguchi.", "ask {}.", "yamaguchi"),
    (FULL, "YAMAGUCHI, Oluwaseun", "{}", "YAMAGUCHI, Oluwaseun"),
    (FULL, "oluwaseun_yamaguchi_laptop", "{}_laptop", "oluwaseun_yamaguchi"),
    (FULL, "def oluwaseunYamaguchiLaptop():", "def {}Laptop():", "oluwaseunYamaguchi"),
    (FULL, "path /x/oluwaseunyamaguchi/y", "path /x/{}/y", "oluwaseunyamaguchi"),
    (FULL, "git log --author oyamaguchi", "git log --author {}", "oyamaguchi"),
    (FULL, "O. Yamaguchi and o_yamaguchi", "{} and " + named("o_yamaguchi"), "O. Yamaguchi"),
    (FULL, "Oluwaseun\nYamaguchi", "{}", "Oluwaseun\nYamaguchi"),
    ("Oluwaseun K. Yamaguchi", "Yamaguchi, Oluwaseun", "{}", "Yamaguchi, Oluwaseun"),
    ("Zoë Müller", "zoe muller", "{}", "zoe muller"),
    ("Zoë Müller", "ZOE MUELLER", "{}", "ZOE MUELLER"),
    ("Zoë Müller", "Zoe\u0308 Mu\u0308ller", "{}", "Zoë Müller"),
    ("Mark Oyelaran", "mark oyelaran, then mark it", "{}, then mark it", "mark oyelaran"),
    ("Sinéad O'Brien", "O'Brien said so", "{} said so", "O'Brien"),
    ("Jane van der Berghe", "Jane van der Berghe", "{}", "Jane van der Berghe"),
    ("Rose Hunter", "rose_hunter_home", "{}_home", "rose_hunter"),
    ("Mark Price", "Price, Mark", "{}", "Price, Mark"),
    ("jdoe42", "ssh jdoe42@x", "ssh {}@x", "jdoe42"),
    ("Roberta", "so Roberta and ROBERTA", "so {} and " + named("ROBERTA"), "Roberta"),
    ("Юлия Кузнецова", "это Кузнецова", "это {}", "Кузнецова"),
)


@pytest.mark.parametrize(("name", "text", "after", "value"), FOUND, ids=[f"{c[0]} in {c[1]!r}" for c in FOUND])
def test_a_name_is_replaced_as_the_event_that_found_it_would_have(name: str, text: str, after: str, value: str) -> None:
    assert told(text, name) == after.format(named(value))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Mark Price", "Mark the price. The Mark. Price is 5. markPrice mark_price"),
        ("Mark", "Mark it"),
        ("will", "Will you, will you"),
        ("Rose Hunter", "the rose grew, a hunter came"),
        ("Roberta", "roberta"),
        ("Jo Li", "Jo and Li"),
        ("Akira Yamaguchi", "a problem of mine, A. problem"),
        (FULL, "<SECRET_3f9a> calm.river12@example.com yamaguchis oluwaseuns yamaguchi2 xyamaguchi"),
        ("Van Der", "van der waals"),
        ("Prof Dr", "Prof Dr"),
        ("12 34", "12 34"),
        ("", ""),
        (" ".join(["Oluwaseun"] * 9), "Oluwaseun"),
        ("Sales Team", "sales Sales"),
    ],
)
def test_what_only_looks_like_it_stays(name: str, text: str) -> None:
    assert told(text, name) == text


def test_an_everyday_name_counts_alone_if_it_is_the_subject_s() -> None:
    assert told("Mark did it, mark my words", "Mark Price", sure=True) == f"{named('Mark')} did it, mark my words"


def test_a_name_without_spaces_is_found_inside_of_a_run() -> None:
    name = named("山田太郎")
    assert told("昨日山田太郎さんが来た。山田", "山田太郎") == f"昨日{name}さんが来た。山田"


def test_placeholders_stand_for_whole_names_and_have_no_brackets_in_identifiers() -> None:
    whole = surrogates("placeholder").replace("PERSON", FULL)
    first = surrogates("placeholder").replace("PERSON", "Oluwaseun")
    text = "Oluwaseun Yamaguchi, oluwaseun_yamaguchi_laptop, Oluwaseun"
    assert told(text, FULL, style="placeholder") == f"{whole}, {whole.strip('<>')}_laptop, {first}"


def test_places_are_counted() -> None:
    counts: Counter[str] = Counter()
    Repair(marks(FULL), HASHES).text("Oluwaseun Yamaguchi, then Yamaguchi", counts)
    assert counts == {"PERSON": 2}


def test_a_list_of_people_has_a_bounded_number_of_marks_and_always_the_same() -> None:
    many = [f"Olu{a}seun Yama{b}uchi" for a in "bcdfghjklm" for b in "bcdfghjklm"]
    assert len(marks(*many)) == MOST
    assert marks(*many) == marks(*many)
    assert len(set(marks(*many))) == MOST


def test_marks_hold_no_letter_of_a_name_and_those_of_two_scopes_share_nothing() -> None:
    one, other = (marks_of([FULL], Hashes(IDENTITY).within(i), surrogates(), lambda _: False) for i in ("a", "b"))
    assert not {w for m in one for w in m.words.split()} & {w for m in other for w in m.words.split()}
    written = msgspec.json.encode(one).decode().lower()
    assert "oluwa" not in written
    assert "yama" not in written
    assert "i" * 8 not in repr((Hashes(IDENTITY), HASHES, Repair(one, HASHES)))


def test_a_key_of_another_length_is_refused_without_its_bytes() -> None:
    with pytest.raises(ValueError, match="needed a key of 16 to 64 bytes, came 3"):
        Hashes(b"abc")


def test_marks_of_another_key_or_scope_name_nothing() -> None:
    assert Repair(marks(FULL), Hashes(b"j" * 32).within("i")).text(FULL) == FULL
    assert Repair(marks(FULL), Hashes(IDENTITY).within("j")).text(FULL) == FULL


NAMES = (
    *(
        "Oluwaseun Yamaguchi",
        "Aiko Yamaguchi",
        "Isra Price",
        "Mark Yamaguchi",
        "Mark Price",
        "Rose Hunter",
        "Oluwaseun",
        "oyamaguchi",
    ),
    *(
        "Oluwaseun K. Yamaguchi",
        "Jane van der Berghe",
        "Zoë Müller",
        "Zoe Mueller",
        "O. Yamaguchi",
        "jdoe42",
        "山田太郎",
    ),
)
WORDS = (
    *("Oluwaseun", "oluwaseun", "YAMAGUCHI", "Yamaguchi", "Mark", "mark", "Price", "rose", "Hunter", "O.", "K.", "van"),
    *(
        "A.",
        "I.",
        "Isra",
        "der",
        "Berghe",
        "Zoë",
        "Müller",
        "Mueller",
        "zoe",
        "oyamaguchi",
        "jdoe42",
        "the",
        "a",
        "in",
        "山田太郎さん",
        "aiko",
    ),
)
texts = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from([" ", "_", ", ", ".", "", "-", "\n", "'s "]))).map(
    lambda parts: "".join(word + gap for word, gap in parts)
)
some_names = st.lists(st.sampled_from(NAMES), unique=True, max_size=6)


@settings(max_examples=400, deadline=None)
@given(texts, some_names, some_names)
def test_marks_that_come_one_after_the_other_do_what_they_do_together(
    text: str, first: list[str], second: list[str]
) -> None:
    both = Repair({*marks(*first), *marks(*second)}, HASHES)
    assert both.text(Repair(marks(*first), HASHES).text(text)) == both.text(text)


@settings(max_examples=400, deadline=None)
@given(texts, some_names, st.sampled_from(["natural", "placeholder"]))
@example("OluwaseunOluwaseun YAMAGUCHI ", ["Oluwaseun Yamaguchi"], "placeholder")
def test_a_repaired_text_stays_as_it_is(text: str, names: list[str], style: Style) -> None:
    repair = Repair(marks(*names, style=style), HASHES)
    once = repair.text(text)
    assert repair.text(once) == once
    assert Repair(marks(*names, style=style), HASHES).text(once) == once


@settings(max_examples=200, deadline=None)
@given(st.text(), st.lists(st.text(max_size=30), max_size=4), st.sampled_from(["natural", "placeholder"]))
def test_any_text_and_any_names_give_an_answer(text: str, names: list[str], style: Style) -> None:
    made = marks(*names, style=style)
    assert all(mark.words and mark.surrogate for mark in made)
    repair = Repair(made, HASHES)
    assert repair.text(repair.text(text + " ".join(names))) == repair.text(text + " ".join(names))


class Always:
    def says(self, text: str) -> bool:
        return True


@settings(max_examples=400, deadline=None)
@given(texts, some_names, some_names)
@example("MarkMark YAMAGUCHI ", ["Oluwaseun Yamaguchi"], ["Mark Yamaguchi"])
def test_the_first_look_only_saves_time(text: str, first: list[str], second: list[str]) -> None:
    looked, thorough = (Repair({*marks(*first), *marks(*second)}, HASHES) for _ in range(2))
    thorough._first = Always()  # type: ignore[assignment]
    for each in (text, Repair(marks(*first), HASHES).text(text), text):
        assert looked.text(each) == thorough.text(each)


def row(offset: int, text: str, *names: str) -> Interaction:
    made = event("edit", offset, offset=offset, text=text, final=True)
    return msgspec.structs.replace(made, marks=marks(*names))


@settings(max_examples=200, deadline=None)
@given(texts, st.lists(some_names, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_a_union_does_not_depend_on_the_order_of_its_events(
    text: str, names: list[list[str]], shuffle: random.Random
) -> None:
    rows = [row(i, "", *some) for i, some in enumerate(names)]
    shuffled = [*rows]
    shuffle.shuffle(shuffled)
    one, other = Union(rows, Hashes(IDENTITY)), Union(shuffled, Hashes(IDENTITY))
    everything = Repair(marks(*(name for some in names for name in some)), HASHES)
    for each in rows:
        # What the scrubber leaves: the event's own marks are in its texts.
        own = Repair(each.marks, HASHES).text(text)
        assert one.of(each)(own) == other.of(each)(own) == everything.text(text)


def test_a_row_without_the_column_is_a_row_without_marks() -> None:
    """Rows of scrub version 2, on the clean topic and in changelogs."""
    old: dict[str, Any] = decode_map(encode(row(0, "x", FULL)))
    assert old.pop("marks")
    assert decode_interaction(msgspec.msgpack.encode(old)).marks == []


def test_a_huge_text_and_garbage_marks_do_no_harm() -> None:
    text = "Oluwaseun " * 50_000
    assert told(text, FULL) == f"{named('Oluwaseun')} " * 50_000
    garbage = [Mark("", "", ""), Mark("x y", "one", "any"), Mark("z", "a b", "within"), Mark(" ", " ", "capitalised")]
    assert Repair([*garbage, *marks(FULL)], HASHES).text(FULL) == named(FULL)
