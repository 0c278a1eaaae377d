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
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from presidio_analyzer import LocalRecognizer, Pattern, PatternRecognizer, RecognizerResult
from presidio_analyzer.predefined_recognizers import NhsRecognizer

from streams.privacy import addresses, cards, cues, models, numbers, people, phones, secrets, street
from streams.privacy.directory.file import DirectoryFile
from streams.privacy.names.find import find as names
from streams.privacy.presidio.analyzer import FastAnalyzer
from streams.privacy.presidio.blank import BlankNlpEngine, offline_and_quiet
from streams.privacy.presidio.enhancer import PartsEnhancer
from streams.privacy.versions import is_version
from streams.privacy.views import reads_as, views
from streams.surrogates import Found, unreserved

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from streams.privacy.directory.matcher import Directory
    from streams.privacy.options import Options
    from streams.privacy.views import View

LANGUAGE = "en"
THRESHOLD = 0.5
_MEMO = 4096  # texts: a suggestion comes back as accepted text and as edit within minutes
_LINES = 50_000  # and, changed here and there, as the human's version of it
# Left out of Presidio's default: its pattern for driver licences finds every `A1`, `H2` and `C4` (`LICENCES` looks for
# them instead); its pattern for URLs finds `self.name`, `main.py` and the domain of every mail, and cuts hosts at the
# first label that is also a TLD (`addresses` looks for URLs instead); its health service numbers are phones to one in
# eleven (`_NhsNumbers`).
UNFIT = ("UsLicenseRecognizer", "UrlRecognizer", "NhsRecognizer")
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
    ("RedlineNumbers", ("IBAN_CODE", "US_SSN"), numbers.find),
    ("RedlineNames", ("PERSON", "LOCATION"), names),
    ("RedlineStreets", ("LOCATION",), street.find),
)


class _NhsNumbers(NhsRecognizer):  # type: ignore[misc]
    """Health service numbers with a word for them near by: one in eleven phone numbers has the right check digit."""

    PATTERNS: ClassVar = [Pattern("three, three and four digits", r"\b[0-9]{3}[- ]?[0-9]{3}[- ]?[0-9]{4}\b", 0.3)]

    def validate_result(self, pattern_text: str) -> bool | None:
        """False where the check digit is wrong; a right one alone proves nothing."""
        return None if super().validate_result(pattern_text) else False


