"""A single word that names somebody: a login of a strong shape, a login in its place, a first name spoken to. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from streams.privacy.directory.table import GIVEN, GUESSED, INITIAL, LAST, LOGIN, SOLID
from streams.privacy.directory.words import FUNCTION_WORDS
from streams.privacy.listed import words as listed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from streams.privacy.directory.chains import Piece

_BACK = 40
_SHORT = 4
_LOGIN_PLACE = re.compile(
    r"(?:(?<![\w.])@|/home/|/Users/|\\Users\\|\\Users\\\\|(?<![\w/.])~|\bssh[ ]|\bsu[ ]-[ ]"
    r"|(?i:(?<![a-z])(?:user|user_?name|login|log_?in_?name|owner|assignee|author|reviewer|reporter|uid|committer))"
    r"[\"']?[ ]?(?:[=:]|:=|=>)[ ]?[\"'@]{0,2})\Z"
)
# What stands before a login, and what of it leads to the login: found by letters first, as few texts have any.
_PATHS = ("/home/", "/Users/", "\\Users\\", "~", "ssh ", "su - ")
_FIELDS = ("user", "login", "log_in", "owner", "assignee", "author", "reviewer", "reporter", "uid", "committer")
_PATH_RUNS = listed("home Users ssh su")
_FIELD_RUNS = frozenset(
    way
    for field in (*_FIELDS, "username", "userid", "loginname", "log")
    for way in (field, field.capitalize(), field.upper())
) | listed("userName UserName userId UserId loginName LoginName")
_VALUE = re.compile(r"[a-z]*(?:_?name)?[\"']?[ ]?(?:[=:]|:=|=>)[ ]?[\"'@]{0,2}([^\W_]+)", re.IGNORECASE)
_RUN = re.compile(r"[\\@]?([^\W_]+)")
_BACKWARDS = re.compile(r"[^\W_]+\Z")
_AT_HOST = re.compile(r"@[A-Za-z][\w-]*")
_GOES_ON = re.compile(r"[._-][^\W_]")
_DECORATED = re.compile(r"(?:\A|\n)[ \t]*@\Z")
_CALLED = re.compile(r"[(.\r\n/]|\Z")
_SPOKEN_TO = re.compile(
    r"(?:(?<![\w.])@|\b(?:[Tt]hanks(?:[ ]again)?,?|[Tt]hank[ ]you,?|[Tt]hx,?|[Tt]y|[Cc]heers,?|[Hh]i|[Hh]ey|[Hh]ello"
    r"|[Dd]ear|[Mm]orning,?"
    r"|[Aa]sk(?:ed|ing)?|[Tt]ell|[Tt]old|[Pp]ing(?:ed)?|[Cc][Cc]:?|[Ff]yi,?|[Pp]er|[Rr]emind|[Ll]oop[ ]in"
    r"|[Ss]poke[ ](?:to|with)|[Tt]alk(?:ed)?[ ](?:to|with)|[Ss]ync(?:ed)?[ ]with|[Cc]heck(?:ed)?[ ]with)[ ])\Z"
)
_TITLED = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof|Herr|Frau|Mme|Sra?)\.?[ ]\Z")
_SAYS = re.compile(
    r"[ ](?:said|says|asked|asks|wrote|mentioned|suggested|suggests|thinks|thought|told|replied|agreed|approved"
    r"|reviewed|merged|pushed|fixed|confirmed|reported|pinged)\b"
)
_ADDRESSED = re.compile(
    r",[ ](?:can|could|please|pls|would|will|do|did|are|have|what|when|where|why|how|i|I|we|the|it|thanks)\b"
)
_ANOTHER = re.compile(
    r"_|[ \t]+(?:(?:van|von|de|der|den|da|di|dos|del|la|bin|al|el|ter|ten)[ ]){0,2}"
    r"(?:[A-Z]\.[ ])?([A-Z][^\W\d_]+)|[-'\u2019][A-Z]"
)
_TURNED = re.compile(r",[ ][A-Z][^\W\d_]")
_PRECEDED = re.compile(r"(?:([A-Z][^\W\d_]*),?|[A-Z]\.)[ \t]+\Z")
_START = re.compile(r"(?:\A|[\n.!?>][ \t]*|[ \t]*[-*][ ])\Z")
_LEADS = listed("thanks thank thx cheers hi hey hello dear ask asked tell told ping cc fyi per morning")


def is_login(text: str, piece: Piece, flags: int) -> bool:
    """If a run of letters and digits is a login, by its shape or by its place.

    Args:
        text: around it.
        piece: the run.
        flags: what the table says of all its letters and digits.
    """
    named = piece.flags & (GIVEN | LAST)
    if flags & LOGIN and flags & SOLID and len(piece.low) >= _SHORT and not named and _shaped(piece.low):
        return True
    if flags & GUESSED and flags & SOLID and not named and piece.case == "l":
        return True
    if piece.case == "T" or not flags & (LOGIN | GUESSED | INITIAL):
        return False
    if _GOES_ON.match(text, piece.end):
        return False  # `mark.smith`, of which `mark` is a part
    if in_login_place(text, piece.start):
        decorates = _DECORATED.search(text, max(0, piece.start - _BACK), piece.start) and _CALLED.match(text, piece.end)
        return not decorates or piece.sure
    host = _AT_HOST.match(text, piece.end)
    return host is not None and bool(flags & LOGIN) and text[piece.start - 1 : piece.start] not in ("/", ":", ".")


def login_places(text: str, every: AbstractSet[str]) -> list[tuple[int, int]]:
    """Runs of letters and digits that stand where a login is expected; some of them may be none.

    Args:
        text: to look in.
        every: its runs.
    """
    places = _around_signs(text) if "@" in text else []
    if "~" in text or not every.isdisjoint(_PATH_RUNS):
        for path in _PATHS:
            for at in _each(text, path):
                if (match := _RUN.match(text, at + len(path))) is not None:
                    places.append(match.span(1))
    if not every.isdisjoint(_FIELD_RUNS):
        low = text.lower()
        for field in _FIELDS if len(low) == len(text) else ():
            for at in _each(low, field):
                if (match := _VALUE.match(text, at + len(field))) is not None:
                    places.append(match.span(1))
    return places


def _around_signs(text: str) -> list[tuple[int, int]]:
    places: list[tuple[int, int]] = []
    for at in _each(text, "@"):
        if at and text[at - 1].isalnum():
            if (before := _BACKWARDS.search(text, max(0, at - _BACK), at)) is not None:
                places.append(before.span())
        elif (match := _RUN.match(text, at + 1)) is not None and match.start(1) == at + 1:
            places.append(match.span(1))
    return places


def _each(text: str, part: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def in_login_place(text: str, at: int) -> bool:
    """If a login is expected here: after `@`, `/home/`, `user=`, `ssh `."""
    return at > 0 and text[at - 1] in "@/\\~ =:\"'" and _LOGIN_PLACE.search(text, max(0, at - _BACK), at) is not None


def _shaped(login: str) -> bool:
    """Not a number, and nothing that a hash could be cut to."""
    return not login.isdigit() and not (any(c.isdigit() for c in login) and all(c in "0123456789abcdef" for c in login))


def is_called(text: str, piece: Piece) -> bool:
    """If a capitalised name that is no word stands where somebody is spoken to or of: `thanks Jane`, `Jane said`."""
    if piece.case != "T" or not piece.sure or len(piece.low) < _SHORT - 1:
        return False
    if text[piece.end : piece.end + 1].isalnum() or text[piece.start - 1 : piece.start].isalnum():
        return False  # `@JaneRoe`
    another = _ANOTHER.match(text, piece.end)
    if another is not None and (another[1] is None or another[1].lower() not in FUNCTION_WORDS):
        return False
    back = max(0, piece.start - _BACK)
    if _TITLED.search(text, back, piece.start):
        return bool(piece.flags & LAST)
    if piece.flags & LAST and _TURNED.match(text, piece.end):
        return False  # `Doe, Robert`, who is somebody else
    if not piece.flags & GIVEN and not text.startswith("@", piece.start - 1):
        return False
    if _SPOKEN_TO.search(text, back, piece.start):
        return True
    before = _PRECEDED.search(text, back, piece.start)
    if before is not None and (before[1] or "").lower() not in _LEADS:
        return False
    if _SAYS.match(text, piece.end):
        return True
    return _ADDRESSED.match(text, piece.end) is not None and _START.search(text, back, piece.start) is not None
