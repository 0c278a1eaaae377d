"""Scrubbed events for tests of keyed logic, and a reference runner of it over plain dicts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from schemas import topics
from schemas.rows import AnyRow, Interaction, Pair, Reject, Source, Trajectory
from streams.keyed import KeyedLogic, Members
from streams.marks import Hashes

if TYPE_CHECKING:
    from collections.abc import Sequence

SECOND = 1_000_000
IDENTITY = b"i" * 32
HASHES = Hashes(IDENTITY)


def event(what: str, at_s: float, *, key: str = "i", session: str = "s", offset: int = 0, **data: Any) -> Interaction:
    return Interaction(
        record_id=f"{offset:032x}",
        scrub_version="1",
        sources=[Source(topics.EVENTS, 0, offset)],
        event_date="2026-01-05",
        event_type=f"redline.{what}.v1",
        event_time=int(at_s * SECOND),
        surface="ide",
        tool="t/1",
        session_key=session,
        interaction_key=key if what in {"suggestion", "decision", "edit"} else None,
        data=json.dumps(data),
        key_epoch=1,
        consent_version="v",
    )


class World:
    """State of a logic in dicts: what the shell keeps in RocksDB. Output rows by identity, as a sink keeps them."""

    def __init__(self, logic: KeyedLogic) -> None:
        self.logic = logic
        self.headers: dict[bytes, bytes] = {}
        self.members: dict[tuple[bytes, str], Interaction | None] = {}
        self.table: dict[str, AnyRow] = {}
        self.forgotten: set[bytes] = set()

    def copy(self) -> World:
        other = World(self.logic)
        other.headers, other.members, other.table = dict(self.headers), dict(self.members), dict(self.table)
        return other

    def send(self, row: Interaction) -> None:
        key = self.logic.key_of(row)
        if key is None:
            return
        if key in self.forgotten:
            self._sink(self.logic.forgotten(row))
            return
        known = (key, row.record_id) in self.members
        answer = self.logic.admit(key, self.headers.get(key), row, known=known)
        if answer.keep:
            self.members[key, row.record_id] = row
        if answer.header is not None:
            self.headers[key] = answer.header
        self._sink(answer.emits)

    def tick(self, watermark_s: float) -> None:
        for key, header in list(self.headers.items()):
            if self.logic.due(header) <= watermark_s * SECOND:
                self._settle(key, final=True)

    def flush(self) -> None:
        for key, header in list(self.headers.items()):
            if self.logic.wants_flush(header):
                self._settle(key, final=False)

    def _settle(self, key: bytes, *, final: bool) -> None:
        names = [name for name in self.members if name[0] == key]
        members = [m for name in names if (m := self.members[name]) is not None]
        answer = self.logic.settle(key, self.headers[key], members, final=final)
        for name in names:
            if answer.members is Members.MARK:
                self.members[name] = None
            elif answer.members is Members.DROP:
                del self.members[name]
        if answer.header is None:
            del self.headers[key]
            self.forgotten.add(key)
        else:
            self.headers[key] = answer.header
        self._sink(answer.emits)

    def _sink(self, emits: Sequence[Any]) -> None:
        for emit in emits:
            row = emit.row
            old = self.table.get(row.record_id)
            if old is None or getattr(row, "revision", 0) > getattr(old, "revision", 0):
                self.table[row.record_id] = row

    @property
    def rejects(self) -> dict[int, str]:
        return {r.sources[0].offset: r.reason for r in self.table.values() if isinstance(r, Reject)}

    def outcome(self) -> set[tuple[Any, ...]]:
        """What was published, revisions aside."""
        found: set[tuple[Any, ...]] = set()
        for row in self.table.values():
            if isinstance(row, Pair):
                found.add((row.label, row.final, row.suggestion, tuple(s.offset for s in row.sources)))
            elif isinstance(row, Reject):
                found.add((row.reason, row.sources[0].offset))
            elif isinstance(row, Trajectory):
                found.add((row.closed_by, tuple(s.content for s in row.steps), tuple(s.offset for s in row.sources)))
        return found
