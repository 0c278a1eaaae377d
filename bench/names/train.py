"""Trains the shipped model: `python -m bench.names.train --data ../shared/data/ner`. Some three minutes on one core.

Writes streams/privacy/names/model.bin and bench/results/names.json (the figures of docs/names-model.md). Seeded: the
same data and the same installed packages give the same file. BTC dev, W-NUT 17 dev, 25 of Wikigold's 150 documents and
`dev.txt` are never trained on; they choose the settings.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import zlib
from array import array
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import msgspec
import pycrfsuite

from bench.names import corpora, dev, lists, measure
from bench.names.synthetic import Maker
from streams.privacy.names import features, lexicon, tokens
from streams.privacy.names.find import Finder
from streams.privacy.names.kept import Kept
from streams.privacy.names.model import FILE, OUTSIDE, Model, Stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.names.corpora import Sample, Span
    from streams.surrogates import Found

_RESULTS = Path("bench/results/names.json")
_SYNTHETIC = 28_000
_NAMELESS = 6_000  # lines of documentation
_RENAMED = (1, 4)  # times that a tweet, and a sentence of Wikigold, come again with other names
_HELD = 25  # documents of Wikigold
_FORGET = 0.2  # share of the names that a thinned lexicon does not know, so that the lists are not trusted blindly
_SETTINGS = {
    "c1": 0.2,
    "c2": 0.1,
    "max_iterations": 110,
    "feature.minfreq": 2,
    "feature.possible_transitions": True,
}
_THRESHOLDS = {"PER": 0.25, "LOC": 0.5}  # probability that is scored 0.5: of people it leans to recall
_STEPS = 2000  # a weight is an integer times 1/_STEPS
_KINDS = {"PERSON": "PER", "LOCATION": "LOC"}


def main() -> None:
    """Train, write the model, measure it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, default=Path("../shared/data/ner"), help="folder of the corpora")
    options.add_argument("--out", type=Path, default=FILE)
    options.add_argument("--lists", action="store_true", help="keep the weights in --out: only its lists are made anew")
    options.add_argument("--results", type=Path, default=_RESULTS)
    given = options.parse_args()
    train, held = split(given.data)
    bits = lists.lexicon_bits(train)
    if given.lists:
        stored, size = relisted(given.out, bits), json.loads(given.results.read_text())["tokens"]
    else:
        stored, size = trained(examples(train, bits), bits)
    given.out.write_bytes(msgspec.msgpack.encode(stored))
    finder = Finder(Model(stored))
    figures = evaluate(finder, held)
    figures |= {
        "tokens": size, "bytes": given.out.stat().st_size, "synthetic": _SYNTHETIC + _SYNTHETIC // 10,
        "nameless": _NAMELESS,
        "own": len(held["own web texts"]), "thresholds": _THRESHOLDS, "settings": _SETTINGS,
        "reliability": reliability(finder, held),
    }  # fmt: skip
    given.results.write_text(json.dumps(figures, indent=2) + "\n")
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


def trained(samples: Iterator[tuple[Sample, lexicon.Lexicon]], bits: dict[str, int]) -> tuple[Stored, int]:
    """The model of these samples, and how many words they have."""
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "names.crf"
        size = _train(samples, lexicon.Lexicon(bits), raw)
        return export(raw, bits), size


def relisted(file: Path, bits: dict[str, int]) -> Stored:
    """The model in a file with these lists, and the thresholds of now."""
    stored = msgspec.msgpack.decode(file.read_bytes(), type=Stored)
    return msgspec.structs.replace(stored, thresholds=_THRESHOLDS, **_packed(bits))


def split(data: Path) -> tuple[list[Sample], dict[str, list[Sample]]]:
    """What is trained on, and the sets that are held back, by name."""

    def flat(documents: list[list[Sample]]) -> list[Sample]:
        return [sample for document in documents for sample in document]

    wikigold = corpora.read(data / "wikigold.conll")
    Random(7).shuffle(wikigold)  # noqa: S311 - a seeded split, not a secret
    train = [
        *flat(corpora.read(data / "btc.train")),
        *flat(corpora.read(data / "wnut17.train")),
        *(replace(sample, edited=True) for sample in flat(wikigold[_HELD:])),
    ]
    held = {
        "own web texts": dev.samples(),
        "Wikigold, 25 documents": flat(wikigold[:_HELD]),
        "BTC dev": flat(corpora.read(data / "btc.dev")),
        "W-NUT 17 dev": flat(corpora.read(data / "wnut17.dev")),
    }
    return train, held


