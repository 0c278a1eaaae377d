"""spaCy's tokens without spaCy, and the keywords that Presidio's enhancer would look at."""

from __future__ import annotations

import random
import re
import sysconfig
from pathlib import Path
from typing import Any

import spacy

from streams.privacy.presidio.blank import BlankNlpEngine
from streams.privacy.presidio.words import Words


def renew() -> tuple[Any, Any]:
    model = BlankNlpEngine.blank("en")
    return model.tokenizer, model.vocab


def test_tokens_of_words_are_those_of_spacy() -> None:
    ours, tokenizer = Words(renew), spacy.blank("en").tokenizer
    chooser = random.Random(3)  # noqa: S311 - which words, not a secret
    files = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))
    seen = {word for path in chooser.sample(files, 12) for word in re.findall(r"\S+|\s+", path.read_text("utf-8"))}
    rules = list(tokenizer.rules)
    signs = [
        *".,:;!?()[]{}<>\"'`\u2019\u201c\u2026\u2013\u2014_/@#$%&*+=~\u20ac",
        "10km",
        "5%",
        "12:30",
        "http://a.b/c?d",
        "x.y",
    ]
    seen |= {"".join(chooser.choice([*rules, *signs, *signs]) for _ in range(3)) for _ in range(3000)}
    for word in sorted(seen):
        if len(word.split()) > 1 or (word.split() and word != word.strip()):
            continue
        expected = [(t.idx + len(t.text), t.text.lower()) for t in tokenizer(word)]
        assert [(end, low) for end, low, _ in ours.of(word)] == expected, word


def test_what_is_surely_a_keyword_is_one() -> None:
    ours = Words(renew)
    assert ours.sure("invoice")
    assert not ours.sure("the")
    assert not ours.sure("dont")
    assert not ours.sure("a1")
