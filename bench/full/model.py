"""The language model of the other side: spaCy's own kind of small network, trained here, as none can be downloaded.

A convolutional network over hashed words (`HashEmbedCNN`) of the size of the fastest of spaCy's pipelines, so that the
comparison is not with a slow one. Trained on the corpora that the shipped model of names was trained on, kept in the
folder for temporary files. `python -m bench.full.model` trains it (some three minutes) and says how good it is.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import spacy
from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import SpacyNlpEngine
from spacy.language import Language
from spacy.training import Example

from bench.names import measure, train
from streams.privacy.names.find import shipped
from streams.privacy.presidio.blank import offline_and_quiet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.names.corpora import Sample, Span

DATA = Path("../shared/data/ner")
FOLDER = Path(tempfile.gettempdir()) / f"redline-bench-ner-{spacy.__version__}"
_KINDS = ("PER", "LOC")
_PASSES, _BATCH = 6, 64  # over the data; texts
_LEMMAS = "bench_lower_lemma"
_NETWORK = {
    "@architectures": "spacy.TransitionBasedParser.v2",
    "state_type": "ner",
    "extra_state_tokens": False,
    "hidden_width": 64,
    "maxout_pieces": 2,
    "use_upper": True,
    "nO": None,
    "tok2vec": {
        "@architectures": "spacy.HashEmbedCNN.v2",
        "pretrained_vectors": None,
        "width": 64,
        "depth": 2,
        "embed_size": 1000,
        "window_size": 1,
        "maxout_pieces": 3,
        "subword_features": True,
    },
}


def trained() -> Path:
    """The folder of the model; made if it is not there.

    Raises:
        FileNotFoundError: nor is the data to train it on.
    """
    if (FOLDER / "meta.json").is_file():
        return FOLDER
    if not DATA.is_dir():
        raise FileNotFoundError(f"{DATA}: needed the corpora of names, came no such folder; see bench/names/train.py")
    samples, _ = train.split(DATA)
    dice = random.Random(11)  # noqa: S311 - the order of texts
    spacy.util.fix_random_seed(11)
    model = spacy.blank("en")
    model.add_pipe("ner", config={"model": _NETWORK})
    examples = [_example(model, sample) for sample in samples]
    optimizer = model.initialize(lambda: examples[:2000])
    for _ in range(_PASSES):
        dice.shuffle(examples)
        for at in range(0, len(examples), _BATCH):
            model.update(examples[at : at + _BATCH], sgd=optimizer, drop=0.2)
    model.to_disk(FOLDER)
    return FOLDER


def _example(model: Any, sample: Sample) -> Example:
    doc = model.make_doc(sample.text)
    spans = [doc.char_span(start, end, kind) for start, end, kind in sample.spans if kind in _KINDS]
    kept = spacy.util.filter_spans([span for span in spans if span is not None])
    return Example.from_dict(doc, {"entities": [(one.start_char, one.end_char, one.label_) for one in kept]})


def stock() -> Any:
    """Presidio's analyzer with its default registry and the trained model."""
    offline_and_quiet()
    engine = _Engine(models=[{"lang_code": "en", "model_name": str(trained())}])
    engine.load()
    return AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])


class _Engine(SpacyNlpEngine):  # type: ignore[misc]
    """The model with the word in small letters as its lemma: without any, no context word ever matches."""

    def load(self) -> None:
        """Load the model from its folder."""
        model = spacy.load(self.models[0]["model_name"])
        model.add_pipe(_LEMMAS)
        self.nlp = {"en": model}


@Language.component(_LEMMAS)  # type: ignore[untyped-decorator]
def _lower_lemma(doc: Any) -> Any:
    for token in doc:
        token.lemma_ = token.text.lower()
    return doc


def scores() -> dict[str, Any]:
    """F1 of exact spans of people and places on the sets held back: this model's and the shipped one's."""
    _, held = train.split(DATA)
    model, finder = spacy.load(trained()), shipped()
    names = {"PERSON": "PER", "LOCATION": "LOC"}

    def network(text: str) -> list[Span]:
        return [(one.start_char, one.end_char, one.label_) for one in model(text).ents]

    def ours(text: str) -> list[Span]:
        return [(one.start, one.end, names[one.entity]) for one in finder.everywhere(text)]

    return {name: dict(_of(samples, network, ours)) for name, samples in held.items()}


def _of(
    samples: list[Sample], network: Callable[[str], list[Span]], ours: Callable[[str], list[Span]]
) -> Iterator[tuple[str, dict[str, float]]]:
    for kind in _KINDS:
        both = (measure.score(samples, find, kind).f1 for find in (network, ours))
        yield kind, dict(zip(("spacy", "ours"), (round(one, 3) for one in both), strict=True))


if __name__ == "__main__":
    began = time.process_time()
    trained()
    sys.stdout.write(json.dumps(scores(), indent=2) + f"\n{time.process_time() - began:.0f} s\n")
