"""The two analyzers that are compared: Presidio's own and ours, over the same recognisers and the same tokenizer.

Presidio's has the one repair that makes the comparison fair: with a blank model its context words never match, so the
lower-cased word is the lemma in both.
"""

from __future__ import annotations

from typing import Any

from presidio_analyzer import AnalyzerEngine

from streams.privacy.presidio.analyzer import FastAnalyzer
from streams.privacy.presidio.blank import BlankNlpEngine, offline_and_quiet

LANGUAGE = "en"


def stock(language: str = LANGUAGE, registry: Any = None) -> Any:
    """Presidio's analyzer with a registry, or its default one."""
    return AnalyzerEngine(registry, nlp_engine=_words(language), supported_languages=[language])


def fast(*, hyperscan: bool = True, lines: int = 0, language: str = LANGUAGE, registry: Any = None) -> FastAnalyzer:
    """Ours with the same registry."""
    words = _words(language)
    return FastAnalyzer(registry, nlp_engine=words, supported_languages=[language], hyperscan=hyperscan, lines=lines)


def found(
    analyzer: Any, text: str, threshold: float | None, language: str = LANGUAGE, **more: Any
) -> list[tuple[str, int, int, float]]:
    """What is compared: entity, start, end and score of every finding."""
    results = analyzer.analyze(text, language, score_threshold=threshold, **more)
    return sorted((one.entity_type, one.start, one.end, one.score) for one in results)


def _words(language: str) -> BlankNlpEngine:
    offline_and_quiet()
    words = BlankNlpEngine((language,))
    words.load()
    return words
