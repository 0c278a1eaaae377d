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

from sinks.export.conversation import conversation

if TYPE_CHECKING:
    from sinks.export.conversation import Message
    from sinks.export.example import Options
    from sinks.export.pair import Pair


def choice(row: Pair, options: Options) -> tuple[list[Message], str, str] | str:
    """(what was asked, chosen, rejected), or the reason why there is no such example."""
    texts = _better(row)
    if isinstance(texts, str):
        return texts
    turns = conversation(row.prompt, row.before, options)
    return turns if isinstance(turns, str) else (turns, *texts)


def verdicts(row: Pair, options: Options) -> tuple[list[Message], list[tuple[str, bool]]] | str:
    """(what was asked, answers with whether each is desirable, the person's first), or the reason why none."""
    texts = _judged(row, options)
    if isinstance(texts, str):
        return texts
    turns = conversation(row.prompt, row.before, options)
    return turns if isinstance(turns, str) else (turns, texts)


def demonstration(row: Pair, options: Options) -> tuple[list[Message], str] | str:
    """(what was asked, the answer a person stands by), or the reason why there is none."""
    if row.label == "ignored":
        return "ignored"
    if row.label == "rejected" and not _instead(row):
        return "nothing_chosen"
    if not row.final.strip():
        return "empty_answer"
    turns = conversation(row.prompt, row.before, options)
    return turns if isinstance(turns, str) else (turns, row.final)


def alike(a: str, b: str) -> bool:
    """Whether two texts differ in white space at most."""
    return a == b or "".join(a.split()) == "".join(b.split())


def _better(row: Pair) -> tuple[str, str] | str:
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


def _judged(row: Pair, options: Options) -> list[tuple[str, bool]] | str:
    if row.label == "ignored" and not options.ignored:
        return "ignored"
    same = alike(row.final, row.suggestion)
    if row.label == "rejected" and same:
        return "same_text"  # refused and kept: it says nothing
    texts: list[tuple[str, bool]] = []
    if row.label in {"accepted", "edited"} or (row.label == "rejected" and _instead(row)):
        texts.append((row.final, True))
    reworked = row.label == "edited" and not same and row.retention < options.kept
    if row.label in {"rejected", "ignored"} or reworked:
        texts.append((row.suggestion, False))
    return [one for one in texts if one[0].strip()] or "empty_answer"


def _instead(row: Pair) -> bool:
    """A rejected suggestion's `final` is `before` unless the person wrote something instead."""
    return bool(row.final.strip()) and not alike(row.final, row.before)
