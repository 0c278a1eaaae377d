"""Records on their way from the consumer to one stage: whole polls, without Faust's channels, streams and events.

Those cost a tenth of a millisecond for each record and stage, most of what a worker did. What they promise is kept by
three rules: a full intake's partitions are left out of the next poll, what was not begun is dropped when partitions are
handed out anew (it is read again), and what was begun is waited for.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from schemas.records import Record

_BATCH_BYTES = 16 << 20  # values of one batch; a record may be 1 MB, and a batch is in memory several times
_AHEAD = 2  # batches that wait while one is in hand


class Intake:
    """A bounded queue of one stage's records, all of one generation of the group."""

    def __init__(self, most: int) -> None:
        """`most`: records of one batch."""
        self._most = most
        self._records: deque[Record] = deque()
        self._bytes = 0
        self._generation = -1
        self._some = asyncio.Event()
        self._enough = asyncio.Event()
        self.idle = asyncio.Event()
        """Set while no batch is in hand."""
        self.idle.set()

    def __len__(self) -> int:
        return len(self._records)

    def is_full(self) -> bool:
        """No more should be read for now."""
        return len(self._records) >= _AHEAD * self._most or self._bytes >= _AHEAD * _BATCH_BYTES

    def put(self, generation: int, records: Iterable[Record]) -> None:
        """Take over what was read. What is here of another generation is dropped: it will be read again."""
        if generation != self._generation:
            self.clear()
            self._generation = generation
        for record in records:
            self._records.append(record)
            self._bytes += len(record.value or b"")
        if self._records:
            self._some.set()
        if len(self._records) >= self._most or self._bytes >= _BATCH_BYTES:
            self._enough.set()

    def clear(self) -> None:
        """Drop what was not begun."""
        self._records.clear()
        self._bytes = 0
        self._some.clear()
        self._enough.clear()

    async def batch(self, linger_s: float) -> tuple[int, Sequence[Record]]:
        """The next records and their generation; waits for the first, and up to `linger_s` for more.

        They are in hand until `finished` is called.
        """
        while True:
            await self._some.wait()
            if not self._enough.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._enough.wait(), linger_s)
            if self._records:  # not dropped meanwhile
                break
        self.idle.clear()
        return self._generation, self._taken()

    def _taken(self) -> list[Record]:
        taken: list[Record] = []
        size = 0
        while self._records and len(taken) < self._most:
            size += len(self._records[0].value or b"")
            if taken and size > _BATCH_BYTES:
                break
            taken.append(self._records.popleft())
        self._bytes -= sum(len(record.value or b"") for record in taken)
        if not self._records:
            self._some.clear()
        if len(self._records) < self._most and self._bytes < _BATCH_BYTES:
            self._enough.clear()
        return taken

    def finished(self) -> None:
        """The batch in hand is done, or given up."""
        self.idle.set()
