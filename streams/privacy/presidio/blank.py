"""A spaCy pipeline that only cuts text into words: nothing is downloaded, nothing is guessed.

Two traps of a blank model are closed. Without lemmas Presidio's context words can never match, so the lower-cased word
is the lemma. And a vocabulary grows with every new word, so the model is renewed from time to time.
"""

from __future__ import annotations

import logging
from typing import Any

import spacy
import tldextract
from presidio_analyzer.nlp_engine import SpacyNlpEngine
from spacy.language import Language
from spacy.tokenizer import Tokenizer

_LEMMAS = "redline_lower_lemma"
_VOCABULARY = 100_000  # lexemes (some 50 MB); a blank model has under a thousand


@Language.component(_LEMMAS)  # type: ignore[untyped-decorator]
def _lower_lemma(doc: Any) -> Any:
    for token in doc:
        token.lemma_ = token.text.lower()
    return doc


class BlankNlpEngine(SpacyNlpEngine):  # type: ignore[misc]
    """spaCy's tokenizers of some languages, for Presidio. Languages are ISO codes that spaCy knows."""

    def __init__(self, languages: tuple[str, ...] = ("en",)) -> None:
        self._languages = languages
        super().__init__(models=[{"lang_code": language, "model_name": "blank"} for language in languages])

    def load(self) -> None:
        """Make the pipelines; no file is read and no network used."""
        self.nlp = {language: self.blank(language) for language in self._languages}

    def process_text(self, text: str, language: str) -> Any:
        """Presidio's artifacts of a text, from a vocabulary that does not grow without limit."""
        if len(self.nlp[language].vocab) > _VOCABULARY:
            self.nlp[language] = self.blank(language)
        return super().process_text(text, language)

    def only_words(self, language: str) -> bool:
        """Whether a language's pipeline cuts at white space first, and does nothing else."""
        model = self.nlp.get(language)
        return model is not None and type(model.tokenizer) is Tokenizer and model.pipe_names == [_LEMMAS]

    @staticmethod
    def blank(language: str) -> Any:
        """A new pipeline with a vocabulary of its own."""
        model = spacy.blank(language)
        model.add_pipe(_LEMMAS)
        return model


def offline_and_quiet() -> None:
    """No list of domains is fetched, and no library writes text into a log."""
    offline = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    tldextract.tldextract.TLD_EXTRACTOR = offline
    tldextract.extract = offline
    for name in ("presidio-analyzer", "tldextract", "decision_process"):  # the first writes an IBAN it cannot check
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False
