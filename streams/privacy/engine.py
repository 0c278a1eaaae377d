"""Presidio, faster and with more to look for: what the scrubber asks.

`Engine.analyzer` is a `FastAnalyzer`, a drop-in for Presidio's `AnalyzerEngine`: its registry decides what is looked
for, users' recognisers included. The default registry is Presidio's with our finders (`OURS`) and better than it where
it is plainly wrong (docs/scrubbing.md, "Better than stock").
"""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from presidio_analyzer import LocalRecognizer, Pattern, PatternRecognizer, RecognizerResult

from streams.privacy import addresses, cards, cues, people, phones, secrets
from streams.privacy.presidio.analyzer import FastAnalyzer
from streams.privacy.presidio.blank import BlankNlpEngine, offline_and_quiet
from streams.privacy.presidio.enhancer import PartsEnhancer
from streams.surrogates import Found, unreserved

LANGUAGE = "en"
THRESHOLD = 0.5
_MEMO = 4096  # texts: a suggestion comes back as accepted text and as edit within minutes
_LINES = 50_000  # and, changed here and there, as the human's version of it
# Left out of Presidio's default: its pattern for driver licences finds every `A1`, `H2` and `C4` (`LICENCES` looks for
# them instead); its pattern for URLs finds `self.name`, `main.py` and the domain of every mail, and cuts hosts at the
# first label that is also a TLD (`addresses` looks for URLs instead).
UNFIT = ("UsLicenseRecognizer", "UrlRecognizer")
# A letter or two and at least six digits, as most states number them, and only with a word for it near by.
_LICENCE = Pattern("letters and digits", r"\b[A-Z]{1,2}[0-9]{6,14}\b", 0.3)
_LICENCE_WORDS = ["driver", "license", "licence", "permit", "driving", "dl", "lic"]
# A group of a GUID or of another identifier in base 16 next to the number: letters and digits, and a hyphen between.
_HEX_BEFORE = re.compile(r"(?<![0-9A-Za-z])(?=[0-9a-f]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{3,}-\Z", re.IGNORECASE)
_HEX_BEHIND = re.compile(r"-(?=[0-9a-f]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{3,}(?![0-9A-Za-z])", re.IGNORECASE)
_GROUP = 13  # signs of the longest group of a GUID, and the hyphen

Finder = Callable[[str], list[Found]]


class FinderRecognizer(LocalRecognizer):  # type: ignore[misc]
    """A finder of ours as a recogniser of Presidio's."""

    reads_artifacts = False  # of a language model: it looks at the text only

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
    """Finds personal data in texts. Not for use by several threads at once. Construction takes some 2 seconds.

    Args:
        score_threshold: findings below it are not given.
        memo: how many texts' findings are kept; 0 for none.
        stock: Presidio's own default registry and rules for context, and nothing of ours.
    """

    def __init__(self, *, score_threshold: float = THRESHOLD, memo: int = _MEMO, stock: bool = False) -> None:
        offline_and_quiet()
        self.threshold = score_threshold
        self._better = not stock
        nlp = BlankNlpEngine((LANGUAGE,))
        nlp.load()
        self.analyzer = FastAnalyzer(
            nlp_engine=nlp,
            supported_languages=[LANGUAGE],
            context_aware_enhancer=None if stock else PartsEnhancer(),
            lines=_LINES if memo else 0,
        )
        if not stock:
            self._improve()
        self.presidio_findings("")  # so that the first text does not wait for the plan
        self._memo: OrderedDict[bytes, tuple[Found, ...]] = OrderedDict()
        self._memo_size = memo

    def _improve(self) -> None:
        """Make Presidio's default registry ours."""
        registry = self.analyzer.registry
        for name in UNFIT:
            registry.remove_recognizer(name)
        registry.add_recognizer(
            PatternRecognizer(
                "US_DRIVER_LICENSE",
                "RedlineLicences",
                patterns=[_LICENCE],
                context=_LICENCE_WORDS,
                global_regex_flags=0,
            )
        )
        for name, entities, finder in OURS:
            registry.add_recognizer(FinderRecognizer(name, entities, finder))

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

    def presidio_findings(self, text: str) -> list[Any]:
        """The `RecognizerResult`s of everything in the registry."""
        return self.analyzer.analyze(text, LANGUAGE, score_threshold=self.threshold)

    def _findings(self, text: str) -> tuple[Found, ...]:
        if len(text) < 2:  # noqa: PLR2004 - one character names nobody
            return ()
        key = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        known = self._memo.get(key)
        if known is not None:
            self._memo.move_to_end(key)
            return known
        found = tuple(
            Found(one.start, one.end, one.entity_type, one.score)
            for one in self.presidio_findings(text)
            if not self._better or not _is_part_of_an_id(text, one)
        )
        if self._memo_size:
            self._memo[key] = found
            if len(self._memo) > self._memo_size:
                self._memo.popitem(last=False)
        return found


def _is_part_of_an_id(text: str, one: Any) -> bool:
    """Whether a phone number is a group of digits in a GUID or the like."""
    if one.entity_type != "PHONE_NUMBER" or not text[one.start : one.end].replace("-", "").isdigit():
        return False
    before = text[max(0, one.start - _GROUP - 1) : one.start]
    return _HEX_BEFORE.search(before) is not None or _HEX_BEHIND.match(text, one.end) is not None