class Engine:
    """Finds personal data in texts. Not for use by several threads at once. Construction takes some 2 seconds.

    Args:
        score_threshold: findings below it are not given.
        memo: how many texts' findings are kept; 0 for none.
        stock: Presidio's own default registry and rules for context, and nothing of ours.
        directory: the company's people, if there is a file of them; looked at while the engine is in use.
        extra: models of the user's choice, as `streams.privacy.models` reads them.

    Raises:
        models.ModelUnavailableError: a model or its package is not there.
    """

    def __init__(
        self,
        *,
        score_threshold: float = THRESHOLD,
        memo: int = _MEMO,
        stock: bool = False,
        directory: Path | None = None,
        extra: Sequence[str] = (),
    ) -> None:
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
        for setting in extra:
            self.analyzer.registry.add_recognizer(models.load(setting))
        self.presidio_findings("")  # so that the first text does not wait for the plan
        self._file = DirectoryFile(directory) if directory is not None and not stock else None
        self._directory: Directory | None = None
        self._memo: OrderedDict[bytes, tuple[Sequence[View], Sequence[Found]]] = OrderedDict()
        self._memo_size = memo

    @classmethod
    def of(cls, options: Options) -> Self:
        """The engine that a scrubbing process is told to have."""
        return cls(
            score_threshold=options.threshold,
            stock=options.stock,
            directory=Path(options.directory) if options.directory else None,
            extra=options.models,
        )

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
        registry.add_recognizer(_NhsNumbers())
        for name, entities, finder in OURS:
            registry.add_recognizer(FinderRecognizer(name, entities, finder))

    def analyze(
        self, texts: Sequence[str], subject: str | None = None, wanted: Container[int] | None = None
    ) -> list[list[Found]]:
        """Findings of each of the texts of one event, surrogates left out; they may overlap.

        The subject is found in every spelling of theirs, and a person named in one text is found in all of them.

        Args:
            texts: of the event.
            subject: whose event it is.
            wanted: places of the texts whose findings are asked for; all if None. Of the others the list is empty.
        """
        every = self.everything(texts, subject, wanted)
        return [unreserved(text, found) for text, found in zip(texts, every, strict=True)]

    def everything(
        self, texts: Sequence[str], subject: str | None = None, wanted: Container[int] | None = None
    ) -> list[list[Found]]:
        """As `analyze`, with what is, or could be, a surrogate: numbers kept for examples are numbers too."""
        self._look_at_directory()
        read = [self._read(text) for text in texts]
        names = {
            reads_as(text[one.start : one.end])
            for text, (_, found) in zip(texts, read, strict=True)
            for one in found
            if one.entity == cues.PERSON
        }
        plain = [people.Plain.of(text) for text in texts] if names or subject else []
        known = [people.of_subject(subject)] if subject else []
        if names:
            known += [people.of_name(name) for name in people.again(names, plain)]
        findings: list[list[Found]] = []
        for place, (seen, found) in enumerate(read):
            if wanted is not None and place not in wanted:
                findings.append([])
                continue
            more = list(found)
            for matcher in known:
                more += matcher.within(plain[place])
                for view in seen:
                    more.extend(_back(view, matcher.find(view.text)))
            findings.append(more)
        return findings

    def presidio_findings(self, text: str) -> list[Any]:
        """The `RecognizerResult`s of everything in the registry."""
        return self.analyzer.analyze(text, LANGUAGE, score_threshold=self.threshold)

    def forget(self) -> None:
        """Drop the memory of texts."""
        self._memo.clear()

    def _look_at_directory(self) -> None:
        """Take up a directory that was replaced; what was found with the old one is forgotten."""
        directory = self._file.current() if self._file is not None else None
        if directory is not self._directory:
            self._directory = directory
            self._memo.clear()

    def _read(self, text: str) -> tuple[Sequence[View], Sequence[Found]]:
        """The views of a text, and the findings in it as it is and as it reads once its encodings are undone."""
        if len(text) < 2:  # noqa: PLR2004 - one character names nobody
            return (), ()
        key = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        known = self._memo.get(key)
        if known is not None:
            self._memo.move_to_end(key)
            return known
        seen = views(text) if self._better else []
        found = [*self._findings(text)]
        for view in seen:
            found += _back(view, self._findings(view.text))
        if self._memo_size:
            self._memo[key] = seen, found
            if len(self._memo) > self._memo_size:
                self._memo.popitem(last=False)
        return seen, found

    def _findings(self, text: str) -> list[Found]:
        if len(text) < 2:  # noqa: PLR2004 - as above
            return []
        found = [
            Found(one.start, one.end, one.entity_type, one.score)
            for one in self.presidio_findings(text)
            if not self._better or not _is_something_else(text, one)
        ]
        if self._directory is not None:
            found += [one for one in self._directory.find(text) if one.score >= self.threshold]
        return found


def _back(view: View, found: Iterable[Found]) -> Iterator[Found]:
    """What was found in a view, where it stands in the text."""
    return (Found(*view.back(one.start, one.end), one.entity, one.score) for one in found)


def _is_something_else(text: str, one: Any) -> bool:
    """Whether an address is a version, or a phone number a group of digits in a GUID or the like."""
    if one.entity_type == "IP_ADDRESS":
        return is_version(text, one.start, one.end)
    if one.entity_type != "PHONE_NUMBER" or not text[one.start : one.end].replace("-", "").isdigit():
        return False
    before = text[max(0, one.start - _GROUP - 1) : one.start]
    return _HEX_BEFORE.search(before) is not None or _HEX_BEHIND.match(text, one.end) is not None
