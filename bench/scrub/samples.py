"""Strings that an expression matches, or nearly: for recognisers whose values nobody has listed."""

from __future__ import annotations

import warnings
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser, error  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

_MOST = 12  # of what may be repeated without end
_SIGNS = "aZ09 -.,é_/"
_CLASSES = {op.CATEGORY_DIGIT: "0123456789", op.CATEGORY_SPACE: " \t", op.CATEGORY_WORD: "aZ0_é"}


def sample(expression: str, chooser: random.Random) -> str:
    """A string of the expression's; look-arounds and boundaries are not looked at."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = _parser.parse(expression)
    except (error, OverflowError):
        return ""
    groups: dict[int, str] = {}
    return "".join(_one(code, value, chooser, groups) for code, value in tree)


def _one(code: Any, value: Any, chooser: random.Random, groups: dict[int, str]) -> str:  # one case a line
    if code is op.LITERAL:
        return chr(value)
    if code is op.IN:
        return _among(value, chooser)
    if code is op.BRANCH:
        return _all(chooser.choice(value[1]), chooser, groups)
    if code is op.SUBPATTERN:
        made = _all(value[3], chooser, groups)
        groups[value[0] or 0] = made
        return made
    if code in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        most = min(value[1], max(value[0], _MOST)) if value[1] is not op.MAXREPEAT else value[0] + _MOST
        return "".join(_all(value[2], chooser, groups) for _ in range(chooser.randint(value[0], most)))
    if code is op.ATOMIC_GROUP:
        return _all(value, chooser, groups)
    if code is op.GROUPREF:
        return groups.get(value, "")
    return chooser.choice(_SIGNS) if code in (op.ANY, op.NOT_LITERAL) else ""


def _all(nodes: Any, chooser: random.Random, groups: dict[int, str]) -> str:
    return "".join(_one(code, value, chooser, groups) for code, value in nodes)


def _among(items: Any, chooser: random.Random) -> str:
    if items[0][0] is op.NEGATE:
        return chooser.choice(_SIGNS)
    code, value = chooser.choice(items)
    if code is op.RANGE:
        return chr(chooser.randint(*value))
    return chr(value) if code is op.LITERAL else chooser.choice(_CLASSES.get(value, _SIGNS))
