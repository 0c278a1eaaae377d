"""A drop-in `AnalyzerEngine` with the findings of Presidio's own, from less work.

Users' recognisers, YAML registries, context words, thresholds, allow and deny lists work as they do in Presidio. Where
nothing can be saved (explanations are asked for; a recogniser or an enhancer has a mind of its own; a language model
has to read the text anyway) Presidio's own code runs.
"""

from __future__ import annotations

from collections import OrderedDict
from itertools import chain
from operator import is_
from typing import TYPE_CHECKING, Any

import regex  # type: ignore[import-untyped]
from presidio_analyzer import AnalysisExplanation, AnalyzerEngine, EntityRecognizer, RecognizerResult
from presidio_analyzer.context_aware_enhancers import LemmaContextAwareEnhancer

from streams.privacy.presidio import scan
from streams.privacy.presidio.blank import BlankNlpEngine
from streams.privacy.presidio.context import Around, Context
from streams.privacy.presidio.enhancer import PartsEnhancer
from streams.privacy.presidio.plan import Boost, Plan, Slot, silent
from streams.privacy.presidio.raw import Raw, Reading
from streams.privacy.presidio.results import Finding, distinct
from streams.privacy.presidio.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_ID = RecognizerResult.RECOGNIZER_IDENTIFIER_KEY
_NAME = RecognizerResult.RECOGNIZER_NAME_KEY
_RAISED = RecognizerResult.IS_SCORE_ENHANCED_BY_CONTEXT_KEY
_PLANS = 8
_FLAGS = regex.DOTALL | regex.MULTILINE | regex.IGNORECASE


