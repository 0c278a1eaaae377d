"""Recognisers for models of the user's choice: spaCy, transformers and GLiNER, from folders on this machine.

A model is named in a setting as `spacy:/models/en_core_web_lg`, `transformers:/models/some-ner`,
`gliner:/models/gliner_multi`. Nothing is ever downloaded: the folder must be there, and the package must be installed.
Texts longer than a model reads are cut into chunks that overlap (GLiNER drops what is beyond 384 tokens silently).
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from presidio_analyzer import LocalRecognizer, RecognizerResult

from streams.surrogates import Found

Predict = Callable[[str], list[Found]]
KINDS = ("spacy", "transformers", "gliner")
ENTITIES = ("PERSON", "LOCATION", "ORGANIZATION")
_CHUNK = {"spacy": 50_000, "transformers": 320, "gliner": 320}  # word pieces; GLiNER reads 384, most others 512
_OVERLAP = 20  # words; a name is shorter
_LONGEST = 200  # code points without a white space, then a word is cut: base64, minified code
_NAMED = {
    **dict.fromkeys(("PERSON", "PER"), "PERSON"),
    **dict.fromkeys(("LOCATION", "LOC", "GPE", "FAC", "CITY", "COUNTRY", "ADDRESS"), "LOCATION"),
    **dict.fromkeys(("ORG", "ORGANIZATION"), "ORGANIZATION"),
}
_GLINER_LABELS = ("person", "location", "address", "organization")
_LEAST = 0.4  # a score below it is not asked of GLiNER
_SPACY_SCORE = 0.85  # spaCy gives none; Presidio's own figure for its spaCy recogniser
_WORD = re.compile(rf"\S{{1,{_LONGEST}}}")


class ModelUnavailableError(RuntimeError):
    """A model that a setting names cannot be loaded here."""


class ModelRecognizer(LocalRecognizer):  # type: ignore[misc]
    """A model as a Presidio recogniser: chunks, predicts, keeps the entities asked for."""

    def __init__(self, name: str, predict: Predict, chunk: int, *, language: str = "en") -> None:
        """`chunk` is how many word pieces the model is given at a time."""
        self._predict = predict
        self._chunk = chunk
        super().__init__(supported_entities=list(ENTITIES), supported_language=language, name=name)

    def load(self) -> None:
        """Nothing: the model was loaded to be given."""

    def find(self, text: str) -> list[Found]:
        """What the model finds, in code points of `text`, in order."""
        return predict(text, self._predict, self._chunk)

    def analyze(self, text: str, entities: list[str], nlp_artifacts: object = None) -> list[Any]:
        """The findings of the entities asked for, as Presidio's results."""
        del nlp_artifacts
        return [RecognizerResult(f.entity, f.start, f.end, f.score) for f in self.find(text) if f.entity in entities]


def load(setting: str, *, language: str = "en") -> ModelRecognizer:
    """The recogniser of a model that a setting names, as `kind:folder`.

    Raises:
        ModelUnavailableError: the setting is of another form, the folder is not there, the package is not installed,
            or the folder holds no such model.
    """
    kind, _, folder = setting.partition(":")
    if kind not in KINDS or not folder:
        raise ModelUnavailableError(
            f"models: a model is named as kind:folder with kind one of {', '.join(KINDS)}; got another form;"
            " see docs/scrubbing.md"
        )
    path = Path(folder)
    if not path.is_dir():
        raise ModelUnavailableError(
            f"models: {kind} needs a folder with a model at {path}; there is none; fetch it with its own tool (Redline"
            " downloads nothing) and name its folder"
        )
    loader = {"spacy": _spacy, "transformers": _transformers, "gliner": _gliner}[kind]
    return ModelRecognizer(f"Redline{kind.capitalize()}:{path.name}", loader(path), _CHUNK[kind], language=language)


