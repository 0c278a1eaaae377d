"""A sink killed with -9 after each numbered step of a commit, and a sink whose disk is full."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic
from support import rows as make
from support.command import wait as until
from support.disk import Disk, small_disk

from schemas.rows import encode
from schemas.tables import PAIRS
from sinks import reader
from sinks.batch import BatchPolicy
from sinks.layout import Layout
from sinks.loop import SinkLoop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from schemas.rows import Pair

pytestmark = [pytest.mark.broker, pytest.mark.crash]
PARTITIONS = 2
CHILD = Path(__file__).with_name("sink_child.py")


def workload(count: int) -> list[Pair]:
    """Rows with replays, higher and lower revisions, and bad rows, in a seeded order."""
    chance = random.Random(7)  # noqa: S311 - a seeded order, no secret
    rows: list[Pair] = []
    for number in range(count):
        rows.append(make.pair(number, final="bad" if number % 10 == 3 else "kept"))
        back = chance.randrange(number + 1)
        if chance.random() < 0.05:
            rows.append(make.pair(back, final="bad" if back % 10 == 3 else "kept"))  # a replay
        if chance.random() < 0.02 and back % 10 != 3:
            rows.append(make.pair(back, revision=1, final="more"))
    return rows


def expected(rows: Sequence[Pair]) -> tuple[Counter[Any], list[str]]:
    """What must be published, as (id, revision, text, sources), and the ids in quarantine."""
    best: dict[str, Pair] = {}
    for row in rows:
        if row.record_id not in best or row.revision > best[row.record_id].revision:
            best[row.record_id] = row
    good = Counter((r.record_id, r.revision, r.final, r.sources[0].offset) for r in best.values() if r.final != "bad")
    return good, sorted(r.record_id for r in best.values() if r.final == "bad")


def check(data: Path, rows: Sequence[Pair]) -> None:
    good, bad = expected(rows)
    table = reader.read(data, "pairs", seal=make.SEAL).to_pylist()
    found = Counter((r["record_id"], r["revision"], r["final"], r["sources"][0]["offset"]) for r in table)
    assert found == good
    aside = reader.read(data, "pairs", ["record_id"], quarantine=True).column(0).to_pylist()
    assert sorted(aside) == bad
    layout = Layout(data)
    assert make.plain_ids(layout.dataset("pairs")) == sorted(r["record_id"] for r in table)
    assert make.plain_ids(layout.quarantine("pairs")) == bad
    assert done(data) == len(rows)


def send(bootstrap: str, topic: str, rows: Sequence[Pair]) -> None:
    """Rows by id, so that the revisions of a row keep their order."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.create_topics([NewTopic(topic, PARTITIONS, 1)])[topic].result()
    producer = Producer({"bootstrap.servers": bootstrap})
    for row in rows:
        producer.produce(topic, encode(row), partition=int(row.record_id, 16) % PARTITIONS)
        producer.poll(0)
    assert producer.flush(30) == 0


def done(data: Path) -> int:
    return sum(reader.offsets(data, "pairs").values())


class Children:
    """Starts sinks as processes, and ends those it started."""

    def __init__(self, bootstrap: str, data: Path, group: str, topic: str, wanted: int) -> None:
        self._arguments = [bootstrap, str(data), group, topic, str(wanted)]
        self._all: list[subprocess.Popen[bytes]] = []

    def start(self, *, member: str = "-", die_at: str = "0:0") -> subprocess.Popen[bytes]:
        environment = {**os.environ, "REDLINE_TEST_DIE_AT": die_at, "PYTHONPATH": str(CHILD.parents[2])}
        child = subprocess.Popen([sys.executable, str(CHILD), *self._arguments, member], env=environment)
        self._all.append(child)
        return child

    def end(self) -> None:
        for child in self._all:
            child.kill()
            child.wait()


@pytest.fixture
def topic(unique: Callable[[str], str]) -> str:
    return unique("pairs")


@pytest.fixture
def children(bootstrap: str, tmp_path: Path, topic: str) -> Iterator[Callable[[int], Children]]:
    made: list[Children] = []

    def make_children(wanted: int) -> Children:
        made.append(Children(bootstrap, tmp_path, f"group-{topic}", topic, wanted))
        return made[-1]

    yield make_children
    for each in made:
        each.end()


