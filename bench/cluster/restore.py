"""`python -m bench.cluster.restore [megabytes]`: how long a worker with join state needs until it works again.

The state is what the join holds of open interactions: a header and two members each (keys of the real form, values of
the real structs, texts of the made-up company), put on the changelog as a worker does. Then one worker is started on a
folder without state, killed, and started on the folder it left. A start ends when the first event of the raw topic that
was sent before it is committed as done by the join: the process, its models and its state are all there by then.

Last, two workers are started with a standby of each partition; once both hold all of the state one is killed, and the
other's processor time counts until it has done what was sent after that.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import msgspec
from rocksdict import AccessType, Options, Rdict

from bench import record
from redline import cluster
from redline.admin import watermarks
from redline.broker import EmbeddedBroker
from redline.company import Company
from redline.emit import emit_records
from redline.kafka_section import Kafka
from redline.keys import keys_of
from redline.lag import LagWatch
from redline.sections import ConsentSettings, Privacy, Worker
from redline.settings import Settings, as_env
from schemas import topics
from schemas.codec import decode
from schemas.errors import DecodeError
from schemas.records import Coordinate, Record
from schemas.rows import Interaction, Source, encode
from streams.consent import ConsentMode
from streams.delivery import Delivery, Out
from streams.join import SUGGESTION, _Header

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_CHUNK = 5_000
_PARTITIONS = 4
_START_US = 1_767_600_000_000_000
_OPEN_US = _START_US + 90 * 86_400_000_000  # none of it is due while this runs
_PROBES = 200
_MARK = b"__faust\0offset__"  # of Faust's RocksDB: the offset that it stands for
_LATEST_S = 900.0


def main() -> None:
    """Fill the changelog, start a worker twice, write the result."""
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            data=folder,
            kafka=Kafka(retention_hours=0, partitions=_PARTITIONS),
            worker=Worker(scrub_processes=1),
            consent=ConsentSettings(mode=ConsentMode.OPT_OUT),
            privacy=Privacy(accept_weaker="consent.mode"),
        )
        settings.state.mkdir(parents=True, mode=0o700)
        keys_of(settings)
        with EmbeddedBroker(settings.state / "kafka") as broker:
            kafka = msgspec.structs.replace(settings.kafka, bootstrap=broker.bootstrap)
            settings = msgspec.structs.replace(settings, kafka=kafka)
            cluster.prepare_topics(settings)
            began = time.monotonic()
            records = asyncio.run(_fill(settings, megabytes * 1_000_000))
            print(f"{records} records of state in {time.monotonic() - began:.1f} s")
            figures: dict[str, Any] = {"megabytes": megabytes, "changelog_records": records, "partitions": _PARTITIONS}
            watch = LagWatch(
                broker.bootstrap, settings.data_dir, group=topics.APP_ID, partitions=_PARTITIONS, config={}
            )
            for number, what in enumerate(("without_state", "killed")):
                figures[what] = _start(settings, watch, number)
                print(what, figures[what])
            figures["standby"] = _take_over(settings, watch)
            print("standby", figures["standby"])
            watch.close()
    record.write("restore", figures)


async def _fill(settings: Settings, size: int) -> int:
    delivery = Delivery(settings.kafka.bootstrap, settings.kafka.client)
    changelog = next(topic.name for topic in topics.CHANGELOGS if "-join-" in topic.name)
    sent = count = 0
    state = _state()
    while sent < size:
        outs = [
            Out(changelog, key, value, partition=key[-1] % _PARTITIONS)
            for key, value in itertools.islice(state, _CHUNK)
        ]
        await delivery.send(outs)
        sent += sum(len(out.key or b"") + len(out.value or b"") for out in outs)
        count += len(outs)
    delivery.close()
    return count


def _state() -> Iterator[tuple[bytes, bytes]]:
    """Open interactions without end: what `streams.keyed_stage` keeps of each."""
    random = Random(1)  # noqa: S311 - the same state every time
    events = list(_events())
    header = msgspec.msgpack.encode(_Header(first_us=_OPEN_US, suggested_us=_OPEN_US))
    for number in itertools.count():
        key = f"{random.getrandbits(128):032x}".encode()
        yield b"h" + key, header
        for which in range(2):
            row = events[(2 * number + which) % len(events)]
            member = f"{random.getrandbits(128):032x}"
            row = msgspec.structs.replace(row, record_id=member, interaction_key=key.decode())
            yield b"m" + key + member.encode(), encode(row)


def _events() -> Iterator[Interaction]:
    for number, out in enumerate(Company(5, 2_000, _START_US)):
        place = Coordinate(topics.EVENTS, 0, number)
        try:
            event = decode(Record(place, out.key, out.value, out.headers))
        except DecodeError:
            continue
        yield Interaction(
            record_id="",
            scrub_version="bench",
            sources=[Source(topics.EVENTS, 0, number)],
            event_date="2026-01-05",
            event_type=SUGGESTION,
            event_time=_OPEN_US,
            surface="ide",
            tool="bench/1",
            session_key=f"{number:032x}",
            data=msgspec.json.encode(event.data).decode(),
            key_epoch=1,
            consent_version="",
        )


def _start(settings: Settings, watch: LagWatch, number: int) -> dict[str, float]:
    """Start a worker with events waiting for it; seconds until it has done one of each kind of work."""
    before = watch.progress()
    emit_records(
        Company(100 + number, _PROBES, _START_US + 10**12), bootstrap=settings.kafka.bootstrap, topic=topics.EVENTS
    )
    log = settings.data_dir / f"worker-{number}.log"
    began = time.monotonic()
    found: dict[str, float] = {}
    worker = _worker(settings, "worker-1", log)
    try:
        while "joined_s" not in found:
            if time.monotonic() - began > _LATEST_S or worker.poll() is not None:
                raise RuntimeError(f"the worker did not get to work: {log.read_text('utf-8')[-2000:]}")
            time.sleep(0.1)
            now = watch.progress()
            for what, topic in (("scrubbed_s", topics.EVENTS), ("joined_s", topics.CLEAN)):
                if what not in found and now.done(topic) > before.done(topic):
                    found[what] = round(time.monotonic() - began, 1)
        found["load"] = round(os.getloadavg()[0], 1)
        found["worker_cpu_s"] = round(_cpu_s(worker.pid), 1)
        found["rss_mb"] = round(int(Path(f"/proc/{worker.pid}/statm").read_text("utf-8").split()[1]) * 4096 / 1e6)
    finally:
        worker.kill()
        worker.wait(120.0)
    return found


def _take_over(settings: Settings, watch: LagWatch) -> dict[str, float]:
    settings = msgspec.structs.replace(settings, worker=msgspec.structs.replace(settings.worker, standbys=1))
    names = ("worker-1", "worker-2")
    workers = [_worker(settings, name, settings.data_dir / f"{name}.log") for name in names]
    try:
        _until(lambda: all(_holds_all(settings, name) for name in names), workers)
        workers[0].kill()
        began, cpu_s = time.monotonic(), _cpu_s(workers[1].pid)
        emit_records(
            Company(200, _PROBES, _START_US + 2 * 10**12), bootstrap=settings.kafka.bootstrap, topic=topics.EVENTS
        )
        _until(
            lambda: not any(watch.progress().stage_lag(topic) for topic in (topics.EVENTS, topics.CLEAN)), workers[1:]
        )
        return {
            "taken_over_s": round(time.monotonic() - began, 1),
            "load": round(os.getloadavg()[0], 1),
            "worker_cpu_s": round(_cpu_s(workers[1].pid) - cpu_s, 1),
        }
    finally:
        for worker in workers:
            worker.kill()
            worker.wait(120.0)


def _holds_all(settings: Settings, name: str) -> bool:
    """True once the folder of a worker, which may be at work, holds the join's changelog to its end."""
    changelog = topics.changelog("join")
    for place, (_, end) in watermarks(settings.kafka.bootstrap, changelog).items():
        folder = next((settings.state / "rocksdb" / name).rglob(f"join-{place.index}.db"), None)
        if folder is None:
            return False
        db = Rdict(str(folder), Options(raw_mode=True), access_type=AccessType.read_only())
        held = int(db.get(_MARK) or b"-1")
        db.close()
        if held < end - 1:
            return False
    return True


def _until(ask: Callable[[], bool], workers: Sequence[subprocess.Popen[bytes]]) -> None:
    end = time.monotonic() + _LATEST_S
    while not ask():
        if time.monotonic() > end or any(worker.poll() is not None for worker in workers):
            raise RuntimeError("workers did not get there; their logs are in the data folder")
        time.sleep(0.5)


def _worker(settings: Settings, name: str, log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "redline", "worker", "--name", name],
            env={**os.environ, **as_env(settings)},
            stdout=out,
            stderr=out,
        )


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
