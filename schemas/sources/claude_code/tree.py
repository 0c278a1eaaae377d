"""Where each line of a session is: the thread it belongs to, and the person's last turn above it.

Lines hang on their `parentUuid`. After a rewind several hang on one; tool calls that ran at once hang on each other's
lines. A line whose parent is not there (a file that begins in the middle, a compaction) follows its thread's last one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schemas.sources.claude_code.lines import Line

_UNNAMED = "sidechain"


@dataclass(frozen=True, slots=True)
class Place:
    """A thread (empty: the main conversation, else a subagent) and the last turn in it."""

    thread: str
    turn: str = field(repr=False)


class Tree:
    """The places of all lines seen so far."""

    def __init__(self) -> None:
        self._places: dict[str, Place] = {}
        self._last: dict[str, Place] = {}

    def knows(self, line: Line) -> bool:
        """The line was there before: a resumed session copies lines."""
        return bool(line.uuid) and line.uuid in self._places

    def place(self, line: Line) -> Place:
        """Where a new line is, before what it says itself."""
        parent = self._places.get(line.parent)
        thread = line.agent
        if line.agent == _UNNAMED:  # old versions do not name the subagent: it is known by its first line
            thread = parent.thread if parent is not None and parent.thread else line.uuid
        if parent is not None and parent.thread == thread:
            return parent
        return self._last.get(thread) or Place(thread, "")

    def put(self, line: Line, place: Place) -> None:
        """What hangs on this line is there."""
        if line.uuid:
            self._places[line.uuid] = place
            self._last[place.thread] = place
