"""When each key of one partition is due. Pure."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field


@dataclass(slots=True)
class Timers:
    """When each key of one partition is due: a heap with lazy deletion, rebuilt from state after a rebalance."""

    heap: list[tuple[int, bytes]] = field(default_factory=list)
    due: dict[bytes, int] = field(default_factory=dict)

    def set(self, key: bytes, due: int) -> None:
        """A key is due at this watermark (microseconds), and at no other any more."""
        if self.due.get(key) != due:
            self.due[key] = due
            heapq.heappush(self.heap, (due, key))

    def pop(self, watermark: int) -> bytes | None:
        """A key that is due at this watermark, the earliest first; None if none is."""
        while self.heap and self.heap[0][0] <= watermark:
            due, key = heapq.heappop(self.heap)
            if self.due.get(key) == due:
                del self.due[key]
                return key
        return None
