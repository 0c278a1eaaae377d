"""JSON read strictly: what two parsers could read differently is refused, and a refusal names a path, never a value.

The parser is fast but keeps the last of two equal keys, recurses as deep as the input says, and puts offending values
into its messages. So a record is first stripped of its strings, which makes both checks cheap: brackets left over give
the depth, colons left over give the number of keys written. Only a record that fails is read a second time, by the
standard library, to find the place.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from schemas.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Container

_NOT_BRACKETS = bytes(b for b in range(256) if b not in b"{}[]")
_OPENING = frozenset(b"{[")
_SURROGATE = re.compile("[\ud800-\udfff]")
# What msgspec can write back and every reader of the tables can hold.
_LEAST_INT, _GREATEST_INT = -(2**63), 2**64 - 1
_LONGEST_INT = 20  # digits of the greatest; longer ones are not worth converting
_LONGEST_PATH = 200

_decode = msgspec.json.Decoder().decode


class _Pairs(list[tuple[str, Any]]):
    """A JSON object as written: keys in order, repeated ones included."""


def parse(value: bytes, *, max_depth: int, names: Container[str], root: str = "$") -> Any:
    """The JSON document `value` as Python objects; every string in it is valid UTF-8, every number within 64 bits.

    `names` are the keys that a path may show; others read `?`, as a key can be someone's data too. `root` is the path
    of the document itself.

    Raises:
        DecodeError: reason `too_deep`, `invalid_utf8`, `bad_value` (a number out of range) or `not_json`.
    """
    skeleton = _skeleton(value)
    if skeleton.count(b"{") + skeleton.count(b"[") > max_depth and _deeper(skeleton, max_depth):
        raise DecodeError("too_deep", root, f"at most {max_depth} levels")
    tree: Any = None
    # The fault is raised after the handler: inside it would carry msgspec's error, and that one holds the value.
    try:
        tree = _decode(value)
        sound = _keys(tree) == skeleton.count(b":")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        sound = False
    if not sound:
        raise _diagnosis(value, names, root)
    return tree


def path_of(parent: str, key: str, names: Container[str]) -> str:
    """`parent.key`, or `parent.?` for a key that is not one of `names`."""
    return f"{parent}.{key if key in names else '?'}"


def _skeleton(value: bytes) -> bytes:
    """What stands outside of strings. Exact for JSON, and for other bytes up to the first that cannot be JSON.

    With escaped backslashes gone, then escaped quotes, every other part between quotes is outside. A scan by regular
    expression says the same at twice the cost.
    """
    if b"\\" in value:
        value = value.replace(b"\\\\", b"").replace(b'\\"', b"")
    return b"".join(value.split(b'"')[::2])


def _deeper(skeleton: bytes, limit: int) -> bool:
    depth = 0
    for byte in skeleton.translate(None, _NOT_BRACKETS):
        if byte in _OPENING:
            depth += 1
            if depth > limit:
                return True
        elif depth:
            depth -= 1
    return False


def _keys(root: object) -> int:
    """How many keys the tree has; -1 if one of its integers is out of range."""
    keys = 0
    nodes = [root]
    while nodes:
        node = nodes.pop()
        if type(node) is dict:
            keys += len(node)
            nodes.extend(node.values())
        elif type(node) is list:
            nodes.extend(node)
        elif type(node) is int and not _LEAST_INT <= node <= _GREATEST_INT:
            return -1
    return keys


def _diagnosis(value: bytes, names: Container[str], root: str) -> DecodeError:
    """Why the strict reading failed, and where."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return DecodeError("invalid_utf8", root, "UTF-8")
    try:
        tree = json.loads(
            text, object_pairs_hook=_Pairs, parse_int=_integer, parse_float=float, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError):
        return DecodeError("not_json", root, "JSON as of RFC 8259")
    nodes: list[tuple[str, Any]] = [(root, tree)]
    while nodes:
        path, node = nodes.pop()
        fault = _fault_at(path[:_LONGEST_PATH], node, names)
        if fault is not None:
            return fault
        if isinstance(node, _Pairs):
            nodes.extend((path_of(path, key, names), child) for key, child in reversed(node))
        elif isinstance(node, list):
            nodes.extend((f"{path}[{i}]", child) for i, child in reversed(list(enumerate(node))))
    return DecodeError("not_json", root, "JSON as of RFC 8259")


def _fault_at(path: str, node: Any, names: Container[str]) -> DecodeError | None:
    if isinstance(node, _Pairs):
        seen: set[str] = set()
        for key, _ in node:
            if key in seen:
                return DecodeError("not_json", path_of(path, key, names), "each key once")
            if _SURROGATE.search(key):
                return DecodeError("invalid_utf8", path_of(path, key, names), "no lone surrogate in a key")
            seen.add(key)
    elif isinstance(node, str):
        if _SURROGATE.search(node):
            return DecodeError("invalid_utf8", path, "no lone surrogate in a string")
    elif isinstance(node, float):
        if not math.isfinite(node):
            return DecodeError("bad_value", path, "a number in the range of a 64-bit float")
    elif isinstance(node, int) and not _LEAST_INT <= node <= _GREATEST_INT:
        return DecodeError("bad_value", path, "an integer of at most 64 bits")
    return None


def _integer(digits: str) -> int:
    return int(digits) if len(digits) <= _LONGEST_INT else _GREATEST_INT + 1


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError("JSON has no NaN and no infinities")
