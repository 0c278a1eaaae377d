from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest

from schemas.errors import DeliveryError
from streams.commit import Changelog, ChangelogError, Commit, StaleError
from streams.delivery import LateError, Out
from streams.lease import Lease

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TOPIC = "redline-join-changelog"


class Log:
    """A broker's topics as counters: what `Delivery.send` promises."""

    def __init__(self) -> None:
        self.ends: dict[tuple[str, int], int] = {}
        self.sent: list[Out] = []
        self.late = 0
        self.refuses = False

    async def send(self, outs: Sequence[Out]) -> Mapping[tuple[str, int], int]:
        last: dict[tuple[str, int], int] = {}
        for out in outs:
            place = (out.topic, out.partition or 0)
            last[place] = self.ends.get(place, 0)
            self.ends[place] = last[place] + 1
            self.sent.append(out)
        if self.refuses:
            raise DeliveryError("refused")
        if self.late and outs and outs[0].topic == TOPIC:
            self.late -= 1
            raise LateError("late")
        return last


class Db:
    def __init__(self) -> None:
        self.written: list[Any] = []

    def get(self, key: bytes) -> None:
        return None

    def write(self, batch: Any) -> None:
        self.written.append(batch)


class Store:
    def __init__(self) -> None:
        self.db = Db()
        self.persisted: list[int] = []

    def _db_for_partition(self, partition: int) -> Db:
        return self.db

    def set_persisted_offset(self, tp: Any, offset: int) -> None:
        self.persisted.append(offset)


class Table:
    changelog_topic_name = TOPIC

    def __init__(self) -> None:
        self.data = Store()


class Consumer:
    lease = Lease(10.0)


class App:
    """What a commit looks at of the Faust app."""

    def __init__(self) -> None:
        self.consumer_generation_id = 7
        self.rebalancing = False
        self.consumer = Consumer()
        self.consumer.lease = Lease(10.0)


class World:
    def __init__(self) -> None:
        self.app, self.table, self.log = App(), Table(), Log()
        self.changelog = Changelog(self.log)  # type: ignore[arg-type]  # the same promise

    def commit(self) -> Commit:
        commit = Commit(self.app, self.table, self.log, self.changelog)  # type: ignore[arg-type]  # the same promise
        commit.state(0).put(b"key", b"value")
        return commit


@pytest.fixture
def world() -> World:
    return World()


def write(commit: Commit) -> None:
    asyncio.run(commit.write([Out("redline.pairs", b"k", b"row")]))


def test_state_is_written_after_the_changelog_and_knows_its_offset(world: World) -> None:
    world.app.consumer.lease.renew(time.monotonic())
    write(world.commit())
    write(world.commit())
    assert [out.topic for out in world.log.sent] == ["redline.pairs", TOPIC] * 2
    assert len(world.table.data.db.written) == 2
    assert world.table.data.persisted == [0, 1]


def test_a_worker_without_a_lease_writes_no_state_once_the_group_goes_on_without_it(world: World) -> None:
    world.app.rebalancing = True
    with pytest.raises(StaleError):
        write(world.commit())
    assert [out.topic for out in world.log.sent] == ["redline.pairs"]
    assert world.table.data.db.written == []


def test_a_broker_that_is_silent_for_a_while_is_waited_for(world: World) -> None:
    commit = world.commit()

    async def run() -> None:
        writing = asyncio.create_task(commit.write([]))
        await asyncio.sleep(0)
        assert not writing.done()
        world.app.consumer.lease.renew(time.monotonic())
        await asyncio.wait_for(writing, 5.0)

    asyncio.run(run())
    assert world.table.data.persisted == [0]


def test_a_new_generation_ends_a_batch_of_the_old_one(world: World) -> None:
    world.app.consumer.lease.renew(time.monotonic())
    commit = world.commit()
    world.app.consumer_generation_id = 8
    with pytest.raises(StaleError):
        write(commit)
    assert world.table.data.db.written == []


def test_someone_elses_changes_between_ours_are_seen_before_the_store_is_written(world: World) -> None:
    world.app.consumer.lease.renew(time.monotonic())
    write(world.commit())
    world.log.ends[TOPIC, 0] += 3
    with pytest.raises(ChangelogError, match="needed 1 records after offset 0, the last is at 4"):
        write(world.commit())
    assert len(world.table.data.db.written) == 1
    assert world.table.data.persisted == [0]


def test_a_changelog_without_a_leader_is_written_again_while_the_lease_is_renewed(world: World) -> None:
    world.app.consumer.lease.renew(time.monotonic())
    write(world.commit())
    world.log.late = 2
    write(world.commit())
    assert [out.topic for out in world.log.sent].count(TOPIC) == 4, "what came late stands there too"
    assert world.table.data.persisted == [0, 3]
    write(world.commit())
    world.log.late = 1
    world.app.consumer.lease = Lease(10.0)
    world.app.rebalancing = True
    with pytest.raises(StaleError):
        write(world.commit())
    assert world.table.data.persisted == [0, 3, 4]


def test_a_change_that_is_refused_ends_the_batch(world: World) -> None:
    world.app.consumer.lease.renew(time.monotonic())
    world.log.refuses = True
    with pytest.raises(DeliveryError):
        asyncio.run(world.commit().write([]))
    assert world.table.data.db.written == []


def test_what_others_wrote_before_this_generation_is_no_fault(world: World) -> None:
    world.app.consumer.lease.renew(time.monotonic())
    write(world.commit())
    world.log.ends[TOPIC, 0] += 3
    world.app.consumer_generation_id = 9
    write(world.commit())
    assert world.table.data.persisted == [0, 4]
