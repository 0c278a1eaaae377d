"""`redline up` over a folder of its own with simulated people at work, watched: lag, CPU, memory, handles, files.

Shared by `bench.ai_week` and `bench.soak`. Everything runs in processes of its own, so that looking costs them nothing
but the machine's time.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import psutil  # type: ignore[import-untyped]  # ships no types

from bench import record
from redline.lag import STAGES, LagWatch
from redline.ledger_reader import balance
from redline.settings import Settings, load
from redline.simulate.run import agree
from redline.up import attached
from schemas import topics
from schemas.errors import BrokerError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from redline.lag import Progress

_START_S = 600.0
_END_S = 120.0
_TICKS = 200  # a Redline at rest still has these records on their way
_QUIET_S = 10.0
_ASKED = 4  # each time up to 30 s
_TABLES = tuple(topic.name for topic in topics.TOPICS if topic.table)


@dataclass(frozen=True, slots=True)
class Lag:
    """Records waiting: in front of scrubbing, of all stages, of all tables; and how many raw ones there ever were."""

    at: float
    raw: int
    stages: int
    tables: int
    sent: int

    @property
    def all(self) -> int:
        """Of every stage and table."""
        return self.stages + self.tables


@dataclass(slots=True)
class Use:
    """What the processes of one kind use now: CPU seconds so far, bytes resident, open files, threads, how many."""

    cpu_s: float = 0.0
    rss: int = 0
    handles: int = 0
    threads: int = 0
    processes: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at all processes."""

    at: float
    by_kind: dict[str, Use] = field(default_factory=dict)


class Live:
    """A running Redline. `lag` and `use` look once; `watched` keeps looking in a thread."""

    def __init__(self, settings: Settings, pid: int) -> None:
        self.settings = settings
        self.lags: list[Lag] = []
        self.samples: list[Sample] = []
        self._process = psutil.Process(pid)
        self._gone: dict[str, float] = defaultdict(float)
        self._last: dict[tuple[int, str], float] = {}
        self._asking = threading.Lock()
        self._watch = LagWatch(
            settings.kafka.bootstrap,
            settings.data_dir,
            group=topics.APP_ID,
            partitions=settings.kafka.partitions,
            config=settings.kafka.client,
        )

    def progress(self) -> Progress:
        """Where everything is. A broker that has no time to answer is asked again. Raises BrokerError."""
        for _ in range(_ASKED):
            with contextlib.suppress(BrokerError), self._asking:
                return self._watch.progress()
        with self._asking:
            return self._watch.progress()

    def lag(self) -> Lag:
        """Now. Raises BrokerError."""
        progress = self.progress()
        return Lag(
            time.monotonic(),
            progress.stage_lag(topics.EVENTS),
            sum(progress.stage_lag(name) for name in STAGES),
            sum(progress.sink_lag(name) for name in _TABLES),
            progress.end(topics.EVENTS),
        )

    def use(self) -> Sample:
        """Now. CPU of processes that have ended is kept."""
        sample = Sample(time.monotonic())
        now: dict[tuple[int, str], float] = {}
        for process in [self._process, *self._process.children(recursive=True)]:
            try:
                kind = kind_of(process.cmdline())
                times = process.cpu_times()
                rss, handles, threads = process.memory_info().rss, process.num_fds(), process.num_threads()
            except psutil.Error:
                continue
            now[process.pid, kind] = times.user + times.system
            use = sample.by_kind.setdefault(kind, Use())
            use.rss += rss
            use.handles += handles
            use.threads += threads
            use.processes += 1
        for (pid, kind), seconds in self._last.items():
            if (pid, kind) not in now:
                self._gone[kind] += seconds
        self._last = now
        for (_, kind), seconds in now.items():
            sample.by_kind[kind].cpu_s += seconds
        for kind, seconds in self._gone.items():
            sample.by_kind.setdefault(kind, Use()).cpu_s += seconds
        return sample

    @contextmanager
    def watched(self, every_s: float) -> Iterator[None]:
        """Look again and again, into `lags` and `samples`."""
        done = threading.Event()

        def look() -> None:
            while not done.wait(every_s):
                self.samples.append(self.use())
                with contextlib.suppress(BrokerError):
                    self.lags.append(self.lag())

        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def drained(self, at_most: int, limit_s: float) -> float | None:
        """Seconds until no more than so many records wait for a stage or a table; None if the time was not enough."""
        began = time.monotonic()
        while time.monotonic() - began < limit_s:
            if self.lag().all <= at_most:
                return time.monotonic() - began
            time.sleep(1)
        return None

    def ledger(self, limit_s: float) -> dict[str, Any]:
        """What the ledger says of everything that was sent, once all of it has come through."""
        self.drained(_TICKS, limit_s)
        time.sleep(_QUIET_S)
        answer = balance(self.settings)
        return {
            "balances": answer.balanced,
            **record.ledger(answer),
            "fates": {f"{fate.kind} {fate.detail}": count for fate, count in sorted(answer.fates.items())},
        }

    def disk(self) -> dict[str, dict[str, int]]:
        """Bytes in Kafka by topic, in tables, and in the state of stages."""
        data = self.settings.data_dir
        kafka: dict[str, int] = defaultdict(int)
        for file in (data / "state" / "kafka").rglob("*.log"):
            topic = file.parent.name.rpartition("-")[0]
            if topic.startswith(topics.APP_ID):
                kafka[topic] += file.stat().st_size
        tables = {folder.name: size_of(folder) for folder in (data / "dataset").iterdir() if folder.is_dir()}
        workers = {
            p.name: size_of(p) for p in (data / "state").iterdir() if p.is_dir() and p.name not in {"kafka", "logs"}
        }
        return {"kafka": dict(sorted(kafka.items())), "tables": tables, "state": workers}


