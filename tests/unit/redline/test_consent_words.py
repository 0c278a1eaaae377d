"""The last word on a part holds in all of that part, and changes nothing beside it."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redline.consent_file import words
from redline.consent_words import erased, on_everything, on_part, places, scope_of, scope_text, time_text, time_us
from schemas.errors import InputError
from streams.consent import Admitted, Consent, ConsentBook, ConsentMode, Scope, encode

SURFACES, SOURCES = ("ide", "chat"), ("/a", "/a/b", "/a/b/c", "/ab", "/z")
PLACE = st.tuples(st.sampled_from(("", *SURFACES)), st.sampled_from(("", *SOURCES))).filter(any)
EVERY = list(product((*SURFACES, "mail"), SOURCES))


def read(consent: Consent | None, mode: ConsentMode) -> set[tuple[str, str]]:
    """Which surfaces of which sources are read."""
    book = ConsentBook(mode)
    if consent is not None:
        book.put(b"ann", encode(consent))
    return {place for place in EVERY if isinstance(book.decide(b"ann", 1, *place, 1), Admitted)}


def inside(place: tuple[str, str], surface: str, source: str) -> bool:
    return place[0] in {"", surface} and (place[1] in {"", source} or source.startswith(f"{place[1]}/"))


@given(st.sampled_from(ConsentMode), st.none() | st.booleans(), st.lists(st.tuples(PLACE, st.booleans()), max_size=6))
def test_the_last_word_on_each_place_counts(
    mode: ConsentMode, whole: bool | None, said: list[tuple[tuple[str, str], bool]]
) -> None:
    consent = None if whole is None else on_everything(None, granted=whole, version="v")
    expected = read(consent, mode)
    for place, granted in said:
        consent = on_part(consent, place, granted=granted, version="v")
        there = {one for one in EVERY if inside(place, *one)}
        expected = expected | there if granted else expected - there
        assert read(consent, mode) == expected


def test_a_word_on_everything_voids_all_words_and_no_erasure() -> None:
    before = erased(on_part(None, ("ide", ""), granted=True, version="v1"), 7, "today")
    assert before == Consent(granted=False, version="v1", erased_us=7)
    assert on_everything(before, granted=True, version="v2") == Consent(granted=True, version="v2", erased_us=7)
    assert erased(before, 5, "today") == before
    assert on_part(before, ("ide", ""), granted=True, version="v2").erased_us == 7


def test_places_are_surfaces_of_sources() -> None:
    assert places(["ide", "chat"], []) == [("ide", ""), ("chat", "")]
    assert places(["ide"], ["/a"]) == [("ide", "/a")]
    assert places([], ["/a"]) == [("", "/a")]


@given(place=PLACE, granted=st.booleans())
def test_a_scope_is_read_as_it_is_written(place: tuple[str, str], *, granted: bool) -> None:
    scope = Scope(granted=granted, surface=place[0], source=place[1])
    assert scope_of(scope_text(scope)) == scope


@pytest.mark.parametrize("text", ["ide", "ide=maybe", "=yes", "fridge=yes", "@=yes", "ide@a b=yes", "ide=yes=no"])
def test_what_is_no_scope_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="needed"):
        scope_of(text)


def test_a_day_begins_or_ends_and_a_time_is_one() -> None:
    assert time_text(time_us("2026-01-31")) == "2026-01-31 00:00:00 UTC"
    assert time_text(time_us("2026-01-31", end=True)) == "2026-02-01 00:00:00 UTC"
    assert time_text(time_us("2026-01-31T12:00:00+02:00", end=True)) == "2026-01-31 10:00:00 UTC"
    for text in ("", "soon", "2026-02-30", "9999-99-99", "10000-01-01"):
        with pytest.raises(InputError):
            time_us(text)
    assert time_text(10**30) == "beyond all dates"


def test_a_list_without_a_header_is_of_people_who_agreed() -> None:
    agreed = Consent(granted=True, version="v1")
    assert words(["\ufeffann@corp.example", "", " bo, the second "], "v1") == {
        "ann@corp.example": agreed,
        "bo, the second": agreed,
    }
    assert words([], "v1") == {}


def test_a_list_with_a_header_says_what_each_has_said() -> None:
    found = words(
        [
            "\ufeffPerson,granted,scopes,from,until,version",
            "ann,yes,chat=no; @/slack=no,2026-01-01,2026-12-31,v9",
            '"Bo, the second",,ide=yes,,,',
            "cy,no,,,,",
        ],
        "v1",
    )
    assert found == {
        "ann": Consent(
            granted=True,
            version="v9",
            since_us=time_us("2026-01-01"),
            until_us=time_us("2027-01-01"),
            scopes=(Scope(granted=False, source="/slack"), Scope(granted=False, surface="chat")),
        ),
        "Bo, the second": Consent(granted=None, version="v1", scopes=(Scope(granted=True, surface="ide"),)),
        "cy": Consent(granted=False, version="v1"),
    }
    assert words(["person", "ann"], "v1") == {"ann": Consent(granted=True, version="v1")}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("secret-ann,perhaps,,,", "line 2: granted: needed yes or no"),
        ("secret-ann,,,,", "line 2: granted"),
        ("secret-ann,yes,fridge=yes,,", "line 2: scopes"),
        ("secret-ann,yes,ide=yes;ide=no,,", "line 2: scopes: needed one word on each"),
        ("secret-ann,yes,,tomorrow,", "line 2: from: "),
        ("secret-ann,yes,,,32nd", "line 2: until: "),
        ("secret-ann,yes,,2026-02-01,2026-01-01", "line 2: until: needed a time after from"),
        (",yes,,,", "line 2: person"),
        ("secret-ann,yes,,", "line 2: needed 5 cells, came 4"),
        ('"secret-ann,yes,,,', "line 2: needed one row of a CSV"),
    ],
)
def test_a_bad_line_is_named_by_its_number_and_none_is_used(line: str, told: str) -> None:
    lines = ["person,granted,scopes,from,until", line, "bo,yes,,,", "BO ,yes,,,"]
    with pytest.raises(InputError) as error:
        words(lines, "v1")
    assert told in str(error.value)
    assert "line 4: the person of line 3 again" in str(error.value)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("header", ["person,colour", "person,granted,granted"])
def test_columns_that_mean_nothing_are_refused(header: str) -> None:
    with pytest.raises(InputError, match="line 1"):
        words([header, "ann,yes"], "v1")


def test_many_bad_lines_are_not_all_listed() -> None:
    with pytest.raises(InputError, match="980 more lines") as error:
        words(["person,granted", *(f"p{number},maybe" for number in range(1_000))], "v1")
    assert len(str(error.value).splitlines()) == 22
