"""People and places of a text, with scores. Pure but for the model, which is loaded at the first call."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from streams.privacy import language
from streams.privacy.listed import words as _set
from streams.privacy.names import features as fx
from streams.privacy.names import foreign, prose, tokens
from streams.privacy.names import model as mx
from streams.privacy.names.decode import Decoder
from streams.surrogates import Found

if TYPE_CHECKING:
    from collections.abc import Iterator

TRUSTED = (None, "en")  # languages in which the model is believed; None is too short to say
PERSON, LOCATION = "PERSON", "LOCATION"
_ENTITIES = (("PER", PERSON), ("LOC", LOCATION))
_TOP = 0.9  # the score of a certain finding: a statistical model is never sure
_MIDDLE = 0.5


_TITLES = _set(
    "mr mrs ms miss dr prof professor president senator sen rep gov governor judge justice rev reverend pastor "
    "general gen colonel col captain capt lieutenant lt sergeant sgt coach chancellor premier minister sheikh "
    "ayatollah herr frau monsieur madame mme uncle aunt auntie"
)


# Words that are spoken to or stand where names do, and name nobody; and tools that are called like people.
_NOBODY = _set(
    "team all everyone everybody folks guys sir madam sirs customer client colleague colleagues friend friends user "
    "admin support reviewer reviewers maintainer owner hr it qa pm po ceo cto cfo legal sales marketing finance "
    "security design presidio faust jenkins grafana redline spacy kafka claude codex copilot gemini siri alexa "
    "java delta iceberg faker english german french spanish italian dutch portuguese polish russian turkish arabic "
    "hebrew thai chinese japanese korean hindi swedish danish finnish norwegian greek latin"
)
_INITIALS = 3  # letters: a lone `DL`, `QA` or `SHA` is an abbreviation


_NOT_FIRST = tokens.INNER | {"y", "e"}
_NOT_LAST = tokens.INNER | tokens.PARTICLES


class Finder:
    """Finds with one model."""

    def __init__(self, model: mx.Model) -> None:
        self._model = model
        least = min(model.thresholds.values())
        self._decoder = Decoder(model.transitions, model.outside, model.scale, least=least)
        self._kinds = [
            (model.labels.index(f"B-{kind}"), model.labels.index(f"I-{kind}"), entity, model.thresholds[kind])
            for kind, entity in _ENTITIES
        ]

    def find(self, text: str) -> list[Found]:
        """People and places in the prose of `text`, in order of where they begin within a line.

        Offsets are code points. A person is given whole, without title and possessive. Scores are 0.5 to 0.9 and grow
        with the probability that the model gives. In other languages than English only what the lists of names confirm
        is given.
        """
        found = [
            one
            for start, end in prose.stretches(text)
            for first, last in tokens.spans(text, start, end)
            for one in self._line(text, first, last)
        ]
        if not found or (spoken := language.detect(text)) in TRUSTED:
            return found
        return foreign.kept(text, found, spoken, self._model.lexicon)

    def everywhere(self, text: str) -> list[Found]:
        """Like `find`, the whole text taken as prose."""
        return [one for first, last in tokens.spans(text) for one in self._line(text, first, last)]

    def probabilities(self, words: list[str]) -> Iterator[tuple[int, list[list[float]]]]:
        """For each stretch of candidates of a line: where it begins, and its words' probabilities.

        A stretch of one word is left out if no type of name can reach its threshold.
        """
        chosen = tokens.candidates(words, self._model.named)
        if not chosen:
            return
        heading = fx.heading(words)
        score, total = self._model.score, len(words)
        for first, end in tokens.stretches(chosen):
            if end - first == 1:
                row = score(words, first, heading)
                if found := self._decoder.one(row, after=first > 0, before=end < total):
                    yield first, [found]
            else:
                scores = [score(words, i, heading) for i in range(first, end)]
                yield first, self._decoder.probabilities(scores, after=first > 0, before=end < total)

    def _line(self, text: str, start: int, end: int) -> list[Found]:
        words = tokens.words(text, start, end)
        named = [
            (i + first, j + first, entity, score)
            for first, rows in self.probabilities(words)
            for i, j, entity, score in self._named(rows)
        ]
        if not named:
            return []
        starts = _starts(text, words[: max(j for _, j, _, _ in named)], start)
        return [
            Found(*span, entity, score)
            for i, j, entity, score in named
            if (span := _bounds(words, starts, i, j, entity)) is not None
        ]

    def _named(self, rows: list[list[float]]) -> list[tuple[int, int, str, float]]:
        """First word, one past the last, entity and score of each name in a stretch; none overlap."""
        if len(rows) == 1:
            return self._alone(rows[0])
        named = list(self._all_named(rows))
        if len(named) > 1:
            named.sort(key=lambda one: -one[3])
            named = [one for k, one in enumerate(named) if not any(one[0] < b[1] and b[0] < one[1] for b in named[:k])]
        return named

    def _alone(self, row: list[float]) -> list[tuple[int, int, str, float]]:
        """As `_named`, of a stretch of one word."""
        best: list[tuple[int, int, str, float]] = []
        for begins, continues, entity, threshold in self._kinds:
            if (sure := row[begins] + row[continues]) >= threshold:
                score = _score(sure, threshold)
                if not best or score > best[0][3]:
                    best = [(0, 1, entity, score)]
        return best

    def _all_named(self, rows: list[list[float]]) -> Iterator[tuple[int, int, str, float]]:
        for begins, continues, entity, threshold in self._kinds:
            sums = [row[begins] + row[continues] for row in rows]
            i = 0
            while i < len(rows):
                if sums[i] < threshold:
                    i += 1
                    continue
                j = i + 1
                while j < len(rows) and sums[j] >= threshold and rows[j][continues] >= rows[j][begins]:
                    j += 1
                sure = sum(sums[i:j]) / (j - i)
                yield i, j, entity, _score(sure, threshold)
                i = j


def _score(sure: float, threshold: float) -> float:
    return round(_MIDDLE + (_TOP - _MIDDLE) * (sure - threshold) / (1 - threshold), 4)


def _names_nobody(word: str) -> bool:
    """Whether a single word cannot stand for a person by itself."""
    bare = word.rstrip(".,:;!?")
    return bare.lower() in _NOBODY or (bare.isupper() and len(bare) <= _INITIALS and bare.isascii())


def _starts(text: str, words: list[str], at: int) -> list[int]:
    """Where the words of a line are that begins at `at`: between them is only white space."""
    starts = []
    for word in words:
        at = text.index(word, at)
        starts.append(at)
        at += len(word)
    return starts


def _bounds(words: list[str], starts: list[int], first: int, end: int, entity: str) -> tuple[int, int] | None:
    """Where the name in these words is, without titles; None if nothing is left."""
    while entity == PERSON and first < end - 1 and words[first].rstrip(".").lower() in _TITLES:
        first += 1
    while first < end and words[first] in _NOT_FIRST:
        first += 1
    while first < end and words[end - 1] in _NOT_LAST:
        end -= 1
    if first == end or (entity == PERSON and end - first == 1 and _names_nobody(words[first])):
        return None
    if end - first == 1 and len(words[first].rstrip(".")) == 1:
        return None
    last = words[end - 1]
    length = len(last) - (
        last[-1] == "." and entity == PERSON and len(last) > len("J.") and last.lower() not in ("jr.", "sr.")
    )
    return starts[first], starts[end - 1] + length


@lru_cache(maxsize=1)
def shipped() -> Finder:
    """The finder with the model that comes with the package."""
    return Finder(mx.shipped())


def find(text: str) -> list[Found]:
    """People and places in the prose of `text` (`Finder.find`)."""
    return shipped().find(text)
