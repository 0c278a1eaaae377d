"""Things that are lent out one at a time, each preferably to those who had it before. Pure, but for the waiting."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Lanes(Generic[T]):
    """So many lanes, each with a thing in it or lent out. Nobody waits while any lane has one.

    Args:
        count: how many lanes; all are empty until `give` puts something in.
    """

    def __init__(self, count: int) -> None:
        self._there: dict[int, T] = {}
        self._waiting: list[deque[asyncio.Future[tuple[int, T]]]] = [deque() for _ in range(count)]

    async def take(self, lane: int) -> tuple[int, T]:
        """A thing and the lane that it came from: that lane if it can be had, else any other."""
        if self._there:
            found = lane if lane in self._there else next(iter(self._there))
            return found, self._there.pop(found)
        turn: asyncio.Future[tuple[int, T]] = asyncio.get_running_loop().create_future()
        self._waiting[lane].append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it came in the same moment
                self.give(*turn.result())
            raise

    def give(self, lane: int, thing: T) -> None:
        """Put a thing back; it goes to the first who waits for this lane, or else where most wait."""
        for waiting in (self._waiting[lane], *sorted(self._waiting, key=len, reverse=True)):
            while waiting:
                turn = waiting.popleft()
                if not turn.done():
                    turn.set_result((lane, thing))
                    return
        self._there[lane] = thing
