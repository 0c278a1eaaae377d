"""Findings before context: what every recogniser says of a text, run as the plan has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from presidio_analyzer import RecognizerResult

from streams.privacy.presidio.patterns import judged
from streams.privacy.presidio.results import Finding, distinct

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from streams.privacy.presidio.context import Context
    from streams.privacy.presidio.plan import Plan, Rule, Slot

_ID = RecognizerResult.RECOGNIZER_IDENTIFIER_KEY
_NAME = RecognizerResult.RECOGNIZER_NAME_KEY


class Reading:
    """A text with what is worked out about it at most once.

    Args:
        plan: how it is read.
        text: the text.
        context: its keywords; None if Presidio's own enhancer will look at them.
        outside: context words that the caller gives.
    """

    def __init__(self, plan: Plan, text: str, context: Context | None, outside: Sequence[str]) -> None:
        self._plan = plan
        self.text = text
        self.context = context
        self.outside = [word.lower() for word in outside]
        self.hits: Any = {}
        self._low: str | None = None
        self._present: dict[int, bool] = {}

    @property
    def low(self) -> str:
        """The text in lower case."""
        if self._low is None:
            self._low = self.text.lower()
        return self._low

    def present(self, slot: Slot) -> bool:
        """Whether a finding of the slot's may have a context word."""
        known = self._present.get(slot.number)
        if known is None:
            known = bool(self.outside) or self._plan.present(slot, self.text, self.hits, self.low)
            self._present[slot.number] = known
        return known

    def supported(self, slot: Slot, start: int) -> bool:
        """Whether a context word of the slot's is near a finding that starts there."""
        if self.context is None or not self.present(slot):
            return False
        if any(map(slot.word, self.outside)):
            return True
        return self.context.near(start, slot.word, slot.number)

    def supports_some(self, slot: Slot, start: int, end: int) -> bool:
        """Whether a context word of the slot's may be near a finding that begins between two places."""
        if self.context is None or any(map(slot.word, self.outside)):
            return True
        return (
            self.context.before(start, slot.word, slot.number)
            or self.context.after(end - 1, slot.word, slot.number)
            or len(self.low) != len(self.text)
            or bool(slot.word(self.low[start:end]))
        )


class Raw:
    """Runs a plan. `entities` are all that its recognisers know."""

    def __init__(self, plan: Plan, entities: list[str]) -> None:
        self.plan = plan
        self.entities = entities
        self.held: Any = None
        self.reads_artifacts = any(slot.stock and _reads_artifacts(slot.recogniser) for slot in plan.slots)

    def findings(self, reading: Reading, entities: list[str], artifacts: Any) -> Iterator[Finding]:
        """Every recogniser's findings that may reach the threshold, without those inside others of its own."""
        plan, text = self.plan, reading.text
        reading.hits = plan.hits(text)
        matches: dict[int, list[Finding]] = {}
        gated: set[int] = set()
        for number, ends in self._rules(reading):
            rule = plan.rules[number]
            slot = rule.slot
            if slot.gated:
                gated.add(slot.number)
            elif not rule.contextual or reading.present(slot):
                found = list(self._matches(rule, text, ends))
                if found:
                    matches.setdefault(slot.number, []).extend(found)
        for found in matches.values():
            yield from distinct(found)
        for slot in plan.slots:
            if slot.numbers is not None:
                yield from self._numbers(slot, reading)
            elif slot.stock or slot.number in gated:
                yield from self.run(slot, text, entities, artifacts)

    def _rules(self, reading: Reading) -> Iterator[tuple[int, list[int] | None]]:
        """Rules that may match, and where."""
        count = len(self.plan.rules)
        for number, ends in reading.hits.items():
            if number < count:
                yield number, ends
        for number in self.plan.unknown:
            if self.plan.possible(number, reading.text):
                yield number, None

    @staticmethod
    def _matches(rule: Rule, text: str, ends: list[int] | None) -> Iterator[Finding]:
        slot = rule.slot
        for start, end in rule.pattern.whole(text) if ends is None else rule.pattern.near(text, ends):
            if start < end:
                score = judged(slot.recogniser, text[start:end], rule.score)
                if score > 0:
                    yield Finding(slot.entity, start, end, score, slot.number)

    def _numbers(self, slot: Slot, reading: Reading) -> Iterator[Finding]:
        plan, numbers = self.plan, slot.numbers
        if numbers is None:
            return
        score, wanted = slot.recogniser.SCORE, None
        if plan.boost is not None and plan.boost.lazy and score < slot.threshold:
            if not reading.present(slot):
                return
            # A context word made of digits may stand in the number itself.
            wanted = None if slot.odd_words else lambda start, end: reading.supports_some(slot, start, end)
        spans = numbers.spans(reading.text, wanted)
        yield from distinct(Finding(slot.entity, start, end, score, slot.number) for start, end in spans)

    def run(self, slot: Slot, text: str, entities: list[str], artifacts: Any) -> Iterator[Finding]:
        """A recogniser as it is."""
        recogniser = slot.recogniser
        for one in recogniser.analyze(text=text, entities=entities, nlp_artifacts=artifacts) or ():
            known = one.recognition_metadata = one.recognition_metadata or {}
            known.setdefault(_ID, recogniser.id)
            known.setdefault(_NAME, recogniser.name)
            yield Finding(one.entity_type, one.start, one.end, one.score, slot.number, one)


def _reads_artifacts(recogniser: Any) -> bool:
    """A recogniser of ours may say that it looks at the text only."""
    return bool(getattr(recogniser, "reads_artifacts", True))
