"""Long lists of words in an expression, written so that they are not tried one after the other.

Presidio's expressions for URLs try 1,400 top-level domains in turn. Words that begin with different signs exclude one
another, so they can be put together by their first signs, in the order in which they stood: the same word is chosen.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_MANY = 20  # words from which it is worth it
# Lower-case words only: with letter case ignored, `a` and `A` would not exclude one another.
_LIST = re.compile(rf"\(\?:[a-z0-9-]+\)(?:\|\(\?:[a-z0-9-]+\)){{{_MANY},}}")


def gathered(expression: str) -> str:
    """The expression with its long lists of words put together; its matches are the same."""
    return _LIST.sub(lambda found: _tree(found.group()[3:-1].split(")|(?:")), expression)


def _tree(words: Sequence[str]) -> str:
    """An expression for the first of the words that fits."""
    branches: list[str] = []
    groups: dict[str, list[str]] = {}
    for word in [*words, ""]:
        if word:
            groups.setdefault(word[0], []).append(word[1:])
            continue
        # An end fits everywhere: what stands before it stays before it.
        branches += [_branch(first, rest) for first, rest in groups.items()]
        branches.append("")
        groups = {}
    branches.pop()
    return "|".join(branches)


def _branch(first: str, rest: Sequence[str]) -> str:
    if len(rest) == 1:
        return first + rest[0]
    return f"{first}(?:{_tree(rest)})"
