"""The snippet of an `edited_text_file` attachment: lines of the changed file as `cat -n` prints them, with gaps."""

from __future__ import annotations

import re

_LINE = re.compile(r"[ ]{0,8}(\d{1,7})(?:\u2192|\t)(.*)", re.DOTALL)
_CUT = re.compile(r"\.{3}|…|\s*\[.*truncated.*\]\s*", re.IGNORECASE)
_LONGEST_CUT = 200  # characters


def numbered(snippet: str) -> dict[int, str]:
    """The lines by number, from 1; nothing if any line has another form: it is then not known what was cut."""
    found: dict[int, str] = {}
    for line in snippet.split("\n"):
        match = _LINE.fullmatch(line)
        if match is not None:
            found[int(match[1])] = match[2].removesuffix("\r")
        elif line and (len(line) > _LONGEST_CUT or _CUT.fullmatch(line) is None):
            return {}
    return found
