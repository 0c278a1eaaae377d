"""Findings before context: what every recogniser says of a text, run as the plan has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from presidio_analyzer import RecognizerResult

from streams.privacy.presidio.lines import Lines
from streams.privacy.presidio.patterns import judged, shortened
from streams.privacy.presidio.results import Finding, distinct

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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
        hits: where the scan says that matches end; None if the text is not scanned as a whole.
    """

    def __init__(
        self,
        plan: Plan,
        text: str,
        context: Context | None,
        outside: Sequence[str],
        hits: Mapping[int, list[int]] | None,
    ) -> None:
        self._plan = plan
        self.text = text
        self.context = context
        self.outside = [word.lower() for word in outside]
        self.hits = hits
        self._words: Mapping[int, list[int]] | None = None
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
            if self.hits is None and self._words is None:
                self._words = self._plan.words(self.text)
            hits = self._words if self.hits is None else self.hits
            known = bool(self.outside) or self._plan.present(slot, self.text, hits, self.low)
            self._present[slot.number] = known
        return known

    def part(self, text: str) -> Reading:
        """Some of the text's lines, with the context words of the whole."""
        part = Reading(self._plan, text, None, (), self._plan.hits(text))
        part._present = self._present
        return part

    def supported(self, slot: Slot, start: int) -> bool:
        """Whether a context word of the slot's is near a finding that starts there."""
        if self.context is None or not self.present(slot):
            return False
        if any(map(slot.word, self.outside)):
            return True
        if len(self.low) == len(self.text) and (self.text.isascii() or slot.context_is_ascii):
            window = self.context.window(self.low, start)
            if not any(word in window for word in slot.shortest):
                return False
        return self.context.near(start, slot.word)


class Raw:
    """Runs a plan.

    Args:
        plan: of the recognisers.
        entities: all that they know.
        lines: how many lines' findings are kept, for texts that come again with changes; 0 for none.
    """

    def __init__(self, plan: Plan, entities: list[str], lines: int) -> None:
        self.plan = plan
        self.entities = entities
        self.held: Any = None
        self.reads_artifacts = any(slot.stock and _reads_artifacts(slot.recogniser) for slot in plan.slots)
        self._contextual = [slot for slot in plan.slots if self._needs_context(slot)]
        self._wide = frozenset(n for n, rule in enumerate(plan.rules) if not _local(rule))
        self._narrow = frozenset(range(len(plan.rules))) - self._wide if self._wide else None
        self._lines = Lines(lines) if lines else None

    def reading(self, text: str, context: Context | None, outside: Sequence[str]) -> Reading:
        """The text, to be asked for its findings."""
        by_line = self._lines is not None and self._lines.worth(text)
        hits = None if by_line and not self._wide else self.plan.hits(text)
        return Reading(self.plan, text, context, outside, hits)

    def findings(self, reading: Reading, entities: list[str], artifacts: Any) -> Iterator[Finding]:
        """Every recogniser's findings that may reach the threshold, without those inside others of its own."""
        plan, text = self.plan, reading.text
        if self._lines is not None and self._lines.worth(text):
            found = [*self._by_line(reading, self._lines), *self._matches(reading, self._wide)]
        else:
            found = [*self._matches(reading, None), *self._numbers(reading)]
        by_slot: dict[int, list[Finding]] = {}
        for one in found:
            by_slot.setdefault(one.slot, []).append(one)
        for several in by_slot.values():
            if len(several) > 1:
                yield from distinct(several)
            elif several[0].score:
                yield several[0]
        for slot in plan.slots:
            if slot.stock:
                yield from self.run(slot, text, entities, artifacts)

    def run(self, slot: Slot, text: str, entities: list[str], artifacts: Any) -> Iterator[Finding]:
        """A recogniser as it is."""
        recogniser = slot.recogniser
        for one in recogniser.analyze(text=text, entities=entities, nlp_artifacts=artifacts) or ():
            known = one.recognition_metadata = one.recognition_metadata or {}
            known.setdefault(_ID, recogniser.id)
            known.setdefault(_NAME, recogniser.name)
            yield Finding(one.entity_type, one.start, one.end, one.score, slot.number, one)

    def _needs_context(self, slot: Slot) -> bool:
        if slot.numbers is not None:
            return self._numbers_need_context(slot)
        return any(self.plan.rules[number].contextual for number in slot.rules)

    def _numbers_need_context(self, slot: Slot) -> bool:
        boost = self.plan.boost
        return boost is not None and boost.lazy and bool(slot.threshold > slot.recogniser.SCORE)

    def _by_line(self, reading: Reading, lines: Lines) -> Iterator[Finding]:
        """Matches of rules that look at one line at a time, and phones, from lines seen before where that will do."""
        present = frozenset(slot.number for slot in self._contextual if reading.present(slot))

        def look(text: str) -> list[Finding]:
            part = reading.part(text)
            return [*self._matches(part, self._narrow), *self._numbers(part)]

        return lines.of(reading.text, present, look)

    def _matches(self, reading: Reading, only: frozenset[int] | None) -> list[Finding]:
        """Matches of the rules, or of some only."""
        found: list[Finding] = []
        for number, ends in self._rules(reading, only):
            rule = self.plan.rules[number]
            if not rule.contextual or reading.present(rule.slot):
                found += self._of_rule(rule, reading.text, ends)
        return found

    def _rules(self, reading: Reading, only: frozenset[int] | None) -> Iterator[tuple[int, list[int] | None]]:
        """Rules that may match, and where."""
        count = len(self.plan.rules)
        for number, ends in (reading.hits or {}).items():
            if number < count and (only is None or number in only):
                yield number, ends
        for number in self.plan.unknown:
            if (only is None or number in only) and self.plan.possible(number, reading.text):
                yield number, None

    @staticmethod
    def _of_rule(rule: Rule, text: str, ends: list[int] | None) -> Iterator[Finding]:
        slot = rule.slot
        for match in rule.pattern.whole(text) if ends is None else rule.pattern.near(text, ends):
            start, end = match.span()
            if slot.shortens:
                end, score = shortened(slot.recogniser, match, rule.score)
            else:
                score = judged(slot.recogniser, text[start:end], rule.score) if start < end else 0.0
            if score > 0:
                yield Finding(slot.entity, start, end, score, slot.number)

    def _numbers(self, reading: Reading) -> list[Finding]:
        found: list[Finding] = []
        for slot in self.plan.slots:
            if slot.numbers is None:
                continue
            if self._numbers_need_context(slot) and not reading.present(slot):
                continue
            spans = slot.numbers.spans(reading.text)
            found += [Finding(slot.entity, start, end, slot.recogniser.SCORE, slot.number) for start, end in spans]
        return found


def _local(rule: Rule) -> bool:
    """Whether matches depend on the line that they are in, only."""
    shape = rule.pattern.shape
    return shape is not None and shape.inline


def _reads_artifacts(recogniser: Any) -> bool:
    """A recogniser of ours may say that it looks at the text only."""
    return bool(getattr(recogniser, "reads_artifacts", True))
