"""What the text of an expression says about where its matches can be.

An expression is read with the parser of `re`. From its tree come an expression without look-around for the scanner,
over the alphabet of `projection`, that ends wherever the original can end; how long a match can be; which separators it
cannot contain; how far it looks ahead; and characters without which there is no match. Whatever `re` cannot read, or
reads otherwise than `regex` does, has no shape: it runs on the whole text, as with Presidio.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from functools import lru_cache
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any

from streams.privacy.presidio.alphabet import ALL, EVERYTHING, Kinds, expression, members

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_LONG = 1 << 20  # a width that nobody means: unbounded
_NARROW = 80  # a wider window is cut at separators instead, where it can be
_LITERAL_BUDGET = 40_000  # signs of an expression for the scanner; a back reference repeats its group
# `regex` reads these otherwise than `re`: fuzzy counts, POSIX classes, and verbs.
_FOREIGN = re.compile(r"\{[^{}]*[a-zA-Z][^{}]*\}|\[:\^?[a-zA-Z]+:\]|\(\*")
_SHARED = re.IGNORECASE | re.DOTALL | re.MULTILINE | re.UNICODE | re.VERBOSE | re.ASCII
_ONE = re.compile(r"\w|\\x[0-9a-f]{2}|\[[^\]]*\]")  # an expression that a count can follow
_EMPTY = (op.AT, op.ASSERT, op.ASSERT_NOT)
_REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)


class NoShapeError(Exception):
    """The expression is not one whose matches can be foretold."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Promises about every match of an expression.

    Attributes:
        scan: an expression over `projection`'s bytes. If `bounded` it ends at every end of a match, and maybe
            elsewhere; if not, it ends somewhere in every match.
        caseless: whether `scan` is to be read without regard to letter case.
        width: how many characters a match has at most; None if there is no limit.
        bounded: whether a match is best looked for in so many characters, and not between two separators.
        ahead: how many characters behind its end a match may depend on.
        behind: how many characters before its start a match may depend on; None if there is no limit.
        excluded: characters that no match contains.
        inline: whether a match is in one line, and depends on that line only.
        needed: sets of characters; a text that holds none of one of them has no match.
    """

    scan: str
    caseless: bool
    width: int | None
    bounded: bool
    ahead: int
    behind: int
    excluded: frozenset[str]
    inline: bool
    needed: tuple[frozenset[str], ...]


@dataclass(slots=True)
class _Walk:
    """What is collected on the way through the tree."""

    groups: dict[int, Any]
    caseless: bool
    longest: int = _LONG  # a count above it is written as none
    refers: bool = False
    ahead: int = 0
    behind: int = 0
    consumed: Kinds = frozenset()
    seen: Kinds = frozenset()  # in look-arounds
    written: int = 0


@lru_cache(maxsize=1024)
def shape(pattern: str, flags: int) -> Shape:
    """The shape of an expression under flags of `regex` (which are those of `re`).

    Raises:
        NoShapeError: where nothing can be promised.
    """
    if _FOREIGN.search(pattern) or flags & ~(
        re.IGNORECASE | re.DOTALL | re.MULTILINE | re.UNICODE | re.VERBOSE | re.ASCII
    ):
        raise NoShapeError
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            tree = _parser.parse(pattern, flags & _SHARED)
    except (re.error, Warning, OverflowError, RecursionError) as error:
        raise NoShapeError from error
    least, most = tree.getwidth()
    if least == 0:
        raise NoShapeError
    caseless = bool(tree.state.flags & re.IGNORECASE)
    flags = tree.state.flags
    walk = _Walk({}, caseless)
    scan = _sequence(tree, flags, walk)
    excluded = frozenset(separator for separator in "\n " if not members(separator) & walk.consumed)
    bounded = most <= _NARROW or (not excluded and most < _LONG)
    if not bounded and not walk.refers:
        inner = _without_edge(_without_edge(list(tree), last=True)[0], last=False)[0]
        scan = _sequence(inner, flags, _Walk({}, caseless, longest=_NARROW))
    return Shape(
        scan=scan,
        caseless=caseless,
        width=int(most) if most < _LONG else None,
        bounded=bounded,
        ahead=max(walk.ahead, 1),  # one for a boundary or the end of a line
        behind=max(walk.behind, 1),
        excluded=excluded,
        inline=not members("\n") & (walk.consumed | walk.seen),
        needed=_needed(tree, flags),
    )


def _sequence(nodes: Iterable[tuple[Any, Any]], flags: int, walk: _Walk) -> str:
    return "".join(_node(code, value, flags, walk) for code, value in nodes)


def _node(code: Any, value: Any, flags: int, walk: _Walk) -> str:  # one case a line
    walk.written += 1
    if walk.written > _LITERAL_BUDGET:
        raise NoShapeError
    if code in (op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN):
        found = kinds(code, value, flags)
        walk.consumed |= found
        return expression(found, caseless=walk.caseless)
    if code is op.BRANCH:
        return "(?:" + "|".join(_sequence(branch, flags, walk) for branch in value[1]) + ")"
    if code is op.SUBPATTERN:
        group, added, removed, nodes = value
        if group is not None:
            walk.groups[group] = (nodes, (flags | added) & ~removed)
        inside = _sequence(nodes, (flags | added) & ~removed, walk)
        return f"(?:{inside})" if "|" in inside else inside
    if code in _REPEATS:
        least, most, nodes = value
        limits = f"{{{least},}}" if most is op.MAXREPEAT or most >= walk.longest else f"{{{least},{most}}}"
        inside = _sequence(nodes, flags, walk)
        return (inside if _ONE.fullmatch(inside) else f"(?:{inside})") + limits
    if code is op.ATOMIC_GROUP:
        return "(?:" + _sequence(value, flags, walk) + ")"
    if code is op.GROUPREF and value in walk.groups:
        nodes, inner = walk.groups[value]
        walk.refers = True
        # In a look-around's width, and in its letter case, a reference is as its group.
        return "(?:" + _sequence(nodes, inner | (flags & re.IGNORECASE), walk) + ")"
    if code in (op.ASSERT, op.ASSERT_NOT):
        _look(value, flags, walk)
        return ""
    if code is op.AT:
        return _at(value, flags, walk)
    raise NoShapeError


def _without_edge(nodes: list[Any], *, last: bool) -> tuple[list[Any], bool]:
    """The nodes without what is optional at one of their ends, and whether anything was left out.

    Whatever has a match in some place has a match of the rest in that place as well.
    """
    ordered = list(reversed(nodes)) if last else list(nodes)
    changed = False
    while True:
        place = next((i for i, (code, _) in enumerate(ordered) if code not in _EMPTY), None)
        if place is None:
            break
        code, value = ordered[place]
        if code in _REPEATS and value[0] == 0:
            ordered, changed = ordered[place + 1 :], True
            continue
        inner: Any = None
        if code in _REPEATS and (value[0] > 1 or value[1] != 1):
            inner = (code, (value[0], value[0], value[2])) if value[1] != value[0] else None
            if value[0] == 1:
                inner = (op.SUBPATTERN, (None, 0, 0, _without_edge(list(value[2]), last=last)[0]))
        elif code is op.SUBPATTERN:
            kept, cut = _without_edge(list(value[3]), last=last)
            inner = (code, (*value[:3], kept)) if cut else None
        if inner is not None:
            ordered, changed = [inner, *ordered[place + 1 :]], True
        break
    return (list(reversed(ordered)) if last else ordered), changed


def _look(value: Any, flags: int, walk: _Walk) -> None:
    """A look-around is left out of the scan; how far it sees is kept."""
    direction, nodes = value
    width = _width(nodes)
    inside = _Walk(walk.groups, walk.caseless)
    _sequence(nodes, flags, inside)
    walk.seen |= inside.consumed | inside.seen
    if direction > 0:
        walk.ahead = max(walk.ahead, width + inside.ahead)
        walk.behind = max(walk.behind, inside.behind)
    else:
        walk.behind = max(walk.behind, width + inside.behind)
        walk.ahead = max(walk.ahead, inside.ahead)


def _width(nodes: Any) -> int:
    most = nodes.getwidth()[1]
    if most >= _LONG:
        raise NoShapeError
    return int(most)


def _at(value: Any, flags: int, walk: _Walk) -> str:
    walk.ahead, walk.behind = max(walk.ahead, 1), max(walk.behind, 1)
    if value is op.AT_BOUNDARY:
        # Under ASCII rules a boundary is elsewhere than in the projection.
        return "" if flags & re.ASCII else r"\b"
    if value is op.AT_NON_BOUNDARY:
        return ""
    if value in (op.AT_BEGINNING, op.AT_END) and flags & re.MULTILINE:
        return ""
    raise NoShapeError  # the ends of the whole text: a window has ends of its own


def kinds(code: Any, value: Any, flags: int) -> Kinds:
    """Letters and classes of the projection that a single-character node may stand for."""
    if code is op.ANY:
        return EVERYTHING if flags & re.DOTALL else EVERYTHING - members("\n")
    if code is op.LITERAL:
        return _items([(op.LITERAL, value)], flags)
    if code is op.NOT_LITERAL:
        return _items([(op.NEGATE, None), (op.LITERAL, value)], flags)
    return _items(value, flags)


def _items(items: Sequence[tuple[Any, Any]], flags: int) -> Kinds:
    ignore = bool(flags & re.IGNORECASE)
    negative = bool(items) and items[0][0] is op.NEGATE
    certain: Kinds = frozenset()
    possible: Kinds = frozenset()
    for code, value in items[1:] if negative else items:
        if code is op.CATEGORY:
            sure, maybe = ALL[str(value).rpartition("_CATEGORY_")[2].removeprefix("CATEGORY_")]
        elif code in (op.LITERAL, op.RANGE):
            low, high = (value, value) if code is op.LITERAL else value
            sure, maybe = _range(low, high, ignore=ignore)
        else:
            raise NoShapeError
        certain |= sure
        possible |= maybe
    return EVERYTHING - certain if negative else possible


def _range(low: int, high: int, *, ignore: bool) -> tuple[Kinds, Kinds]:
    """Kinds that a range holds all of, and kinds that it holds any of."""
    plain = {chr(point) for point in range(low, min(high, 127) + 1)}
    if ignore:
        plain |= {c.swapcase() for c in plain}
    sure = frozenset(plain)
    maybe = set(sure)
    if high > 127 or (ignore and plain & set("iIsSkK")):  # noqa: PLR2004 - the dotless i and others fold to ASCII
        maybe |= ALL["OUTSIDE"][1] if high > 127 else members("\u0130")  # noqa: PLR2004
        if ignore:
            maybe |= set("iIsSkK") if high > 127 else set()  # noqa: PLR2004
    return sure, frozenset(maybe)


def _needed(nodes: Iterable[tuple[Any, Any]], flags: int) -> tuple[frozenset[str], ...]:
    """Sets of characters of which each match holds one; only such as are plain ASCII and few."""
    found: list[frozenset[str]] = []
    for code, value in nodes:
        if code in (op.LITERAL, op.IN):
            every = kinds(code, value, flags)
            signs = frozenset(k for k in every if len(k) == 1)
            if len(signs) == len(every) and len(signs) <= 10:  # noqa: PLR2004 - the ten digits, at most
                found.append(signs)
        elif code is op.SUBPATTERN:
            found += _needed(value[3], (flags | value[1]) & ~value[2])
        elif code in _REPEATS and value[0] > 0:
            found += _needed(value[2], flags)
        elif code is op.BRANCH:
            branches = [set(_needed(branch, flags)) for branch in value[1]]
            found += set.intersection(*branches)
    return tuple(dict.fromkeys(found))
