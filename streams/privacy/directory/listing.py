"""A list of people as other systems export it (CSV and its kin), read into `Person`s. Pure.

Header names are forgiving (`First Name`, `first_name`, `givenName`), separators are comma, semicolon or tab, several
values of a cell stand apart by `;` or `|`. A fault names line, column and what was needed, never the value.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemas.errors import InputError
from streams.privacy.directory.fold import folded
from streams.privacy.directory.roster import Person, in_words, parted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_FIELDS: Mapping[str, str] = {
    name: field
    for field, names in {
        "name": "name fullname displayname realname commonname cn person employee employeename",
        "first": "first firstname given givenname forename givennames vorname prenom",
        "last": "last lastname surname familyname family sn nachname nom",
        "middle": "middle middlename secondname",
        "mail": "mail email emailaddress mailaddress workemail primaryemail mails emails upn userprincipalname",
        "login": "login username user userid uid samaccountname account accountname handle alias github slack logins",
        "extension": "extension ext phone telephone telephonenumber phoneextension phonenumber workphone extensions dw",
        "nickname": "nickname nick preferredname preferred nicknames preferredfirstname knownas goesby",
    }.items()
    for name in names.split()
}
_ASKED = "name (or first and last), mail, login, extension, nickname"  # what a header may hold, for errors
_SEVERAL = re.compile(r"\s*[;|]\s*")
_MAIL = re.compile(r"[^\s@<>,\"()]+@[^\s@<>,\"()]+\Z")
_LOGIN = re.compile(r"[^\s,<>\"]{1,64}\Z")
_PHONE = re.compile(r"[\d\s()+./-]*(?:(?i:ext(?:ension|n)?|x|dw|durchwahl)[.: #-]*\d{2,7})?\Z")
_FORMS = {
    "mail": (_MAIL, "an address such as name@host"),
    "login": (_LOGIN, "a login without spaces"),
    "extension": (_PHONE, "an extension of 2 to 7 digits or a telephone number"),
}
_AFTER_SIGN = re.compile(r"(?i:ext(?:ension|n)?|x|dw|durchwahl)[.: #-]*(\d{2,7})\Z")
_SHORT = re.compile(r"\d{2,7}\Z")
_SAMPLE = 20  # lines whose separators are counted
_MOST_FAULTS = 20  # in one message


@dataclass(frozen=True, slots=True)
class Fault:
    """A cell that could not be read: where, and what was needed there."""

    line: int
    column: str
    needed: str

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: needed {self.needed}"


@dataclass(frozen=True, slots=True, repr=False)
class Listing:
    """What a list holds.

    Attributes:
        people: with the line each began on.
        faults: cells that were left out, in order.
        columns: the fields found, and the names of columns that were not understood.
    """

    people: tuple[tuple[int, Person], ...]
    faults: tuple[Fault, ...]
    columns: tuple[tuple[str, ...], tuple[str, ...]]


def read(content: bytes, where: str) -> Listing:
    """The people of a list.

    Args:
        content: UTF-8 with or without a byte order mark, a header first.
        where: the file's name, for errors.

    Raises:
        InputError: it is no UTF-8, has no header that names people, or its quotes do not close.
    """
    text = _decoded(content, where)
    rows = _rows(text, where)
    if not rows:
        raise InputError(f"{where}: needed a header line with {_ASKED}; came an empty file")
    header = rows[0][1]
    fields = [_FIELDS.get(re.sub(r"[^a-z]", "", name.lower())) for name in header]
    known = {field for field in fields if field}
    if not known & {"name", "first", "last", "mail", "login"}:
        raise InputError(f"{where}: line 1: needed a header with {_ASKED}; came {len(header)} columns of other names")
    given = _given(rows[1:], fields)
    faults: list[Fault] = []
    people = [
        (line, _person(dict(_cells(line, row, header, fields, faults)), line, faults, lambda word: word in given))
        for line, row in rows[1:]
        if any(cell.strip() for cell in row)
    ]
    others = tuple(name for name, field in zip(header, fields, strict=True) if field is None)
    return Listing(tuple(people), tuple(faults), (tuple(sorted(known)), others))


def told(faults: Sequence[Fault]) -> list[str]:
    """The faults as lines, the first twenty and how many more."""
    lines = [str(fault) for fault in faults[:_MOST_FAULTS]]
    return [*lines, f"and {len(faults) - _MOST_FAULTS:,} more"] if len(faults) > _MOST_FAULTS else lines


def _decoded(content: bytes, where: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
    raise InputError(f"{where}: line {line}: needed UTF-8, came other bytes; convert the file first")


def _rows(text: str, where: str) -> list[tuple[int, list[str]]]:
    """Rows with the line each began on."""
    head = "\n".join(text.splitlines()[:1])
    separator = max("\t;,", key=lambda sign: (head.count(sign), sign == ","))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=True)
    rows: list[tuple[int, list[str]]] = []
    begun = 1
    try:
        for row in reader:
            if row:
                rows.append((begun, row))
            begun = reader.line_num + 1
    except csv.Error:
        begun = -begun
    if begun < 0:
        raise InputError(f"{where}: line {-begun}: needed cells with quotes that close; came others, run nothing of it")
    return rows


def _cells(
    line: int, row: Sequence[str], header: Sequence[str], fields: Sequence[str | None], faults: list[Fault]
) -> list[tuple[str, list[str]]]:
    if len(row) > len(header):
        faults.append(Fault(line, str(len(header) + 1), f"{len(header)} cells, came {len(row)}"))
    found: dict[str, list[str]] = {}
    for cell, field in zip(row, fields, strict=False):
        if field:
            found.setdefault(field, []).extend(value for value in _SEVERAL.split(cell.strip()) if value)
    return list(found.items())


def _person(cells: Mapping[str, list[str]], line: int, faults: list[Fault], is_given: Callable[[str], bool]) -> Person:
    names = []
    first, last = " ".join(cells.get("first", ())), " ".join(cells.get("last", ()))
    if first and last:
        names.append(in_words(" ".join((first, *cells.get("middle", ()))), last))
    for name in cells.get("name", ()):
        readings = parted(name, is_given)
        names += [reading for reading in readings if reading not in names]
    mails = _valid(cells, "mail", line, faults)
    logins = _valid(cells, "login", line, faults)
    phones = _valid(cells, "extension", line, faults)
    return Person(
        names=tuple((one, other) for one, other in names if one or other),
        nicknames=tuple(cells.get("nickname", ())),
        mails=tuple(mails + [login for login in logins if _MAIL.match(login)]),
        logins=tuple(login.lstrip("@") for login in logins if not _MAIL.match(login)),
        extensions=tuple(digits for phone in phones if (digits := _extension(phone))),
    )


def _valid(cells: Mapping[str, list[str]], field: str, line: int, faults: list[Fault]) -> list[str]:
    form, needed = _FORMS[field]
    good = [value for value in cells.get(field, ()) if form.match(value)]
    if len(good) < len(cells.get(field, ())):
        faults.append(Fault(line, field, needed))
    return good


def _extension(phone: str) -> str:
    signed = _AFTER_SIGN.search(phone)
    if signed:
        return signed[1]
    return phone if _SHORT.match(phone) else ""


def _given(rows: Sequence[tuple[int, Sequence[str]]], fields: Sequence[str | None]) -> frozenset[str]:
    """First names of the list, in lower case: the first words of all full names."""
    places = [at for at, field in enumerate(fields) if field in ("name", "first")]
    words = (row[at].split(None, 1)[:1] for _, row in rows for at in places if at < len(row) and "," not in row[at])
    return frozenset(folded(word[0])[0].lower() for word in words if word)
