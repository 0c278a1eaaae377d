"""The pool with real children: order, poison, death of a child and of the parent."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from schemas.errors import ScrubError
from schemas.events import Edit, Event, Step
from schemas.records import Coordinate
from schemas.rows import decode_interaction
from streams.epochs import Epoch, KeyRing, Keys
from streams.privacy import pool as pool_module
from streams.privacy.limits import Limits
from streams.privacy.pool import ScrubPool
from streams.scrub import Failed, Job, Scrubbed, scrub

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from streams.privacy.engine import Engine

ROOT = Path(__file__).resolve().parents[3]
# Stands in for the real child's engine: these texts stall, kill and break it as a bad pattern or a bug would.
CHILD = """
import os, re, signal, sys, time
from streams.privacy import worker
from streams.scrub import Failed, ScrubError, scrub

def analyze(texts, subject, wanted):
    for text in texts:
        if text == "stall": time.sleep(60)
        if text == "die": os.kill(os.getpid(), signal.SIGKILL)
        if text == "runaway": re.match("(a+)+$", "a" * 40 + "b")
        if text == "deep": analyze(texts, subject, wanted)
        if text == "memory": raise MemoryError(text)
        if text == "leave": raise SystemExit(0)
        if text == "break": raise ValueError(text)
        if text.startswith("once ") and not os.path.exists(text[5:]):
            open(text[5:], "w").close()
            os._exit(3)
        if text == "print": print("x" * 100_000)
    return [[] for _ in texts]

def make(options):
    def scrubber(job, ring):
        try:
            return scrub(job, analyze, ring.at(job.timestamp_ms))
        except ScrubError:
            return Failed("scrub_failed")
    return scrubber

