"""Presidio, faster and with more to look for. The only import of Presidio and spaCy in the project.

`Engine.analyzer` is a plain Presidio `AnalyzerEngine`: its registry decides what is looked for. `Engine.stock_findings`
gives what it would give, from less work:

* a pattern runs only where a cheap necessary condition holds (`prefilter`), and only if its score can reach the
  threshold: by itself, by its checksum, or with a context word that is in the text
* text is tokenised only if a finding could be raised by a context word that is in the text
* phone candidates are searched once instead of once per region (`phones`)

Two traps of a blank spaCy model are closed: without lemmas, context words never match, so the lower-cased word is the
lemma; and the vocabulary grows with every new word, so the model is renewed from time to time.
"""

from __future__ import annotations

import copy
import hashlib
import logging
import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import spacy
import tldextract
from presidio_analyzer import AnalyzerEngine, EntityRecognizer, LocalRecognizer, PatternRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import SpacyNlpEngine
from presidio_analyzer.predefined_recognizers import PhoneRecognizer, SpacyRecognizer
from spacy.language import Language

from streams.privacy import addresses, cards, cues, people, phones, secrets
from streams.privacy.prefilter import Gate, gate
from streams.privacy.presidio.phones import RegionMatchers
from streams.surrogates import Found, unreserved

LANGUAGE = "en"
THRESHOLD = 0.5
_BOOST = 0.35  # Presidio's LemmaContextAwareEnhancer: what a context word adds, and the least that it lifts to
_FLOOR = 0.4
_VOCABULARY = 200_000  # lexemes (some 100 MB); a blank model has under a thousand
_MEMO = 4096  # texts: a suggestion comes back as accepted text and as edit within minutes
# Left out of Presidio's default: its pattern for driver licences finds every `A1`, `H2` and `C4`; its pattern for URLs
# finds `self.name`, `main.py` and the domain of every mail, and cuts hosts at the first label that is also a TLD
# (`addresses` looks for URLs instead).
UNFIT = ("UsLicenseRecognizer", "UrlRecognizer")

Finder = Callable[[str], list[Found]]


@Language.component("redline_lower_lemma")  # type: ignore[untyped-decorator]
def _lower_lemma(doc: Any) -> Any:
    for token in doc:
        token.lemma_ = token.text.lower()
    return doc


class _BlankEngine(SpacyNlpEngine):  # type: ignore[misc]
    """A tokenizer and no model: nothing is downloaded, nothing is guessed."""

    def load(self) -> None:
        model = spacy.blank(LANGUAGE)
        model.add_pipe("redline_lower_lemma")
        self.nlp = {LANGUAGE: model}


class _FinderRecognizer(LocalRecognizer):  # type: ignore[misc]
    """One of our finders as a recogniser, for those who use the analyzer itself."""

    def __init__(self, name: str, entities: Sequence[str], finder: Finder) -> None:
        self._finder = finder
        super().__init__(supported_entities=list(entities), supported_language=LANGUAGE, name=name)

    def load(self) -> None:
        """Nothing to load."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: object = None) -> list[Any]:
        """What the finder finds, of the entities asked for."""
        del nlp_artifacts
        return [
            RecognizerResult(one.entity, one.start, one.end, one.score)
            for one in self._finder(text)
            if one.entity in entities
        ]


OURS: tuple[tuple[str, tuple[str, ...], Finder], ...] = (
    ("RedlineSecrets", ("SECRET",), secrets.find),
    ("RedlineCues", ("PERSON",), cues.people),
    ("RedlineAddresses", ("EMAIL_ADDRESS", "URL"), addresses.find),
    ("RedlineCards", ("CREDIT_CARD",), cards.find),
    ("RedlinePhones", ("PHONE_NUMBER",), phones.written),
)


@dataclass(slots=True)
class _Slot:
    """One recogniser of Presidio's and what has to hold for each of its patterns to run."""

    recogniser: Any
    entities: list[str]
    context: tuple[str, ...]
    patterns: list[tuple[Any, Gate | None, bool]] | None = None  # pattern, gate, needs a context word
    numbers: RegionMatchers | None = None
    needs_context: bool = False

    def in_context(self, folded: str) -> bool:
        return any(word in folded for word in self.context)


