"""What Hyperscan can look for in the place of an expression of `re`: all that it matches, and perhaps more. Pure.

Look-around is left out and every set of characters is written over the alphabet of `projection`, in which a character
outside ASCII is one of four bytes by what `re` says of it: a digit, another word character, white space, or none of
these. Where the expression matches a text, its superset matches the text's projection.
"""

from __future__ import annotations

import re
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_DIGIT, _LETTER, _SPACE, _OTHER = "0", "_", "\x0b", "\x01"  # what stands for characters outside ASCII
_BLOCK = 4096  # distinct characters kept; a text in Chinese has some hundreds
_ASCII = frozenset(map(chr, range(128)))
_BEYOND = {sign: f"beyond {sign!r}" for sign in (_DIGIT, _LETTER, _SPACE, _OTHER)}  # as members of sets
_EVERY = _ASCII | frozenset(_BEYOND.values())
_FOLDING = "\u0130\u0131\u017f\u212a"  # beyond ASCII, and in one letter case a letter of it
_NO_WIDTH = (op.ASSERT, op.ASSERT_NOT, op.AT)
_REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)

Kinds = frozenset[str]


class NoSupersetError(Exception):
    """The expression has a part that is not known here, or matches the empty text."""


class _Table(dict[int, str]):
    def __missing__(self, point: int) -> str:
        if len(self) >= _BLOCK:
            self.clear()
        character = chr(point)
        self[point] = sign = character if character.isascii() else _class(character)
        return sign


def _class(character: str) -> str:
    if character.isdecimal():
        return _DIGIT
    if character.isalnum():
        return _LETTER
    return _SPACE if character.isspace() else _OTHER


_TABLE = _Table()


def projection(text: str) -> bytes:
    """The bytes to scan, one for each code point of the text."""
    return text.encode() if text.isascii() else text.translate(_TABLE).encode()


def superset(expression: re.Pattern[str]) -> str:
    """The expression for Hyperscan (with its flag for `^` at every line).

    Raises:
        NoSupersetError: there is none.
    """
    flags = expression.flags
    tree = _parser.parse(expression.pattern, flags)
    if not tree.getwidth()[0]:
        raise NoSupersetError
    nodes = _shortened(list(tree))
    last = _shortened(list(nodes.pop()[1][1])) if _looks_ahead(nodes[-1]) else []  # what must follow is like a part
    writer = _Writer()
    return writer.sequence(nodes, flags) + writer.sequence(last, flags)


def _looks_ahead(node: tuple[Any, Any]) -> bool:
    return bool(node[0] is op.ASSERT and node[1][0] > 0)


def _shortened(nodes: list[Any]) -> list[Any]:
    """The nodes without what a match need not have at its end."""
    while nodes:
        code, value = nodes[-1]
        if code in _REPEATS and value[0]:
            return [*nodes[:-1], (code, (value[0], value[0], value[2]))]
        if code in _REPEATS or (code in _NO_WIDTH and not _looks_ahead(nodes[-1])):
            nodes = nodes[:-1]
        elif code is op.SUBPATTERN and (inner := _shortened(list(value[3]))) and not _looks_ahead(inner[-1]):
            return [*nodes[:-1], (code, (*value[:3], inner))]
        else:
            break
    return nodes


class _Writer:
    def __init__(self) -> None:
        self._groups: dict[int, tuple[Any, int]] = {}

    def sequence(self, nodes: Iterable[tuple[Any, Any]], flags: int) -> str:
        return "".join(self._node(code, value, flags) for code, value in nodes)

    def _node(self, code: Any, value: Any, flags: int) -> str:
        if code in (op.ASSERT, op.ASSERT_NOT):
            return ""
        if code is op.AT:
            if value is op.AT_BOUNDARY and not flags & re.ASCII:
                return r"\b"
            return {op.AT_BEGINNING: "^", op.AT_END: "$"}.get(value, "") if flags & re.MULTILINE else ""
        if code is op.BRANCH:
            return f"(?:{'|'.join(self.sequence(branch, flags) for branch in value[1])})"
        if code is op.SUBPATTERN:
            group, added, removed, nodes = value
            inner = (flags | added) & ~removed
            if group is not None:
                self._groups[group] = (nodes, inner)
            return f"(?:{self.sequence(nodes, inner)})"
        if code is op.ATOMIC_GROUP:
            return f"(?:{self.sequence(value, flags)})"
        if code in _REPEATS:
            least, most, nodes = value
            limits = f"{{{least},}}" if most is op.MAXREPEAT else f"{{{least},{most}}}"
            return f"(?:{self.sequence(nodes, flags)}){limits}"
        if code is op.GROUPREF and value in self._groups:
            nodes, inner = self._groups[value]
            return f"(?:{self.sequence(nodes, inner | flags & re.IGNORECASE)})"
        if code in (op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN):
            return _written(_kinds(code, value, flags))
        raise NoSupersetError


