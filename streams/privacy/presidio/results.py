"""Findings on their way through the analyzer, and Presidio's rules for duplicates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Finding(NamedTuple):
    """A finding of a recogniser: `slot` is its place in the plan, `result` the recogniser's own object, if any."""

    entity: str
    start: int
    end: int
    score: float
    slot: int
    result: Any = None


def distinct(findings: Iterable[Finding]) -> list[Finding]:
    """Without scores of 0 and without what lies inside another finding of its entity with no lower a score.

    The best come first, and of equals the first in the text and the longest: Presidio's own order.
    """
    several = [one for one in findings if one.score]
    if _in_a_row(several):
        return several
    ordered = sorted({one[:4]: one for one in several}.values(), key=_by_span)
    if len(ordered) > 1:
        kept: list[Finding] = []
        active: list[Finding] = []
        for one in ordered:
            active = [other for other in active if other.entity == one.entity and other.end >= one.start]
            if not any(other.end >= one.end and other.score >= one.score for other in active):
                kept.append(one)
                active.append(one)
        ordered = kept
    return sorted(ordered, key=_by_score)


def _in_a_row(findings: list[Finding]) -> bool:
    """Whether they are of one entity and score, in order and apart: then Presidio leaves them as they are."""
    if len(findings) < 2:  # noqa: PLR2004 - nothing to compare
        return True
    entity, _, reached, score, _, _ = findings[0]
    for one in findings[1:]:
        if one.start <= reached or one.score != score or one.entity != entity:
            return False
        reached = one.end
    return True


def _by_span(one: Finding) -> tuple[str, int, int, float]:
    return one.entity, one.start, -one.end, -one.score


def _by_score(one: Finding) -> tuple[float, int, int]:
    return -one.score, one.start, one.start - one.end
