"""People are planted in every field of every event; then everything that Redline writes is searched for them."""

from __future__ import annotations

import json
import signal
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition
from support.command import Command, nothing_is_left, wait

from schemas import topics
from schemas.events import Decision, Edit, Revision, Session, Step, Suggestion, ThreadMessage
from sinks import reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [pytest.mark.broker, pytest.mark.timeout(900)]

# Reasons of records that do not come as far as `interactions`.
EARLY = (
    "not_json",
    "invalid_utf8",
    "wrong_type",
    "bad_value",
    "unknown_type",
    "missing_field",
    "too_large",
    "duplicate",
    "scrub_failed",
)
CANARY = "zorblatt"  # in every text of every event, in an address that no scrubber may miss


def _mail(number: int) -> str:
    return f"{CANARY}.nr{number}@quuxly-corp.com"


def canaries() -> Iterator[str]:
    """Events of every type with a person in every field that takes a text, and broken ones with a person anywhere."""
    number = 0
    for kind, schema in (
        ("suggestion", Suggestion),
        ("decision", Decision),
        ("edit", Edit),
        ("step", Step),
        ("revision", Revision),
        ("message", ThreadMessage),
        ("session", Session),
    ):
        for variant in range(6):
            number += 1
            mail = _mail(number)
            data: dict[str, Any] = {}
            for name in schema.__struct_fields__:
                if name in {"members", "after_ms"}:
                    continue
                data[name] = f"Ask {mail} about it" if not name.endswith("_id") else f"{name}-{mail}"
            data |= {"surface": "chat", "session_id": f"{CANARY}-session-{variant}"}
            data |= {"interaction_id": f"{CANARY}-{variant}"} if "interaction_id" in data else {}
            data |= {"task": "reply"} if "task" in data else {}
            data |= {"verdict": "accepted"} if "verdict" in data else {}
            data |= {"final": True, "origin": "send"} if "final" in data else {}
            data |= {"role": "tool", "kind": "tool_call"} if "role" in data else {}
            data |= {"arguments": {"to": mail, mail: ["x", {"deep": mail}]}} if "arguments" in data else {}
            data |= {"state": "started"} if "state" in data else {}
            if "prompt" in data and variant % 2:
                data["prompt"] = [{"role": "user", "content": f"Dear {mail},"}, {"role": mail, "content": mail}]
            event = {
                "specversion": "1.0",
                "id": f"{CANARY}-{number}",
                "source": f"/chat/{mail}",
                "type": f"redline.{kind}.v1",
                "subject": mail,
                "time": f"2026-01-05T09:00:{number % 60:02}Z",
                "datacontenttype": "application/json",
                "data": data,
            }
            if variant == 2:  # fields that nobody knows
                event |= {"extension": mail, "traceparent": mail}
                data |= {"author": mail, f"{CANARY} {mail}": mail}
            if variant == 3:  # a copy
                yield json.dumps(event)
            if variant == 4:  # broken: a wrong type, with the person as the value
                data |= {"surface": mail, "session_id": [mail]}
            if variant == 5:
                yield json.dumps(event)[:-9] + mail
                event["time"] = mail
            yield json.dumps(event)
    yield f"{CANARY} is no JSON"
    yield json.dumps({"specversion": "1.0", "type": f"redline.{CANARY}.v1", "id": CANARY, "source": CANARY})
    yield json.dumps({CANARY: CANARY * 600_000})  # too large


def everything_below(data: Path) -> Iterator[tuple[str, bytes]]:
    """Every file but the logs of the raw topic, and the tables' rows uncompressed."""
    for path in data.rglob("*"):
        if path.is_file() and not (path.is_relative_to(data / "state" / "kafka") and "redline.events-" in str(path)):
            yield str(path), path.read_bytes()
    for table in ("interactions", "pairs", "trajectories", "rejects", "subjects"):
        for aside in (False, True):
            rows = reader.read(data, table, quarantine=aside).to_pylist()
            yield f"{table}, quarantine {aside}", repr(rows).encode()


def reasons(data: Path) -> Counter[str]:
    return Counter(reader.read(data, "rejects", ["reason"]).column(0).to_pylist())


def count(data: Path, table: str) -> int:
    return int(reader.read(data, table, ["record_id"]).num_rows)


def everything_sent(bootstrap: str) -> Iterator[tuple[str, bytes]]:
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


def test_the_long_running_form_publishes_stops_cleanly_and_keeps_nobody(
    redline: Callable[..., Command], tmp_path: Path
) -> None:
    """Everything that Redline writes is searched for the people in its input: files, topics, logs, what it says."""
    events, data = tmp_path / "events.jsonl", tmp_path / "out"
    lines = list(canaries())
    events.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    assert sum(CANARY in line for line in lines) == len(lines)
    quick = {"REDLINE_JOIN_GRACE_S": "1", "REDLINE_JOIN_LATENESS_S": "1", "REDLINE_JOIN_IDLE_S": "1"}

    up = redline("up", "--data", str(data), "--consent", "opt-out", **quick)
    address = up.until(r"127\.0\.0\.1:\d+")
    up.until("Ctrl-C stops")
    said = redline("emit", str(events), "--data", str(data)).end(0)
    assert f"{len(lines)} records confirmed" in said
    wait(lambda: count(data, "interactions") + sum(reasons(data)[r] for r in EARLY) == len(lines))
    wait(lambda: count(data, "pairs") > 0)
    wait(lambda: count(data, "subjects") == count(data, "interactions"))
    sent = list(everything_sent(address))
    up.process.send_signal(signal.SIGINT)
    up.end(0)
    nothing_is_left(data, address)

    ledger = redline("ledger", "--data", str(data)).end(0)
    assert "ledger balances" in ledger
    assert count(data, "interactions") >= 25
    assert all(reasons(data)[reason] for reason in ("not_json", "wrong_type", "bad_value", "unknown_type", "too_large"))
    names = (CANARY.encode(), b"quuxly")
    assert {topic for topic, record in sent} >= {topics.SCRUBBED, topics.CLEAN, topics.PAIRS, topics.REJECTS}
    spoken = [(str(log), log.read_bytes()) for log in tmp_path.glob("command-*.log")]
    for where, content in [*sent, *everything_below(data), *spoken]:
        text = content.replace(str(events).encode(), b"").lower()
        at = min((place for name in names if (place := text.find(name)) >= 0), default=None)
        assert at is None, f"{where}: {content[max(0, at - 200) : at + 100]!r}"
