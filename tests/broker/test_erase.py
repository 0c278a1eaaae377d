"""A person erased from what a run left, killed at every step; and while everything is at work."""

from __future__ import annotations

import json
import re
import signal
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from support.command import Command, wait

from redline.erasure import receipt
from schemas import topics
from sinks import reader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Redline = Callable[..., Command]

pytestmark = [pytest.mark.broker, pytest.mark.crash, pytest.mark.timeout(900)]

ANN, BOB = "ann@corp.example", "bob@corp.example"
CANARY = "zumbiqua"  # a word of Ann's that nobody finds, so it is in the tables until she is erased
STEPS = ("noted", "rejects", "subjects", "receipt")  # the others: tests/contract/redline/test_erasure.py


def events(interactions: range) -> str:
    """A third of the interactions is Ann's, a third Bob's, and in a third Ann decides on what Bob edits.

    Each dozen within one minute, an hour after the one before: a busy machine brings Ann's word in another order than
    Bob's, and none of it may be late.
    """
    found = []
    for number in interactions:
        word = CANARY if number % 3 == 0 else "plain"
        story = [
            ("suggestion", {"task": "reply", "prompt": "Answer.", "text": f"We ship {word} on Monday, take {number}."}),
            ("decision", {"verdict": "accepted"}),
            ("edit", {"text": f"We ship {word} on Tuesday, take {number}.", "final": True, "origin": "send"}),
        ]
        for place, (kind, data) in enumerate(story):
            ann = number % 3 == 0 or (number % 3 == 2 and kind == "decision")
            common = {"session_id": f"s-{number % 3}", "surface": "mail", "tool": "mailer/2"}
            event = {
                "specversion": "1.0",
                "id": f"{number}-{place}",
                "source": "/mail",
                "type": f"redline.{kind}.v1",
                "time": f"2026-01-05T{9 + number // 12:02}:00:{number % 12 * 4 + place:02}Z",
                "subject": ANN if ann else BOB,
                "data": {**common, "interaction_id": f"i-{number}", **data},
            }
            found.append(json.dumps(event))
    return "\n".join(found) + "\n"


def counts(data: Path) -> tuple[int, int, int]:
    return tuple(reader.read(data, name, ["record_id"]).num_rows for name in ("interactions", "pairs", "subjects"))  # type: ignore[return-value]


def left(said: str) -> list[str]:
    return re.findall(r"^left: ([^:]+)", said, re.MULTILINE)


def bytes_of(data: Path) -> bytes:
    """Every text of every table file, live or not."""
    paths = [p for f in ("dataset", "quarantine", "_staging") for p in (data / f).rglob("*.parquet")]
    return b"".join(repr(pq.ParquetFile(p).read().to_pylist()).encode() for p in paths if "_delta_log" not in p.parts)


def test_killed_at_four_steps_and_run_again(redline: Redline, tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "events.jsonl"
    file.write_text(events(range(12)))
    redline(
        "run", str(file), "--out", str(data), "--consent", "opt-out", REDLINE_PRIVACY_ACCEPT_WEAKER="consent.mode"
    ).end(0)
    assert counts(data) == (36, 12, 36)
    assert CANARY.encode() in bytes_of(data)

    broker = redline("broker", "--data", str(data))
    broker.until("Ctrl-C stops")
    here = ("--data", str(data))
    for step in STEPS:
        redline("erase", ANN, *here, REDLINE_CRASH_AT_ERASE=step).end(-signal.SIGKILL)
    assert "not finished" in redline("erase", "list", *here).end(0)
    copy = tmp_path / "receipt.json"
    said = redline("erase", ANN, "--receipt", str(copy), *here).end(1)  # what was open waits for a worker
    assert left(said) == ["state of workers"]
    assert counts(data) == (20, 4, 20)
    assert CANARY.encode() not in bytes_of(data)
    redline("ledger", *here).end(0)
    assert "4 pairs rebuilt, 0 differ" in redline("rebuild", "pairs", *here).end(0)
    assert left(redline("erase", "--verify", ANN, *here).end(1)) == ["state of workers"]
    redline("erase", "--check-receipt", str(copy), *here).end(0)
    signed = receipt.read(copy)
    assert signed["erased"]["events"] == 16
    assert ANN not in copy.read_text()
    assert all(ANN.encode() not in p.read_bytes() for p in (data / "state" / "erasures").rglob("*.json"))
    broker.process.send_signal(signal.SIGINT)
    broker.end(0)

    # Workers start again, and read again what their state and inner topics hold.
    file.write_text(events(range(12, 13)) + events(range(13, 14)))
    redline(
        "run", str(file), "--out", str(data), "--consent", "opt-out", REDLINE_PRIVACY_ACCEPT_WEAKER="consent.mode"
    ).end(0)
    assert counts(data) == (23, 5, 23)
    assert "nothing is left" in redline("erase", "--verify", ANN, *here).end(0)
    assert "0 differ" in redline("rebuild", "pairs", *here).end(0)


def test_while_workers_and_sinks_are_at_work(redline: Redline, tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "events.jsonl"
    here = ("--data", str(data))
    up = redline("up", *here, "--consent", "opt-out", REDLINE_PRIVACY_ACCEPT_WEAKER="consent.mode")
    up.until("Ctrl-C stops")
    file.write_text(events(range(12)))
    redline("emit", str(file), *here).end(0)
    wait(lambda: (data / "dataset" / "subjects").exists() and counts(data)[0] == 36)
    said = redline("erase", ANN, *here).end(0)  # open pairs of hers were dropped by the worker
    assert "complete" in said
    file.write_text(events(range(12, 24)))
    redline("emit", str(file), *here).end(0)
    # Pairs too: one that closes late would come after retention has looked. Those that Ann has a part in were dropped
    # whole when she was erased; of what came after that only her decisions are refused, so Bob's own eight are pairs.
    wait(lambda: counts(data) == (20 + 20, 4 + 8, 20 + 20))
    assert "nothing is left" in redline("erase", "--verify", ANN, *here).end(0)
    assert CANARY.encode() not in bytes_of(data)

    # All is months old, and Kafka holds all of it: retention may only take what the ledger no longer asks for.
    days = {f"REDLINE_RETAIN_{name}_DAYS": "30" for name in ("INTERACTIONS", "PAIRS", "TRAJECTORIES", "REJECTS")}
    redline("retain", *here, **days).end(0)
    assert counts(data)[0] == 40
    bootstrap = (data / "state" / "bootstrap").read_text()
    parts = [TopicPartition(topics.EVENTS, index, -1) for index in range(4)]
    client = AdminClient({"bootstrap.servers": bootstrap})
    for answer in client.delete_records(parts).values():
        answer.result(30.0)
    redline("retain", *here, **days).end(0)
    assert counts(data)[:2] == (0, 0)
    up.process.send_signal(signal.SIGINT)
    up.end(0)
    assert "ledger balances" in redline("ledger", *here).end(0)
