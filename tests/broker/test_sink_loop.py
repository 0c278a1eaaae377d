"""The sink loop on a real broker."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from support import rows as make
from support.command import wait as until
from support.told import told, working

from redline.alerting import of_sink
from redline.settings import Settings
from schemas.errors import OffsetGapError, RowError, SinkError
from schemas.records import Coordinate, Partition
from schemas.rows import encode
from schemas.tables import INTERACTIONS, PAIRS
from schemas.topics import TICK_FLUSH, TICK_HEADER
from schemas.verdict import Severity
from sinks import halts, reader
from sinks.batch import Batch, BatchPolicy, Range
from sinks.committer import Committer
from sinks.layout import Layout
from sinks.loop import SinkLoop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    import pyarrow as pa

    from schemas.verdict import Verdict

pytestmark = pytest.mark.broker
PARTITIONS = 4
QUICK = BatchPolicy(rows=200, age_s=0.2, idle_s=0.3)


class Kafka:
    """Topics of one test."""

    def __init__(self, bootstrap: str, unique: Callable[[str], str]) -> None:
        self.bootstrap = bootstrap
        self.group = unique("sink")
        self.topics = {"pairs": unique("pairs"), "interactions": unique("interactions")}
        self.admin = AdminClient({"bootstrap.servers": bootstrap})
        for future in self.admin.create_topics([NewTopic(t, PARTITIONS, 1) for t in self.topics.values()]).values():
            future.result()

    def send(self, table: str, rows: Iterable[Any], *, start: int = 0) -> None:
        """Rows round robin over the partitions; None is a tick."""
        producer = Producer({"bootstrap.servers": self.bootstrap, "linger.ms": 5})
        for number, row in enumerate(rows, start):
            if row is None:
                value, headers = b"0", [(TICK_HEADER, TICK_FLUSH)]
            else:
                value, headers = row if isinstance(row, bytes) else encode(row), []
            producer.produce(self.topics[table], value, partition=number % PARTITIONS, headers=headers)
            producer.poll(0)
        assert producer.flush(30) == 0

    def place(self, table: str, index: int) -> Partition:
        return Partition(self.topics[table], index)


@pytest.fixture
def kafka(bootstrap: str, unique: Callable[[str], str]) -> Kafka:
    return Kafka(bootstrap, unique)


class Running:
    """A loop in a thread of its own."""

    def __init__(self, kafka: Kafka, data: Path, **options: Any) -> None:
        self.alerts: list[tuple[str, str, Any]] = []
        self.error: BaseException | None = None
        self._stop = threading.Event()
        self.loop = SinkLoop(
            bootstrap=kafka.bootstrap,
            data_dir=data,
            tables=options.pop("tables", [PAIRS]),
            gate=options.pop("gate", lambda _table: make.passing),
            on_alert=lambda *alert: self.alerts.append(alert),
            policy=options.pop("policy", QUICK),
            group=kafka.group,
            topics=kafka.topics,
            kafka_config={"session.timeout.ms": "6000"},
            seal=make.SEAL,
            **options,
        )
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.loop.run(self._stop.is_set)
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            self.error = error

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(60)
        assert not self._thread.is_alive()

    def kinds(self) -> set[str]:
        return {kind for kind, _, _ in self.alerts}


@contextmanager
def running(kafka: Kafka, data: Path, **options: Any) -> Iterator[Running]:
    run = Running(kafka, data, **options)
    try:
        yield run
    finally:
        run.stop()


def done(data: Path, table: str = "pairs") -> int:
    return sum(reader.offsets(data, table).values())


def published(data: Path, table: str = "pairs") -> list[str]:
    by_log = sorted(reader.read(data, table, ["record_id"]).column(0).to_pylist())
    assert make.plain_ids(Layout(data).dataset(table)) == by_log
    return by_log


def test_rows_arrive_once_and_a_second_run_goes_on_from_the_table(kafka: Kafka, tmp_path: Path) -> None:
    kafka.send("pairs", [make.pair(i) for i in range(1000)])
    with running(kafka, tmp_path) as run:
        until(lambda: done(tmp_path) == 1000)
    assert run.error is None
    kafka.send("pairs", [make.pair(i) for i in range(500, 1500)])
    with running(kafka, tmp_path) as run:
        until(lambda: done(tmp_path) == 2000)
    assert published(tmp_path) == make.ids(range(1500))
    assert run.loop.counts["pairs"]["replays"] == 500
    assert run.loop.counts["pairs"]["rows"] == 500


def test_kafka_is_told_the_offsets_as_a_mirror(kafka: Kafka, tmp_path: Path) -> None:
    kafka.send("pairs", [make.pair(i) for i in range(40)])
    with running(kafka, tmp_path):
        until(lambda: done(tmp_path) == 40)
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": kafka.group})
    places = consumer.committed([TopicPartition(kafka.topics["pairs"], i) for i in range(PARTITIONS)], timeout=10)
    consumer.close()
    assert [place.offset for place in places] == [10] * PARTITIONS


def test_ticks_move_the_offsets_and_make_no_rows(kafka: Kafka, tmp_path: Path) -> None:
    kafka.send("pairs", [None] * 8)
    with running(kafka, tmp_path) as run:
        until(lambda: done(tmp_path) == 8)
        kafka.send("pairs", [make.pair(1), None, None, None])
        until(lambda: done(tmp_path) == 12)
    assert published(tmp_path) == make.ids([1])
    assert run.loop.counts["pairs"]["ticks"] == 11


def test_two_sinks_share_the_partitions_and_one_may_leave(kafka: Kafka, tmp_path: Path) -> None:
    rows = [make.pair(i) for i in range(6000)]
    with running(kafka, tmp_path) as first:
        kafka.send("pairs", rows[:2000])
        with running(kafka, tmp_path) as second:
            until(lambda: second.loop.counts["pairs"]["records"] > 0 or done(tmp_path) == 2000)
            kafka.send("pairs", rows[2000:4000], start=2000)
            until(lambda: done(tmp_path) >= 3000)
        kafka.send("pairs", rows[4000:], start=4000)
        until(lambda: done(tmp_path) == 6000)
    assert (first.error, second.error) == (None, None)
    assert published(tmp_path) == make.ids(range(6000))


def test_an_expired_offset_stops_its_partition_and_says_so(kafka: Kafka, tmp_path: Path) -> None:
    kafka.send("pairs", [make.pair(i) for i in range(40)])
    (future,) = kafka.admin.delete_records([TopicPartition(kafka.topics["pairs"], 1, 5)]).values()
    future.result()
    with running(kafka, tmp_path) as run:
        until(lambda: "offset_gap" in run.kinds() and done(tmp_path) == 30)
    assert isinstance(run.error, OffsetGapError)
    assert "needed offset 0" in str(run.error)
    assert kafka.place("pairs", 1) not in reader.offsets(tmp_path, "pairs")
    assert len(published(tmp_path)) == 30


def test_a_record_that_is_no_row_stops_its_table_and_the_others_go_on(kafka: Kafka, tmp_path: Path) -> None:
    kafka.send("pairs", [make.pair(0), b"\x81\xa4Jane\xa3Doe"])
    with running(kafka, tmp_path, tables=[PAIRS, INTERACTIONS]) as run:
        until(lambda: "bad_row" in run.kinds())
        kafka.send("interactions", [make.interaction(i) for i in range(100)])
        until(lambda: done(tmp_path, "interactions") == 100)
    assert isinstance(run.error, RowError)
    assert "Jane" not in str(run.alerts)
    assert published(tmp_path, "pairs") == []
    assert published(tmp_path, "interactions") == make.ids(range(100))


@pytest.mark.parametrize("quarantine", [True, False])
def test_a_halted_table_waits_and_goes_on_when_released(kafka: Kafka, tmp_path: Path, quarantine: bool) -> None:
    leaks = {"leak"}
    rows = [make.pair(i, final="leak" if i == 17 else "kept") for i in range(40)]
    gates = {"pairs": make.failing("final", leaks, Severity.CRITICAL), "interactions": make.passing}
    with running(kafka, tmp_path, tables=[PAIRS, INTERACTIONS], gate=gates) as run:
        kafka.send("pairs", rows)
        until(lambda: bool(halts.halted(tmp_path)))
        kafka.send("interactions", [make.interaction(i) for i in range(100)])
        until(lambda: done(tmp_path, "interactions") == 100)
        assert done(tmp_path) < 40
        if not quarantine:
            leaks.clear()  # the suite was wrong
        halts.release(tmp_path, "pairs", quarantine=quarantine)
        until(lambda: done(tmp_path) == 40)
    assert run.error is None
    held = reader.read(tmp_path, "pairs", ["record_id"], quarantine=True).column(0).to_pylist()
    assert held == (make.ids([17]) if quarantine else [])
    assert published(tmp_path) == make.ids([i for i in range(40) if not quarantine or i != 17])
    assert halts.load(tmp_path, "pairs") is None


def test_a_hole_that_kafka_confirms_is_told_and_nothing_is_lost(kafka: Kafka, tmp_path: Path) -> None:
    """A transaction's end takes an offset, and no consumer is given it."""
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "transactional.id": kafka.group})
    producer.init_transactions()
    for numbers in (range(5), range(5, 9)):
        producer.begin_transaction()
        for number in numbers:
            producer.produce(kafka.topics["pairs"], encode(make.pair(number)), partition=0)
        producer.commit_transaction()
    here = Settings(data=str(tmp_path))
    with working(here) as alerts, running(kafka, tmp_path) as run:
        until(lambda: done(tmp_path) == 10)
        for kind, table, detail in run.alerts:
            alerts.raise_(of_sink(kind, table, detail))
    assert run.error is None
    assert published(tmp_path) == make.ids(range(9))
    [alert] = told(here)
    assert (alert.kind, alert.table, alert.subject) == ("offset_hole", "pairs", f"{kafka.topics['pairs']}/0")
    assert alert.got["before"] == 6