def examples(train: list[Sample], bits: dict[str, int]) -> Iterator[tuple[Sample, lexicon.Lexicon]]:
    """Everything trained on, each with the lexicon that its features come from."""
    whole = lexicon.Lexicon(bits)
    lexicons = [whole, *(_thinned(bits, seed) for seed in range(3))]
    maker, random = Maker(Random(1), bits), Random(3)  # noqa: S311 - seeded
    named = [sample for sample in train if sample.spans]
    yield from ((sample, whole) for sample in train)
    for again in range(max(_RENAMED)):
        for sample in named:
            if again < _RENAMED[sample.edited]:
                yield maker.renamed(sample), random.choice(lexicons)
    for _ in range(_SYNTHETIC):
        yield maker.sample(), random.choice(lexicons)
    for _ in range(_SYNTHETIC // 10):
        yield maker.plain(), whole
    for line in lists.nameless(whole, random, _NAMELESS):
        yield corpora.Sample(line, ()), whole


def export(raw: Path, bits: dict[str, int]) -> Stored:
    """The model that CRFsuite wrote, in our form."""
    tagger = pycrfsuite.Tagger()
    tagger.open(str(raw))
    info: Any = tagger.info()
    labels = sorted(tagger.labels(), key=lambda label: (label != OUTSIDE, label))
    rows: dict[str, list[int]] = {}
    for (name, label), weight in info.state_features.items():
        rows.setdefault(name, [0] * len(labels))[labels.index(label)] = round(weight * _STEPS)
    names = sorted(name for name, row in rows.items() if any(row) and name != _NOTHING)
    weights = array("h", [max(-32767, min(32767, value)) for name in names for value in rows[name]])
    return Stored(
        labels=labels,
        transitions=[[round(info.transitions.get((a, b), 0.0), 6) for b in labels] for a in labels],
        names=zlib.compress("\n".join(names).encode(), 9),
        rows=zlib.compress(weights.tobytes(), 9),
        scale=1 / _STEPS,
        thresholds=_THRESHOLDS,
        **_packed(bits),
    )


def _packed(bits: dict[str, int]) -> dict[str, Any]:
    """The lists as the model's file has them."""
    listed = sorted(bits)
    return {
        "words": zlib.compress("\n".join(listed).encode(), 9),
        "bits": zlib.compress(bytes(bits[word] for word in listed), 9),
    }


def evaluate(finder: Finder, held: dict[str, list[Sample]]) -> dict[str, Any]:
    """Exact and overlap scores on the sets held back."""
    figures: dict[str, Any] = {
        name: {
            kind: {
                "gold": one.gold, "F1": round(one.f1, 3), "P": round(one.precision, 3), "R": round(one.recall, 3),
                "R any overlap": round(one.gold_touched / max(1, one.gold), 3),
            }
            for kind in ("PER", "LOC")
            for one in [measure.score(samples, finding(finder.everywhere), kind)]
        }
        for name, samples in held.items()
    }  # fmt: skip
    figures["languages"] = {
        language: {"gold": one.gold, "F1": round(one.f1, 3), "P": round(one.precision, 3), "R": round(one.recall, 3)}
        for language, samples in dev.languages().items()
        for one in [measure.score(samples, finding(finder.find), "PER")]
    }
    return figures


def finding(find: Callable[[str], list[Found]]) -> Callable[[str], list[Span]]:
    """`find` with the kinds of the corpora."""
    return lambda text: [(one.start, one.end, _KINDS[one.entity]) for one in find(text)]


def reliability(finder: Finder, held: dict[str, list[Sample]]) -> list[dict[str, float]]:
    """How many of the people found with a score between two bounds are exactly right."""
    rows = [
        (one.score, (one.start, one.end, "PER") in sample.spans)
        for samples in held.values()
        for sample in samples
        for one in finder.everywhere(sample.text)
        if one.entity == "PERSON"
    ]
    table = []
    for low, high in pairwise(_BINS):
        inside = [right for score, right in rows if low <= score < high]
        table.append({"from": low, "found": len(inside), "right": round(sum(inside) / max(1, len(inside)), 3)})
    return table


_BINS = (0.5, 0.55, 0.6, 0.7, 0.8, 0.9, 1.0)
_LEXICONS = 16  # more than are trained with
_NOTHING = "nothing"  # the one feature of a word that is no candidate


def _train(samples: Iterator[tuple[Sample, lexicon.Lexicon]], whole: lexicon.Lexicon, out: Path) -> int:
    trainer = pycrfsuite.Trainer(verbose=False)
    trainer.select("lbfgs")
    trainer.set_params(_SETTINGS)
    size = 0
    words_of = Kept(features.known, _LEXICONS)
    for sample, lists_of in samples:
        known = words_of[lists_of]
        for start, end in tokens.spans(sample.text):
            words, starts = tokens.line(sample.text, start, end)
            if not words:
                continue
            chosen, heading = set(tokens.candidates(words, whole.named)), features.heading(words)
            rows = [
                features.features(words, i, known, heading) if i in chosen else [_NOTHING] for i in range(len(words))
            ]
            trainer.append(pycrfsuite.ItemSequence(rows), _labels(starts, chosen, sample))
            size += len(words)
    began = time.process_time()
    trainer.train(str(out))
    sys.stderr.write(f"{size} tokens, {time.process_time() - began:.0f} s of training\n")
    return size


def _labels(starts: list[int], chosen: set[int], sample: Sample) -> list[str]:
    labels: list[str] = []
    for i, at in enumerate(starts):
        label = OUTSIDE
        for start, end, kind in sample.spans:
            if start <= at < end and i in chosen:
                goes_on = start < at and labels and labels[-1][2:] == kind
                label = ("I-" if goes_on else "B-") + kind
        labels.append(label)
    return labels


def _thinned(bits: dict[str, int], seed: int) -> lexicon.Lexicon:
    random = Random(seed)  # noqa: S311
    names = lexicon.PEOPLE | lexicon.GIVEN_OFTEN | lexicon.SURNAME_OFTEN
    return lexicon.Lexicon({word: n & ~names if random.random() < _FORGET else n for word, n in bits.items()})


if __name__ == "__main__":
    main()
