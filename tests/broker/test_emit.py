from __future__ import annotations

import gzip
import io
import json
import sys
from typing import TYPE_CHECKING

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from redline import admin
from redline.emit import Batches, EmitResult, emit, emit_records
from schemas import codec, events
from schemas.errors import BrokerError, DecodeError, DeliveryError, InputError
from schemas.records import Coordinate, Outgoing, Record
from schemas.topics import Topic

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.broker
PARTITIONS = 3
MAX_BYTES = 200_000


@pytest.fixture
def topic(bootstrap: str, unique: Callable[[str], str]) -> str:
    name = unique("events")
    admin.create_topics(bootstrap, [Topic(name, "test", "test")], partitions=PARTITIONS, max_bytes=MAX_BYTES)
    return name


def read(bootstrap: str, topic: str) -> list[Record]:
    """Every record of the topic, partition by partition."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "none", "auto.offset.reset": "error"})
    records: list[Record] = []
    for partition, (low, high) in admin.watermarks(bootstrap, topic).items():
        consumer.assign([TopicPartition(topic, partition.index, low)])
        count = 0
        while count < high - low:
            message = consumer.poll(10.0)
            assert message is not None
            assert message.error() is None
            headers = tuple((name, value or b"") for name, value in message.headers() or ())
            at = Coordinate(topic, partition.index, message.offset())
            records.append(Record(at, message.key(), message.value(), headers, message.timestamp()[1]))
            count += 1
    consumer.close()
    return records


def line(number: int, text: str = "x") -> bytes:
    data = {"session_id": "s", "surface": "ide", "tool": "t", "interaction_id": f"i{number % 7}", "text": text}
    envelope = {
        "specversion": "1.0",
        "id": str(number),
        "source": "/t",
        "type": "redline.edit.v1",
        "time": "2025-10-09T08:00:00Z",
        "data": data,
    }
    return json.dumps(envelope).encode()


def test_lines_arrive_as_they_are_in_order_per_interaction_and_decode(
    bootstrap: str, topic: str, tmp_path: Path
) -> None:
    lines = [line(i) for i in range(1500)]
    plain, packed = tmp_path / "a.jsonl", tmp_path / "b.jsonl.gz"
    plain.write_bytes(b"\xef\xbb\xbf" + b"\r\n".join(lines[:1000]) + b"\n\n  \n")
    with gzip.open(packed, "wb") as file:
        file.write(b"\n".join(lines[1000:]))
    seen: list[int] = []
    result = emit([str(plain), str(packed)], bootstrap=bootstrap, topic=topic, progress=seen.append)
    assert result == EmitResult(1500, sum(map(len, lines)), 0)
    assert seen[-1] == 1500
    assert seen == sorted(seen)
    records = read(bootstrap, topic)
    assert sorted(r.value or b"" for r in records) == sorted(lines)
    by_key: dict[bytes | None, list[int]] = {}
    for record in records:
        event = codec.decode(record)
        assert isinstance(event.data, events.Edit)
        assert record.key == event.data.interaction_id.encode()
        by_key.setdefault(record.key, []).append(int(event.id))
    assert len(by_key) == 7
    assert all(ids == sorted(ids) for ids in by_key.values())


def test_broken_lines_are_sent_and_become_rejects(bootstrap: str, topic: str, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    broken = [b"no json", b'{"specversion": "1.0"', b"\xff\xfe", line(1)[:-9], b"[]"]
    path.write_bytes(b"\n".join(broken))
    assert emit([str(path)], bootstrap=bootstrap, topic=topic).records == len(broken)
    records = read(bootstrap, topic)
    assert sorted(r.value or b"" for r in records) == sorted(broken)
    for record in records:
        with pytest.raises(DecodeError):
            codec.decode(record)


@pytest.mark.parametrize("size", [MAX_BYTES - 1, MAX_BYTES, MAX_BYTES + 1, 5 * MAX_BYTES])
def test_a_line_the_broker_would_not_take_leaves_a_stand_in_with_its_length(
    bootstrap: str, topic: str, tmp_path: Path, size: int
) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(line(1) + b"\n" + b"x" * size + b"\n" + line(2) + b"\n")
    result = emit([str(path)], bootstrap=bootstrap, topic=topic)
    assert (result.records, result.refused) == (3, 1)
    stand_in = next(r for r in read(bootstrap, topic) if not r.value)
    headers = dict(stand_in.headers)
    name = headers.pop("redline-refused-name", b"")  # of a line that was read to its end: sent twice is a duplicate
    assert headers == {"redline-refused": b"too_large", "redline-refused-bytes": str(size).encode()}
    assert len(name) == (32 if size <= MAX_BYTES else 0)
    with pytest.raises(DecodeError) as caught:
        codec.decode(stand_in)
    assert caught.value.reason == "too_large"


def test_the_longest_lines_the_broker_takes_are_sent_whole(bootstrap: str, topic: str, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    lines = [line(i, "é" * ((MAX_BYTES - 2000) // 6 - i)) for i in range(20)]
    path.write_bytes(b"\n".join(lines))
    assert emit([str(path)], bootstrap=bootstrap, topic=topic).refused == 0
    assert sorted(r.value or b"" for r in read(bootstrap, topic)) == sorted(lines)


def test_standard_input_is_read(bootstrap: str, topic: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(line(1) + b"\n" + line(2))))
    assert emit(["-"], bootstrap=bootstrap, topic=topic).records == 2


def test_records_of_a_generator_keep_key_headers_and_null_values(bootstrap: str, topic: str) -> None:
    sent = [
        Outgoing(b"k", None, (("content-type", b"application/json"), ("ce_id", b"1"), ("ce_id", b"2"))),
        Outgoing(None, b"\x00", ()),
        Outgoing(b"big", b"x" * MAX_BYTES, ()),
    ]
    result = emit_records(iter(sent), bootstrap=bootstrap, topic=topic)
    assert result == EmitResult(3, 1, 1)
    by_key = {r.key: r for r in read(bootstrap, topic)}
    assert by_key[b"k"].value is None
    assert by_key[b"k"].headers == sent[0].headers
    assert by_key[None].value == b"\x00"
    assert by_key[b"big"].value == b""


def test_a_missing_file_stops_before_anything_is_sent(bootstrap: str, topic: str, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(line(1))
    with pytest.raises(InputError, match="nothing was sent"):
        emit([str(path), str(tmp_path / "none.jsonl")], bootstrap=bootstrap, topic=topic)
    assert read(bootstrap, topic) == []


def test_a_gzip_file_that_breaks_off_is_told_and_what_came_before_is_sent(
    bootstrap: str, topic: str, tmp_path: Path
) -> None:
    path = tmp_path / "events.jsonl.gz"
    whole = gzip.compress(b"\n".join(line(i, str(i * 7919)) for i in range(2000)))
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="broke off"):
        emit([str(path)], bootstrap=bootstrap, topic=topic)
    assert len(read(bootstrap, topic)) > 0


def test_an_unknown_topic_or_broker_is_an_error_that_says_what_to_run(
    bootstrap: str, unique: Callable[[str], str], tmp_path: Path
) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(line(1))
    with pytest.raises(BrokerError, match="redline topics create"):
        emit([str(path)], bootstrap=bootstrap, topic=unique("missing"))


def test_records_that_the_broker_refuses_are_a_delivery_error_without_text(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    compacted = unique("compacted")  # takes no record without a key
    admin.create_topics(
        bootstrap, [Topic(compacted, "test", "test", compacted=True)], partitions=1, max_bytes=MAX_BYTES
    )
    with pytest.raises(DeliveryError, match="0 confirmed") as caught:
        emit_records([Outgoing(None, b"secret")], bootstrap=bootstrap, topic=compacted)
    assert "secret" not in str(caught.value)


def test_batches_go_through_one_producer_that_a_failure_does_not_spoil(
    bootstrap: str, unique: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Producer] = []

    def producer(config: dict[str, str]) -> Producer:
        made.append(Producer(config))
        return made[-1]

    monkeypatch.setattr("redline.emit.Producer", producer)
    topic = unique("events")
    batches = Batches(bootstrap, topic, {})
    with pytest.raises(BrokerError):
        batches.send([Outgoing(b"k", b"lost")])
    admin.create_topics(bootstrap, [Topic(topic, "test", "test")], partitions=1, max_bytes=MAX_BYTES)
    assert batches.send([Outgoing(b"k", b"one")]) == 0
    assert batches.send([Outgoing(b"k", b"x" * MAX_BYTES), Outgoing(b"k", b"two")]) == 1
    assert batches.send([]) == 0
    assert len(made) == 1
    assert [record.value for record in read(bootstrap, topic)] == [b"one", b"", b"two"]