def chunks(text: str, size: int, overlap: int = _OVERLAP) -> list[tuple[int, int]]:
    """Where to cut `text` into pieces of at most `size` word pieces, estimated.

    A word is a run without white space, cut after 200 code points; it counts one piece for each four ASCII letters,
    or one for each code point. A chunk begins `overlap` words before the end of the last, or a third of its words
    if they are few. Every word is whole in at least one chunk.

    Raises:
        ValueError: the size is less than 1 or the overlap less than 0.
    """
    if size < 1 or overlap < 0:
        raise ValueError(f"chunks: the size must be at least 1 and the overlap at least 0; got {size} and {overlap}")
    words = [match.span() for match in _WORD.finditer(text)]
    pieces = [1 + (end - start) // 4 if text[start:end].isascii() else end - start for start, end in words]
    cuts = []
    first = 0
    while first < len(words):
        end, room = first + 1, size - pieces[first]
        while end < len(words) and pieces[end] <= room:
            room -= pieces[end]
            end += 1
        cuts.append((words[first][0], words[end - 1][1]))
        if end == len(words):
            break
        first = max(first + 1, end - min(overlap, (end - first) // 3))
    return cuts


def predict(text: str, model: Predict, size: int, overlap: int = _OVERLAP) -> list[Found]:
    """What a model finds in a text of any length; of findings that touch in an overlap, the longer, then the surer."""
    found = [
        Found(one.start + start, one.end + start, one.entity, one.score)
        for start, end in chunks(text, size, overlap)
        for one in model(text[start:end])
    ]
    kept: list[Found] = []
    for one in sorted(found, key=lambda f: (f.start - f.end, -f.score, f.start)):
        if not any(one.start < other.end and other.start < one.end and one.entity == other.entity for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda f: (f.start, f.end))


def entities(rows: Iterable[tuple[int, int, str, float]]) -> list[Found]:
    """A model's spans under our names of entities; those of other kinds (dates, amounts) are left out."""
    found = []
    for start, end, label, score in rows:
        entity = _NAMED.get(label.upper().rpartition("-")[2])
        if entity is not None and end > start:
            found.append(Found(start, end, entity, round(float(score), 4)))
    return found


def _package(kind: str) -> Any:
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):  # a folder that names a base model must not fetch it
        os.environ[name] = "1"
    try:
        return importlib.import_module(kind)
    except ImportError as error:
        raise ModelUnavailableError(
            f"models: {kind} needs the package {kind}; it is not installed; run `pip install {kind}`"
        ) from error


def _loaded(kind: str, path: Path, make: Callable[[], Any]) -> Any:
    try:
        return make()
    except (OSError, ValueError, KeyError) as error:
        raise ModelUnavailableError(
            f"models: {kind} needs a model of its own form in {path}; it could not be read ({type(error).__name__})"
        ) from error


def _spacy(path: Path) -> Predict:
    spacy = _package("spacy")
    pipeline = _loaded("spacy", path, lambda: spacy.load(path))
    if not {"ner", "entity_ruler"} & set(pipeline.pipe_names):
        raise ModelUnavailableError(
            f"models: spacy needs a pipeline that finds entities (ner or entity_ruler) in {path}; it has"
            f" {len(pipeline.pipe_names)} other components; name another folder"
        )

    def run(text: str) -> list[Found]:
        return entities((e.start_char, e.end_char, e.label_, _SPACY_SCORE) for e in pipeline(text).ents)

    return run


def _transformers(path: Path) -> Predict:
    transformers = _package("transformers")
    tagger = _loaded(
        "transformers",
        path,
        lambda: transformers.pipeline(
            "token-classification", model=str(path), tokenizer=str(path), aggregation_strategy="simple"
        ),
    )

    def run(text: str) -> list[Found]:
        rows: Sequence[dict[str, Any]] = tagger(text)
        return entities((row["start"], row["end"], row["entity_group"], row["score"]) for row in rows)

    return run


def _gliner(path: Path) -> Predict:
    gliner = _package("gliner")
    model = _loaded("gliner", path, lambda: gliner.GLiNER.from_pretrained(str(path), local_files_only=True))

    def run(text: str) -> list[Found]:
        rows: Sequence[dict[str, Any]] = model.predict_entities(text, list(_GLINER_LABELS), threshold=_LEAST)
        return entities((row["start"], row["end"], row["label"], row["score"]) for row in rows)

    return run
