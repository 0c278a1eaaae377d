"""Which of our own expressions can match a text, from one scan for all of them. Pure, but for what it keeps.

Most texts match hardly any of the hundred expressions of `cues`, `street` and the like, and to find that out with each
of them takes far longer than the few matches do. With Hyperscan (an extra of the distribution) one pass says which of
them can match at all; without it none is ruled out, and the finders' own gates decide.
"""

from __future__ import annotations

import contextlib
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from streams.privacy.superset import NoSupersetError, projection, superset

if TYPE_CHECKING:
    import re

try:
    import hyperscan
except ImportError:
    hyperscan = None  # type: ignore[assignment]

Live = Mapping[int, Sequence[int]]  # number of an expression -> where its matches can end, ascending


class Sieve:
    """Expressions that are looked for together. The answer for the last text is kept.

    Args:
        use: False leaves Hyperscan alone where it is installed.
    """

    def __init__(self, *, use: bool = True) -> None:
        self._use = use and hyperscan is not None
        self._expressions: list[re.Pattern[str]] = []
        self._everywhere: set[int] = set()
        self._always: dict[int, tuple[int, ...]] = {}
        self._database: hyperscan.Database | None = None
        self._last: tuple[str, Live] = ("", {})

    def add(self, *expressions: re.Pattern[str], everywhere: bool = False) -> list[int]:
        """Take in expressions; their numbers, in order. Of those not looked for `everywhere` one match will do."""
        numbers = list(range(len(self._expressions), len(self._expressions) + len(expressions)))
        self._expressions += expressions
        self._everywhere.update(numbers if everywhere else ())
        self._database, self._last = None, ("", {})
        self._always = dict.fromkeys(range(len(self._expressions)), ())
        return numbers

    def live(self, text: str) -> Live:
        """The expressions that can match `text`, by number."""
        last, known = self._last
        if last is text:
            return known
        live = self._scanned(text) if self._use else self._always
        self._last = (text, live)
        return live

    def can_end(self, text: str, number: int, start: int, end: int) -> bool:
        """Whether a match of an expression that is looked for everywhere can end from `start` to `end`."""
        ends = self.live(text).get(number)
        if not ends:
            return number in self._always
        place = bisect_left(ends, start)
        return place < len(ends) and ends[place] <= end

    def _scanned(self, text: str) -> Live:
        if self._database is None:
            self._database = self._compiled()
        found: dict[int, list[int]] = {}
        get = found.get

        def on_match(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            ends = get(number)
            if ends is None:
                found[number] = [end]
            else:
                ends.append(end)

        self._database.scan(projection(text), match_event_handler=on_match)
        return {**self._always, **found}

    def _compiled(self) -> hyperscan.Database:
        written: dict[int, bytes] = {}
        for number, expression in enumerate(self._expressions):
            with contextlib.suppress(NoSupersetError):
                written[number] = superset(expression).encode()
        self._always = {number: () for number in range(len(self._expressions)) if number not in written}
        lines = hyperscan.HS_FLAG_MULTILINE  # for `^` and `$`
        once = lines | hyperscan.HS_FLAG_SINGLEMATCH
        flags = [lines if number in self._everywhere else once for number in written]
        database = hyperscan.Database()
        database.compile(expressions=list(written.values()), ids=list(written), flags=flags)
        return database


SHARED = Sieve()
