"""A table's next batch: which records, of which offsets, and when it is due. Pure: `now` is an argument.

The policy is frozen and shared; the state is a `Batcher`. Positions start at the table's own offset, never at the first
record that happens to arrive: the range of a batch is then exactly what the commit compares and sets.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from schemas.records import Coordinate, Partition

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class BatchPolicy:
    """When a batch is due. The first limit that is reached counts.

    Attributes:
        rows: records with a row.
        bytes: sum of their payloads.
        age_s: seconds since the first record with a row.
        idle_s: seconds since the first record of any kind, where none has a row. Longer than `age_s` because such a
            commit carries no file: it only moves offsets, and ticks alone would otherwise write a log entry a second.
        quiet_s: seconds without a record, after which what waits is due whatever its age; None: never for that reason.
            A bounded run sets it beside a high `age_s`: large batches while much comes, no wait at the end.
    """

    rows: int = 50_000
    bytes: int = 64 * 1024 * 1024
    age_s: float = 1.0
    idle_s: float = 3.0
    quiet_s: float | None = None

    def __post_init__(self) -> None:
        if self.rows < 1 or self.bytes < 1 or self.age_s < 0 or self.idle_s < 0:
            msg = "BatchPolicy: needed rows and bytes of at least 1 and ages of at least 0"
            raise ValueError(msg)


class Range(NamedTuple):
    """Half-open range of offsets: `end` is the next offset to read."""

    start: int
    end: int


class Taken(Enum):
    """What became of an offered record."""

    ADDED = "added"
    FOREIGN = "foreign"  # of a partition that is not ours (any more): ignored
    STALE = "stale"  # below our position: already in this batch or in the table
    JUMP = "jump"  # above our position: records are missing in between; not added


@dataclass(frozen=True, slots=True)
class Batch:
    """What one commit publishes. `payloads[i]` was read at `coordinates[i]`; ticks have a range but no payload."""

    ranges: Mapping[Partition, Range]
    coordinates: tuple[Coordinate, ...]
    payloads: tuple[bytes, ...] = field(repr=False)

    def overlaps(self, partition: Partition, start: int, end: int) -> bool:
        """True if the batch holds an offset of [start, end) of that partition."""
        own = self.ranges.get(partition)
        return own is not None and own.start < end and start < own.end


class Batcher:
    """Collects one table's records across its partitions."""

    def __init__(self, policy: BatchPolicy) -> None:
        self._policy = policy
        self._starts: dict[Partition, int] = {}
        self._next: dict[Partition, int] = {}
        self._coordinates: list[Coordinate] = []
        self._payloads: list[bytes] = []
        self._bytes = 0
        self._first: float | None = None
        self._first_row: float | None = None
        self._last = 0.0

    @property
    def partitions(self) -> frozenset[Partition]:
        """The partitions that are collected now."""
        return frozenset(self._next)

    @property
    def rows(self) -> int:
        """Records with a row that wait."""
        return len(self._payloads)

    @property
    def room(self) -> int:
        """How many more rows fit before the batch is due."""
        return max(0, self._policy.rows - len(self._payloads))

    def position(self, partition: Partition) -> int | None:
        """The next offset needed, or None if the partition is not ours."""
        return self._next.get(partition)

    def start(self, partition: Partition, offset: int) -> None:
        """Collect a partition from this offset on, forgetting what waited of it."""
        self.drop(partition)
        self._starts[partition] = self._next[partition] = offset

    def drop(self, partition: Partition) -> None:
        """Stop collecting a partition and forget what waits of it; whoever owns it next reads it again."""
        if self._next.pop(partition, None) is None:
            return
        del self._starts[partition]
        kept = [
            (coordinate, payload)
            for coordinate, payload in zip(self._coordinates, self._payloads, strict=True)
            if (coordinate.topic, coordinate.partition) != partition
        ]
        self._coordinates = [coordinate for coordinate, _ in kept]
        self._payloads = [payload for _, payload in kept]
        self._bytes = sum(map(len, self._payloads))
        if not kept:
            self._first_row = None
        if self._starts == self._next:
            self._first = None

    def add(self, coordinate: Coordinate, payload: bytes | None, now: float) -> Taken:
        """Offer one record; `payload` is None where it carries no row (a tick)."""
        partition = Partition(coordinate.topic, coordinate.partition)
        position = self._next.get(partition)
        if position is None:
            return Taken.FOREIGN
        if coordinate.offset < position:
            return Taken.STALE
        if coordinate.offset > position:
            return Taken.JUMP
        self._next[partition] = coordinate.next_offset
        if self._first is None:
            self._first = now
        self._last = now
        if payload is not None:
            self._coordinates.append(coordinate)
            self._payloads.append(payload)
            self._bytes += len(payload)
            if self._first_row is None:
                self._first_row = now
        return Taken.ADDED

    def skip_to(self, partition: Partition, offset: int) -> None:
        """Accept that Kafka holds nothing between our position and `offset` (a transaction marker, compaction)."""
        self._next[partition] = max(self._next[partition], offset)

    def due(self, now: float) -> bool:
        """True if a limit of the policy is reached."""
        if len(self._payloads) >= self._policy.rows or self._bytes >= self._policy.bytes:
            return True
        quiet_s = self._policy.quiet_s
        if quiet_s is not None and self._first is not None and now - self._last >= quiet_s:
            return True
        if self._first_row is not None:
            return now - self._first_row >= self._policy.age_s
        return self._first is not None and now - self._first >= self._policy.idle_s

    def take(self) -> Batch | None:
        """Everything that waits, and go on after it; None if nothing moved."""
        ranges = {
            partition: Range(self._starts[partition], end)
            for partition, end in self._next.items()
            if end > self._starts[partition]
        }
        if not ranges:
            return None
        batch = Batch(ranges, tuple(self._coordinates), tuple(self._payloads))
        self._starts = dict(self._next)
        self._coordinates, self._payloads, self._bytes = [], [], 0
        self._first = self._first_row = None
        return batch
