"""The sink against a plain loop over the same topics of a real broker: rows per second, and per CPU second.

`python -m bench.sink [rows]`. The plain loop is what somebody writes in an afternoon: confluent-kafka reads, msgspec
decodes, Polars makes a frame of the table's columns and writes one Parquet file (zstd), then the offsets are committed.
It promises nothing: a kill doubles or loses rows, nothing is checked, sealed, forced to the disk or split by day.

Both take batches of 50,000 rows, each in a process of its own, one after the other, several times. Time runs from the
first record to the last commit, and CPU is that of the whole process after its imports, Kafka's threads among it. Texts
come again every 20,900 events, which helps both.
"""

from __future__ import annotations

import json
import pickle
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl
import pyarrow as pa
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from bench import record
from bench.gate import payloads, renamed
from quality.gate import Gate
from redline.broker import EmbeddedBroker
from schemas import rows
from schemas.records import Coordinate
from schemas.tables import TABLES
from sinks import loop as sink_loop
from sinks.batch import BatchPolicy
from sinks.decisions import Decisions
from sinks.loop import SinkLoop
from sinks.payloads import table_of
from sinks.release import Release
from sinks.seal import Seal
from sinks.source import Source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schemas.verdict import Verdict

_BATCH = 50_000
_ROUNDS = 3
_PARTITIONS = 4
_FIRST = "first.pickle"  # rows for the gates' first batches, which are audited: one in 256 is, bench.gate has its cost
_MIXES = {"interactions": ("interactions",), "interactions and pairs": ("interactions", "pairs")}
_FEWER = {"pairs": 4}  # the demo makes a pair of four events


