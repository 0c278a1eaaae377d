"""Where a record is, and a record as read from Kafka.

`next_offset` is the only place where one is added to an offset.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Partition(NamedTuple):
    """One partition of a topic."""

    topic: str
    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody asks a partition for

    @property
    def app_id(self) -> str:
        """Name of this partition's transaction in a Delta log."""
        return f"redline/{self.topic}/{self.index}"

    @classmethod
    def of_app_id(cls, app_id: str) -> Partition | None:
        """The partition a transaction is about, or None if it is not one of ours. The inverse of `app_id`."""
        head, _, rest = app_id.partition("/")
        topic, _, index = rest.rpartition("/")
        return cls(topic, int(index)) if head == "redline" and topic and index.isdecimal() else None


class Coordinate(NamedTuple):
    """The place of one record: what the ledger accounts for."""

    topic: str
    partition: int
    offset: int

    @property
    def next_offset(self) -> int:
        """The offset to commit once this record is done, and to read next."""
        return self.offset + 1


@dataclass(frozen=True, slots=True)
class Record:
    """One Kafka record. Its `repr` never shows key, value or headers: they may be someone's data."""

    coordinate: Coordinate
    key: bytes | None = field(repr=False)
    value: bytes | None = field(repr=False)
    headers: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)
    timestamp_ms: int = 0

    @property
    def partition(self) -> Partition:
        """The partition this record was read from."""
        return Partition(self.coordinate.topic, self.coordinate.partition)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One Kafka record about to be sent. Its `repr` shows nothing of it: it may be someone's data."""

    key: bytes | None = field(repr=False)
    value: bytes | None = field(repr=False)
    headers: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)
