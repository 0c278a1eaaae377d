"""Ways in which people set Presidio up: languages, countries' recognisers, YAML, thresholds, arguments of a call."""

from __future__ import annotations

import inspect
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from presidio_analyzer import EntityRecognizer, Pattern, PatternRecognizer, RecognizerRegistry
from presidio_analyzer import predefined_recognizers as predefined
from presidio_analyzer.predefined_recognizers import SpacyRecognizer
from presidio_analyzer.recognizer_registry import RecognizerRegistryProvider

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

LANGUAGES = ("en", "de", "es", "it", "pl", "fi", "sv", "tr")
_ELSEWHERE = (
    "ko",
    "th",
)  # whose tokenizers of spaCy's are packages of their own: their recognisers are tried in English
_GENERIC = ("CreditCard", "Crypto", "Date", "Email", "Iban", "Ip", "Phone", "Url", "Uuid", "MacAddress")
_YAML = """
supported_languages: [en]
recognizers:
  - {name: CreditCardRecognizer, type: predefined, supported_languages: [{language: en, context: [plastic, card]}]}
  - {name: PhoneRecognizer, type: predefined, supported_regions: [US, AR, IT], leniency: 1}
  - {name: UrlRecognizer, type: predefined}
  - {name: NhsRecognizer, type: predefined, enabled: false}
  - name: Zips
    type: custom
    supported_language: en
    supported_entity: ZIP
    patterns: [{name: zip (weak), regex: '(\\b\\d{5}(?:\\-\\d{4})?\\b)', score: 0.01}]
    context: [zip, code]
  - {name: Titles, type: custom, supported_language: en, supported_entity: TITLE, deny_list: [Mr., phone, call me]}
"""


def every(language: str) -> RecognizerRegistry:
    """All of Presidio's recognisers of a language that need no model, the disabled ones too."""
    registry = RecognizerRegistry(supported_languages=[language])
    registry.recognizers = list(_of(language))
    return registry


def _of(language: str) -> Iterator[Any]:
    for name, kind in sorted(vars(predefined).items()):
        if not (inspect.isclass(kind) and issubclass(kind, EntityRecognizer)) or issubclass(kind, SpacyRecognizer):
            continue
        make: Any = kind
        try:
            own = make().supported_language
        except (ImportError, TypeError, ValueError):  # needs a model, a service or a package
            continue
        if own == language:
            yield make()
        elif name.removesuffix("Recognizer") in _GENERIC or (language == "en" and own in _ELSEWHERE):
            yield make(supported_language=language)


def thresholds() -> RecognizerRegistry:
    """The default ones, each with thresholds of its own."""
    registry = RecognizerRegistry(supported_languages=["en"])
    registry.load_predefined_recognizers(languages=["en"])
    for number, one in enumerate(registry.recognizers):
        one.score_thresholds = ({"default": 0.6}, {one.supported_entities[0]: 0.2}, {}, {"default": 0.9})[number % 4]
    return registry


def from_yaml() -> RecognizerRegistry:
    """A registry from a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "recognisers.yaml")
        path.write_text(_YAML, "utf-8")
        return RecognizerRegistryProvider(conf_file=path).create_recognizer_registry()


# Name -> language, and registry (None: the default one).
SETTINGS: dict[str, tuple[str, Callable[[], RecognizerRegistry] | None]] = {
    "default": ("en", None),
    "thresholds": ("en", thresholds),
    "yaml": ("en", from_yaml),
    **{f"every {language}": (language, partial(every, language)) for language in LANGUAGES},
}


def call(chooser: random.Random, text: str, entities: list[str], language: str) -> dict[str, Any]:
    """Arguments of one call, of few kinds: each set of recognisers is compiled."""
    words = text.split() or ["x"]
    guest = PatternRecognizer(
        "GUEST", name="guest", patterns=[Pattern("guest", r"\b[A-Z]{2}\d+|\d+-\d+", 0.3)], context=["phone", "id"],
        supported_language=language,
    )  # fmt: skip
    denied = PatternRecognizer("DENIED", name="denied", deny_list=words[:2], supported_language=language)
    ways: tuple[dict[str, Any], ...] = (
        {"allow_list": chooser.sample(words, min(3, len(words)))},
        {"allow_list": [r"\d{3}", "[a-z]+"], "allow_list_match": "regex"},
        {"context": chooser.sample(["phone", "card", "id", "zip", "date", "passport", "tax", "numero"], 2)},
        {"ad_hoc_recognizers": [guest, denied]},
        {"ad_hoc_recognizers": [guest], "entities": ["GUEST", entities[0]]},
        {"entities": entities[:2]},
    )
    return chooser.choice(ways) if chooser.random() < 0.3 else {}