def _kinds(code: Any, value: Any, flags: int) -> Kinds:
    if code is op.ANY:
        return _EVERY if flags & re.DOTALL else _EVERY - {"\n"}
    if code is op.IN:
        return _items(value, flags)
    negated = [(op.NEGATE, None)] if code is op.NOT_LITERAL else []
    return _items([*negated, (op.LITERAL, value)], flags)


def _items(items: Sequence[tuple[Any, Any]], flags: int) -> Kinds:
    negative = items[0][0] is op.NEGATE
    certain: set[str] = set()
    possible: set[str] = set()
    for code, value in items[1:] if negative else items:
        if code is op.CATEGORY:
            sure, maybe = _category(str(value), ascii_only=bool(flags & re.ASCII))
        elif code in (op.LITERAL, op.RANGE):
            low, high = (value, value) if code is op.LITERAL else value
            sure, maybe = _range(low, high, ignore=bool(flags & re.IGNORECASE))
        else:
            raise NoSupersetError
        certain |= sure
        possible |= maybe
    return _EVERY - certain if negative else frozenset(possible)


def _range(low: int, high: int, *, ignore: bool) -> tuple[set[str], set[str]]:
    """What a range holds for certain, and what it may hold."""
    plain = set(map(chr, range(low, min(high, 127) + 1)))
    if ignore:
        plain |= {sign.swapcase() for sign in plain}
    if high < 128:  # noqa: PLR2004 - ASCII
        folds = ignore and not plain.isdisjoint("iIsSkK")
        return plain, plain | ({_BEYOND[_LETTER]} if folds else set())
    folded = set("iIsSkK") if ignore else set()
    if low == high:
        return plain, {_BEYOND[_class(chr(low))]} | (folded if chr(low) in _FOLDING else set())
    return plain, plain | folded | set(_BEYOND.values())


def _category(name: str, *, ascii_only: bool) -> tuple[set[str], set[str]]:
    r"""What a class such as `\w` holds for certain, and what it may hold."""
    kind = name.rpartition("CATEGORY_")[2]
    positive, test, beyond = {
        "DIGIT": (True, str.isdecimal, (_DIGIT,)),
        "NOT_DIGIT": (False, str.isdecimal, (_DIGIT,)),
        "SPACE": (True, str.isspace, (_SPACE,)),
        "NOT_SPACE": (False, str.isspace, (_SPACE,)),
        "WORD": (True, _is_word, (_DIGIT, _LETTER)),
        "NOT_WORD": (False, _is_word, (_DIGIT, _LETTER)),
    }[kind]
    inside = {sign for sign in _ASCII if test(sign)} | ({_BEYOND[sign] for sign in beyond} if not ascii_only else set())
    # Under the flag for ASCII, `\s` has no separators of information, which `str.isspace` has.
    maybe = inside if positive else set(_EVERY) - inside
    if kind.endswith("SPACE") and ascii_only:
        return maybe - set("\x1c\x1d\x1e\x1f"), maybe | set("\x1c\x1d\x1e\x1f")
    return maybe, maybe


def _is_word(sign: str) -> bool:
    return sign.isalnum() or sign == "_"


_SIGNS = {name: sign for sign, name in _BEYOND.items()}


def _written(kinds: Kinds) -> str:
    """A set of characters as Hyperscan reads it."""
    points = sorted({ord(_SIGNS.get(kind, kind)) for kind in kinds})
    if not points:
        return r"[^\x00-\xff]"
    ranges: list[list[int]] = []
    for point in points:
        if ranges and ranges[-1][1] == point - 1:
            ranges[-1][1] = point
        else:
            ranges.append([point, point])
    return "[" + "".join(_span(low, high) for low, high in ranges) + "]"


def _span(low: int, high: int) -> str:
    return f"\\x{low:02x}" if low == high else f"\\x{low:02x}-\\x{high:02x}"