worker.main(make)
"""


def job(text: str, ident: int = 0, interaction: str = "i") -> Job:
    data = Edit(session_id="s", surface="ide", tool="t", interaction_id=interaction, text=text)
    event = Event(source="a", id=str(ident), type="redline.edit.v1", time_us=1, subject=None, data=data)
    return Job(event, Coordinate("t", 0, ident), "v")


def run(keys: Keys, work: Callable[[ScrubPool], Coroutine[None, None, None]], processes: int = 2) -> None:
    async def main() -> None:
        async with ScrubPool(processes, KeyRing.of(keys), timeout_s=1.0, chunk=8) as scrubbers:
            await work(scrubbers)

    asyncio.run(main())


@pytest.fixture
def fake_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "child.py"
    script.write_text(CHILD)
    monkeypatch.setattr(pool_module, "CHILD", (str(script),))


def outcomes(results: list[Scrubbed | Failed]) -> list[str]:
    return [result.reason if isinstance(result, Failed) else "ok" for result in results]


@pytest.mark.parametrize("processes", [0, 2])
def test_results_are_those_of_scrub_in_order(engine: Engine, keys: Keys, processes: int) -> None:
    jobs = [job(f"Hi Jane, mail jane{n}@corp.com", n) for n in range(40)]

    async def work(scrubbers: ScrubPool) -> None:
        assert await scrubbers.run(jobs) == [scrub(one, engine.analyze, keys) for one in jobs]
        assert await scrubbers.run([]) == []

    run(keys, work, processes)


def test_events_of_an_interaction_share_a_child_and_each_has_its_place(keys: Keys) -> None:
    jobs = [job("fine", n, f"i{n % 7}") for n in range(50)]
    places = [n for n in range(50) if n % 10]
    chunks = ScrubPool(3, KeyRing.of(keys), chunk=4)._chunks(jobs, places)
    assert sorted(place for chunk in chunks for place in chunk.places) == places
    assert max(len(chunk.places) for chunk in chunks) <= 4
    lanes = {(place % 7, chunk.lane) for chunk in chunks for place in chunk.places}
    assert len(lanes) == 7
    for lane in range(3):
        own = [place for chunk in chunks if chunk.lane == lane for place in chunk.places]
        assert own == sorted(own)


@pytest.mark.usefixtures("fake_child")
@pytest.mark.parametrize(
    ("poison", "reason"),
    [
        ("stall", "scrub_timeout"),
        ("runaway", "scrub_timeout"),
        ("die", "scrub_failed"),
        ("leave", "scrub_failed"),
        ("break", "scrub_failed"),
        ("deep", "scrub_failed"),
        ("memory", "scrub_failed"),
    ],
)
def test_poison_fails_alone_and_the_rest_goes_on(keys: Keys, poison: str, reason: str) -> None:
    async def work(scrubbers: ScrubPool) -> None:
        jobs = [job(poison if n in {3, 11} else "fine", n) for n in range(20)]
        assert outcomes(await scrubbers.run(jobs)) == [reason if n in {3, 11} else "ok" for n in range(20)]
        assert outcomes(await scrubbers.run([job("fine")] * 5)) == ["ok"] * 5
        assert len(scrubbers.pids) == 2

    run(keys, work)


@pytest.mark.usefixtures("fake_child")
def test_what_is_over_a_limit_is_never_begun_and_the_rest_keeps_its_order(keys: Keys) -> None:
    async def main() -> None:
        async with ScrubPool(2, KeyRing.of(keys), timeout_s=1.0, limits=Limits(text=30, event=60)) as scrubbers:
            jobs = [job("fine"), job("stall" * 7), job("fine", 2), job("die" * 11)]
            assert outcomes(await scrubbers.run(jobs)) == ["ok", "too_large", "ok", "too_large"]
            assert outcomes(await scrubbers.run([job("x" * 10_000_000)])) == ["too_large"]

    asyncio.run(main())


def test_limits_count_every_text_and_key_of_an_event() -> None:
    data = Step(
        session_id="s", surface="ide", tool="t", role="tool", kind="tool_call", arguments={"k" * 40: [{"a": "v" * 40}]}
    )
    event = Event(source="a", id="1", type="redline.step.v1", time_us=1, subject=None, data=data)
    one = Job(event, Coordinate("t", 0, 1), "v")
    assert not Limits(text=40, event=200).exceeded(one)
    assert Limits(text=39, event=200).exceeded(one)
    assert Limits(text=40, event=80).exceeded(one)


@pytest.mark.usefixtures("fake_child")
def test_a_job_whose_child_died_once_is_not_poison(keys: Keys, tmp_path: Path) -> None:
    async def work(scrubbers: ScrubPool) -> None:
        jobs = [job(f"once {tmp_path / 'mark'}" if n == 2 else "fine", n) for n in range(6)]
        assert outcomes(await scrubbers.run(jobs)) == ["ok"] * 6

    run(keys, work)


@pytest.mark.usefixtures("fake_child")
def test_what_a_library_prints_does_not_break_the_wire(keys: Keys) -> None:
    async def work(scrubbers: ScrubPool) -> None:
        assert outcomes(await scrubbers.run([job("print"), job("fine")])) == ["ok", "ok"]

    run(keys, work)


@pytest.mark.usefixtures("fake_child")
def test_children_that_were_killed_are_replaced(keys: Keys) -> None:
    async def work(scrubbers: ScrubPool) -> None:
        for pid in scrubbers.pids:
            os.kill(pid, signal.SIGKILL)
        assert outcomes(await scrubbers.run([job("fine", n) for n in range(50)])) == ["ok"] * 50

    run(keys, work)


@pytest.mark.usefixtures("fake_child")
def test_children_ignore_ctrl_c(keys: Keys) -> None:
    async def work(scrubbers: ScrubPool) -> None:
        before = sorted(scrubbers.pids)
        for pid in before:
            os.kill(pid, signal.SIGINT)
        assert outcomes(await scrubbers.run([job("fine", n) for n in range(50)])) == ["ok"] * 50
        assert sorted(scrubbers.pids) == before

    run(keys, work)


@pytest.mark.usefixtures("fake_child")
def test_two_calls_at_once_get_their_own_results(keys: Keys) -> None:
    async def work(scrubbers: ScrubPool) -> None:
        calls = [scrubbers.run([job("fine", 100 * call + n) for n in range(30)]) for call in range(4)]
        got = [
            [one.record_id for one in results if isinstance(one, Scrubbed)] for results in await asyncio.gather(*calls)
        ]
        assert len({ident for results in got for ident in results}) == 120

    run(keys, work)


@pytest.mark.usefixtures("fake_child")
def test_a_cancelled_call_leaves_a_pool_that_works(keys: Keys) -> None:
    async def work(scrubbers: ScrubPool) -> None:
        call = asyncio.create_task(scrubbers.run([job("stall")] * 4))
        await asyncio.sleep(0.1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert outcomes(await scrubbers.run([job("fine", n) for n in range(9)])) == ["ok"] * 9

    run(keys, work)


def test_a_pool_that_was_not_started_says_so(keys: Keys) -> None:
    with pytest.raises(ScrubError, match=r"call start\(\) first"):
        asyncio.run(ScrubPool(1, KeyRing.of(keys)).run([job("x")]))


def test_children_that_cannot_start_are_an_error_and_not_a_loop(
    keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "child.py"
    script.write_text("raise SystemExit(1)")
    monkeypatch.setattr(pool_module, "CHILD", (str(script),))
    with pytest.raises(ScrubError, match="redline doctor"):
        asyncio.run(ScrubPool(1, KeyRing.of(keys)).start())


PARENT = """
import asyncio, sys, time
from streams.privacy import pool
from streams.epochs import KeyRing, Keys
pool.CHILD = (sys.argv[1],)
sys.path.insert(0, sys.argv[2])
from test_pool import job

