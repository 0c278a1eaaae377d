"""Who gets which of several things: the one it had before, but nobody waits while another is free."""

from __future__ import annotations

import asyncio

from streams.privacy.lanes import Lanes


def full(count: int = 2) -> Lanes[str]:
    lanes: Lanes[str] = Lanes(count)
    for lane in range(count):
        lanes.give(lane, f"thing {lane}")
    return lanes


def test_a_lane_is_had_if_it_is_free_else_another_else_one_waits_for_it() -> None:
    async def main() -> None:
        lanes = full()
        assert await lanes.take(1) == (1, "thing 1")
        assert await lanes.take(1) == (0, "thing 0")
        waiting = [asyncio.create_task(lanes.take(lane)) for lane in (0, 1, 1)]
        await asyncio.sleep(0)
        lanes.give(1, "thing 1")
        assert await waiting[1] == (1, "thing 1")
        lanes.give(1, "thing 1")
        assert await waiting[2] == (1, "thing 1")
        lanes.give(1, "another")  # nobody waits for this lane any more, but somebody for the other
        assert await waiting[0] == (1, "another")

    asyncio.run(main())


def test_what_came_for_one_who_is_gone_goes_to_the_next() -> None:
    async def main() -> None:
        lanes = full(1)
        await lanes.take(0)
        gone, late, next_ = (asyncio.create_task(lanes.take(0)) for _ in range(3))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
        lanes.give(0, "thing")
        late.cancel()  # after the thing was given, before it was seen
        assert await next_ == (0, "thing")
        lanes.give(0, "thing")
        assert await lanes.take(0) == (0, "thing")
        assert all(
            isinstance(one, asyncio.CancelledError) for one in await asyncio.gather(gone, late, return_exceptions=True)
        )

    asyncio.run(main())
