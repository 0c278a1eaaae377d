"""Precision, recall and F1 of spans: exact (same start, end and type) and by any overlap of the same type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bench.names.corpora import Sample, Span


@dataclass(slots=True)
class Score:
    """Counts of one type."""

    gold: int = 0
    found: int = 0
    exact: int = 0
    gold_touched: int = 0
    found_touching: int = 0

    @property
    def precision(self) -> float:
        """Share of what was found that is right."""
        return self.exact / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        """Share of what is there that was found."""
        return self.exact / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of the two."""
        return 2 * self.exact / (self.gold + self.found) if self.gold + self.found else 0.0

    def __str__(self) -> str:
        touched = self.gold_touched / self.gold if self.gold else 0.0
        return f"F1 {self.f1:.3f} P {self.precision:.3f} R {self.recall:.3f} overlap-R {touched:.3f} gold {self.gold}"


def score(samples: Iterable[Sample], find: Callable[[str], list[Span]], kind: str) -> Score:
    """How well `find` finds the spans of one type."""
    total = Score()
    for sample in samples:
        gold = {one for one in sample.spans if one[2] == kind}
        found = {one for one in find(sample.text) if one[2] == kind}
        total.gold += len(gold)
        total.found += len(found)
        total.exact += len(gold & found)
        total.gold_touched += sum(any(a[0] < b[1] and b[0] < a[1] for b in found) for a in gold)
        total.found_touching += sum(any(a[0] < b[1] and b[0] < a[1] for b in gold) for a in found)
    return total
