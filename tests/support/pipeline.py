"""The whole pipeline as processes on a broker of its own, to be disturbed on purpose, and its tables to be compared.

Broker, workers and sinks run as `redline run` starts them. Nothing here sleeps on its own account: `run` looks at the
pipeline twice a second, disturbs it when enough was emitted, and drains it by `redline.drain`.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import signal
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, Self

import msgspec
import psutil  # type: ignore[import-untyped]  # ships no types
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

from redline import cluster, drain
from redline.broker import EmbeddedBroker
from redline.emit import emit_records
from redline.fleet import specs
from redline.kafka_section import Kafka
from redline.lag import LagWatch, Progress
from redline.ledger_reader import balance
from redline.sections import ConsentSettings, Privacy, Scrub, Sink, Sources, Worker
from redline.settings import Settings
from redline.supervisor import Backoff, Death, Spec, Supervisor
from schemas import topics
from schemas.codec import DEFAULT_LIMITS, decode
from schemas.errors import DecodeError
from schemas.records import Coordinate, Outgoing, Record
from sinks import halts
from streams.consent import ConsentMode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from quality.ledger import Balance

LOOK_S = 0.5
SESSION_S = 6.0  # Kafka's least: a killed worker's partitions move on after it
_STUCK_S = 120.0
_TRICKLE_S = 0.5
SHORT_SESSION = {"session.timeout.ms": f"{SESSION_S * 1000:.0f}"}
_QUICK = Backoff(first_s=0.2, most_s=2.0, healthy_s=5.0)


@dataclass(frozen=True, slots=True)
class Act:
    """One disturbance, due once `after` records were emitted."""

    after: int
    what: str
    do: Callable[[], None]


@dataclass(slots=True)
class Story:
    """What happened in a run; shown when it ends otherwise than it should."""

    lines: list[str] = field(default_factory=list)
    deaths: Counter[str] = field(default_factory=Counter)
    began: float = field(default_factory=time.monotonic)

    def tell(self, line: str) -> None:
        self.lines.append(f"{time.monotonic() - self.began:6.1f} s  {line}")
        sys.stderr.write(self.lines[-1] + "\n")


class Broker(Protocol):
    """What is needed of one: an embedded broker, or a cluster."""

    @property
    def bootstrap(self) -> str: ...

    def start(self) -> str: ...

    def stop(self) -> None: ...


class Pipeline:
    """A broker, and workers and sinks that a supervisor starts again. Made for one data folder, used as a context."""

    def __init__(
        self,
        data: Path,
        *,
        workers: int = 1,
        sinks: int = 1,
        ticks: bool = False,
        keys: Path | None = None,
        sources: Sources | None = None,
        broker: Broker | None = None,
        kafka: Kafka | None = None,
        inside: Mapping[str, tuple[str, ...]] | None = None,
        standbys: int = 0,
    ) -> None:
        """`keys`: the key file of another run, so that equal events give equal rows. `sources`: topics of others.

        `broker`: in place of one of its own, with `kafka`: how it is reached. `inside`: what to put before the command
        of a worker or sink, by name. `standbys`: copies of each partition's state.
        """
        self.story = Story()
        self._inside = dict(inside or {})
        self._settings = Settings(
            data=str(data),
            kafka=kafka or Kafka(retention_hours=0, config=dict(SHORT_SESSION)),
            worker=Worker(
                count=workers,
                scrub_processes=1,
                batch=100,
                session_timeout_s=SESSION_S,
                stuck_s=40.0,
                ticks=ticks,
                standbys=standbys,
            ),
            scrub=Scrub(timeout_s=30.0),  # a busy machine must not look like poison
            consent=ConsentSettings(mode=ConsentMode.OPT_OUT),
            # Days of exchanges are counted at the end of input, not by ticks: which partition is ahead is chance.
            privacy=Privacy(accept_weaker="consent.mode", close_hours=1000.0),
            sink=Sink(count=sinks, age_s=0.5),
            sources=sources or Sources(),
        )
        self._settings.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        if keys is not None:
            shutil.copy(keys, self._settings.state / "keys.json")
        self._broker = broker or EmbeddedBroker(self._settings.state / "kafka")
        self._ticks = ticks
        self._fleets: dict[str, Supervisor] = {}
        self._steps: dict[str, Iterator[int]] = {}
        self._envs: dict[str, dict[str, str]] = {}
        self._emitted = 0

    @property
    def settings(self) -> Settings:
        kafka = msgspec.structs.replace(self._settings.kafka, bootstrap=self._broker.bootstrap)
        return msgspec.structs.replace(self._settings, kafka=kafka)

    def __enter__(self) -> Self:
        self._broker.start()
        try:
            cluster.prepare_topics(self.settings)
            for spec in specs(self.settings, live=self._ticks):
                self._add(spec)
        except BaseException:
            self._end()
            raise
        self.story.tell(f"up: {', '.join(self._fleets)}")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end()

    def _end(self) -> None:
        try:
            for fleet in list(self._fleets.values()):
                fleet.stop()
        finally:
            self._broker.stop()

    def _add(self, spec: Spec) -> None:
        env = dict(spec.env or {})
        self._envs[spec.name] = env
        argv = (*self._inside.get(spec.name, ()), *spec.argv)
        fleet = Supervisor([dataclasses.replace(spec, argv=argv, env=env)], on_death=self._on_death, backoff=_QUICK)
        fleet.start()
        self._fleets[spec.name] = fleet

    def _on_death(self, death: Death) -> None:
        self.story.deaths[death.name] += 1
        self.story.tell(f"{death.name} ended with {death.code}")
        if death.name in self._steps:
            self._next_step(death.name)

    def _next_step(self, name: str) -> None:
        """The next start of a sink dies after the next step; after the last step it lives."""
        step = next(self._steps[name], None)
        self._envs[name]["REDLINE_CRASH_AT_STEP"] = "" if step is None else str(step)

    # Disturbances.

    def pid(self, name: str) -> int | None:
        """Its process id, or None while it is down or has left."""
        fleet = self._fleets.get(name)
        return None if fleet is None else fleet.pids.get(name)

    def signal(self, name: str, number: int) -> None:
        """Signal a process, if it runs."""
        pid = self.pid(name)
        if pid is not None:
            os.kill(pid, number)

    def signal_all(self, number: int) -> None:
        """The first worker and the first sink at once."""
        for name in ("worker-1", "sink-1"):
            self.signal(name, number)

    def kill(self, name: str) -> None:
        self.signal(name, signal.SIGKILL)

    def kill_scrubber(self, worker: str) -> None:
        pid = self.pid(worker)
        children = psutil.Process(pid).children() if pid is not None else []
        for child in children:
            if any("streams.privacy.worker" in word for word in child.cmdline()):
                self.story.tell("a scrubber of it is killed")
                child.kill()

    def kill_broker(self) -> None:
        assert isinstance(self._broker, EmbeddedBroker), "a cluster is broken by its own means"
        address, pid = self._broker.bootstrap, self._broker.pid
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
        while self._broker.poll() is None:
            time.sleep(0.02)
        self._broker.start()
        if self._broker.bootstrap != address:
            raise RuntimeError("the broker's port was taken by someone else meanwhile; run the test again")

    def add(self, part: str, number: int) -> None:
        """One more worker or sink, unless it is there."""
        if f"{part}-{number}" in self._fleets:
            return
        counts = {part: msgspec.structs.replace(getattr(self.settings, part), count=number)}
        wanted = specs(msgspec.structs.replace(self.settings, **counts), live=self._ticks)
        self._add(next(spec for spec in wanted if spec.name == f"{part}-{number}"))

    def add_second(self) -> None:
        self.add("worker", 2)
        self.add("sink", 2)

    def remove_second(self) -> None:
        self.remove("worker-2")
        self.remove("sink-2")

    def remove(self, name: str) -> None:
        """Stop one as an operator would; one that has been stopped in another sense is killed after its grace."""
        if name in self._fleets:
            self._fleets.pop(name).stop()

    def restore(self, name: str) -> None:
        """Make sure that it is there and awake."""
        self.signal(name, signal.SIGCONT)
        part, _, number = name.partition("-")
        self.add(part, int(number))

    def die_at_steps(self, sink: str, steps: Iterable[int]) -> None:
        """Kill this sink; each of its next lives ends after one of these steps of a commit, the last goes on."""
        self._steps[sink] = iter(steps)
        self.kill(sink)

    def died_at(self) -> list[int]:
        return sorted(int(mark.name.partition("-")[2]) for mark in self._settings.state.glob("crashed-*"))

    # One run.

    def step(self) -> None:
        for fleet in list(self._fleets.values()):
            fleet.watch(0.0)

    def run(
        self,
        records: Sequence[Outgoing],
        *,
        rate: float,
        acts: Iterable[Act] = (),
        until: Callable[[], bool] = lambda: True,
    ) -> None:
        """Emit at `rate` records per second, disturb, and drain until everything is in a table.

        The last tenth trickles while `until` does not hold: what needs flow to happen gets it on a slow machine too.
        """
        waiting = sorted(acts, key=lambda act: act.after)
        if waiting and waiting[-1].after > len(records):
            raise ValueError("a disturbance would never be due")
        emitter = threading.Thread(target=self._emit, args=(records, rate, until), daemon=True)
        emitter.start()
        while emitter.is_alive() or waiting:
            self.step()
            if waiting and self._emitted >= waiting[0].after:
                act = waiting.pop(0)
                self.story.tell(f"{self._emitted} emitted: {act.what}")
                act.do()
            emitter.join(LOOK_S)
            if not emitter.is_alive() and self._emitted != len(records):
                raise RuntimeError("the emitter did not get everything confirmed")
        self.story.tell("everything is emitted")
        self.drain()

    def _emit(self, records: Sequence[Outgoing], rate: float, until: Callable[[], bool]) -> None:
        began = time.monotonic()
        tail = len(records) - len(records) // 10

        def paced() -> Iterator[Outgoing]:
            for number, record in enumerate(records):
                if number >= tail and not until():
                    time.sleep(_TRICKLE_S)
                elif (early := began + number / rate - time.monotonic()) > 0:
                    time.sleep(early)
                self._emitted = min(number, len(records) - 1)  # the last counts once it is confirmed
                yield record

        kafka = self.settings.kafka
        result = emit_records(paced(), bootstrap=kafka.bootstrap, topic=topics.EVENTS, kafka_config=kafka.client)
        self._emitted = result.records

    def drain(self) -> None:
        settings = self.settings
        watch = LagWatch(
            settings.kafka.bootstrap,
            settings.data_dir,
            group=topics.APP_ID,
            partitions=settings.kafka.partitions,
            config=settings.kafka.client,
        )
        try:
            for _ in range(2):
                done = drain.wait(settings, watch, step=self.step, show=self._show, stuck_s=_STUCK_S)
                if not done.complete:
                    raise RuntimeError(f"halted: {halts.halted(settings.data_dir)}")
                self.story.tell("drained")
                for read in drain.FLUSHED:
                    drain.wait(settings, watch, step=self.step, show=self._show, stuck_s=_STUCK_S, tables=())
                    drain.flush(settings, read)
            drain.wait(settings, watch, step=self.step, show=self._show, stuck_s=_STUCK_S)
        finally:
            watch.close()

    def _show(self, progress: Progress) -> None:
        self.last_progress = progress

    def balance(self) -> Balance:
        return balance(self.settings)

    def origins(self) -> dict[Coordinate, str]:
        """What each raw record is: `source id` where it can be read, else its place. Copies are the same."""
        kafka = self.settings.kafka
        return dict(_origins(kafka.bootstrap, kafka.client, kafka.partitions))


def _origins(bootstrap: str, client: Mapping[str, Any], partitions: int) -> Iterator[tuple[Coordinate, str]]:
    consumer = Consumer(
        {
            **client,
            "bootstrap.servers": bootstrap,
            "group.id": "origins",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
    )
    consumer.assign([TopicPartition(topics.EVENTS, i, OFFSET_BEGINNING) for i in range(partitions)])
    ended = 0
    while ended < partitions:
        message = consumer.poll(10.0)
        if message is None:
            raise RuntimeError("the broker went silent")
        if message.error() is not None:
            if message.error().code() != KafkaError._PARTITION_EOF:
                raise RuntimeError(message.error().name())
            ended += 1
            continue
        place = Coordinate(message.topic(), message.partition(), message.offset())
        headers = tuple(message.headers() or ())
        try:
            event = decode(Record(place, None, message.value(), headers, message.timestamp()[1]), DEFAULT_LIMITS)
        except DecodeError:
            yield place, f"{place.partition}/{place.offset}"
        else:
            yield place, f"{event.source} {event.id}"
    consumer.close()


def addressed(records: Iterable[Outgoing]) -> list[Outgoing]:
    """The records, each with a key: equal runs then put each record at the same place."""
    return [
        record if record.key else dataclasses.replace(record, key=f"record-{number}".encode())
        for number, record in enumerate(records)
    ]
