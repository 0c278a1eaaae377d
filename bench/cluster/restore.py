"""`python -m bench.cluster.restore [megabytes]`: how long a worker with join state needs until it works again.

The state is what the join holds of open interactions: a header and two members each (keys of the real form, values of
the real structs, texts of the made-up company), put on the changelog as a worker does. Then one worker is started on a
folder without state, killed, and started on the folder it left. A start ends when the first event of the raw topic that
was sent before it is committed as done by the join: the process, its models and its state are all there by then.
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

from bench import record
from redline import cluster
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
    from collections.abc import Iterator

_CHUNK = 5_000
_PARTITIONS = 4
_START_US = 1_767_600_000_000_000
_OPEN_US = _START_US + 90 * 86_400_000_000  # none of it is due while this runs
_PROBES = 200
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
    with log.open("wb") as out:
        worker = subprocess.Popen(
            [sys.executable, "-m", "redline", "worker", "--name", "worker-1"],
            env={**os.environ, **as_env(settings)},
            stdout=out,
            stderr=out,
        )
    try:
        while "joined_s" not in found:
            if time.monotonic() - began > _LATEST_S or worker.poll() is not None:
                raise RuntimeError(f"the worker did not get to work: {log.read_text('utf-8')[-2000:]}")
            time.sleep(0.1)
            now = watch.progress()
            for what, topic in (("scrubbed_s", topics.EVENTS), ("joined_s", topics.CLEAN)):
                if what not in found and now.done(topic) > before.done(topic):
                    found[what] = round(time.monotonic() - began, 1)
        cpu = Path(f"/proc/{worker.pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()
        ticks = os.sysconf("SC_CLK_TCK")
        found["load"] = round(os.getloadavg()[0], 1)
        found["worker_cpu_s"] = round((int(cpu[11]) + int(cpu[12])) / ticks, 1)
        found["rss_mb"] = round(int(Path(f"/proc/{worker.pid}/statm").read_text("utf-8").split()[1]) * 4096 / 1e6)
    finally:
        worker.kill()
        worker.wait(120.0)
    return found


if __name__ == "__main__":
    main()
