"""The worker without its scrubber: events per CPU second of the whole process, and CPU of each stage.

`python -m bench.worker [events] [passes]`. A real broker and real state. Everything but the finding of personal data
is done: the scrub stage is given what the scrubber would have answered if there were nothing to find. CPU seconds are
those of the worker's process from the first record it handles to the last, those of a stage what its code takes of the
event loop's thread; the difference is reading, waiting for the broker and housekeeping. `pass` is one stage that sends
on what it reads (470 bytes): the runtime alone.
"""

from __future__ import annotations

import json
import pickle
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from confluent_kafka import Message, Producer

from bench import record
from redline import cluster, drain
from redline.company import Company
from redline.lag import LagWatch
from redline.settings import load
from redline.worker import keyed_stages
from schemas import topics
from schemas.codec import decode
from schemas.errors import DecodeError
from schemas.records import Coordinate, Record
from streams.agents import run_worker
from streams.connection import Connection
from streams.consent import ConsentBook, ConsentMode
from streams.dedupe_stage import DedupeStage
from streams.delivery import Delivery, Out
from streams.epochs import KeyRing, Keys
from streams.marks import Hashes
from streams.owners import Owners
from streams.runtime import RuntimePolicy
from streams.scrub import Job, Scrubbed, scrub
from streams.scrub_stage import ScrubStage

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator, Sequence

    from redline.settings import Settings
    from schemas.records import Outgoing
    from streams.outputs import Committer
    from streams.runtime import Stage

_KEYS = Keys(identity=b"i" * 32, surrogate=b"s" * 32, epoch=1)
_START_US = 1_767_600_000_000_000
_PASSED = 100_000
_VALUE = b'{"x":"' + b"v" * 460 + b'"}'
T = TypeVar("T")


class _Metered:
    """Adds up what a coroutine takes of its thread's CPU."""

    def __init__(self, inner: Coroutine[Any, Any, T], add: Any) -> None:
        self._inner = inner
        self._add = add

    def __await__(self) -> Generator[Any, Any, T]:
        send: Any = None
        while True:
            began = time.thread_time()
            try:
                waits_for = self._inner.send(send)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            finally:
                self._add(time.thread_time() - began)
            send = yield waits_for


class _Measured:
    """A stage that knows what it cost."""

    begun: float | None = None
    ended = 0.0
    rss = 0.0

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.name, self.topic, self.table = stage.name, stage.topic, stage.table
        self.cpu = 0.0
        self.records = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stage, name)

    async def handle(self, records: Sequence[Record], commit: Committer) -> None:
        if _Measured.begun is None:
            _Measured.begun = time.process_time()
        await _Metered(self.stage.handle(records, commit), self._add)  # type: ignore[arg-type]  # it is a coroutine
        self.records += len(records)
        _Measured.ended = time.process_time()

    def _add(self, seconds: float) -> None:
        self.cpu += seconds


class _Pass:
    """Sends on what it reads."""

    name = "pass"
    topic = topics.EVENTS
    table: str | None = None

    async def handle(self, records: Sequence[Record], commit: Committer) -> None:
        await commit.write([Out(topics.SCRUBBED, one.key, one.value) for one in records])


def _stages(settings: Settings, answers: dict[tuple[int, int], Scrubbed]) -> list[Stage]:
    """The composition of `redline.worker`, with answers in place of the scrubber."""
    book, ring = ConsentBook(ConsentMode.OPT_OUT), KeyRing.of(_KEYS)
    hashes, owners = Hashes(_KEYS.identity), Owners(book, lambda: ring)

    async def answered(jobs: Sequence[Job]) -> list[Any]:
        return [answers[job.coordinate.partition, job.coordinate.offset] for job in jobs]

    keyed = keyed_stages(settings, hashes, owners)
    return [ScrubStage(decode, book, lambda: ring, answered, lambda _event: None), DedupeStage(), *keyed]


def child(kind: str, folder: Path, bootstrap: str) -> None:
    """One worker, until SIGTERM; writes what it cost into the folder."""
    settings = load(None, {}, {"data": str(folder / "data")})
    if kind == "pass":
        stages = [_Measured(_Pass())]
    else:
        with (folder / "answers").open("rb") as file:
            stages = [_Measured(one) for one in _stages(settings, pickle.load(file))]  # noqa: S301 - our own file
    state = folder / "rocksdb"
    state.mkdir(exist_ok=True)

    async def nothing() -> None:
        return

    run_worker(
        stages,
        connection=Connection(bootstrap),
        app_id=topics.APP_ID,
        datadir=state,
        partitions=settings.kafka.partitions,
        delivery=Delivery(bootstrap, {}),
        state_delivery=Delivery(bootstrap, {}),
        policy=RuntimePolicy(),
        live_ticks=False,
        opening=nothing,
        closing=nothing,
    )
    figures = {
        "cpu_s": _Measured.ended - (_Measured.begun or 0.0),
        "rss_mb": record.rss_mb(),
        "stages": {one.name: {"records": one.records, "cpu_s": one.cpu} for one in stages},
    }
    (folder / "figures.json").write_text(json.dumps(figures), "utf-8")