@pytest.mark.parametrize("nth", [1, 3])
@pytest.mark.parametrize("step", range(1, 11))
def test_killed_after_a_step_nothing_is_lost_or_doubled(
    bootstrap: str, tmp_path: Path, topic: str, children: Callable[[int], Children], *, step: int, nth: int
) -> None:
    rows = workload(1500)
    send(bootstrap, topic, rows)
    sinks = children(len(rows))
    # A static member is back at once; the group need not wait for the dead one's session to end.
    assert sinks.start(member="m", die_at=f"{step}:{nth}").wait(60) == -signal.SIGKILL
    assert sinks.start(member="m").wait(60) == 0
    check(tmp_path, rows)


def test_two_sinks_killed_in_turn_lose_and_double_nothing(
    bootstrap: str, tmp_path: Path, topic: str, children: Callable[[int], Children]
) -> None:
    rows = workload(8000)
    send(bootstrap, topic, rows[:4000])
    sinks = children(len(rows))
    chance = random.Random(3)  # noqa: S311 - a seeded order, no secret
    alive = [sinks.start(), sinks.start()]
    for step in (5, 8, 4):
        victim = chance.randrange(2)
        time.sleep(chance.uniform(0.5, 2.0))
        alive[victim].kill()
        alive[victim].wait()
        alive[victim] = sinks.start(die_at=f"{step}:2")
    producer = Producer({"bootstrap.servers": bootstrap})
    for row in rows[4000:]:
        producer.produce(topic, encode(row), partition=int(row.record_id, 16) % PARTITIONS)
        producer.poll(0)
    assert producer.flush(30) == 0
    end = time.monotonic() + 90
    while done(tmp_path) < len(rows):
        assert time.monotonic() < end, "took too long"
        alive = [child if child.poll() is None else sinks.start() for child in alive]
        time.sleep(0.5)
    for child in alive:
        assert child.wait(60) in {0, -signal.SIGKILL}
    assert sinks.start().wait(60) == 0  # collects what the last kill left
    check(tmp_path, rows)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "small"
    folder.mkdir()
    with small_disk(folder, megabytes=48) as disk:
        yield disk


@contextmanager
def looping(bootstrap: str, data: Path, topic: str, crash: Callable[[int], None]) -> Iterator[list[str]]:
    """A sink in a thread, ended without an error at the end; gives the kinds of its alerts as they come."""
    alerts: list[str] = []
    errors: list[BaseException] = []
    stop = threading.Event()
    loop = SinkLoop(
        bootstrap=bootstrap,
        data_dir=data,
        tables=[PAIRS],
        gate=lambda _table: make.failing("final", {"bad"}),
        on_alert=lambda kind, _table, _detail: alerts.append(kind),
        policy=BatchPolicy(rows=300, age_s=0.2, idle_s=0.3),
        group=f"group-{topic}",
        topics={"pairs": topic},
        crash=crash,
        seal=make.SEAL,
    )

    def run() -> None:
        try:
            loop.run(stop.is_set)
        except BaseException as error:  # noqa: BLE001 - looked at below
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield alerts
    finally:
        stop.set()
        thread.join(60)
    assert errors == []


def test_a_full_disk_stops_the_sink_until_there_is_room(bootstrap: str, disk: Disk, topic: str) -> None:
    rows = workload(3000)
    send(bootstrap, topic, rows)
    data, filled = disk.folder, threading.Event()

    def fill(step: int) -> None:
        # In the middle of the third batch: between the gate and the files, as full as it gets.
        if step == 3 and not filled.is_set() and done(data) > 600:
            disk.fill()
            filled.set()

    with looping(bootstrap, data, topic, fill) as alerts:
        until(lambda: alerts.count("sink_retry") >= 2)
        assert 0 < done(data) < len(rows)
        disk.free()
        until(lambda: done(data) == len(rows))
    check(data, rows)


def test_a_sink_that_starts_on_a_full_disk_waits_for_room(bootstrap: str, disk: Disk, topic: str) -> None:
    rows = workload(300)
    send(bootstrap, topic, rows)
    disk.fill()
    with looping(bootstrap, disk.folder, topic, lambda _step: None) as alerts:
        until(lambda: alerts.count("sink_retry") >= 2)
        disk.free()
        until(lambda: done(disk.folder) == len(rows))
    check(disk.folder, rows)
