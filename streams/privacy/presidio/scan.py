"""All expressions in one pass over a text, with Hyperscan if it is installed.

`hits` gives for each expression the places where matches can end, or None where nothing better is known than that there
may be one. Without Hyperscan the characters that an expression cannot do without are looked for instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from streams.privacy.presidio.projection import project

if TYPE_CHECKING:
    from streams.privacy.presidio.shape import Shape

try:
    import hyperscan
except ImportError:  # an extra of the distribution
    hyperscan = None  # type: ignore[assignment]

Hits = Mapping[int, list[int]]  # expression -> offsets of ends, ascending, with repeats
Scan = Callable[[str], Hits]
_LARGE = 3000  # signs of an expression from which Hyperscan is asked for a superset at once: it takes seconds to refuse


def available() -> bool:
    """Whether Hyperscan is installed."""
    return hyperscan is not None


def scanner(shapes: Mapping[int, Shape], words: Mapping[int, Sequence[str]]) -> tuple[Scan, frozenset[int]]:
    """A scan for the shapes and for groups of words, and which of them it knows; Hyperscan must be installed.

    A group of words (lower-case, ASCII) is hit at most once for each word, whatever the letter case, in ASCII texts.
    """
    expressions, ids, flags = [], [], []
    for number, one in shapes.items():
        flag = _compiles(one.scan, caseless=one.caseless)
        if flag is not None:
            expressions.append(one.scan.encode())
            ids.append(number)
            flags.append(flag)
    for number, group in words.items():
        expressions.append("|".join(f"(?:{_literal(word)})" for word in group).encode())
        ids.append(number)
        flags.append(hyperscan.HS_FLAG_CASELESS | hyperscan.HS_FLAG_SINGLEMATCH)
    if not ids:
        return _nothing, frozenset()
    database = hyperscan.Database()
    database.compile(expressions=expressions, ids=ids, flags=flags)

    def hits(text: str) -> Hits:
        found: dict[int, list[int]] = {}
        get = found.get

        def on_match(number: int, _start: int, end: int, _flags: int, _context: Any) -> None:
            ends = get(number)
            if ends is None:
                found[number] = [end]
            else:
                ends.append(end)

        database.scan(project(text), match_event_handler=on_match)
        return found

    return hits, frozenset(ids)


def _nothing(_text: str) -> Hits:
    return {}


def _literal(word: str) -> str:
    return "".join(c if c.isalnum() else f"\\x{ord(c):02x}" for c in word)


@lru_cache(maxsize=1024)
def _compiles(expression: str, *, caseless: bool) -> int | None:
    """The flags with which Hyperscan takes an expression; None if it does not."""
    plain = hyperscan.HS_FLAG_CASELESS if caseless else 0
    large = len(expression) > _LARGE
    for flag in (plain | hyperscan.HS_FLAG_PREFILTER,) if large else (plain, plain | hyperscan.HS_FLAG_PREFILTER):
        try:
            hyperscan.Database().compile(expressions=[expression.encode()], ids=[0], flags=[flag])
        except hyperscan.error:
            continue
        return int(flag)
    return None
