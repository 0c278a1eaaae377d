"""What a pair says about its two texts: which is better, which is good, which is bad. Pure.

A row's `suggestion` is the model's, its `final` the person's; `label` says what became of it:

label      better than the other     good                 bad
accepted   none: there is one text   suggestion           none
edited     final over suggestion     final                suggestion, if little of it was kept
rejected   final over suggestion,    final, if written    suggestion
           if something was written  instead
ignored    none                      none                 none (suggestion, if `Options.ignored`)

A text that differs from the other in white space alone is no better than it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sinks.export.example import Options
    from sinks.export.pair import Pair


def better(row: Pair) -> tuple[str, str] | str:
    """(chosen, rejected), or the reason why there is no such pair."""
    if row.label == "ignored":
        return "ignored"
    if row.label == "accepted":
        return "nothing_rejected"
    if row.label == "rejected" and not _instead(row):
        return "nothing_chosen"
    if not row.final.strip() or not row.suggestion.strip():
        return "empty_answer"
    if alike(row.final, row.suggestion):
        return "same_text"
    return row.final, row.suggestion


def judged(row: Pair, options: Options) -> list[tuple[str, bool]] | str:
    """Texts with whether they are desirable, the person's first; or the reason why there are none."""
    if row.label == "ignored" and not options.ignored:
        return "ignored"
    same = alike(row.final, row.suggestion)
    if row.label == "rejected" and same:
        return "same_text"  # refused and kept: it says nothing
    verdicts: list[tuple[str, bool]] = []
    if row.label in {"accepted", "edited"} or (row.label == "rejected" and _instead(row)):
        verdicts.append((row.final, True))
    reworked = row.label == "edited" and not same and row.retention < options.kept
    if row.label in {"rejected", "ignored"} or reworked:
        verdicts.append((row.suggestion, False))
    return [v for v in verdicts if v[0].strip()] or "empty_answer"


def why_not(row: Pair) -> str:
    """Why `final` is no answer that a person stands by; empty if it is one."""
    if row.label == "ignored":
        return "ignored"
    if row.label == "rejected" and not _instead(row):
        return "nothing_chosen"
    return "" if row.final.strip() else "empty_answer"


def alike(a: str, b: str) -> bool:
    """Whether two texts differ in white space at most."""
    return a == b or "".join(a.split()) == "".join(b.split())


def _instead(row: Pair) -> bool:
    """A rejected suggestion's `final` is `before` unless the person wrote something instead."""
    return bool(row.final.strip()) and not alike(row.final, row.before)
