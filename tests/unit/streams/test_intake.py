from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from schemas.records import Coordinate, Record
from streams.intake import Intake

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST = 5
MB = 1 << 20


def records(first: int, count: int, size: int = 1) -> list[Record]:
    return [Record(Coordinate("t", 0, first + n), None, b"v" * size) for n in range(count)]


def offsets(batch: Sequence[Record]) -> list[int]:
    return [record.coordinate.offset for record in batch]


@given(st.lists(st.integers(0, 12), max_size=8))
def test_all_come_out_once_in_order_and_no_batch_is_too_long(polls: list[int]) -> None:
    async def run() -> list[list[int]]:
        intake, first, batches = Intake(MOST), 0, []
        for count in polls:
            intake.put(1, records(first, count))
            first += count
        while len(intake):
            _, batch = await asyncio.wait_for(intake.batch(0.0), 60)
            batches.append(offsets(batch))
            intake.finished()
        return batches

    batches = asyncio.run(run())
    assert [offset for batch in batches for offset in batch] == list(range(sum(polls)))
    assert all(0 < len(batch) <= MOST for batch in batches)


def test_large_records_make_short_batches_and_a_full_intake() -> None:
    async def run() -> None:
        intake = Intake(100)
        intake.put(1, records(0, 40, MB))
        assert intake.is_full()
        _, batch = await asyncio.wait_for(intake.batch(60.0), 60)
        assert len(batch) == 16
        intake.put(1, records(40, 1, 17 * MB))
        _, batch = await asyncio.wait_for(intake.batch(60.0), 60)
        _, batch = await asyncio.wait_for(intake.batch(60.0), 60)
        assert len(batch) == 8
        assert not intake.is_full()
        _, batch = await asyncio.wait_for(intake.batch(60.0), 60)
        assert len(batch) == 1, "one record that is longer than a batch may be is a batch"

    asyncio.run(run())


def test_what_was_not_begun_is_dropped_with_its_generation() -> None:
    async def run() -> None:
        intake = Intake(MOST)
        intake.put(1, records(0, 3))
        intake.put(2, records(10, 2))
        generation, batch = await asyncio.wait_for(intake.batch(0.0), 60)
        assert (generation, offsets(batch)) == (2, [10, 11])
        assert not intake.idle.is_set()
        intake.put(2, records(12, 20))
        assert intake.is_full()
        intake.clear()
        intake.finished()
        assert intake.idle.is_set()
        assert not intake.is_full()
        waiting = asyncio.create_task(intake.batch(0.0))
        await asyncio.sleep(0)
        assert not waiting.done()
        intake.put(3, records(1, 1))
        assert await asyncio.wait_for(waiting, 60) == (3, records(1, 1))

    asyncio.run(run())


def test_a_batch_that_is_dropped_while_it_lingers_is_waited_for_anew() -> None:
    async def run() -> None:
        intake = Intake(MOST)
        intake.put(1, records(0, 1))
        waiting = asyncio.create_task(intake.batch(60.0))
        await asyncio.sleep(0)
        intake.clear()
        intake.put(2, records(7, MOST))
        generation, batch = await asyncio.wait_for(waiting, 60)
        assert (generation, offsets(batch)) == (2, [7, 8, 9, 10, 11])

    asyncio.run(run())
