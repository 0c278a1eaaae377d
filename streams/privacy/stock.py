"""Presidio as it comes: its own analyzer, its own registry, no list and no model of ours. For second opinions.

It shares the tokenizer with our engine, and nothing else; no name is looked for, as that needs a model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from presidio_analyzer import AnalyzerEngine

from streams.privacy.presidio.blank import BlankNlpEngine, offline_and_quiet
from streams.surrogates import Found

if TYPE_CHECKING:
    from collections.abc import Callable

_LANGUAGE = "en"
# What has a shape of its own, and mostly a check digit. Stock patterns of the others (dates, links, licences, bank
# numbers) find something in every other program.
ENTITIES = ("CREDIT_CARD", "CRYPTO", "EMAIL_ADDRESS", "IBAN_CODE", "IP_ADDRESS", "PHONE_NUMBER", "US_SSN")
# Presidio's own score of a telephone number without a word beside it that speaks of one is 0.4.
LEAST = 0.5


def finder() -> Callable[[str], list[Found]]:
    """What Presidio finds of `ENTITIES` in a text. Loading takes a second or two."""
    offline_and_quiet()
    words = BlankNlpEngine((_LANGUAGE,))
    words.load()
    analyzer = AnalyzerEngine(nlp_engine=words, supported_languages=[_LANGUAGE])

    def find(text: str) -> list[Found]:
        results = analyzer.analyze(text, _LANGUAGE, entities=list(ENTITIES), score_threshold=LEAST)
        return [Found(one.start, one.end, one.entity_type, one.score) for one in results]

    return find