def test_a_sink_that_another_has_overtaken_drops_its_batch_and_says_so(kafka: Kafka, tmp_path: Path) -> None:
    rows = [make.pair(number) for number in range(0, 4 * PARTITIONS, PARTITIONS)]
    overtaken: list[int] = []

    def gate(batch: pa.Table) -> Verdict:
        if not overtaken:  # between the batch's taking and its commit the other one publishes the first two rows of it
            overtaken.append(1)
            other = Committer(
                data_dir=tmp_path,
                table=PAIRS,
                sink="other",
                gate=make.passing,
                alert=make.no_alert,
                crash=lambda _step: None,
                seal=make.SEAL,
            )
            place = kafka.place("pairs", 0)
            coordinates = tuple(Coordinate(place.topic, place.index, at) for at in range(2))
            payloads = tuple(map(encode, rows[:2]))
            other.commit(Batch({place: Range(0, 2)}, coordinates, payloads), lambda _offsets: None)
            other.close()
        return make.passing(batch)

    producer = Producer({"bootstrap.servers": kafka.bootstrap})
    for row in rows:
        producer.produce(kafka.topics["pairs"], encode(row), partition=0)
    assert producer.flush(30) == 0
    here = Settings(data=str(tmp_path))
    with working(here) as alerts, running(kafka, tmp_path, gate=lambda _table: gate) as run:
        until(lambda: done(tmp_path) == len(rows))
        for kind, table, detail in run.alerts:
            alerts.raise_(of_sink(kind, table, detail))
    assert run.error is None
    assert published(tmp_path) == sorted(row.record_id for row in rows)
    assert [(alert.kind, alert.table) for alert in told(here)] == [("fenced", "pairs")]