class FastAnalyzer(AnalyzerEngine):  # type: ignore[misc]
    """Presidio's analyzer; arguments are those of `AnalyzerEngine`. Not for several threads at once.

    It is fast with a `BlankNlpEngine`. With any other the model reads every text, and only the recognisers are faster.

    Args:
        hyperscan: False leaves it alone where it is installed.
        lines: how many lines' findings are kept, for texts that come again with changes; 0 for none.
    """

    def __init__(self, *args: Any, hyperscan: bool = True, lines: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._hyperscan = hyperscan and scan.available()
        self._lines = lines
        self._plans: OrderedDict[Any, Raw] = OrderedDict()
        self._last: Raw | None = None
        self._words: dict[str, Words] = {}

    def analyze(  # noqa: PLR0917 - Presidio's signature
        self,
        text: str,
        language: str,
        entities: list[str] | None = None,
        correlation_id: str | None = None,
        score_threshold: float | None = None,
        return_decision_process: bool | None = False,
        ad_hoc_recognizers: list[Any] | None = None,
        context: list[str] | None = None,
        allow_list: list[str] | None = None,
        allow_list_match: str | None = "exact",
        regex_flags: int | None = _FLAGS,
        nlp_artifacts: Any = None,
    ) -> list[Any]:
        """As Presidio's, findings without explanations and in its order.

        Raises:
            ValueError: as Presidio's.
            TimeoutError: if an expression takes longer than a minute; Presidio leaves its findings out.
        """
        if return_decision_process or self.log_decision_process:
            return list(
                super().analyze(
                    *(text, language, entities, correlation_id, score_threshold, return_decision_process),
                    *(ad_hoc_recognizers, context, allow_list, allow_list_match, regex_flags, nlp_artifacts),
                )
            )
        recognisers = self.registry.get_recognizers(
            language=language, entities=entities, all_fields=not entities, ad_hoc_recognizers=ad_hoc_recognizers
        )
        guests = ad_hoc_recognizers or []
        invited = {id(guest) for guest in guests}
        residents = [one for one in recognisers if id(one) not in invited] if invited else recognisers
        raw = self._raw(language, score_threshold, residents)
        boost = raw.plan.boost
        lazy = boost is not None and boost.lazy and nlp_artifacts is None and all(map(_ordinary, guests))
        artifacts = None
        if not lazy or raw.reads_artifacts or guests:
            artifacts = nlp_artifacts or self.nlp_engine.process_text(text, language)
        reading = raw.reading(text, self._context(text, language) if lazy else None, context or ())
        findings = list(raw.findings(reading, entities or raw.entities, artifacts))
        slots = [*raw.plan.slots]
        for guest in [one for one in recognisers if id(one) in invited] if invited else ():
            slot = raw.plan.slot(len(slots), guest, 0.0)
            slots.append(slot)
            findings += raw.run(slot, text, entities or raw.entities, artifacts)
        if lazy and boost is not None:
            kept = list(self._raised(findings, slots, reading, boost))
        else:
            kept = self._enhanced(findings, slots, reading, artifacts, recognisers)
        if score_threshold is None:
            kept = [one for one in kept if one.score >= self._threshold(one, slots)]
        else:
            kept = [one for one in kept if one.score >= score_threshold]
        results = [_result(one, slots) for one in distinct(kept)]
        if allow_list:
            results = self._remove_allow_list(results, allow_list, text, regex_flags, allow_list_match)
        return results

    def _raw(self, language: str, threshold: float | None, recognisers: Sequence[Any]) -> Raw:
        """The plan for these recognisers as they are now."""
        held: list[Any] = [language, threshold, self.default_score_threshold]
        held += recognisers
        held += [one.context for one in recognisers]
        held += chain.from_iterable([getattr(one, "patterns", ()) for one in recognisers])
        if threshold is not None and self._last is not None and _same(held, self._last.held):
            return self._last
        if threshold is None:
            held += [repr(one.score_thresholds) for one in recognisers]
        # Names by address: what a key names stays alive as long as the key. Texts and numbers are looked at as such.
        parts = held[3:]
        key = (*held[:3], *(map(id, parts) if threshold is not None else (_named(part) for part in parts)))
        known = self._plans.get(key)
        if known is None:
            if len(self._plans) >= _PLANS:
                self._plans.popitem(last=False)
            known = self._plans[key] = self._make(language, threshold, recognisers)
            known.held = held
        self._last = known
        return known

    def _make(self, language: str, threshold: float | None, recognisers: Sequence[Any]) -> Raw:
        for one in recognisers:
            if not one.is_loaded:
                one.load()
                one.is_loaded = True
        blank = isinstance(self.nlp_engine, BlankNlpEngine) and self.nlp_engine.only_words(language)
        enhancer = self.context_aware_enhancer
        boost = None
        if type(enhancer) in (LemmaContextAwareEnhancer, PartsEnhancer) and all(map(_ordinary, recognisers)):
            boost = Boost(
                factor=enhancer.context_similarity_factor,
                floor=enhancer.min_score_with_context_similarity,
                holds="parts" if type(enhancer) is PartsEnhancer else enhancer.context_matching_mode,
                lazy=blank and enhancer.context_similarity_factor >= 0,
            )
        heard = [one for one in recognisers if not (blank and silent(one))]
        limits = [self._limit(one, one.supported_entities[0], threshold) for one in heard]
        entities = sorted({entity for one in recognisers for entity in one.supported_entities})
        return Raw(Plan(heard, limits, boost, hyperscan=self._hyperscan), entities, self._lines)

    def _limit(self, recogniser: Any, entity: str, threshold: float | None) -> float:
        """The threshold for a recogniser's findings of an entity: the call's, the recogniser's, or the engine's."""
        if threshold is not None:
            return threshold
        own: Mapping[str, float] = recogniser.score_thresholds
        return float(own.get(entity, own.get("default", self.default_score_threshold)))

    def _threshold(self, one: Finding, slots: Sequence[Slot]) -> float:
        slot = slots[one.slot]
        return slot.threshold if one.result is None else self._limit(slot.recogniser, one.entity, None)

    def _context(self, text: str, language: str) -> Context:
        words = self._words.get(language)
        if words is None:

            def renew() -> tuple[Any, Any]:
                model = BlankNlpEngine.blank(language)
                return model.tokenizer, model.vocab

            words = self._words[language] = Words(renew)
        enhancer = self.context_aware_enhancer
        return Context(text, words, Around(enhancer.context_prefix_count, enhancer.context_suffix_count))

    @staticmethod
    def _raised(
        findings: Sequence[Finding], slots: Sequence[Slot], reading: Reading, boost: Boost
    ) -> Iterator[Finding]:
        """What `LemmaContextAwareEnhancer` makes of the scores."""
        named: dict[Any, Slot] = {}
        for one in findings:
            slot = slots[one.slot]
            if one.result is not None:
                named = named or {slot.recogniser.id: slot for slot in slots}
                named_by = named.get(one.result.recognition_metadata[_ID])
                if named_by is None:
                    continue  # Presidio loses it as well
                slot = named_by
                if one.result.recognition_metadata.get(_RAISED):
                    yield one
                    continue
            if one.score < 1.0 and slot.context and reading.supported(slot, one.start):
                yield one._replace(score=boost.of(one.score), slot=slot.number)
            else:
                yield one

    def _enhanced(
        self,
        findings: Sequence[Finding],
        slots: Sequence[Slot],
        reading: Reading,
        artifacts: Any,
        recognisers: Sequence[Any],
    ) -> list[Finding]:
        """Presidio's own enhancement."""
        results = [one.result or _result(one, slots, explained=True) for one in findings]
        raised = self._enhance_using_context(
            reading.text, results, artifacts, recognisers, list(reading.outside) or None
        )
        places = {slot.recogniser.id: slot.number for slot in slots}
        return [
            Finding(one.entity_type, one.start, one.end, one.score, places[one.recognition_metadata[_ID]], one)
            for one in raised
            if one.recognition_metadata.get(_ID) in places
        ]


def _same(held: list[Any], known: list[Any]) -> bool:
    """Whether these are the same settings and the very same objects."""
    return len(held) == len(known) and held[:3] == known[:3] and all(map(is_, held[3:], known[3:]))


def _named(part: object) -> object:
    return part if type(part) is str else id(part)


def _ordinary(recogniser: Any) -> bool:
    """Whether a recogniser leaves context to the enhancer."""
    return type(recogniser).enhance_using_context is EntityRecognizer.enhance_using_context


def _result(one: Finding, slots: Sequence[Slot], *, explained: bool = False) -> Any:
    if one.result is not None and not explained:
        one.result.score = one.score
        one.result.analysis_explanation = None
        return one.result
    recogniser = slots[one.slot].recogniser
    explanation = AnalysisExplanation(recogniser.name, one.score) if explained else None
    known = {_NAME: recogniser.name, _ID: recogniser.id}
    return RecognizerResult(one.entity, one.start, one.end, one.score, explanation, known)
