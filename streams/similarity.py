"""How much of a suggestion a person kept, pure (rapidfuzz does the alignment).

Units are code points up to `EXACT_CELLS` cells of the alignment table, lines beyond it: a 1 MB text costs what its
number of lines costs. Sources: similarity is the normalised Indel similarity (2 * LCS / (len a + len b));
`retention_4gram` and `no_revert` follow VS Code Copilot's published edit-survival measures, written anew.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rapidfuzz.distance import Indel

from schemas.rows import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

# 4,000 by 4,000 characters align in about 10 ms; twice the length costs four times as much.
EXACT_CELLS = 16_000_000
_GRAM = 4


def similarity(a: str, b: str) -> float:
    """Normalised Indel similarity, 0 to 1; two empty texts are equal (1.0)."""
    if a == b:
        return 1.0
    left, right = _units(a, b)
    return float(Indel.normalized_similarity(left, right))


def retention_4gram(suggestion: str, final: str) -> float:
    """Share of the suggestion's 4-grams of characters (with multiplicity) that stand in final; 1.0 for an empty one."""
    if suggestion == final or not suggestion:
        return 1.0
    size = min(_GRAM, len(suggestion))
    ours = Counter(suggestion[i : i + size] for i in range(len(suggestion) - size + 1))
    theirs = Counter(final[i : i + size] for i in range(max(len(final) - size + 1, 0)))
    kept = sum(min(count, theirs[gram]) for gram, count in ours.items())
    return kept / sum(ours.values())


def no_revert(before: str, suggestion: str, final: str) -> float:
    """1 minus the share of the suggestion's change that was undone: 1.0 nothing undone, 0.0 all of it."""
    proposed = similarity(suggestion, before)
    if proposed >= 1.0:
        return 1.0
    undone = max(similarity(final, before) - proposed, 0.0)
    return max(0.0, 1.0 - undone / (1.0 - proposed))


def spans(suggestion: str, final: str) -> tuple[list[Span], list[Span]]:
    """(kept ranges of suggestion, ranges of final that do not come from it), in code points, ascending, disjoint."""
    if suggestion == final:
        return ([Span(0, len(final))] if final else []), []
    left, right = _units(suggestion, final)
    starts_left, starts_right = _starts(left), _starts(right)
    kept: list[Span] = []
    edited: list[Span] = []
    for op in Indel.opcodes(left, right):
        if op.tag == "equal":
            kept.append(Span(starts_left[op.src_start], starts_left[op.src_end]))
        elif op.dest_end > op.dest_start:
            edited.append(Span(starts_right[op.dest_start], starts_right[op.dest_end]))
    return _merged(kept), _merged(edited)


def _units(a: str, b: str) -> tuple[Sequence[str], Sequence[str]]:
    if len(a) * len(b) <= EXACT_CELLS:
        return a, b
    return a.splitlines(keepends=True), b.splitlines(keepends=True)


def _starts(units: Sequence[str]) -> Sequence[int]:
    if isinstance(units, str):
        return range(len(units) + 1)
    starts = [0]
    for unit in units:
        starts.append(starts[-1] + len(unit))
    return starts


def _merged(ranges: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in ranges:
        if merged and merged[-1].end == span.start:
            merged[-1] = Span(merged[-1].start, span.end)
        else:
            merged.append(span)
    return merged
