"""People and places of a text, with scores. Pure but for the model, which is loaded at the first call."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from streams.privacy.names import features as fx
from streams.privacy.names import model as mx
from streams.privacy.names import prose, tokens
from streams.privacy.names.decode import Decoder
from streams.surrogates import Found

if TYPE_CHECKING:
    from collections.abc import Iterator

PERSON, LOCATION = "PERSON", "LOCATION"
_ENTITIES = (("PER", PERSON), ("LOC", LOCATION))
_TOP = 0.9  # the score of a certain finding: a statistical model is never sure
_MIDDLE = 0.5
_TITLES = frozenset(
    "mr mrs ms miss dr prof professor president senator sen rep gov governor judge justice rev reverend pastor general gen "
    "colonel col captain capt lieutenant lt sergeant sgt coach chancellor premier minister sheikh ayatollah herr frau "
    "monsieur madame mme uncle aunt auntie".split()
)


class Finder:
    """Finds with one model."""

    def __init__(self, model: mx.Model) -> None:
        self._model = model
        self._decoder = Decoder(model.transitions, model.outside)
        self._small = model.lexicon.small
        self._kinds = [
            (model.labels.index(f"B-{kind}"), model.labels.index(f"I-{kind}"), entity, model.thresholds[kind])
            for kind, entity in _ENTITIES
        ]

    def find(self, text: str) -> list[Found]:
        """People and places in the prose of `text`, in order of where they begin within a line.

        Offsets are code points. A person is given whole, without title and possessive. Scores are 0.5 to 0.9 and grow
        with the probability that the model gives.
        """
        found: list[Found] = []
        for start, end in prose.stretches(text):
            for first, last in tokens.spans(text, start, end):
                found += self._line(tokens.line(text, first, last))
        return found

    def everywhere(self, text: str) -> list[Found]:
        """Like `find`, the whole text taken as prose."""
        found: list[Found] = []
        for first, last in tokens.spans(text):
            found += self._line(tokens.line(text, first, last))
        return found

    def probabilities(self, words: list[str]) -> Iterator[tuple[int, list[list[float]]]]:
        """For each stretch of candidates of a line: where it begins, and its words' probabilities by label."""
        chosen = tokens.candidates(words, self._small)
        if not chosen:
            return
        heading = fx.heading(words)
        score, total = self._model.score, len(words)
        for first, end in tokens.stretches(chosen):
            scores = [score(words, i, heading) for i in range(first, end)]
            yield first, self._decoder.probabilities(scores, after=first > 0, before=end < total)

    def _line(self, line: tokens.Line) -> list[Found]:
        found: list[Found] = []
        words, starts = line
        for first, rows in self.probabilities(words):
            for begins, continues, entity, threshold in self._kinds:
                i = 0
                while i < len(rows):
                    if (sure := rows[i][begins] + rows[i][continues]) < threshold:
                        i += 1
                        continue
                    j = i + 1
                    while j < len(rows) and rows[j][continues] >= rows[j][begins] and rows[j][begins] + rows[j][continues] >= threshold:
                        sure += rows[j][begins] + rows[j][continues]
                        j += 1
                    score = _MIDDLE + (_TOP - _MIDDLE) * (sure / (j - i) - threshold) / (1 - threshold)
                    if span := _bounds(words, starts, first + i, first + j, entity):
                        found.append(Found(*span, entity, min(_TOP, round(score, 4))))
                    i = j
        return found


def _bounds(words: list[str], starts: list[int], first: int, end: int, entity: str) -> tuple[int, int] | None:
    """Where the name in these words is, without titles; None if nothing is left."""
    while entity == PERSON and first < end - 1 and words[first].rstrip(".").lower() in _TITLES:
        first += 1
    if end - first == 1 and len(words[first].rstrip(".")) == 1:
        return None
    last = words[end - 1]
    length = len(last) - (last[-1] == "." and entity == PERSON and last[:-1].lower() not in ("jr", "sr") and len(last) > 2)  # noqa: PLR2004
    return starts[first], starts[end - 1] + length


@lru_cache(maxsize=1)
def shipped() -> Finder:
    """The finder with the model that comes with the package."""
    return Finder(mx.shipped())


def find(text: str) -> list[Found]:
    """People and places in the prose of `text` (`Finder.find`)."""
    return shipped().find(text)
