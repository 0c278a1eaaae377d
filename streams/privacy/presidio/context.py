"""Context words near a finding, as Presidio's enhancer sees them, from no more tokens than it takes.

Presidio tokenises every text, takes as keywords the tokens that are no stop words and no punctuation, and looks at the
six keywords up to a finding and the first one from there on. spaCy's tokenizer cuts at white space first, so a word
between white space has the same tokens wherever it stands: they are kept by word.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from streams.privacy.presidio.words import Words

_CHUNK = re.compile(r"\S+|\s+")
_TAKEN_OFF = ":,;!?()[]{}\"'"  # signs that spaCy takes off a word's ends, in every language
_TIME = re.compile(r"\d+(?::\d+)*").fullmatch
_REACH = 40  # characters around a number in which its own word must end, or more is to be known of it


class Around(NamedTuple):
    """How far the enhancer looks."""

    before: int
    after: int


class Context:
    """One text's keywords."""

    def __init__(self, text: str, words: Words, around: Around) -> None:
        self._text = text
        self._words = words
        self._around = around
        self._starts: list[int] = []
        self._chunks: list[str] = []
        self._again: frozenset[str] | None = None
        self._before: dict[tuple[int, int], bool] = {}
        self._after: dict[tuple[int, int], bool] = {}

    def near(self, start: int, word: Callable[[str], object], kind: int) -> bool:
        """Whether `word` holds of a keyword around a finding that begins at `start`.

        Args:
            start: in code points.
            word: looks at one keyword.
            kind: a number that stands for `word`; its answers are kept.

        Raises:
            ValueError: if there is no token there; Presidio does the same.
        """
        if self._at(start)[0] == len(self._chunks):
            raise ValueError(
                "context: no token at a finding's start; have the recogniser begin at a sign that is no space"
            )
        return self.before(start, word, kind) or self.after(start, word, kind)

    def before(self, start: int, word: Callable[[str], object], kind: int) -> bool:
        """As `near`, of the keywords up to the finding and its own first token only."""
        key = (start, kind)
        known = self._before.get(key)
        if known is None:
            known = self._before[key] = any(map(word, self._backward(start)))
        return known

    def after(self, start: int, word: Callable[[str], object], kind: int) -> bool:
        """As `near`, of the keywords from the finding's first token on only."""
        key = (start, kind)
        known = self._after.get(key)
        if known is None:
            known = self._after[key] = any(map(word, self._forward(start)))
        return known

    def far(self, low: str, spots: Sequence[int], start: int, end: int) -> bool:
        """Whether surely no context word is near any place between two, without a look at tokens.

        Args:
            low: the text in lower case, of the same length.
            spots: where context words begin in it, ascending.
            start: of the first place.
            end: behind the last place.
        """
        place = bisect_left(spots, end)
        if place:
            gap = low[max(0, spots[place - 1]) : start].split()
            if spots[place - 1] >= start or sum(map(self._words.sure, gap[1:-1])) <= self._around.before:
                return False
        if place == len(spots):
            return True
        left = max(low.rfind(sign, max(0, end - _REACH), end) for sign in " \n\t") + 1
        right = low.find(" ", end, end + _REACH)
        own = low[left:right]
        # A number is a keyword by itself, and the only one to look at from there on.
        return (
            self._around.after == 0
            and right >= 0
            and spots[place] > right
            and low[end - 1].isdigit()
            and ":" not in own
        )

    def _load(self) -> None:
        previous = ""
        for match in _CHUNK.finditer(self._text):
            start, chunk = match.start(), match.group()
            if chunk[0] == " " and previous:  # the first space behind a word belongs to it
                start, chunk = start + 1, chunk[1:]
            previous = chunk
            if chunk:
                self._starts.append(start)
                self._chunks.append(chunk)

    def _at(self, start: int) -> tuple[int, int]:
        """Chunk and token that hold the character at `start`, or the next behind it; past all chunks if none is."""
        if not self._starts:
            self._load()
        chunk = max(0, bisect_right(self._starts, start) - 1)
        while chunk < len(self._chunks):
            offset = start - self._starts[chunk]
            for number, (end, _, _) in enumerate(self._words.of(self._chunks[chunk])):
                if offset < end:
                    return chunk, number
            chunk += 1
        return chunk, 0

    def _backward(self, start: int) -> Iterator[str]:
        chunk, token = self._at(start)
        left = self._around.before + 1
        chunk = min(chunk, len(self._chunks) - 1)
        while chunk >= 0 and left:
            tokens = self._words.of(self._chunks[chunk])
            for _, low, counts in reversed(tokens if token < 0 else tokens[: token + 1]):
                if self._is_keyword(low, counts=counts):
                    yield low
                    left -= 1
                    if not left:
                        return
            chunk, token = chunk - 1, -1

    def _forward(self, start: int) -> Iterator[str]:
        chunk, token = self._at(start)
        left = self._around.after + 1
        while chunk < len(self._chunks) and left:
            for _, low, counts in self._words.of(self._chunks[chunk])[token:]:
                if self._is_keyword(low, counts=counts):
                    yield low
                    left -= 1
                    if not left:
                        return
            chunk, token = chunk + 1, 0

    def _is_keyword(self, low: str, *, counts: bool) -> bool:
        """Keywords are cut at colons, and a token is looked up among the pieces: of all tokens of the text."""
        if ":" in low:
            return False
        if counts:
            return True
        if self._again is None:
            self._again = frozenset(self._pieces())
        return low in self._again

    def _pieces(self) -> Iterator[str]:
        for chunk in {chunk for chunk in self._chunks if ":" in chunk}:
            inside = chunk.strip(_TAKEN_OFF)
            if ":" in inside and not _TIME(inside):
                for _, low, counts in self._words.of(chunk):
                    if counts and ":" in low:
                        yield from low.split(":")
