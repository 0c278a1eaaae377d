"""The marks of several events, and their texts repaired by all of them. Pure."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from streams.marks.repair import Repair
from streams.marks.words import scope_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from schemas.rows import Interaction
    from streams.marks.words import Hashes


class Union:
    """What the events of one interaction, or of a session without those of interactions, know together.

    An event's own marks are in its texts already, and so are the names of its subject: one that knows all there is to
    know is not looked at.

    Args:
        rows: scrubbed events of one scope (`scope_of`), in any order.
        hashes: those that the marks were made with.
    """

    def __init__(self, rows: Sequence[Interaction], hashes: Hashes) -> None:
        self._hashes = hashes
        self._scope = scope_of(rows[0]) if rows else ""
        self._marks = {mark for row in rows for mark in row.marks}
        subjects = {row.subject_mark for row in rows}
        told = len(subjects) == 1 and None not in subjects
        self._news = {mark for mark in self._marks if not mark.subject} if told else self._marks
        self._done: set[str] = set()

    def of(self, row: Interaction) -> Callable[[str], str]:
        """What makes of a text of this event one in which every name is replaced that any event gave away."""
        if not self._news:
            return _as_it_is
        return self._keep if self._news.issubset(row.marks) else self._repaired

    def _keep(self, text: str) -> str:
        self._done.add(text)  # a suggestion that was kept as it is comes a second time
        return text

    def _repaired(self, text: str) -> str:
        return text if not text or text in self._done else self._repair.text(text)

    @cached_property
    def _repair(self) -> Repair:
        return Repair(self._marks, self._hashes.within(self._scope))


def _as_it_is(text: str) -> str:
    return text
