"""Conversations as Continue writes them into one string. Pure.

`<role>`, the text, an empty line, for each message of a prompt and for each chunk of an answer. Source:
continuedev/continue, core/llm/index.ts (`_formatChatMessage`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schemas.sources.scene import Role

_TURN = re.compile(r"(?:\A|(?<=\n\n))<(system|user|assistant|tool|thinking)>\n")
_ROLES: dict[str, Role] = {"system": "system", "user": "user", "assistant": "assistant", "tool": "tool"}


def turns(text: str, role: Role) -> list[tuple[Role, str]]:
    """A written conversation as (role, text); all of it `role` where it has no marks. Thoughts are left out."""
    marks = list(_TURN.finditer(text))
    if not marks or marks[0].start() != 0:
        return [(role, text)]
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    said = [(_ROLES.get(mark.group(1)), text[mark.end() : end]) for mark, end in zip(marks, ends, strict=True)]
    return [(who, words.removesuffix("\n\n")) for who, words in said if who is not None]


def answer(text: str) -> str:
    """A completion without the marks that Continue puts around every chunk of it."""
    return "".join(words for role, words in turns(text, "assistant") if role == "assistant")
