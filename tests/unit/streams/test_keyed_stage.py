"""Old history among live events: it settles once it is quiet, not in the middle of its arrival."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from support.stage import Commit
from support.world import HASHES, SECOND, event

from schemas import rows, topics
from schemas.records import Coordinate, Record
from schemas.rows import Pair, Reject, Trajectory
from streams.join import Join
from streams.keyed_stage import KeyedStage
from streams.session import Sessions
from streams.watermark import WatermarkPolicy

if TYPE_CHECKING:
    from schemas.rows import Interaction
    from streams.keyed import Settlement

NOW_S = 10_000_000.0
LONG_AGO_S = 1_000.0


def record(value: bytes, *headers: tuple[str, bytes]) -> Record:
    return Record(Coordinate(topics.CLEAN, 0, 0), b"", value, headers)


def tick(at_s: float) -> Record:
    return record(b"", (topics.TICK_HEADER, str(int(at_s * SECOND)).encode()))


def row(interaction: Interaction) -> Record:
    return record(rows.encode(interaction))


def test_an_interaction_of_long_ago_is_joined_whole_while_live_ticks_pass() -> None:
    stage = KeyedStage(topics.CLEAN, Join(HASHES), WatermarkPolicy(), lambda: int(NOW_S * SECOND))
    commit = Commit()

    def handle(*records: Record) -> None:
        asyncio.run(stage.handle(records, commit))

    handle(tick(NOW_S))
    handle(row(event("suggestion", LONG_AGO_S, offset=1, text="draft", task="edit")), tick(NOW_S + 1))
    handle(row(event("decision", LONG_AGO_S + 5, offset=2, verdict="accepted")), tick(NOW_S + 200))
    handle(row(event("edit", LONG_AGO_S + 60, offset=3, text="mine", final=True)), tick(NOW_S + 400))
    assert not commit.outs, "an event came less than five minutes ago"
    handle(tick(NOW_S + 501))
    (pair,) = commit.said(topics.PAIRS, Pair)
    assert (pair.label, pair.final) == ("edited", "mine")
    assert not commit.said(topics.REJECTS, Reject)
    handle(row(event("edit", LONG_AGO_S + 61, offset=4, text="too late")))
    assert [reject.reason for reject in commit.said(topics.REJECTS, Reject)] == ["late"]


def test_what_is_live_settles_when_it_is_due() -> None:
    stage = KeyedStage(topics.CLEAN, Join(HASHES), WatermarkPolicy(), lambda: int(NOW_S * SECOND))
    commit = Commit()
    asyncio.run(
        stage.handle(
            [
                tick(NOW_S),
                row(event("suggestion", NOW_S, offset=1, text="draft", task="edit")),
                row(event("edit", NOW_S + 1, offset=2, text="mine", final=True)),
                tick(NOW_S + 62),
            ],
            commit,
        )
    )
    assert len(commit.said(topics.PAIRS, Pair)) == 1


def test_a_session_of_many_events_is_put_together_while_the_loop_goes_on() -> None:
    """What beats in the loop are Kafka's heartbeats: without them the partitions are given to the next worker."""
    beaten, many = threading.Event(), 2_500

    class Slow(Sessions):
        def settle(self, key: bytes, header: bytes, members: list[Interaction], *, final: bool) -> Settlement:
            assert beaten.wait(60.0), "the loop stood still"
            return super().settle(key, header, members, final=final)

    stage = KeyedStage(topics.STEPS, Slow(HASHES), WatermarkPolicy(), lambda: int(NOW_S * SECOND))
    commit = Commit()
    steps = [row(event("step", NOW_S, offset=i, role="user", kind="message", content=str(i))) for i in range(many)]

    async def both() -> None:
        settling = asyncio.create_task(stage.handle([tick(NOW_S), *steps, tick(NOW_S + 7 * 3600)], commit))
        while not settling.done():
            await asyncio.sleep(0.01)
            if commit.store:
                beaten.set()
        await settling

    asyncio.run(both())
    parts = commit.said(topics.TRAJECTORIES, Trajectory)
    assert sum(len(part.steps) for part in parts) == many