_ESCAPE = re.compile(r'\\[nrtbf"/]')


def _unescaped(text: str) -> str:
    r"""The text with JSON's two-character escapes as white space or the character itself, every offset as it was.

    In text that is itself JSON the letter of an escape stands right before a value ("\n4242 4242…") and hides that a
    word begins there.
    """
    return _ESCAPE.sub(_plain, text) if "\\" in text else text


def _plain(escape: re.Match[str]) -> str:
    return " " + (letter if (letter := escape[0][1]) in '"/' else "\n")


class Engine:
    """Finds personal data in texts. Not for use by several threads at once. Construction takes some 3 seconds.

    Args:
        score_threshold: findings below it are not given.
        memo: how many texts' findings are kept; 0 for none.
    """

    def __init__(self, *, score_threshold: float = THRESHOLD, memo: int = _MEMO) -> None:
        _offline_and_quiet()
        self.threshold = score_threshold
        self._nlp = _BlankEngine()
        self._nlp.load()
        self.analyzer = AnalyzerEngine(nlp_engine=self._nlp, supported_languages=[LANGUAGE])
        registry = self.analyzer.registry
        for name in UNFIT:
            registry.remove_recognizer(name)
        self._slots = [
            slot
            for recogniser in registry.get_recognizers(language=LANGUAGE, all_fields=True)
            # A blank model has no entities, so its recogniser has nothing to say.
            if not isinstance(recogniser, SpacyRecognizer) and (slot := _slot(recogniser, score_threshold)) is not None
        ]
        for name, entities, finder in OURS:
            registry.add_recognizer(_FinderRecognizer(name, entities, finder))
        self._by_id = {slot.recogniser.id: slot for slot in self._slots}
        self._memo: OrderedDict[bytes, tuple[Found, ...]] = OrderedDict()
        self._memo_size = memo

    def analyze(self, texts: Sequence[str], subject: str | None = None) -> list[list[Found]]:
        """Findings of each of the texts of one event, surrogates left out; they may overlap.

        The subject is found in every spelling of theirs, and a person named in one text is found in all of them.
        """
        findings = [list(self._findings(text)) for text in texts]
        for text, found in zip(texts, findings, strict=True):
            if (plain := _unescaped(text)) != text:
                found.extend(self._findings(plain))
        names = {
            text[one.start : one.end]
            for text, found in zip(texts, findings, strict=True)
            for one in found
            if one.entity == cues.PERSON
        }
        known = [people.of_subject(subject)] if subject else []
        if names and people.again(names, texts):
            known.append(people.of_names(tuple(sorted(names))))
        for text, found in zip(texts, findings, strict=True):
            for matcher in known:
                found.extend(matcher.find(text))
        return [unreserved(text, found) for text, found in zip(texts, findings, strict=True)]

    def stock_findings(self, text: str) -> list[Any]:
        """The `RecognizerResult`s that stock Presidio gives for its own recognisers in this registry."""
        folded = text.lower()
        results: list[Any] = []
        for slot in self._slots:
            results += self._recognise(slot, text, folded)
        if not results:
            return []
        raised = [one for one in results if one.score < 1.0 and self._slot_of(one).in_context(folded)]
        if raised:
            rest = [one for one in results if one not in raised]
            artifacts = self._nlp.process_text(text, LANGUAGE)
            recognisers = [slot.recogniser for slot in self._slots]
            results = rest + self.analyzer.context_aware_enhancer.enhance_using_context(
                text=text, raw_results=raised, nlp_artifacts=artifacts, recognizers=recognisers, context=None
            )
            if len(self._nlp.nlp[LANGUAGE].vocab) > _VOCABULARY:
                self._nlp.load()
        return list(EntityRecognizer.remove_duplicates([one for one in results if one.score >= self.threshold]))

    def _slot_of(self, result: Any) -> _Slot:
        return self._by_id[result.recognition_metadata[RecognizerResult.RECOGNIZER_IDENTIFIER_KEY]]

    def _findings(self, text: str) -> tuple[Found, ...]:
        if len(text) < 2:  # noqa: PLR2004 - one character names nobody
            return ()
        key = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        known = self._memo.get(key)
        if known is not None:
            self._memo.move_to_end(key)
            return known
        found = [Found(one.start, one.end, one.entity_type, one.score) for one in self.stock_findings(text)]
        for _, _, finder in OURS:
            found += [one for one in finder(text) if one.score >= self.threshold]
        if self._memo_size:
            self._memo[key] = tuple(found)
            if len(self._memo) > self._memo_size:
                self._memo.popitem(last=False)
        return tuple(found)

    @staticmethod
    def _recognise(slot: _Slot, text: str, folded: str) -> list[Any]:
        if slot.patterns is not None:
            live = [
                pattern
                for pattern, condition, contextual in slot.patterns
                if (condition is None or condition(text)) and not (contextual and not slot.in_context(folded))
            ]
            if not live:
                return []
            slot.recogniser.patterns = live
        elif slot.needs_context and not slot.in_context(folded):
            return []
        elif slot.numbers is not None:
            recogniser = slot.recogniser
            results = [
                RecognizerResult(
                    recogniser.supported_entities[0],
                    start,
                    end,
                    recogniser.SCORE,
                    recogniser._get_analysis_explanation(""),  # noqa: SLF001 - the enhancer writes into it
                    {RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: recogniser.id},
                )
                for start, end in slot.numbers.spans(text)
            ]
            return list(EntityRecognizer.remove_duplicates(results)) if results else results
        results = list(slot.recogniser.analyze(text=text, entities=slot.entities, nlp_artifacts=None) or ())
        for result in results:
            result.recognition_metadata = result.recognition_metadata or {}
            result.recognition_metadata.setdefault(RecognizerResult.RECOGNIZER_IDENTIFIER_KEY, slot.recogniser.id)
        return results


