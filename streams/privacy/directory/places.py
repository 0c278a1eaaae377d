"""Where runs of letters and digits stand in a text, and what stands next to them. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from streams.privacy.directory.fold import RUN

if TYPE_CHECKING:
    from collections.abc import Iterable

_FEW = 40
_LONGEST = 65  # one more than a run that may name somebody
_GAP_SIZE = 6
_BESIDE = re.compile(r"%20|_|[^\w\n]{0,3}\r?\n?[ \t]{0,8}(?:[#*>/]+[ \t]?)?(?=[^\W_])")


def run_before(text: str, at: int, floor: int) -> tuple[int, int] | None:
    """The run of letters and digits before `at`, over at most six other characters."""
    if text.startswith("%20", at - 3):
        at -= 3
    least = max(floor, at - _GAP_SIZE)
    while at > least and not text[at - 1].isalnum():
        at -= 1
    start = at
    floor = max(floor, at - _LONGEST)
    while start > floor and text[start - 1].isalnum():
        start -= 1
    return (start, at) if start < at else None


def placed(text: str, runs: Iterable[str]) -> list[tuple[int, int]]:
    """Where these runs stand as whole runs, in text order."""
    wanted = set(runs)
    if len(wanted) > _FEW:  # one look at every run is less than a search for each
        return [match.span() for match in RUN.finditer(text) if match[0] in wanted]
    places: list[tuple[int, int]] = []
    for run in wanted:
        size = len(run)
        at = text.find(run)
        while at >= 0:
            end = at + size
            if not (at and text[at - 1].isalnum()) and not text[end : end + 1].isalnum():
                places.append((at, end))
            at = text.find(run, end)
    places.sort()
    return places


def near_capital(text: str, start: int, end: int) -> bool:
    """Whether a capitalised word stands next to this one: a word alone names nobody."""
    if (after := _BESIDE.match(text, end)) is not None and text[after.end() : after.end() + 1].isupper():
        return True
    before = run_before(text, start, 0)
    return before is not None and text[before[0]].isupper()
