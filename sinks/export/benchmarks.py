"""Which texts hold the prompts of benchmarks, so that a model is not trained on what it will be examined in.

As Tulu 3 does it (Lambert et al. 2024, section 3.2; allenai/open-instruct, decontamination/README.md at 308f2a8): a
prompt is in a text if runs of eight tokens that both have cover more than half of the prompt's tokens. GPT-3 (Brown et
al. 2020, appendix C) took single runs of 8 to 13 words; of those a common phrase is already one. Tokens are words in
lower case without punctuation (`sinks.export.shingles`).

- A prompt of three to seven tokens is in a text if the text has all of it in one piece. A shorter one is in too many
  texts to say anything, and is not looked for.
- A run of eight tokens that more than a hundred different prompts have is a template ("answer the following question
  with one letter"): it proves nothing, and a prompt is measured by its other tokens.
- Paraphrases and translations are not found.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.errors import InputError
from sinks.export.shingles import Grams, batches, grams, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sinks.export.shingles import Hashes

RUN = 8
SHORTEST = 3
TEMPLATE = 100
_COVERED = 0.5
_FILTER_BITS = 22  # half a megabyte of bits as bytes is 4 MB: a look there spares most of the searches

# Fields of a record that hold what is asked; each is a prompt, and so is every text in a list of them.
FIELDS = (
    "prompt",
    "question",
    "instruction",
    "problem",
    "input",
    "query",
    "text",
    "context",
    "ctx",
    "goal",
    "sentence",
    "turns",
    "messages",
    "conversations",
)
_SAID = ("content", "value")  # of a message
_ANSWERS = frozenset({"assistant", "gpt"})


class _Runs(NamedTuple):
    """Hashes of runs, sorted, and where each stands: prompts and places, between two of `bounds`."""

    hashes: Hashes
    bounds: npt.NDArray[np.int64]
    prompts: npt.NDArray[np.int64]
    places: npt.NDArray[np.int64]


class Benchmarks:
    """The prompts of some files, by the hashes of their runs of tokens.

    Attributes:
        names: of the files.
        prompts: how many different prompts there are.
        unusable: how many of them are too short to be looked for, or nothing but template.
    """

    def __init__(self, files: Sequence[tuple[str, Sequence[str]]]) -> None:
        """`files` are names and prompts."""
        self.names = tuple(name for name, _ in files)
        texts = [text for _, prompts in files for text in prompts]
        owners = np.repeat(np.arange(len(files)), [len(prompts) for _, prompts in files])
        found = _all_tokens(texts)
        texts_there, identities = _whole(found)
        # One prompt of one file counts once, however often it stands there.
        keep = np.unique(np.stack([identities, owners[texts_there].astype(np.uint64)]), axis=1, return_index=True)[1]
        number = np.full(len(texts), -1)
        number[texts_there[keep]] = np.arange(len(keep))
        self._files = owners[texts_there[keep]]
        mine = number[found.texts] >= 0
        hashes, prompts = found.hashes[mine], number[found.texts[mine]]
        order = np.argsort(prompts, kind="stable")
        found = Grams(hashes[order], prompts[order])
        sizes = np.bincount(found.texts, minlength=len(keep))
        self._runs = _runs(found)
        self._size = _covered(self._runs.prompts, self._runs.places, len(keep))
        self._short = _short(found, sizes)
        self._filter = np.zeros(1 << _FILTER_BITS, np.bool_)
        for known in (self._runs.hashes, *[hashes for hashes, _ in self._short.values()]):
            self._filter[_slot(known)] = True
        self.prompts = len(keep)
        self.unusable = int((sizes < SHORTEST).sum() + ((sizes >= RUN) & (self._size == 0)).sum())

    def contaminated(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Which texts hold a prompt of any file."""
        found: npt.NDArray[np.bool_] = np.logical_or.reduce(self.by_file(texts), axis=1)
        return found

    def by_file(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Which texts (rows) hold a prompt of which file (columns, as `names`)."""
        held = np.zeros((len(texts), len(self.names)), np.bool_)
        for part in batches(texts):
            self._look(tokens(texts[part], punctuation=False), held[part])
        return held

    def _look(self, found: Grams, held: npt.NDArray[np.bool_]) -> None:
        texts, at = _matches(self._runs.hashes, self._likely(found, RUN))
        # A text that repeats itself has each run once: prompts that repeat themselves stand behind it many times.
        texts, at = np.divmod(np.unique(texts * len(self._runs.bounds) + at), len(self._runs.bounds))
        counts = self._runs.bounds[at + 1] - self._runs.bounds[at]
        every = np.repeat(self._runs.bounds[at] - (np.cumsum(counts) - counts), counts) + np.arange(counts.sum())
        prompts, places = self._runs.prompts[every], self._runs.places[every]
        pairs, group = np.unique(
            np.repeat(texts, counts) * np.int64(max(1, self.prompts)) + prompts, return_inverse=True
        )
        texts, prompts = np.divmod(pairs, max(1, self.prompts))
        much = _covered(group, places, len(pairs)) > _COVERED * self._size[prompts]
        held[texts[much], self._files[prompts[much]]] = True
        for length, (hashes, prompts) in self._short.items():
            texts, at = _matches(hashes, self._likely(found, length))
            held[texts, self._files[prompts[at]]] = True

    def _likely(self, found: Grams, length: int) -> Grams:
        """The runs of the texts but for most of those that no prompt has."""
        runs = grams(found, length, short=False)
        some = self._filter[_slot(runs.hashes)]
        return Grams(runs.hashes[some], runs.texts[some])


def load(paths: Sequence[Path]) -> Benchmarks:
    """The prompts in some files: JSONL or JSON (texts, or records with one of FIELDS), Parquet, or text, one a line.

    Raises:
        InputError: a file cannot be read, or has no prompts.
    """
    return Benchmarks([(path.name, _prompts(path)) for path in paths])


def _prompts(path: Path) -> list[str]:
    try:
        if path.suffix == ".parquet":
            wanted = [name for name in pq.read_schema(path).names if name in FIELDS]
            records: Any = pq.read_table(path, columns=wanted).to_pylist()
        else:
            text = path.read_text("utf-8")
            if path.suffix == ".json":
                records = json.loads(text)
            elif path.suffix in {".jsonl", ".ndjson"}:
                records = [json.loads(line) for line in text.splitlines() if line.strip()]
            else:
                records = text.splitlines()
    except (OSError, ValueError, pa.ArrowException, RecursionError) as error:
        fault = type(error).__name__
    else:
        prompts = [one for one in _asked(records) if one.strip()]
        if prompts:
            return prompts
        raise InputError(
            f"benchmark {path}: needed prompts: texts, or records with one of {', '.join(FIELDS)}; came none"
        )
    # Not where it was caught: a decoder's error holds the text.
    raise InputError(f"benchmark {path}: needed .jsonl, .json, .parquet or text in UTF-8, came {fault}")


def _asked(value: Any) -> Iterator[str]:
    """Every text of a value that is a prompt. A record without a known field is a table of others, such as `data`."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _asked(one)
    elif isinstance(value, dict):
        if value.get("role", value.get("from")) in _ANSWERS:
            return
        known = [value[name] for name in (*FIELDS, *_SAID) if name in value]
        for one in known or [one for one in value.values() if isinstance(one, list | dict)]:
            yield from _asked(one)


def _all_tokens(texts: Sequence[str]) -> Grams:
    parts = [(tokens(texts[part], punctuation=False), part.start) for part in batches(texts)]
    return Grams(
        np.concatenate([np.empty(0, np.uint64), *[found.hashes for found, _ in parts]]),
        np.concatenate([np.empty(0, np.int64), *[found.texts + start for found, start in parts]]),
    )


def _whole(found: Grams) -> tuple[npt.NDArray[np.int64], Hashes]:
    """The texts that have a token, and a hash of all of each one's tokens."""
    begins = np.flatnonzero(np.diff(found.texts, prepend=-1))
    if not len(begins):
        return begins, np.empty(0, np.uint64)
    places = np.arange(len(found.texts)) - np.repeat(begins, np.diff(begins, append=len(found.texts)))
    return found.texts[begins], np.add.reduceat(found.hashes * (2 * places.astype(np.uint64) + np.uint64(1)), begins)


def _runs(found: Grams) -> _Runs:
    long = grams(found, RUN, short=False)
    begins = np.flatnonzero(np.diff(found.texts, prepend=-1))
    first_of = np.zeros(int(found.texts.max(initial=-1)) + 1, np.int64)
    counts = np.bincount(long.texts, minlength=len(first_of))
    first_of[found.texts[begins]] = (np.cumsum(counts) - counts)[found.texts[begins]]
    places = np.arange(len(long.texts)) - first_of[long.texts]
    order = np.lexsort((places, long.texts, long.hashes))
    hashes, prompts, places = long.hashes[order], long.texts[order], places[order]
    fresh = np.ones(len(hashes), np.bool_)
    fresh[1:] = (hashes[1:] != hashes[:-1]) | (prompts[1:] != prompts[:-1])
    distinct, at, size = np.unique(hashes, return_index=True, return_counts=True)
    # A prompt that says the same twice counts once.
    common = np.add.reduceat(fresh.astype(np.int64), at) > TEMPLATE if len(at) else np.empty(0, np.bool_)
    keep = ~np.repeat(common, size)
    bounds = np.concatenate([[0], np.cumsum(size[~common])])
    return _Runs(distinct[~common], bounds, prompts[keep], places[keep])


def _short(found: Grams, sizes: npt.NDArray[np.int64]) -> dict[int, tuple[Hashes, npt.NDArray[np.int64]]]:
    """Prompts of each length below a run's, by the hash of all their tokens."""
    short = {}
    for length in range(SHORTEST, RUN):
        mine = sizes[found.texts] == length
        if mine.any():
            whole = grams(Grams(found.hashes[mine], found.texts[mine]), length, short=False)
            order = np.argsort(whole.hashes, kind="stable")
            short[length] = whole.hashes[order], whole.texts[order]
    return short


def _matches(known: Hashes, runs: Grams) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Each text with each place in `known` (sorted, perhaps with repeats) that one of its hashes stands at."""
    hashes, texts = runs
    first, last = np.searchsorted(known, hashes, "left"), np.searchsorted(known, hashes, "right")
    counts = last - first
    at = np.repeat(first - (np.cumsum(counts) - counts), counts) + np.arange(counts.sum())
    return np.repeat(texts, counts), at


def _covered(groups: npt.NDArray[np.int64], places: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int64]:
    """How many tokens the runs that start at these places cover, in each group."""
    order = np.lexsort((places, groups))
    groups, places = groups[order], places[order]
    step = np.full(len(places), RUN)
    same = groups[1:] == groups[:-1]
    step[:-1][same] = np.minimum(RUN, np.diff(places)[same])
    return np.bincount(groups, step, minlength=count).astype(np.int64)


def _slot(hashes: Hashes) -> npt.NDArray[np.int64]:
    return (hashes >> np.uint64(64 - _FILTER_BITS)).astype(np.int64)
