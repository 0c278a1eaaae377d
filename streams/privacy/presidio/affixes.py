"""spaCy's searches for suffixes and infixes of a word, where they can match only.

They are long lists of expressions that are tried at every sign. A suffix is short, so the end of a word tells; an infix
begins with one of some signs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

from streams.privacy.presidio.shape import kinds

Search = Callable[[str], re.Match[str] | None]
Infixes = Callable[[str], Iterable[re.Match[str]]]

_TAIL = 6  # signs at the end of a word in which its suffix is looked for; spaCy's are units and signs of up to five
_RUN = 3  # parts of an expression for a run of a sign: the sign, more of it, the end
_EMPTY = (op.AT, op.ASSERT, op.ASSERT_NOT)


def at_end(search: Search) -> Search:
    """The search for suffixes, with the same findings."""
    pattern = getattr(search, "__self__", None)
    if not isinstance(pattern, re.Pattern) or search != pattern.search:
        return search
    tree = list(_parser.parse(pattern.pattern, pattern.flags))
    branches = tree[0][1][1] if len(tree) == 1 and tree[0][0] is op.BRANCH else [tree]
    if not all(map(_short_or_run, branches)):
        return search

    def found(word: str) -> re.Match[str] | None:
        at = len(word) - _TAIL
        match = pattern.search(word, max(at, 0))
        # What reaches to the first sign looked at may begin before it.
        return pattern.search(word) if at > 0 and match is not None and match.start() == at else match

    return found


def at_starts(finditer: Infixes) -> Infixes:
    """The search for infixes, with the same findings."""
    pattern = getattr(finditer, "__self__", None)
    if not isinstance(pattern, re.Pattern) or finditer != pattern.finditer:
        return finditer
    signs = _first_signs(_parser.parse(pattern.pattern, pattern.flags), pattern.flags)
    if not signs:
        return finditer
    begin = re.compile(f"[{re.escape(''.join(sorted(signs)))}]").search

    def found(word: str) -> Iterator[re.Match[str]]:
        if not word.isascii():
            yield from finditer(word)
            return
        place = begin(word)
        while place is not None:
            match = pattern.match(word, place.start())
            if match is not None:
                yield match
            place = begin(word, match.end() if match is not None else place.end())

    return found


def _short_or_run(branch: Any) -> bool:
    """Whether matches are shorter than what is looked at, or so many of one sign that the end of a match is one too."""
    nodes = list(branch)
    if not nodes or nodes[-1] != (op.AT, op.AT_END):
        return False
    if sum(1 for code, _ in nodes if code is op.AT) == 1 and branch.getwidth()[1] < _TAIL:
        return True
    if len(nodes) != _RUN or nodes[1][0] is not op.MAX_REPEAT:
        return False
    least, most, repeated = nodes[1][1]
    return least == 1 and most is op.MAXREPEAT and list(repeated) == nodes[:1]


def _first_signs(nodes: Any, flags: int) -> frozenset[str] | None:
    """ASCII signs with which a match can begin; None if that is not known, or a match can be empty."""
    if nodes.getwidth()[0] == 0:
        return None
    code, value = next(node for node in nodes if node[0] not in _EMPTY)
    if code is op.BRANCH:
        branches = [_first_signs(branch, flags) for branch in value[1]]
        return None if None in branches else frozenset().union(*(one for one in branches if one is not None))
    if code is op.SUBPATTERN:
        return _first_signs(value[3], (flags | value[1]) & ~value[2])
    if code in (op.MAX_REPEAT, op.MIN_REPEAT):
        return _first_signs(value[2], flags) if value[0] else None
    if code in (op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN):
        return frozenset(kind for kind in kinds(code, value, flags) if len(kind) == 1)
    return None
