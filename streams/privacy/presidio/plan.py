"""How a set of recognisers is run at a threshold: worked out once, kept until the recognisers change.

A recogniser whose findings come from its patterns alone is run by `patterns`, Presidio's own recogniser for phones by
`phones`; any other is run as it is. What cannot reach the threshold, even with a context word, is not run at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from presidio_analyzer import PatternRecognizer
from presidio_analyzer.predefined_recognizers import IbanRecognizer, PhoneRecognizer, SpacyRecognizer

from streams.privacy.presidio import scan
from streams.privacy.presidio.enhancer import part_of
from streams.privacy.presidio.patterns import Pattern
from streams.privacy.presidio.phones import Numbers
from streams.privacy.presidio.shape import NoShapeError, Shape, shape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_VALID = 1  # the leniency that `phones` knows: the default of Presidio's recogniser
_WORDS = 1_000_000  # groups of context words are numbered from here on in the scan


@dataclass(slots=True)
class Slot:
    """One recogniser and how it is run."""

    number: int
    recogniser: Any
    entity: str
    threshold: float
    context: tuple[str, ...] = ()
    numbers: Numbers | None = None
    rules: list[int] = field(default_factory=list)
    shortens: bool = False  # a match may count for a part of itself, as with `IbanRecognizer`
    stock: bool = False  # run as it is
    validates: bool = False
    word: Callable[[str], object] = bool  # whether a keyword is or holds a context word
    shortest: tuple[str, ...] = ()  # context words without those that hold another one
    context_is_ascii: bool = True  # what else has a lower case that may depend on what stands around


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern of a recogniser that can reach the threshold."""

    slot: Slot
    pattern: Pattern
    score: float
    contextual: bool  # reaches it with a context word only


@dataclass(frozen=True, slots=True)
class Boost:
    """What a context word does to a score; `lazy` where context words are words of the text as it stands."""

    factor: float
    floor: float
    holds: str  # when a keyword counts: "substring", "whole_word" or "parts"
    lazy: bool

    def of(self, score: float) -> float:
        """A score with a context word near it."""
        return min(max(score + self.factor, self.floor), 1.0)


class Plan:
    """The recognisers of one language at one threshold.

    Args:
        recognisers: in the registry's order.
        thresholds: of each of them.
        boost: what context does; None if that is not known, then nothing is left out.
        hyperscan: whether to scan with it; it must be installed.
    """

    def __init__(
        self, recognisers: Sequence[Any], thresholds: Sequence[float], boost: Boost | None, *, hyperscan: bool
    ) -> None:
        self.slots: list[Slot] = []
        self.rules: list[Rule] = []
        self.shapes: dict[int, Shape] = {}
        self.boost = boost
        for recogniser, threshold in zip(recognisers, thresholds, strict=True):
            self._add(recogniser, threshold)
        self._scan: scan.Scan | None = None
        self._scan_words: scan.Scan | None = None
        self._known: frozenset[int] = frozenset()
        words = {_WORDS + slot.number: words for slot in self.slots if (words := _findable(slot.context))}
        if hyperscan:
            self._scan, self._known = scan.scanner(self.shapes, words)
            self._scan_words, _ = scan.scanner({}, words)
        self.unknown = [number for number in range(len(self.rules)) if number not in self._known]

    def _add(self, recogniser: Any, threshold: float) -> None:
        slot = self.slot(len(self.slots), recogniser, threshold)
        kind = type(recogniser)
        if kind is PhoneRecognizer and recogniser.leniency == _VALID:
            if self._reached(slot, recogniser.SCORE):
                try:
                    slot.numbers = Numbers(recogniser.supported_regions)
                except ValueError:  # the library's matcher takes any region
                    slot.stock = True
                self.slots.append(slot)
            return
        if not isinstance(recogniser, PatternRecognizer) or not (_plain(kind) or kind is IbanRecognizer):
            slot.stock = True
            self.slots.append(slot)
            return
        slot.shortens = kind is IbanRecognizer
        slot.validates = kind.validate_result is not PatternRecognizer.validate_result
        for pattern in recogniser.patterns:
            if slot.validates or self._reached(slot, pattern.score):
                self._rule(slot, pattern)
        if slot.rules:
            self.slots.append(slot)

    def slot(self, number: int, recogniser: Any, threshold: float) -> Slot:
        """A recogniser that nothing is known of but its context words."""
        context = tuple(dict.fromkeys(word.lower() for word in recogniser.context or ()))
        return Slot(
            number,
            recogniser,
            recogniser.supported_entities[0],
            threshold,
            context,
            word=_test(context, self.boost.holds if self.boost else "substring"),
            shortest=_shortest(context),
            context_is_ascii=all(map(str.isascii, context)),
        )

    def _reached(self, slot: Slot, score: float) -> bool:
        """Whether a finding can get to the threshold."""
        if self.boost is None:
            return True
        best = max(score, self.boost.of(score)) if slot.context else score
        return best >= slot.threshold

    def _rule(self, slot: Slot, pattern: Any) -> None:
        number = len(self.rules)
        flags = slot.recogniser.global_regex_flags
        try:
            known: Shape | None = shape(pattern.regex, flags)
        except NoShapeError:
            known = None
        if known is not None:
            self.shapes[number] = known
        needs = self.boost is not None and self.boost.lazy and not slot.validates and pattern.score < slot.threshold
        self.rules.append(Rule(slot, Pattern(pattern.regex, flags, known), pattern.score, needs))
        slot.rules.append(number)

    def hits(self, text: str) -> Mapping[int, list[int]]:
        """Ends of matches by rule, for the rules that the scan knows, and groups of words; empty without a scan."""
        return self._scan(text) if self._scan else {}

    def words(self, text: str) -> Mapping[int, list[int]] | None:
        """As `hits`, groups of words only; None without a scan."""
        return self._scan_words(text) if self._scan_words else None

    def possible(self, number: int, text: str) -> bool:
        """Whether a rule that the scan does not know can match a text at all."""
        known = self.shapes.get(number)
        return known is None or all(any(sign in text for sign in signs) for signs in known.needed)

    def present(self, slot: Slot, text: str, hits: Mapping[int, list[int]] | None, low: str) -> bool:
        """Whether a context word of the slot's may be in the text; `low` is the text in lower case."""
        if "" in slot.context:
            return True
        number = _WORDS + slot.number
        if hits is not None and number in self._known and text.isascii():
            return number in hits
        if not text.isascii() and not slot.context_is_ascii:
            return True
        return any(word in low for word in slot.context)


def _findable(context: Sequence[str]) -> list[str]:
    """Words that can be part of a token of an ASCII text."""
    return [word for word in context if word.isascii() and word]


def _test(context: tuple[str, ...], holds: str) -> Callable[[str], object]:
    if holds == "parts":
        return part_of(context)
    if holds == "whole_word":
        return frozenset(context).__contains__
    return _any_of(context).search


def _any_of(context: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, _shortest(context))) or "(?!)")


def _shortest(context: Sequence[str]) -> tuple[str, ...]:
    """A word that holds another one of the list says nothing new."""
    return tuple(w for w in context if not any(v != w and v in w for v in context))


def _plain(kind: type[Any]) -> bool:
    """Whether a recogniser's findings are what `PatternRecognizer` makes of its patterns."""
    base = PatternRecognizer
    hidden = "_PatternRecognizer__analyze_patterns"
    return kind.analyze is base.analyze and getattr(kind, hidden) is getattr(base, hidden)


def silent(recogniser: Any) -> bool:
    """Whether a recogniser only passes on what a language model has found; one without a model finds nothing."""
    return type(recogniser) is SpacyRecognizer
