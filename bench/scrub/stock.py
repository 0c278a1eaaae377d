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


def stock() -> Any:
    """Presidio's analyzer with its default registry."""
    return AnalyzerEngine(nlp_engine=_words(), supported_languages=[LANGUAGE])


def fast(*, hyperscan: bool = True, lines: int = 0) -> FastAnalyzer:
    """Ours with the same registry."""
    return FastAnalyzer(nlp_engine=_words(), supported_languages=[LANGUAGE], hyperscan=hyperscan, lines=lines)


def found(analyzer: Any, text: str, threshold: float) -> list[tuple[str, int, int, float]]:
    """What is compared: entity, start, end and score of every finding."""
    results = analyzer.analyze(text, LANGUAGE, score_threshold=threshold)
    return sorted((one.entity_type, one.start, one.end, one.score) for one in results)


def _words() -> BlankNlpEngine:
    offline_and_quiet()
    words = BlankNlpEngine((LANGUAGE,))
    words.load()
    return words