def _slot(recogniser: Any, threshold: float) -> _Slot | None:
    """How to run a recogniser at a threshold; None if nothing it finds can reach it."""
    context = tuple(dict.fromkeys(word.lower() for word in recogniser.context or ()))
    entities = list(recogniser.supported_entities)

    def reach(score: float) -> float:
        return max(score + _BOOST, _FLOOR) if context else score

    if type(recogniser) is PhoneRecognizer:
        if reach(recogniser.SCORE) < threshold:
            return None
        numbers = RegionMatchers(recogniser.supported_regions, recogniser.leniency)
        return _Slot(recogniser, entities, context, None, numbers, needs_context=threshold > recogniser.SCORE)
    if not isinstance(recogniser, PatternRecognizer):
        return _Slot(recogniser, entities, context)
    validates = type(recogniser).validate_result is not PatternRecognizer.validate_result
    own = copy.copy(recogniser)  # its list of patterns changes from text to text
    patterns = [
        (
            pattern,
            gate(type(recogniser).__name__, pattern.name, pattern.regex),
            not validates and pattern.score < threshold,
        )
        for pattern in recogniser.patterns
        if validates or reach(pattern.score) >= threshold
    ]
    return _Slot(own, entities, context, patterns) if patterns else None


def _offline_and_quiet() -> None:
    """No list of domains is fetched, and no library writes text into a log."""
    offline = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    tldextract.tldextract.TLD_EXTRACTOR = offline
    tldextract.extract = offline
    for name in ("presidio-analyzer", "tldextract", "decision_process"):  # the first writes an IBAN it cannot check
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False
