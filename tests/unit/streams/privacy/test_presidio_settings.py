"""FastAnalyzer against Presidio's own in the ways in which people set it up; `bench.scrub.differential` goes on."""

from __future__ import annotations

import random

import pytest
import regex  # type: ignore[import-untyped]
from presidio_analyzer.predefined_recognizers import UrlRecognizer

from bench.scrub import mutations, settings
from bench.scrub.stock import fast, found, stock
from streams.privacy.presidio.alternatives import gathered


@pytest.mark.parametrize("name", settings.SETTINGS)
def test_findings_equal_stock_in_every_setting(name: str) -> None:
    chooser = random.Random(name)  # noqa: S311 - which text, not a secret
    language, make = settings.SETTINGS[name]
    registry = make() if make else None
    plain, ours = stock(language, registry), fast(hyperscan=False, language=language, registry=registry)
    entities = sorted({entity for one in plain.registry.recognizers for entity in one.supported_entities})
    total = 0
    for _ in range(25):
        text = mutations.text(chooser, plain.registry.recognizers)
        more = settings.call(chooser, text, entities[:3], language)
        threshold = chooser.choice((None, 0.3))
        try:
            expected = found(plain, text, threshold, language, **more)
        except ValueError:  # Presidio's checksums fail on some digits outside ASCII
            continue
        total += len(expected)
        assert found(ours, text, threshold, language, **more) == expected, (text, threshold, more)
    assert total > 10


WORDS = ("com", "edu", "co", "community", "company", "c", "cat", "co-op", "x", "xx", "xy", "k", "s", "in", "info", "i")
ENDS = ("", "/x", "m", "K", "\u212a", ".co")


def test_words_put_together_are_chosen_as_they_stood() -> None:
    chooser = random.Random(1)  # noqa: S311 - which words, not a secret
    flags = regex.IGNORECASE | regex.MULTILINE | regex.DOTALL
    for _ in range(60):
        words = [chooser.choice(WORDS) + chooser.choice(("", "", *WORDS)) for _ in range(30)]
        listed = "[a-z0-9.]{1,20}[.](?:" + "|".join(f"(?:{word})" for word in words) + ")(/x)?"
        put = gathered(listed)
        assert len(put) < len(listed)
        text = " ".join(f"a.{chooser.choice(words)}{chooser.choice(ENDS)}" for _ in range(9))
        for tried in (text, text.upper()):
            spans = [match.span() for match in regex.finditer(listed, tried, flags)]
            assert [match.span() for match in regex.finditer(put, tried, flags)] == spans, words
    assert all(len(gathered(one.regex)) < len(one.regex) for one in UrlRecognizer.PATTERNS)
