from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING

import psutil  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redline.supervisor import Backoff, Death, Spec, Supervisor
from schemas.errors import ProcessError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Says when it begins and ends, so that a test can read the order.
WORKER = """
import signal, sys, time
def end(*_):
    print("end", sys.argv[1], flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("begin", sys.argv[1], flush=True)
time.sleep(60)
"""


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def worker(name: str, log: Path) -> Spec:
    return Spec(name, (sys.executable, "-c", WORKER, name), log)


def watch_until(supervisor: Supervisor, condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        supervisor.watch(0.1)


def begun(log: Path) -> list[str]:
    return [line.split()[1] for line in log.read_text().splitlines() if line.startswith("begin")]


def test_they_are_stopped_in_reverse_order(tmp_path: Path) -> None:
    log = tmp_path / "log"
    names = ["broker", "worker", "sink"]
    with Supervisor([worker(name, log) for name in names], on_death=lambda _: None) as supervisor:
        watch_until(supervisor, lambda: sorted(begun(log)) == sorted(names))
        pids = supervisor.pids
    assert list(pids) == names
    assert [line for line in log.read_text().splitlines() if line.startswith("end")] == [
        "end sink",
        "end worker",
        "end broker",
    ]
    assert not any(psutil.pid_exists(pid) for pid in pids.values())
    assert supervisor.pids == {}


def test_what_was_killed_runs_again_and_the_others_are_left_alone(tmp_path: Path) -> None:
    log, deaths = tmp_path / "log", list[Death]()
    with Supervisor(
        [worker("a", log), worker("b", log)], on_death=deaths.append, backoff=Backoff(first_s=0.05)
    ) as supervisor:
        before = supervisor.pids
        os.kill(before["a"], signal.SIGKILL)
        watch_until(supervisor, lambda: supervisor.pids.get("a", before["a"]) != before["a"])
        assert supervisor.pids["b"] == before["b"]
    assert deaths == [Death("a", -signal.SIGKILL, restarts=0, again_in_s=0.05)]


def test_waits_grow_until_it_was_healthy_for_a_while(tmp_path: Path) -> None:
    clock, deaths = Clock(), list[Death]()
    backoff = Backoff(first_s=1.0, most_s=3.0, healthy_s=60.0)
    spec = Spec("a", ("sleep", "60"), tmp_path / "log")
    with Supervisor([spec], on_death=deaths.append, backoff=backoff, clock=clock) as supervisor:
        for lived_s in (0.0, 0.0, 59.0, 60.0, 0.0):
            clock.now += lived_s
            os.kill(supervisor.pids["a"], signal.SIGKILL)
            watch_until(supervisor, lambda: "a" not in supervisor.pids)
            supervisor.watch(0.0)
            assert "a" not in supervisor.pids, "it was started before its time"
            clock.now += deaths[-1].again_in_s or 0.0
            watch_until(supervisor, lambda: "a" in supervisor.pids)
    assert [death.again_in_s for death in deaths] == [1.0, 2.0, 3.0, 1.0, 2.0]
    assert [death.restarts for death in deaths] == [0, 1, 2, 3, 4]


def test_one_that_is_not_to_be_restarted_is_reported_once(tmp_path: Path) -> None:
    deaths = list[Death]()
    spec = Spec("once", (sys.executable, "-c", "raise SystemExit(3)"), tmp_path / "log", restart=False)
    with Supervisor([spec], on_death=deaths.append) as supervisor:
        watch_until(supervisor, lambda: bool(deaths))
        supervisor.watch(0.05)
    assert deaths == [Death("once", 3, restarts=0, again_in_s=None)]


def test_a_death_wakes_the_watch_at_once(tmp_path: Path) -> None:
    deaths = list[Death]()
    with Supervisor([Spec("a", ("sleep", "60"), tmp_path / "log")], on_death=deaths.append) as supervisor:
        os.kill(supervisor.pids["a"], signal.SIGKILL)
        before = time.monotonic()
        supervisor.watch(30.0)
        assert time.monotonic() - before < 5
    assert len(deaths) == 1


def test_watching_healthy_processes_takes_no_time_of_the_processor(tmp_path: Path) -> None:
    with Supervisor([Spec("a", ("sleep", "60"), tmp_path / "log")], on_death=lambda _: None) as supervisor:
        before = time.process_time()
        supervisor.watch(0.5)
        assert time.process_time() - before < 0.05


def test_if_one_cannot_be_started_none_is_left(tmp_path: Path) -> None:
    good, bad = Spec("good", ("sleep", "60"), tmp_path / "log"), Spec("bad", ("/no/such/program",), tmp_path / "log")
    supervisor = Supervisor([good, bad], on_death=lambda _: None)
    with pytest.raises(ProcessError):
        supervisor.start()
    assert supervisor.pids == {}


def test_a_program_that_vanishes_is_tried_again(tmp_path: Path) -> None:
    program, deaths = tmp_path / "program", list[Death]()
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o700)
    with Supervisor(
        [Spec("a", (str(program),), tmp_path / "log")], on_death=deaths.append, backoff=Backoff(first_s=0.01)
    ) as supervisor:
        program.rename(tmp_path / "away")
        os.kill(supervisor.pids["a"], signal.SIGKILL)
        watch_until(supervisor, lambda: len(deaths) >= 2)
        assert deaths[1].code is None
        (tmp_path / "away").rename(program)
        watch_until(supervisor, lambda: "a" in supervisor.pids)


def test_two_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unique"):
        Supervisor([worker("a", tmp_path), worker("a", tmp_path)], on_death=lambda _: None)


@given(deaths=st.integers(1, 10**9))
def test_a_wait_is_never_longer_than_the_most_and_never_shorter_than_the_first(deaths: int) -> None:
    policy = Backoff(first_s=0.5, most_s=30.0)
    assert 0.5 <= policy.delay_s(deaths) <= 30.0
    assert policy.delay_s(deaths) <= policy.delay_s(deaths + 1)