def test_a_failing_disk_is_waited_for_and_nothing_is_lost(kafka: Kafka, tmp_path: Path) -> None:
    left = [3]

    def crash(step: int) -> None:
        if step == 5 and left[0]:
            left[0] -= 1
            raise OSError(28, "No space left on device")

    kafka.send("pairs", [make.pair(i) for i in range(100)])
    with running(kafka, tmp_path, crash=crash) as run:
        until(lambda: done(tmp_path) == 100)
    assert run.error is None
    assert [detail["failures"] for kind, _, detail in run.alerts if kind == "sink_retry"] == [1, 2, 3]
    assert published(tmp_path) == make.ids(range(100))


def test_a_disk_that_stays_full_ends_the_run(kafka: Kafka, tmp_path: Path) -> None:
    def crash(step: int) -> None:
        if step == 5:
            raise OSError(28, "No space left on device")

    kafka.send("pairs", [make.pair(i) for i in range(10)])
    run = Running(kafka, tmp_path, crash=crash, patience=2)
    until(lambda: run.error is not None)
    assert isinstance(run.error, SinkError)
    assert "errno 28" in str(run.error)
    run.stop()
    with running(kafka, tmp_path):
        until(lambda: done(tmp_path) == 10)
    assert published(tmp_path) == make.ids(range(10))