def _filled(bootstrap: str, kind: str, events: int) -> dict[tuple[int, int], Scrubbed]:
    """The topic of events, and what the scrubber says of each one."""
    answers: dict[tuple[int, int], Scrubbed] = {}
    producer = Producer({"bootstrap.servers": bootstrap, "message.max.bytes": 16_000_000})
    if kind == "pass":
        for number in range(events):
            producer.produce(topics.EVENTS, _VALUE, b"%d" % number)
            producer.poll(0)
        producer.flush()
        return answers

    sent: list[tuple[Outgoing, Message]] = []
    for one in Company(3, events, _START_US):
        placed = partial(_placed, sent, one)
        producer.produce(topics.EVENTS, one.value, one.key, headers=list(one.headers), on_delivery=placed)
        producer.poll(0)
    producer.flush()
    for one, message in sent:
        place = (message.partition() or 0, message.offset() or 0)
        raw = Record(Coordinate(topics.EVENTS, *place), one.key, one.value, one.headers, message.timestamp()[1])
        try:
            job = Job(decode(raw), raw.coordinate, "bench", raw.timestamp_ms)
        except DecodeError:
            continue
        answers[place] = scrub(job, lambda texts, *_: [[] for _ in texts], _KEYS)
    return answers


def _placed(sent: list[tuple[Outgoing, Message]], one: Outgoing, _error: object, message: Message) -> None:
    sent.append((one, message))


def once(kind: str, events: int, *, profile: str = "") -> dict[str, Any]:
    """One run on a broker of its own."""
    with tempfile.TemporaryDirectory(prefix="redline-bench-") as name:
        folder = Path(name)
        settings = load(None, {}, {"data": str(folder / "data")})
        settings.state.mkdir(parents=True)
        with cluster.broker(settings, say=lambda _: None) as live:
            cluster.prepare_topics(live)
            bootstrap = live.kafka.bootstrap
            with (folder / "answers").open("wb") as file:
                pickle.dump(_filled(bootstrap, kind, events), file)
            profiled = ["-m", "cProfile", "-o", profile] if profile else []
            worker = subprocess.Popen(
                [sys.executable, *profiled, "-m", "bench.worker", "child", kind, str(folder), bootstrap]
            )
            began = time.monotonic()
            try:
                _drain(live, kind, worker)
                seconds = time.monotonic() - began
            finally:
                worker.send_signal(signal.SIGTERM)
                worker.wait(60)
        figures: dict[str, Any] = json.loads((folder / "figures.json").read_text("utf-8"))
        figures["seconds_with_start"] = seconds
    return figures


def _drain(live: Settings, kind: str, worker: subprocess.Popen[bytes]) -> None:
    lags = LagWatch(
        live.kafka.bootstrap, live.data_dir, group=topics.APP_ID, partitions=live.kafka.partitions, config={}
    )

    def step() -> None:
        if (code := worker.poll()) is not None:
            raise SystemExit(f"the worker ended with code {code}")

    if kind == "pass":
        drain.wait(live, lags, step=step, show=lambda _: None, tables=(), stages=(topics.EVENTS,))
    else:
        for read in drain.FLUSHED:
            drain.wait(live, lags, step=step, show=lambda _: None, tables=())
            drain.flush(live, read)
        drain.wait(live, lags, step=step, show=lambda _: None, tables=())
    lags.close()


def main(events: int, passes: int) -> None:
    """Measure and write the result."""
    runs = [once("pipeline", events) for _ in range(passes)]
    passed = [once("pass", _PASSED) for _ in range(passes)]
    cpu = statistics.median(run["cpu_s"] for run in runs)
    middle = next(run for run in runs if run["cpu_s"] == cpu) if passes % 2 else runs[0]
    stages = middle["stages"]
    runtime_s = cpu - sum(one["cpu_s"] for one in stages.values())
    handled = sum(one["records"] for one in stages.values())
    record.write(
        "worker",
        {
            "events": events,
            "events_per_cpu_s": round(events / cpu),
            "records_per_cpu_s": round(handled / cpu),
            "pass_records_per_cpu_s": round(_PASSED / statistics.median(run["cpu_s"] for run in passed)),
            "records": {name: one["records"] for name, one in stages.items()},
            "stage_us_per_record": {
                name: round(one["cpu_s"] / max(one["records"], 1) * 1e6, 1) for name, one in stages.items()
            },
            "runtime_us_per_record": round(runtime_s / handled * 1e6, 1),
            "rss_mb": round(middle["rss_mb"]),
        },
    )


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if arguments[:1] == ["child"]:
        child(arguments[1], Path(arguments[2]), arguments[3])
    elif arguments[:1] == ["once"]:
        print(json.dumps(once(arguments[1], int(arguments[2]), profile=(arguments[3:] or [""])[0]), indent=1))
    else:
        main(int(arguments[0]) if arguments else 12_000, int(arguments[1]) if len(arguments) > 1 else 3)
