"""Lists of people as other systems export them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import InputError
from streams.privacy.directory import listing
from streams.privacy.directory.roster import Person

PLAIN = "Full Name,E-Mail,Username,Ext,Nickname\nJane Doe,jane.doe@corp.com,jdoe,1234,Janie\n"
JANE = Person(((("Jane",), ("Doe",)),), ("Janie",), ("jane.doe@corp.com",), ("jdoe",), ("1234",))


def only(text: str | bytes) -> Person:
    content = text if isinstance(text, bytes) else text.encode()
    ((_, person),) = listing.read(content, "people.csv").people
    return person


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        PLAIN.replace(",", ";"),
        PLAIN.replace(",", "\t"),
        PLAIN.replace("\n", "\r\n"),
        "\ufeff" + PLAIN,
        PLAIN.replace("Full Name", "display_name").replace("Ext", "Phone Extension"),
        PLAIN.replace("Jane Doe", '"Doe, Jane"'),
        PLAIN.replace("1234", "+1 212 555 0100 x1234"),
        PLAIN.replace(",Username", ",Username,Cost Centre").replace(",jdoe", ",jdoe,4711"),
        "first_name,last_name,mail,uid,extension,nick\nJane,Doe,jane.doe@corp.com,@jdoe,1234,Janie\n",
        "givenName,sn,mail,sAMAccountName,ext,preferred name\nJane,Doe,jane.doe@corp.com,jdoe,ext. 1234,Janie\n",
    ],
)
def test_headers_separators_and_quotes_are_forgiven(text: str) -> None:
    assert only(text) == JANE


def test_several_values_stand_in_one_cell() -> None:
    person = only("name,mail,login\nJane Doe,jane@corp.com; jd@corp.com | j@x.org,jdoe|jane\n")
    assert person.mails == ("jane@corp.com", "jd@corp.com", "j@x.org")
    assert person.logins == ("jdoe", "jane")


def test_a_mail_in_the_column_of_logins_is_a_mail() -> None:
    person = only("name,login\nJane Doe,jane@corp.com\n")
    assert (person.mails, person.logins) == (("jane@corp.com",), ())


def test_a_middle_name_is_known_by_the_first_names_of_others() -> None:
    rows = "name\nJane Marie Doe\nMarie Curie\nJane Garcia Lopez\n"
    people = [person for _, person in listing.read(rows.encode(), "x").people]
    assert people[0].names == ((("Jane", "Marie"), ("Doe",)),)
    assert (("Jane",), ("Garcia", "Lopez")) in people[2].names


def test_faults_name_line_and_column_and_never_the_value() -> None:
    rows = 'name,mail,ext\n"Jane\nDoe",not-a-mail,12\nJohn Roe,john@corp.com,many\nA B,a@b.org,12,13\n'
    found = listing.read(rows.encode(), "x")
    assert [str(fault) for fault in found.faults] == [
        "line 2, column mail: needed an address such as name@host",
        "line 4, column extension: needed an extension of 2 to 7 digits or a telephone number",
        "line 5, column 4: needed 3 cells, came 4",
    ]
    assert [line for line, _ in found.people] == [2, 4, 5]
    assert found.people[1][1].mails == ("john@corp.com",)


def test_many_faults_are_told_short() -> None:
    rows = "name,mail\n" + "A B,x\n" * 50
    told = listing.told(listing.read(rows.encode(), "x").faults)
    assert len(told) == 21
    assert told[-1] == "and 30 more"


@pytest.mark.parametrize(
    ("content", "needed"),
    [
        (b"", "header line"),
        (b"colour,size\nred,4\n", "line 1: needed a header"),
        (b"name\n\xff\xfeJane\n", "line 2: needed UTF-8"),
        (b'name,mail\n"Jane Doe,j@x.org\n', "line 2: needed cells with quotes that close"),
    ],
)
def test_what_is_no_list_is_refused_without_its_content(content: bytes, needed: str) -> None:
    with pytest.raises(InputError, match=needed) as caught:
        listing.read(content, "people.csv")
    assert "Jane" not in str(caught.value)
    assert str(caught.value).startswith("people.csv: ")


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    for head in ("", "name,mail,ext\n"):
        try:
            listing.read((head + text).encode("utf-8", "replace"), "x")
        except InputError as error:
            assert str(error).startswith("x: ")  # noqa: PT017 - either is right
