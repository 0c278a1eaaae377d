"""One table's work in one sink: what it collects, where it stands, and why it may stand still."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from sinks.batch import Taken

if TYPE_CHECKING:
    from schemas.records import Coordinate, Partition
    from schemas.tables import Table
    from sinks.batch import Batcher
    from sinks.committer import Committer


class Hold(Enum):
    """Why a table stands still."""

    RETRY = "retry"  # until a moment, then from the table's offset
    HALTED = "halted"  # until its halt is released
    FAILED = "failed"  # until someone acts and the sink is started again


class Offer(Enum):
    """What came of a record, for the loop."""

    ADDED = "added"
    IGNORED = "ignored"
    AGAIN = "again"  # seek to the position: records are missing before this one
    HOLE = "hole"  # added; Kafka has nothing in between, it was asked twice


@dataclass(slots=True)
class Desk:
    """State of one table. `gaps` are owned partitions whose wanted offset Kafka does not hold."""

    table: Table
    committer: Committer
    batcher: Batcher
    owned: set[Partition] = field(default_factory=set)
    gaps: set[Partition] = field(default_factory=set)
    hold: Hold | None = None
    resume_at: float = 0.0
    failures: int = 0
    reopen: bool = False
    last_s: float = 0.0
    """How long the last commit took, in seconds."""
    _holes: dict[Partition, tuple[int, int]] = field(default_factory=dict)

    def offer(self, at: Coordinate, partition: Partition, payload: bytes | None, now: float) -> Offer:
        """Take a record, or say why not.

        A record above the position means that some are missing. Kafka may hold none there (a transaction marker), or we
        lost our place: it is asked once more before that is believed.
        """
        if self.hold is not None:
            return Offer.IGNORED
        taken = self.batcher.add(at, payload, now)
        if taken is not Taken.JUMP:
            return Offer.ADDED if taken is Taken.ADDED else Offer.IGNORED
        jump = (self.batcher.position(partition) or 0, at.offset)
        if self._holes.get(partition) != jump:
            self._holes[partition] = jump
            return Offer.AGAIN
        self.batcher.skip_to(partition, at.offset)
        self.batcher.add(at, payload, now)
        return Offer.HOLE

    def stop(self, why: Hold, until: float) -> None:
        """Stand still and forget what waits; the table's offsets say where to go on."""
        self.hold, self.resume_at = why, until
        for partition in self.owned:
            self.batcher.drop(partition)

    def give_up(self, partition: Partition) -> None:
        """A partition is someone else's."""
        self.owned.discard(partition)
        self.gaps.discard(partition)
        self._holes.pop(partition, None)
        self.batcher.drop(partition)
