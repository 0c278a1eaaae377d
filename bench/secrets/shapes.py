"""Values drawn at random from an expression: alphabet, length and punctuation are right; and stand-ins for them.

Nothing here is a secret of anybody: values exist only while a test or a benchmark runs, and follow from a seed.
"""

from __future__ import annotations

import importlib
import re
import string
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

_parser = importlib.import_module("re._parser")  # Python's own, of 3.11; without stubs
_WORD = string.ascii_letters + string.digits + "_"
_ANY = string.ascii_letters + string.digits
_CATEGORIES = {
    "CATEGORY_DIGIT": string.digits,
    "CATEGORY_WORD": _WORD,
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_SPACE": _ANY,
}
_MORE = 8  # repeats beyond the least, where an expression allows any number
_TRIES = 400


def drawn(expression: re.Pattern[str], rng: random.Random, before: str = "", more: int = _MORE) -> str:
    """A string that the whole of `expression` matches, if it stands after `before`; at most `more` repeats too many.

    Raises:
        ValueError: none was found in 400 tries.
    """
    tree = _parser.parse(expression.pattern, expression.flags)
    for _ in range(_TRIES):
        value = _sequence(tree, rng, more)
        if expression.fullmatch(before + value, len(before)):
            return value
    raise ValueError(f"no string in {_TRIES} tries for {expression.pattern!r}")


def _sequence(items: Sequence[tuple[Any, Any]], rng: random.Random, more: int) -> str:
    return "".join(_one(str(kind), what, rng, more) for kind, what in items)


def _one(kind: str, what: Any, rng: random.Random, more: int) -> str:
    if kind == "LITERAL":
        return chr(what)
    if kind in {"NOT_LITERAL", "ANY"}:
        return rng.choice(_ANY)
    if kind == "IN":
        return rng.choice(_members(what))
    if kind.endswith("_REPEAT"):
        least, most, inner = what
        times = rng.randint(least, min(most, least + more))
        return "".join(_sequence(inner, rng, more) for _ in range(times))
    if kind == "SUBPATTERN":
        return _sequence(what[-1], rng, more)
    if kind == "BRANCH":
        return _sequence(rng.choice(what[1]), rng, more)
    return ""  # assertions and anchors: what is drawn is matched again


def _members(items: Sequence[tuple[Any, Any]]) -> str:
    members = ""
    negated = False
    for kind, what in items:
        if str(kind) == "NEGATE":
            negated = True
        elif str(kind) == "LITERAL":
            members += chr(what)
        elif str(kind) == "RANGE":
            members += "".join(map(chr, range(what[0], what[1] + 1)))
        else:
            members += _CATEGORIES.get(str(what), _ANY)
    return "".join(c for c in _ANY if c not in members) if negated else members


def _words(value: str) -> str:
    phrase = "insert-your-own-value-here-please-"
    return (phrase * (len(value) // len(phrase) + 1))[: len(value)]


STAND_INS: dict[str, Callable[[str], str]] = {
    "crosses": lambda value: re.sub(r"[0-9A-Za-z]", "x", value),
    "zeros": lambda value: re.sub(r"[0-9A-Za-z]", "0", value),
    "one letter": lambda value: re.sub(r"[0-9A-Za-z]", "A", value),
    "stars": lambda value: "*" * len(value),
    "sequence": lambda value: ("abcdefghijklmnopqrstuvwxyz" * (len(value) // 26 + 1))[: len(value)],
    "digits": lambda value: ("1234567890" * (len(value) // 10 + 1))[: len(value)],
    "words": _words,
    "example": lambda value: (value[:2] + "EXAMPLE" * (len(value) // 7 + 1))[: max(9, len(value))],
}
"""Name -> what is written in place of a value to say that it is none; of the same length where it can be."""
