"""People and places of a text, with scores. Pure but for the model, which is loaded at the first call."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from streams.privacy.listed import words
from streams.privacy.names import features as fx
from streams.privacy.names import foreign, prose, tokens
from streams.privacy.names import lexicon as lx
from streams.privacy.names import model as mx
from streams.privacy.names.decode import Decoder
from streams.surrogates import Found

if TYPE_CHECKING:
    from collections.abc import Iterator

PERSON, LOCATION = "PERSON", "LOCATION"
_ENTITIES = (("PER", PERSON), ("LOC", LOCATION))
# How far a probability is from its threshold to 1, and the score there: above 0.55, the share of such people that were
# right on texts of others (`python -m bench.names.outside`, its dev part); below, they lean to recall and only rank.
_SCORES = (
    (0.0, 0.5),
    (0.53, 0.55),
    (0.667, 0.6),
    (0.8, 0.65),
    (0.893, 0.74),
    (0.953, 0.82),
    (0.987, 0.86),
    (1.0, 0.95),
)


_TITLES = words(
    "mr mrs ms miss dr prof professor president senator sen rep gov governor judge justice rev reverend pastor general "
    "gen colonel col captain capt lieutenant lt sergeant sgt coach chancellor premier minister sheikh ayatollah herr "
    "frau monsieur madame mme uncle aunt auntie pope king queen prince princess sultan emperor imam rabbi cleric "
    "chairman chairwoman spokesman pm mp mla officer detective inspector corporal nurse sir lord lady hrh he mayor "
    "bishop archbishop cardinal marshal admiral brigadier commander commissioner ambassador secretary speaker sheriff "
    "congressman congresswoman councillor counsellor director director-general ceo cto cfo alhaji baroness duchess "
    "countess highness excellency majesty attorney spokeswoman spokesperson chairperson editor founder coroner"
)


_QUALIFIERS = words(
    "vice deputy prime acting former first second chief foreign finance interior defense defence interim crown air "
    "rear executive assistant associate managing health education justice interior tourism trade transport environment "
    "energy agriculture labour labor culture union state national general-secretary royal late"
)

# Words that are spoken to or stand where names do, and name nobody; and tools that are called like people.
_NOBODY = words(
    "team all everyone everybody folks guys sir madam sirs customer client colleague colleagues friend friends user "
    "admin support reviewer reviewers maintainer owner hr it qa pm po ceo cto cfo legal sales marketing finance "
    "security design presidio faust jenkins grafana redline spacy kafka claude codex copilot gemini siri alexa java "
    "delta iceberg faker english german french spanish italian dutch portuguese polish russian turkish arabic hebrew "
    "thai chinese japanese korean hindi swedish danish finnish norwegian greek latin"
)
_LINES = 8192  # whose names are kept
_POSSESSIVES = ["'s"], ["\u2019s"]
_OF_PEOPLE = words("administration regime government presidency campaign era family dynasty brothers sisters cabinet")
_INITIALS = 3  # letters: a lone `DL`, `QA` or `SHA` is an abbreviation


_LEAN = 0.05  # what a person may score less than a place in the same words
_NEAR = 0.15  # the probability with which a word beside a person's name is a part of it
# The probability from which a word alone is a person where that is likely (a listed name, a possessive behind it), and
# where it is not (a place that is no name; behind "the", also of more words): dev of `bench.names.outside` chose them.
_LIKELY, _UNLIKELY = 0.15, 0.65

_NOT_FIRST = tokens.INNER | {"y", "e"}
_NOT_LAST = tokens.INNER | tokens.PARTICLES


class Finder:
    """Finds with one model."""

    def __init__(self, model: mx.Model) -> None:
        self._model = model
        least = min(_LIKELY, *model.thresholds.values())
        self._decoder = Decoder(model.transitions, model.outside, model.scale, least=least)
        self._kinds = [
            (model.labels.index(f"B-{kind}"), model.labels.index(f"I-{kind}"), entity, model.thresholds[kind])
            for kind, entity in _ENTITIES
        ]
        self._of_line = lru_cache(_LINES)(self._in_line)

    def find(self, text: str) -> list[Found]:
        """People and places in the prose of `text`, in order of where they begin within a line.

        Offsets are code points. A person is given whole, without title and possessive. Scores are 0.5 to 0.95 and grow
        with the probability that the model gives: above 0.55 they are the share of right ones (docs/names-model.md).
        In other languages than English only what the lists of names confirm is given.
        """
        found = [
            one
            for start, end in prose.stretches(text)
            for first, last in tokens.spans(text, start, end)
            for one in self._line(text, first, last)
        ]
        if not found or (common := foreign.spoken(text)) is None:
            return found
        return foreign.kept(text, found, common, self._model.lexicon)

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

    def _line(self, text: str, start: int, end: int) -> Iterator[Found]:
        """The names of a line, which most often was seen before: in the suggestion, in another person's text."""
        before, after = start > 0 and text[start - 1].isalnum(), text[end : end + 1].isalnum()
        for first, last, entity, score in self._of_line(text[start:end], before, after):
            yield Found(start + first, start + last, entity, score)

    def _in_line(self, line: str, before: bool, after: bool) -> tuple[Found, ...]:
        """The names of a line; `before` and `after` say that a letter or a digit is right beside it."""
        words = tokens.words(line)
        named = [
            (i + first, j + first, entity, score)
            for first, rows in self.probabilities(words)
            for i, j, entity, score in self._named(words, first, rows)
        ]
        if not named:
            return ()
        starts = _starts(line, words[: max(j for _, j, _, _ in named)])
        return tuple(
            [
                Found(*span, entity, score)
                for i, j, entity, score in named
                if (span := _bounds(words, starts, i, j, entity)) is not None and not _glued(line, *span, before, after)
            ]
        )

    def _named(self, words: list[str], at: int, rows: list[list[float]]) -> list[tuple[int, int, str, float]]:
        """First word, one past the last, entity and score of each name in the stretch from `at`; none overlap."""
        if len(rows) == 1:
            return self._alone(words, at, rows[0])
        named = list(self._all_named(words, at, rows))
        if len(named) > 1:
            named.sort(key=lambda one: -one[3] - _LEAN * (one[2] == PERSON))
            named = [one for k, one in enumerate(named) if not any(one[0] < b[1] and b[0] < one[1] for b in named[:k])]
        return named

    def _alone(self, words: list[str], at: int, row: list[float]) -> list[tuple[int, int, str, float]]:
        """As `_named`, of a stretch of one word."""
        best: list[tuple[int, int, str, float]] = []
        for begins, continues, entity, threshold in self._kinds:
            sure = row[begins] + row[continues]
            least = self._least(words, at, threshold) if entity == PERSON and sure >= _LIKELY else threshold
            if sure >= least:
                score = _score((sure - least) / (1 - least))
                if not best or score > best[0][3] + _LEAN:
                    best = [(0, 1, entity, score)]
        return best

    def _all_named(self, words: list[str], at: int, rows: list[list[float]]) -> Iterator[tuple[int, int, str, float]]:
        for begins, continues, entity, threshold in self._kinds:
            sums = [row[begins] + row[continues] for row in rows]
            one_name = entity == PERSON  # two people are never side by side without a word between; two places are
            near = _NEAR if one_name else threshold
            i = 0
            while i < len(rows):
                if sums[i] < threshold:
                    i += 1
                    continue
                first, end = i, i + 1
                while one_name and first > 0 and sums[first - 1] >= near:
                    first -= 1
                while end < len(rows) and sums[end] >= near and (one_name or rows[end][continues] >= rows[end][begins]):
                    end += 1
                i = end
                sure = max(threshold, sum(sums[first:end]) / (end - first))
                if one_name and sure < _UNLIKELY and _behind_the(words, at + first):
                    continue
                yield first, end, entity, _score((sure - threshold) / (1 - threshold))

    def _least(self, words: list[str], at: int, usual: float) -> float:
        """The probability from which a word alone is a person."""
        bits = self._model.lexicon.bits(words[at])
        listed, place = bits & lx.PEOPLE, bits & (lx.PLACE | lx.COUNTRY)
        if (place and not listed) or _behind_the(words, at):
            return _UNLIKELY
        return _LIKELY if not place and (listed or words[at + 1 : at + 2] in _POSSESSIVES) else usual