async def main():
    scrubbers = pool.ScrubPool(2, KeyRing.of(Keys(b"i" * 32, b"s" * 32, 1)), timeout_s=60)
    await scrubbers.start()
    print(*scrubbers.pids, flush=True)
    await scrubbers.run([job(sys.argv[3])]) if sys.argv[3] != "idle" else await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.parametrize("state", ["idle", "stall", "runaway"])
def test_children_end_when_their_parent_is_killed(tmp_path: Path, state: str) -> None:
    script = tmp_path / "child.py"
    script.write_text(CHILD)
    argv = [sys.executable, "-c", PARENT, str(script), str(Path(__file__).parent), state]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, cwd=ROOT) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 2
        parent.kill()
    deadline = time.monotonic() + 20
    while any(_alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [pid for pid in pids if _alive(pid)] == []


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_a_new_ring_counts_from_the_next_call_in_every_child(keys: Keys) -> None:
    old = KeyRing.of(keys)
    new = KeyRing(keys.identity, (Epoch(keys.epoch, 0, None), Epoch(keys.epoch + 1, 5_000_000, b"t" * 32)))

    def at(timestamp_ms: int) -> Job:
        return dataclasses.replace(job("Dear Ms Lindqvist"), timestamp_ms=timestamp_ms)

    async def work() -> None:
        async with ScrubPool(2, old, timeout_s=60, chunk=1) as scrubbers:
            first = await scrubbers.run([at(1_000), at(9_000)] * 2)
            assert {epoch_of(one) for one in first} == {keys.epoch}
            scrubbers.renew(new)
            second = await scrubbers.run([at(1_000), at(9_000)] * 2)
            assert [one.reason for one in second if isinstance(one, Failed)] == ["key_destroyed"] * 2
            assert {epoch_of(one) for one in second if isinstance(one, Scrubbed)} == {keys.epoch + 1}

    asyncio.run(work())


def epoch_of(result: Scrubbed | Failed) -> int:
    assert isinstance(result, Scrubbed)
    return decode_interaction(result.interaction).key_epoch
