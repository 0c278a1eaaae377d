"""Which offset of a partition may be committed, pure.

Faust 0.15.3 counts acknowledged numbers and guesses at gaps; it commits past unprocessed events when acks are out of
order, at offset 0, one below a hole, and behind transaction markers (shared/streaming-notes.md, 2.2). Here only
offsets that were *delivered* count, in the order Kafka gave them: a number that was never delivered is no gap.
"""

from __future__ import annotations

from collections import deque


class CommitTracker:
    """Delivered and done offsets of one partition.

    Promise: `committable()` is the next offset after the longest prefix of delivered offsets that are all done. It
    never skips an offset that was delivered and is not done, and reaches the last delivered one once all are done.
    """

    __slots__ = ("_done", "_next", "_pending")

    def __init__(self) -> None:
        self._pending: deque[int] = deque()
        self._done: set[int] = set()
        self._next: int | None = None

    def delivered(self, offset: int) -> None:
        """Kafka handed over this offset. A step back means a seek: what was pending will come again."""
        if self._pending and offset <= self._pending[-1]:
            self.reset()
        self._pending.append(offset)

    def done(self, offset: int) -> None:
        """Every output of this offset is confirmed. Offsets not pending (an older assignment's) are ignored."""
        if self._pending and self._pending[0] <= offset <= self._pending[-1]:
            self._done.add(offset)

    def committable(self) -> int | None:
        """The offset to commit, or None while nothing was done since the last reset."""
        while self._pending and self._pending[0] in self._done:
            offset = self._pending.popleft()
            self._done.discard(offset)
            self._next = offset + 1
        return self._next

    @property
    def in_flight(self) -> int:
        """Delivered and not yet committable."""
        return len(self._pending)

    def reset(self) -> None:
        """Forget everything: the partition was revoked, or its position moved."""
        self._pending.clear()
        self._done.clear()
        self._next = None