def _behind_the(words: list[str], at: int) -> bool:
    return at > 0 and words[at - 1] in ("the", "The") and (at + 1 == len(words) or words[at + 1] not in _OF_PEOPLE)


def _glued(line: str, start: int, end: int, before: bool, after: bool) -> bool:
    """Whether a name in small letters is a piece of something longer: `deb8f9bc`, `3ali`."""
    return line[start].islower() and (
        (line[start - 1].isalnum() if start else before) or (line[end].isalnum() if end < len(line) else after)
    )


def _score(sure: float) -> float:
    """The score between the points of `_SCORES`; `sure` is 0 at the threshold and 1 at certainty."""
    for (before, low), (after, high) in pairwise(_SCORES):
        if sure <= after:
            return round(low + (high - low) * (sure - before) / (after - before), 4)
    return _SCORES[-1][1]


def _names_nobody(word: str) -> bool:
    """Whether a single word cannot stand for a person by itself."""
    bare = word.rstrip(".,:;!?")
    return bare.lower() in _NOBODY or (bare.isupper() and len(bare) <= _INITIALS and bare.isascii())


def _starts(line: str, words: list[str]) -> list[int]:
    """Where the words of a line are: between them is only white space."""
    starts, at = [], 0
    for word in words:
        at = line.index(word, at)
        starts.append(at)
        at += len(word)
    return starts


def _behind_titles(words: list[str], first: int, end: int) -> int:
    """Where the name begins behind `Vice President` or `Dr.`; the last word is always part of it."""
    at = first
    while at < end - 1:
        word = words[at].rstrip(".").lower()
        at += 1
        if word in _TITLES:
            first = at
        elif word not in _QUALIFIERS:
            break
    return first


def _bounds(words: list[str], starts: list[int], first: int, end: int, entity: str) -> tuple[int, int] | None:
    """Where the name in these words is, without titles; None if nothing is left."""
    if entity == PERSON:
        first = _behind_titles(words, first, end)
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