def main(count: int, made: Path | None) -> None:
    """Measure and write the result. `made`: payloads of an earlier run, to be used or written."""
    found = _payloads(made)
    figures: dict[str, Any] = {"rows_in_batch": _BATCH, "rounds": _ROUNDS}
    with (
        tempfile.TemporaryDirectory(prefix="redline-bench-") as folder,
        EmbeddedBroker(Path(folder, "broker")) as broker,
    ):
        counts = {
            table: max(count // _FEWER.get(table, 1) // _BATCH, 1) * _BATCH for table in ("interactions", "pairs")
        }
        Path(folder, _FIRST).write_bytes(pickle.dumps({table: one[:200] for table, one in found.items()}))
        for table, number in counts.items():
            _produce(broker.bootstrap, table, found[table], number)
        for name, tables in _MIXES.items():
            wanted = {table: counts[table] for table in tables}
            both: dict[str, list[dict[str, float]]] = {"plain": [], "sink": []}
            for number in range(_ROUNDS):
                for kind, results in both.items():
                    data = Path(folder, f"{kind}-{name}-{number}".replace(" ", "-"))
                    results.append(_child(kind, broker.bootstrap, wanted, data))
            figures[name] = _figures(sum(wanted.values()), both)
    record.write("sink", figures)


def _payloads(made: Path | None) -> dict[str, list[bytes]]:
    if made is not None and made.exists():
        return dict(pickle.loads(made.read_bytes()))  # noqa: S301 - our own of a moment ago
    found = payloads()
    if made is not None:
        made.write_bytes(pickle.dumps(found))
    return found


def _produce(bootstrap: str, table: str, found: Sequence[bytes], count: int) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for future in admin.create_topics([NewTopic(table, _PARTITIONS, 1)]).values():
        future.result()
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 50, "queue.buffering.max.messages": 1_000_000})
    maps = [rows.decode_map(payload) for payload in found]
    for number in range(count):
        # Spread like hashes: the order of ids is not that of arrival.
        row = renamed(maps[number % len(maps)], number, record_id=f"{number * 0x9E3779B97F4A7C15F39CC0605CEDC835:x}")
        producer.produce(table, row, partition=number // 500 % _PARTITIONS)
        producer.poll(0)
        if number % 10_000 == 0:
            producer.flush()
    producer.flush()


def _child(kind: str, bootstrap: str, wanted: Mapping[str, int], data: Path) -> dict[str, float]:
    argv = [sys.executable, "-m", "bench.sink", kind, bootstrap, json.dumps(wanted), str(data)]
    done = subprocess.run(argv, check=True, stdout=subprocess.PIPE)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _figures(count: int, both: Mapping[str, Sequence[Mapping[str, float]]]) -> dict[str, Any]:
    pairs = list(zip(both["plain"], both["sink"], strict=True))
    figures: dict[str, Any] = {"rows": count}
    for what in ("cpu_s", "wall_s"):
        for kind, results in both.items():
            figures[f"{kind}_rows_per_{what[:-2]}_s"] = round(count / statistics.median(one[what] for one in results))
        figures[f"ratio_by_{what[:-2]}"] = round(statistics.median(p[what] / s[what] for p, s in pairs), 3)
    figures["gate_share_of_cpu"] = round(statistics.median(s["gate_s"] / s["cpu_s"] for _, s in pairs), 4)
    return figures


class _Noted(Source):
    """A source that knows when its first records came."""

    first = 0.0

    def read(self, most: int, timeout_s: float) -> Any:
        """As a source does."""
        found = super().read(most, timeout_s)
        if found[0] and not _Noted.first:
            _Noted.first = time.perf_counter()
        return found


def _sink(bootstrap: str, wanted: Mapping[str, int], data: Path) -> dict[str, float]:
    gates = {table: Gate(TABLES[table]) for table in wanted}
    for table, first in pickle.loads((data.parent / _FIRST).read_bytes()).items():  # noqa: S301 - as above
        if table in gates:
            gates[table](table_of(first, [Coordinate(table, 0, place) for place in range(len(first))], TABLES[table]))
    seal, spent = Seal(bytes(32)), [0.0]

    def timed(gate: Gate, batch: pa.Table) -> Verdict:
        began = time.thread_time()
        verdict = gate(batch)
        spent[0] += time.thread_time() - began
        return verdict

    setattr(sink_loop, "Source", _Noted)  # noqa: B010 - it is not the loop's to give away
    loop = SinkLoop(
        bootstrap=bootstrap,
        data_dir=data,
        tables=[TABLES[table] for table in wanted],
        gate={table: partial(timed, gate) for table, gate in gates.items()},
        on_alert=lambda kind, table, _detail: sys.exit(f"{table}: {kind}"),
        policy=BatchPolicy(rows=_BATCH, bytes=1 << 30, age_s=1e9),
        group=f"sink-{data.name}",
        topics={table: table for table in wanted},
        seal=seal,
        release=Release(Decisions(data), seal),
    )
    cpu = time.process_time()
    loop.run(lambda: all(loop.counts[table]["rows"] >= count for table, count in wanted.items()))
    return {
        "cpu_s": time.process_time() - cpu,
        "wall_s": time.perf_counter() - _Noted.first,
        "gate_s": spent[0],
    }


def _plain(bootstrap: str, wanted: Mapping[str, int], data: Path) -> dict[str, float]:
    data.mkdir(parents=True)
    decode = msgspec.msgpack.Decoder().decode
    schemas = {table: _schema(table) for table in wanted}
    waiting: dict[str, list[Any]] = {table: [] for table in wanted}
    left = dict(wanted)
    cpu, first = time.process_time(), 0.0
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": f"plain-{data.name}",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    consumer.subscribe(list(wanted))
    while any(left.values()):
        for message in consumer.consume(10_000, 0.1):
            if message.error() is None:
                waiting[message.topic()].append(message)
                first = first or time.perf_counter()
        for table, messages in waiting.items():
            while len(messages) >= _BATCH:
                batch, messages[:] = messages[:_BATCH], messages[_BATCH:]
                frame = pl.DataFrame([decode(message.value()) for message in batch], schema=schemas[table])
                frame.write_parquet(data / f"{table}-{left[table]}.parquet", compression="zstd")
                ends = {message.partition(): message.offset() + 1 for message in batch}
                consumer.commit(offsets=[TopicPartition(table, *end) for end in ends.items()], asynchronous=False)
                left[table] -= len(batch)
    consumer.close()
    return {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - first}


def _schema(table: str) -> dict[str, Any]:
    """The table's columns for Polars; days and times as they are sent."""
    frame = pl.DataFrame(pa.Table.from_batches([], TABLES[table].schema))
    sent = {pl.Date: pl.String(), pl.Datetime: pl.Int64()}
    return {name: sent.get(type(kind), kind) for name, kind in frame.schema.items()}


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in {"plain", "sink"}:
        run = _plain if sys.argv[1] == "plain" else _sink
        print(json.dumps(run(sys.argv[2], json.loads(sys.argv[3]), Path(sys.argv[4]))))
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 200_000, Path(sys.argv[2]) if sys.argv[2:] else None)
