"""Names in scripts that write them without spaces: Chinese, Japanese, Korean. Pure.

Three characters or more are the name wherever they stand, as a longer name of somebody else seldom begins with one
whole. Two characters are also parts of words and of longer names, so what stands on both sides must be no such script
or a word that goes with a name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from streams.privacy.directory.fold import is_cjk
from streams.privacy.directory.roster import PREFIX
from streams.privacy.directory.table import FULL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LONGEST, _SHORTEST = 6, 2
_HANGUL = re.compile("[\uac00-\ud7af]")
# ruff: noqa: RUF001 - full-width punctuation is what such scripts use
# What may stand right before and after a name: particles, verbs of speaking, forms of address.
_BEFORE = "和与跟给找问请由让对是被向到从为叫约帮同及、，。：；！？はがをにへともでや"
_AFTER = (
    "说的在是和与会去来先老把将已刚也都了有要请问给跟让到对从、，。：；！？はがをにへともでやさ様氏君"
    "가는이은을를님씨의와과도에께"
)


def pattern(firsts: str) -> re.Pattern[str] | None:
    """Finds where a name could begin; None if the directory has no such names."""
    return re.compile(f"[{re.escape(firsts)}]") if firsts else None


def names(text: str, starts: re.Pattern[str], get: Callable[[str], int]) -> Iterator[tuple[int, int]]:
    """Names of the table in this folded text, the longest at each place, left to right."""
    done = 0
    for match in starts.finditer(text):
        at = match.start()
        if at < done:
            continue
        window = text[at : at + _LONGEST + 1]
        bare = window.replace(" ", "", 1) if " " in window[1:3] else window
        if len(bare) < _SHORTEST or not get(PREFIX + bare[:2]):
            continue
        for size in range(min(_LONGEST, len(bare)), _SHORTEST - 1, -1):
            end = at + size + (len(bare) < len(window) and size > window.index(" "))
            if get(bare[:size]) & FULL and is_cjk(bare[:size]) and _alone(text, at, end, size):
                yield at, end
                done = end
                break


def _alone(text: str, start: int, end: int, size: int) -> bool:
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    if _HANGUL.match(text[start]):
        return not (before and _HANGUL.match(before)) and (size > _SHORTEST or not is_cjk(after) or after in _AFTER)
    if size > _SHORTEST:
        return True
    return (not is_cjk(before) or before in _BEFORE) and (not is_cjk(after) or after in _AFTER)
