"""Context words near a finding, as Presidio's enhancer sees them, from no more tokens than it takes.

Presidio tokenises every text, takes as keywords the tokens that are no stop words and no punctuation, and looks at the
six keywords up to a finding and the first one from there on. spaCy's tokenizer cuts at white space first, so a word
between white space has the same tokens wherever it stands: they are kept by word.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from streams.privacy.presidio.words import Tokens, Words

_CHUNK = re.compile(r"\S+ ?|\s+")
_TAKEN_OFF = ":,;!?()[]{}\"'"  # signs that spaCy takes off a word's ends, in every language
_TIME = re.compile(r"\d+(?::\d+)*").fullmatch
_WINDOWS = (160, 480)  # characters on each side in which there should be keywords enough


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
        self._windows: dict[int, str] = {}

    def near(self, start: int, word: Callable[[str], object]) -> bool:
        """Whether `word` holds of a keyword around a finding that begins at `start`.

        Raises:
            ValueError: if there is no token there; Presidio does the same.
        """
        at = self._at(start)
        if at[0] == len(self._chunks):
            raise ValueError(
                "context: no token at a finding's start; have the recogniser begin at a sign that is no space"
            )
        return any(map(word, self._backward(*at))) or any(map(word, self._forward(*at)))

    def window(self, low: str, start: int) -> str:
        """A part of the text in lower case that holds all keywords around a finding, found at a glance.

        Args:
            low: the text in lower case, of the same length.
            start: of the finding.
        """
        known = self._windows.get(start)
        if known is None:
            known = self._windows[start] = low[self._left(low, start) : self._right(low, start)]
        return known

    def _left(self, low: str, start: int) -> int:
        for size in _WINDOWS:
            left = start - size
            if left <= 0:
                break
            # The first word may be cut, and the last may go on.
            if self._enough(reversed(low[left:start].split()[1:-1]), self._around.before):
                return left
        return 0

    def _right(self, low: str, start: int) -> int:
        for size in _WINDOWS:
            right = start + size
            if right >= len(low):
                break
            if self._enough(low[start:right].split()[1:-1], self._around.after):
                return right
        return len(low)

    def _enough(self, words: Iterable[str], least: int) -> bool:
        """Whether more than so many of the words are keywords."""
        sure = self._words.sure
        for word in words:
            if sure(word):
                if not least:
                    return True
                least -= 1
        return False

    def _load(self) -> None:
        self._chunks = _CHUNK.findall(self._text)
        self._starts = list(accumulate(map(len, self._chunks), initial=0))
        self._starts.pop()

    def _of(self, chunk: int) -> Tokens:
        """The tokens of a chunk; the first space behind a word belongs to it and is none."""
        text = self._chunks[chunk]
        return self._words.of(text[:-1] if text[-1] == " " and text[0] > " " and not text.isspace() else text)

    def _at(self, start: int) -> tuple[int, int]:
        """Chunk and token that hold the character at `start`, or the next behind it; past all chunks if none is."""
        if not self._starts:
            self._load()
        chunk = max(0, bisect_right(self._starts, start) - 1)
        while chunk < len(self._chunks):
            offset = start - self._starts[chunk]
            for number, (end, _, _) in enumerate(self._of(chunk)):
                if offset < end:
                    return chunk, number
            chunk += 1
        return chunk, 0

    def _backward(self, chunk: int, token: int) -> Iterator[str]:
        left = self._around.before + 1
        while chunk >= 0 and left:
            tokens = self._of(chunk)
            for _, low, counts in reversed(tokens if token < 0 else tokens[: token + 1]):
                if self._is_keyword(low, counts=counts):
                    yield low
                    left -= 1
                    if not left:
                        return
            chunk, token = chunk - 1, -1

    def _forward(self, chunk: int, token: int) -> Iterator[str]:
        left = self._around.after + 1
        while chunk < len(self._chunks) and left:
            for _, low, counts in self._of(chunk)[token:]:
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
            self._again = frozenset(self._pieces()) if ":" in self._text else frozenset()
        return low in self._again

    def _pieces(self) -> Iterator[str]:
        for chunk in {chunk.removesuffix(" ") for chunk in self._chunks if ":" in chunk}:
            inside = chunk.strip(_TAKEN_OFF)
            if ":" in inside and not _TIME(inside):
                for _, low, counts in self._words.of(chunk):
                    if counts and ":" in low:
                        yield from low.split(":")
