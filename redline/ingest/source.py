"""What a source of files is to the passes over them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from redline.ingest.memory import sent_hash
from schemas.codec import encode_structured, stand_in, unit_name
from schemas.sources.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from redline.ingest.tail import Cursor
    from schemas.records import Outgoing

# A batch is sent, confirmed and remembered at once; a crash repeats at most one.
MOST_RECORDS = 5_000
MOST_BYTES = 16 << 20


@dataclass(slots=True)
class Batch:
    """Records to send, and what to remember once they are confirmed."""

    reading: Reading = field(default_factory=Reading)
    """What was read for the first time, for the report."""
    records: list[Outgoing] = field(default_factory=list)
    files: dict[str, Cursor] = field(default_factory=dict)
    sent: dict[str, list[bytes]] = field(default_factory=dict)
    size: int = 0
    """Of the records' values, in bytes."""
    lines: int = 0
    known: int = 0
    """Events that were sent before."""
    held: set[str] = field(default_factory=set)
    """Groups of which something waits for more."""
    settled: set[str] = field(default_factory=set)
    """Groups of which nothing waits any longer."""
    unfinished: dict[str, bool] = field(default_factory=dict)
    """Path -> whether its last line is not whole yet."""
    unreadable: list[str] = field(default_factory=list)
    """Files that could not be opened or read, with the kind of error."""

    def __bool__(self) -> bool:
        return bool(self.records or self.files or self.unreadable)

    @property
    def full(self) -> bool:
        """It should be sent now."""
        return len(self.records) >= MOST_RECORDS or self.size >= MOST_BYTES

    def add(self, reading: Reading, *, group: str, sent: set[bytes] | None, fresh: bool, unit: str = "") -> None:
        """What a line gave.

        Args:
            reading: it.
            group: what the line belongs to, such as a session.
            sent: events that are known and not to be sent again.
            fresh: the line is a new one.
            unit: the line's name: its faults are known by it when they are sent a second time.
        """
        for event in reading.events:
            if sent is not None:
                name = sent_hash(event.source, event.id)
                if name in sent:
                    self.known += fresh
                    continue
                sent.add(name)
                self.sent.setdefault(group, []).append(name)
            self._put(encode_structured(event))
            self.reading.events.append(event)
        if fresh:
            for number, fault in enumerate(reading.faults):
                own = unit_name(unit.encode(), number, fault.reason, fault.path) if unit else ""
                self._put(stand_in(fault, own))
            self.reading.extend(Reading(faults=reading.faults, skipped=reading.skipped, drift=reading.drift))

    def _put(self, record: Outgoing) -> None:
        self.records.append(record)
        self.size += len(record.value or b"")


class Source(Protocol):
    """A kind of files. Stateful: it knows what it has read of them."""

    name: str
    suffixes: tuple[str, ...]

    def read(self, files: Sequence[Path], changed: set[Path] | None = None) -> Iterator[Batch]:
        """What is new in these files; only `changed` ones need to be looked into, all of them if it is None.

        Each batch must be sent and remembered before the next one is asked for.
        """

    def start_again(self) -> None:
        """Forget what is only in memory: a batch could not be sent."""
