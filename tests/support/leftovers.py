"""Every byte that Redline has written, unpacked as far as it can be: files, rows, state, topics."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition
from rocksdict import AccessType, Options, Rdict

from schemas import topics

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def packed(data: Path) -> Iterator[tuple[str, bytes]]:
    """Every file as it is, but for the broker's logs of the raw topic."""
    for path in data.rglob("*"):
        if path.is_file() and not (path.is_relative_to(data / "state" / "kafka") and f"{topics.EVENTS}-" in str(path)):
            yield str(path), path.read_bytes()


def unpacked(data: Path) -> Iterator[tuple[str, bytes]]:
    """The rows of every Parquet file (live or not), the entries of every RocksDB, the rows of every SQLite file."""
    for path in data.rglob("*.parquet"):
        for number, row in enumerate(pq.ParquetFile(path).read().to_pylist()):
            yield f"{path}, row {number}", _plain(row).encode("utf-8", "surrogatepass")
        yield f"{path}, metadata", repr(pq.read_metadata(path).metadata).encode()
    for current in data.rglob("CURRENT"):
        db = Rdict(str(current.parent), Options(raw_mode=True), access_type=AccessType.read_only())
        for key, value in db.items():
            yield f"{current.parent}", key + b" " + value
        db.close()
    for path in data.rglob("*.sqlite"):
        with sqlite3.connect(path) as connection:
            for (table,) in connection.execute("select name from sqlite_master where type = 'table'").fetchall():
                for row in connection.execute(f'select * from "{table}"'):  # noqa: S608 - names are the file's own
                    yield f"{path}, {table}", _plain(row).encode()


def sent(bootstrap: str) -> Iterator[tuple[str, bytes]]:
    """Key, value and headers of every record of every topic but the raw one."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "canaries",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
    )
    places = [
        TopicPartition(name, partition, OFFSET_BEGINNING)
        for name, topic in consumer.list_topics(timeout=30).topics.items()
        for partition in topic.partitions
        if name != topics.EVENTS
    ]
    consumer.assign(places)
    ended = 0
    while ended < len(places):
        message = consumer.poll(10.0)
        assert message is not None, "the broker went silent"
        if message.error() is not None:
            assert message.error().code() == KafkaError._PARTITION_EOF
            ended += 1
            continue
        headers = b" ".join(name.encode() + b" " + (value or b"") for name, value in message.headers() or ())
        yield message.topic(), b" ".join([message.key() or b"", message.value() or b"", headers])
    consumer.close()


def _plain(value: object) -> str:
    """Texts as they are: `repr` would hide what an escape hides."""
    if isinstance(value, dict):
        return "\n".join(f"{name}: {_plain(inner)}" for name, inner in value.items())
    if isinstance(value, (list, tuple)):
        return "\n".join(map(_plain, value))
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape").encode("utf-8", "replace").decode()
    return str(value)