@contextmanager
def up(folder: Path, people: int, settings: dict[str, str]) -> Iterator[Live]:
    """`redline up`, with the consent of so many people. `settings`: environment variables."""
    data = folder / "data"
    env = {**os.environ, "REDLINE_DATA": str(data), **settings}
    with (folder / "up.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "redline", "up"], env=env, stdout=log, stderr=log)
        try:
            live = Live(_attached(load(None, env, {}), process), process.pid)
            _ready(live)
            agree(live.settings, people)
            with Generator(live, people, "--rate", "20", "--seconds", "3") as first:
                first.process.wait()
            _warm(live)
            yield live
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(_END_S)


class Generator:
    """`redline simulate` as a process; a context that stops it. `sent` is its JSON once it has ended."""

    def __init__(self, live: Live, people: int, *options: str) -> None:
        command = [sys.executable, "-m", "redline", "simulate", "--people", str(people), "--json", *options]
        env = {**os.environ, "REDLINE_DATA": live.settings.data}
        self.process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.sent: dict[str, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        out, _nothing = self.process.communicate(timeout=_END_S)
        self.sent = json.loads(out or b"{}")


def kind_of(argv: list[str]) -> str:
    """What a process is, by its command line."""
    line = " ".join(argv)
    if "streams.privacy.worker" in line:
        return "scrubbers"
    if "guardian" in line:
        return "guardians"
    if "kafka.Kafka" in line:
        return "broker"
    for part in ("worker", "sink", "tend", "disclose", "quality", "gateway"):
        if f"redline {part}" in line:
            return part
    return "up"


def size_of(folder: Path) -> int:
    """Bytes of all files below."""
    total = 0
    for file in folder.rglob("*"):
        with contextlib.suppress(OSError):
            total += file.stat().st_size if file.is_file() else 0
    return total


def _attached(settings: Settings, process: subprocess.Popen[bytes]) -> Settings:
    deadline = time.monotonic() + _START_S
    while not (live := attached(settings)).kafka.bootstrap:
        if process.poll() is not None or time.monotonic() > deadline:
            raise BrokerError("`redline up` did not start")
        time.sleep(0.5)
    return live


def _warm(live: Live) -> None:
    """Wait until the first events have come through: engines load with them."""
    deadline = time.monotonic() + _START_S
    while (lag := live.lag()).raw or lag.all > _TICKS:
        if time.monotonic() > deadline:
            raise BrokerError(f"{lag.raw} records were not scrubbed within {_START_S:.0f} s")
        time.sleep(1)
    time.sleep(_QUIET_S)


def _ready(live: Live) -> None:
    """Wait until topics are there."""
    deadline = time.monotonic() + _START_S
    while True:
        try:
            live.lag()
        except BrokerError:
            if time.monotonic() > deadline:
                raise
            time.sleep(1)
        else:
            return
