from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import psutil  # type: ignore[import-untyped]
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from support.command import wait as until

from redline import jars
from redline.admin import create_topics, watermarks
from redline.broker import EmbeddedBroker
from schemas.errors import BrokerError, LockedError
from schemas.records import Partition
from schemas.topics import Topic

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.broker

TOPIC = Topic("kept", "test records", "none", single=True)


@pytest.fixture
def broker(tmp_path: Path) -> EmbeddedBroker:
    return EmbeddedBroker(tmp_path / "broker", say=lambda _: None)


def write(bootstrap: str, count: int) -> None:
    create_topics(bootstrap, [TOPIC], partitions=1, max_bytes=1_000_000)
    failures = list[object]()
    producer = Producer({"bootstrap.servers": bootstrap, "acks": "all"})
    for number in range(count):
        producer.produce(TOPIC.name, f"{number}".encode(), on_delivery=lambda error, _: failures.append(error))
    assert producer.flush(30) == 0
    assert failures == [None] * count


def read(bootstrap: str, count: int) -> list[bytes]:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "test", "enable.auto.commit": False})
    consumer.assign([TopicPartition(TOPIC.name, 0, 0)])
    try:
        return [message.value() for message in consumer.consume(count, timeout=30)]
    finally:
        consumer.close()


def gone(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def kafkas() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True) if "kafka.Kafka" in child.cmdline()}


def test_data_outlives_a_stop_no_process_does_and_no_copy_runs_beside_it(
    broker: EmbeddedBroker, tmp_path: Path
) -> None:
    others = kafkas()  # the session's own broker, if a test has used it
    pids = []
    with broker:
        write(broker.bootstrap, 100)
        pids.append(broker.pid)
        (tmp_path / "copy" / "kafka").mkdir(parents=True)
        shutil.copy(tmp_path / "broker" / "kafka" / "meta.properties", tmp_path / "copy" / "kafka")
        copy = EmbeddedBroker(tmp_path / "copy", say=lambda _: None)
        with pytest.raises(LockedError, match="is a copy of a folder whose broker runs now"):
            copy.start()
    for _ in range(2):
        with broker:
            assert read(broker.bootstrap, 100) == [f"{number}".encode() for number in range(100)]
            pids.append(broker.pid)
    assert len(set(pids)) == 3
    assert all(pid is not None and not psutil.pid_exists(pid) for pid in pids)
    assert broker.pid is None
    assert kafkas() == others


def test_kill_9_of_the_broker_loses_nothing_and_it_starts_again(broker: EmbeddedBroker) -> None:
    with broker:
        before = broker.bootstrap
        write(before, 100)
        assert broker.pid is not None
        os.kill(broker.pid, signal.SIGKILL)
        until(lambda: broker.poll() == -signal.SIGKILL)
        assert broker.start() == before, "clients that know the old address must find it again"
        assert watermarks(before, TOPIC.name) == {Partition(TOPIC.name, 0): (0, 100)}
        assert len(read(before, 100)) == 100


def test_an_idempotent_producer_that_writes_through_a_kill_9_loses_and_doubles_nothing(broker: EmbeddedBroker) -> None:
    count = 20_000
    failures = list[object]()
    with broker:
        create_topics(broker.bootstrap, [TOPIC], partitions=1, max_bytes=1_000_000)
        settings = {"bootstrap.servers": broker.bootstrap, "enable.idempotence": True, "log_level": 0}
        producer = Producer(settings)
        for number in range(count):
            producer.produce(TOPIC.name, f"{number}".encode(), on_delivery=lambda error, _: failures.append(error))
            producer.poll(0)
            if number == count // 2:
                until(
                    lambda: producer.poll(0.01) >= 0 and len(failures) > 0
                )  # some are confirmed, some are on their way
                assert broker.pid is not None
                os.kill(broker.pid, signal.SIGKILL)
                until(lambda: broker.poll() is not None)
                broker.start()
        assert producer.flush(60) == 0
        assert failures == [None] * count
        assert read(broker.bootstrap, count) == [f"{number}".encode() for number in range(count)]


def test_it_moves_to_other_ports_if_its_own_are_taken(broker: EmbeddedBroker) -> None:
    with broker:
        write(broker.bootstrap, 10)
        port = int(broker.bootstrap.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port)), broker:
        assert not broker.bootstrap.endswith(f":{port}")
        assert len(read(broker.bootstrap, 10)) == 10


def test_kill_9_of_the_parent_leaves_no_java_and_the_folder_can_be_used_at_once(tmp_path: Path) -> None:
    script = """
import sys, time
from pathlib import Path
from redline.broker import EmbeddedBroker
broker = EmbeddedBroker(Path(sys.argv[1]))
broker.start()
print(broker.pid, flush=True)
time.sleep(300)
"""
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "broker")], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        java = int(parent.stdout.readline())
        with pytest.raises(LockedError, match=f"process {parent.pid}"):
            EmbeddedBroker(tmp_path / "broker").start()
        parent.kill()
    with EmbeddedBroker(tmp_path / "broker") as successor:  # while the old one may still be stopping
        assert gone(java)
        assert successor.pid != java
    until(lambda: gone(java))


def test_only_its_owner_can_read_the_folder(broker: EmbeddedBroker, tmp_path: Path) -> None:
    (tmp_path / "broker").mkdir(mode=0o755)
    with broker:
        assert stat.S_IMODE((tmp_path / "broker").stat().st_mode) == 0o700


def test_it_listens_on_loopback_only(broker: EmbeddedBroker) -> None:
    with broker:
        listening = [
            connection.laddr.ip.removeprefix("::ffff:")
            for connection in psutil.Process(broker.pid).net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        ]
    assert len(listening) == 2
    assert set(listening) == {"127.0.0.1"}


def test_a_broker_that_cannot_come_up_says_where_to_look_and_leaves_nothing(broker: EmbeddedBroker) -> None:
    with broker:
        pass
    meta = broker.log.parent / "kafka" / "meta.properties"
    meta.write_text(meta.read_text().replace("node.id=1", "node.id=7"))
    with pytest.raises(BrokerError, match=r"ended with code 1 .*broker\.log, then run `redline doctor`"):
        broker.start()
    assert broker.pid is None
    meta.write_text(meta.read_text().replace("node.id=7", "node.id=1"))
    with broker:  # the lock is free again
        pass


def test_kafka_home_takes_the_place_of_the_cache(tmp_path: Path) -> None:
    home = tmp_path / "kafka-home"
    (home / "libs").mkdir(parents=True)
    for path in jars.kafka_jars(jars.default_cache(), lambda _: None):
        (home / "libs" / path.name).symlink_to(path)
    with EmbeddedBroker(tmp_path / "broker", cache_dir=tmp_path / "unused", kafka_home=home) as broker:
        write(broker.bootstrap, 1)
    assert not list((tmp_path / "unused").rglob("*.jar"))


def test_a_kafka_home_without_libs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BrokerError, match="a folder with libs/ is needed"):
        EmbeddedBroker(tmp_path / "broker", kafka_home=tmp_path).start()
