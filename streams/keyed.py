"""The shape of keyed stream logic: what a stage answers for one event and when one of its keys is due. Pure values.

State of a key is a small header and its members, one stored value each (the member is the row as it arrived), so that
admitting an event costs the same however long its session is. Logic never sees a clock: time is event time, and it
passes by the watermarks of tick records.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from schemas import topics
from schemas.rows import AnyRow, Interaction, Reject, Source


@dataclass(frozen=True, slots=True)
class Emit:
    """One output record: a row for a topic. The key decides the partition."""

    topic: str
    key: bytes
    row: AnyRow


class Members(Enum):
    """What becomes of a key's members when it settles."""

    KEEP = "keep"  # nothing changes
    MARK = "mark"  # only their identities stay, so that a replay is known
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Admission:
    """What one event does to its key: a new header (None: unchanged), whether the event is stored, outputs."""

    header: bytes | None = None
    keep: bool = False
    emits: tuple[Emit, ...] = ()


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a watermark or the end of input does to a key: header after it (None: forgotten), members, outputs."""

    header: bytes | None
    members: Members
    emits: tuple[Emit, ...] = ()


class KeyedLogic(Protocol):
    """A pure state machine over keys. Every answer depends on the set of members, not on their order of arrival."""

    name: str

    def key_of(self, row: Interaction) -> bytes | None:
        """The key this row belongs to; None if this logic does not care for it."""

    def admit(self, key: bytes, header: bytes | None, row: Interaction, *, known: bool) -> Admission:
        """One event arrives. `known`: the key already holds it (a replay must change nothing)."""

    def forgotten(self, row: Interaction) -> tuple[Emit, ...]:
        """An event for a key that has settled and was forgotten: there is nothing left to compare it with."""

    def due(self, header: bytes) -> int:
        """The watermark (microseconds) at which `settle` has something to do."""

    def wants_flush(self, header: bytes) -> bool:
        """True if the end of input would publish something for this key."""

    def settle(self, key: bytes, header: bytes, members: list[Interaction], *, final: bool) -> Settlement:
        """The key is due (`final`), or input has ended for now (not final: publish what is known, keep the state)."""

    def drop(self, header: bytes, members: list[Interaction], reason: str) -> Settlement:
        """Consent no longer covers the key: it is settled without a row, and what it has not published is rejected."""


def derived_id(kind: str, *parts: bytes) -> str:
    """32 hex digits from parts that are already keyed hashes or coordinates: same parts, same id."""
    digest = hashlib.blake2b(digest_size=16, person=kind.encode()[:16])
    for part in parts:
        digest.update(len(part).to_bytes(4, "big") + part)
    return digest.hexdigest()


def reject(  # one place, so that an offset has one reject identity whatever stage speaks
    source: Source,
    *,
    stage: str,
    reason: str,
    event_date: str,
    scrub_version: str,
    event_type: str = "",
    path: str = "$",
    expected: str = "",
    dropped: bool = False,
) -> Emit:
    """The reject of one raw offset. `dropped` for a decision (consent, duplicate), else dead-lettered."""
    place = f"{source.topic}/{source.partition}/{source.offset}".encode()
    row = Reject(
        record_id=derived_id("reject", place),
        scrub_version=scrub_version,
        sources=[source],
        event_date=event_date,
        stage=stage,
        fate="dropped" if dropped else "dead_lettered",
        reason=reason,
        path=path,
        expected=expected,
        event_type=event_type,
    )
    return Emit(topics.REJECTS, place, row)


def turned_away(row: Interaction, *, stage: str, reason: str, expected: str, path: str = "$") -> Emit:
    """The reject of an event that was scrubbed and then found no place: dropped, not dead-lettered."""
    return reject(
        row.sources[0],
        stage=stage,
        reason=reason,
        event_date=row.event_date,
        scrub_version=row.scrub_version,
        event_type=row.event_type,
        path=path,
        expected=expected,
        dropped=True,
    )


def withdrawn(row: Interaction, *, stage: str, reason: str) -> Emit:
    """The reject of an event that stood open when consent stopped covering somebody in it."""
    return turned_away(row, stage=stage, reason=reason, path="$.subject", expected="consent until it is published")


def event_order(row: Interaction) -> tuple[int, str]:
    """Events in the order of their times; equal times by identity, so that the order never depends on arrival."""
    return row.event_time, row.record_id
