"""Near-duplicates against brute force, and what they and the search for benchmark prompts cost. CPU time, one core.

Texts are paragraphs of our pages, and functions of our sources and of Python's library; half as many again are variants
of some, with up to 12 % of the words changed. Brute force is the exact Jaccard index of every two texts. Run:
`python -m bench.near_duplicates`; writes bench/results/near_duplicates.json.
"""

from __future__ import annotations

import random
import re
import statistics
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from bench import record
from sinks.export.benchmarks import Benchmarks
from sinks.export.disjoint import Disjoint
from sinks.export.near_duplicates import SHINGLE, NearDuplicates
from sinks.export.shingles import batches, grams, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_ROOT = Path(__file__).parents[1]
_FUNCTIONS, _VARIANTS = 5_000, 4_000
_SHORTEST, _LONGEST = 80, 4_000
_CHANGED = (0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12)
_THRESHOLDS = (0.7, 0.8, 0.85, 0.9)
_NEAR = 0.05
_PROMPTS = 2_000
_ROUNDS = 5


def main() -> None:
    """Measure, print, write."""
    rng = random.Random(7)  # noqa: S311 - not a secret
    texts = _texts(rng)
    texts += [_variant(rng, text) for text in rng.sample(texts, min(_VARIANTS, len(texts)))]
    rng.shuffle(texts)
    left, right, index = _exact(texts)

    def brute(threshold: float) -> set[int]:
        sets, near = Disjoint(len(texts)), index >= threshold
        sets.unite(left[near], right[near])
        return set(np.flatnonzero(sets.sets() != np.arange(len(texts))).tolist())

    found = {threshold: _dropped(texts, threshold) for threshold in _THRESHOLDS}
    prompts = rng.sample(texts, _PROMPTS)
    known = Benchmarks([("own", prompts)])
    figures: dict[str, Any] = {
        "texts": len(texts),
        "mean_characters": round(statistics.mean(map(len, texts))),
        "at": {str(threshold): _compared(found[threshold], brute, threshold) for threshold in _THRESHOLDS},
        "near_duplicates_texts_per_s": _speed(len(texts), lambda: _dropped(texts, 0.85)),
        "benchmark_prompts": _PROMPTS,
        "benchmark_texts_per_s": _speed(len(texts), lambda: known.contaminated(texts)),
        "prompts_found": int(known.contaminated(prompts).sum()),
    }
    record.write("near_duplicates", figures)


def _texts(rng: random.Random) -> list[str]:
    sources = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    for room in ("redline", "schemas", "streams", "sinks", "quality"):
        sources += sorted((_ROOT / room).rglob("*.py"))
    functions = [
        text
        for path in sources
        for text in re.split(r"\n(?=\s*def |class )", path.read_text("utf-8", errors="replace"))
    ]
    rng.shuffle(functions)
    paragraphs = [
        text for path in sorted((_ROOT / "docs").rglob("*.md")) for text in path.read_text("utf-8").split("\n\n")
    ]
    return [text for text in (*functions[:_FUNCTIONS], *paragraphs) if _SHORTEST < len(text) < _LONGEST]


def _variant(rng: random.Random, text: str) -> str:
    words = re.split(r"(\s+)", text)
    for _ in range(int(len(words) * rng.choice(_CHANGED))):
        at = rng.randrange(len(words))
        words[at] = rng.choice([rng.choice(words), "", f"{words[at]} new"])
    return "".join(words)


def _exact(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every two texts with a run in common, and Jaccard's index of their runs."""
    runs = [(grams(tokens(texts[part], punctuation=True), SHINGLE), part.start) for part in batches(texts)]
    names, columns = np.unique(np.concatenate([found.hashes for found, _ in runs]), return_inverse=True)
    rows = np.concatenate([found.texts + start for found, start in runs])
    held = sparse.csr_matrix((np.ones(len(rows), np.int32), (rows, columns)), shape=(len(texts), len(names)))
    held.sum_duplicates()
    held.data[:] = 1
    sizes = np.asarray(held.sum(axis=1)).ravel()
    common = (held @ held.T).tocoo()
    upper = common.row < common.col
    left, right, both = common.row[upper], common.col[upper], common.data[upper]
    return left, right, both / (sizes[left] + sizes[right] - both)


def _dropped(texts: Sequence[str], threshold: float) -> set[int]:
    with tempfile.TemporaryDirectory() as folder:
        finder = NearDuplicates(Path(folder) / "near", 1, threshold)
        finder.add(np.arange(len(texts), dtype=np.uint64), texts)
        return set(finder.dropped().tolist())


def _compared(found: set[int], brute: Callable[[float], set[int]], threshold: float) -> dict[str, Any]:
    right = brute(threshold)
    return {
        "to_drop": len(right),
        "recall": round(len(found & right) / len(right), 4),
        "precision": round(len(found & right) / len(found), 4),
        "dropped_though_further_than_0.05": len(found - brute(threshold - _NEAR)),
        "missed_though_nearer_than_0.05": len(brute(threshold + _NEAR) - found),
    }


def _speed(count: int, work: Callable[[], object]) -> int:
    took = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    return round(count / statistics.median(took))


if __name__ == "__main__":
    main()
