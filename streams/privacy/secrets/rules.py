"""The forms of a rule: tokens by their prefix, values by the name they stand under, structures. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from streams.privacy.secrets.values import is_token

Check = Callable[[str], bool]

# Character classes of the issuers' alphabets, as they stand in expressions.
ALNUM, WORD, HEX, BASE64 = "[0-9A-Za-z]", r"[\w\-]", "[0-9a-f]", "[0-9A-Za-z+/]"
STARTS = r"(?<![0-9A-Za-z_\-])"  # a token begins here
UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


def ascii_pattern(expression: str, flags: int = 0) -> re.Pattern[str]:
    """`expression`, with classes of characters of ASCII only."""
    return re.compile(expression, re.ASCII | flags)


def always(_: str) -> bool:
    """A check that all pass: the shape alone says it."""
    return True


@dataclass(frozen=True, slots=True)
class Token:
    """Tokens that begin with one of an issuer's prefixes, wherever they stand.

    Args:
        name: issuer and kind.
        prefixes: separated by spaces, of at least two characters; letter case counts.
        tail: expression of what follows the prefix.
        source: who says so: a standard, a public list of rules, or nobody ("format as seen in the wild").
        closed: nothing of the token's alphabet may follow, because its length is fixed and its prefix short.
        words: prefix, length and alphabet say so much that words in it do not count against it.
    """

    name: str
    prefixes: str
    tail: str
    source: str
    closed: bool = False
    words: bool = False
    expression: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        prefix = "|".join(re.escape(one) for one in self.prefixes.split())
        end = r"(?![0-9A-Za-z_\-])" if self.closed else ""
        object.__setattr__(self, "expression", re.compile(rf"(?:{prefix})(?P<v>{self.tail}){end}", re.ASCII))


@dataclass(frozen=True, slots=True)
class Keyed:
    """Values without a prefix, known by their issuer's name in the name they are given and by their shape.

    Args:
        name: issuer.
        words: the issuer's name in lower case without separators, several separated by spaces.
        shapes: expressions, one of which the whole value must match.
        source: as for `Token`.
    """

    name: str
    words: str
    shapes: str
    source: str
    expression: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "expression", re.compile(rf"(?:{self.shapes})\Z", re.ASCII))


@dataclass(frozen=True, slots=True)
class Structure:
    """A shape with a mark in it, which is looked for first; then the expression is tried around the mark.

    Args:
        name: what it is.
        marks: separated by spaces, of which one must be there; lower case where `folded`.
        expression: group `v`, or the whole match, is the secret.
        source: as for `Token`.
        gate: must be in the text, in any letter case, or the marks are not looked for; rules share gates.
        near: looked for only around runs of 14 letters, digits, `_` and `-` with a digit among them.
        back: how many characters before the mark the expression may begin; 0: with the mark.
        folded: the marks are looked for in any letter case.
        check: what group `c`, or else the secret, must pass.
        score: of the findings.
    """

    name: str
    marks: str
    expression: re.Pattern[str]
    source: str
    gate: str = ""
    near: bool = False
    back: int = 0
    folded: bool = False
    check: Check = is_token
    score: float = 0.95
