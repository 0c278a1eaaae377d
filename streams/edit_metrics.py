"""What a person did to a suggestion, in numbers. Pure.

Sources: Levenshtein's and the Indel distance as rapidfuzz defines them; the edit rate is TER (Snover et al., AMTA 2006)
against the person's own text, that is HTER, without its search for shifts (moved segments are counted instead) and with
capitals and signs as they are; identifier match is CrossCodeEval's (`streams.identifiers`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from rapidfuzz.distance import Levenshtein

from schemas.rows import Counts, MovedCounts, Span
from streams import similarity
from streams.alignment import CELLS, Alignment
from streams.identifiers import identifier_match, is_code

# Sourcegraph counts a completion as persisting while at least 67 % of it stand (sourcegraph/docs, "completion
# persistence"). Of words, and against what was added as well: 2 * kept / (words before + words after). The 28 real
# revisions of shared/data/human-edits lie between 0.91 and 1.0; docs/edits.md has the figures.
POLISHED = 2 / 3


@dataclass(frozen=True, slots=True)
class Edit:
    """From a suggestion to what the person kept. Ranges are code points."""

    similarity: float
    retention_4gram: float

    kept_spans: list[Span] = field(repr=False)
    edited_spans: list[Span] = field(repr=False)
    kept_segments: list[Span] = field(repr=False)
    edited_segments: list[Span] = field(repr=False)
    words: Counts
    segments: MovedCounts
    kind: str
    identifier_match: float | None
    """Of code."""
    edit_rate: float | None
    """Of prose."""


def measure(suggestion: str, final: str, *, language: str = "", surface: str = "") -> Edit:
    """Compare a suggestion with what was kept of it."""
    code = is_code(language, surface)
    found = Alignment.of(suggestion, final, prose=not code)
    kept_spans, edited_spans = found.spans()
    kept_segments, edited_segments = found.segment_spans()
    words, segments = found.kept_words, found.kept_segments
    same = suggestion == final
    return Edit(
        similarity=similarity.similarity_of(found),
        retention_4gram=similarity.retention_4gram(suggestion, final),
        kept_spans=kept_spans,
        edited_spans=edited_spans,
        kept_segments=kept_segments,
        edited_segments=edited_segments,
        words=Counts(words, len(found.right) - words, len(found.left) - words),
        segments=MovedCounts(
            segments,
            len(found.right_segments) - segments,
            len(found.left_segments) - segments,
            0 if same else found.moved_segments,
        ),
        kind="none" if same else _kind(found),
        identifier_match=(1.0 if same else identifier_match(suggestion, final, language)) if code else None,
        edit_rate=None if code else 0.0 if same else _edit_rate(found),
    )


def _kind(found: Alignment) -> str:
    words, ours, theirs = found.kept_words, len(found.left), len(found.right)
    if words == ours == theirs:
        return "whitespace"
    return "polished" if 2 * words >= POLISHED * (ours + theirs) else "rewrote"


def _edit_rate(found: Alignment) -> float:
    """Words inserted, deleted and replaced, for each word of the final text; may be above 1."""
    ours, theirs = len(found.left), len(found.right)
    if not theirs:
        return 1.0 if ours else 0.0
    if ours * theirs <= CELLS:
        distance = Levenshtein.distance(*found.word_ids)
    else:  # between what is aligned: at most the shorter side is replaced, the rest inserted or deleted
        edges = [(0, 0), *(edge for i, j, n in found.word_blocks for edge in ((i, j), (i + n, j + n))), (ours, theirs)]
        gaps = list(pairwise(edges))[::2]
        distance = sum(max(b[0] - a[0], b[1] - a[1]) for a, b in gaps)
    return distance / theirs
