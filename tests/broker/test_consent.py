"""Consent on a running Redline: a withdrawal reaches what is open within seconds, and the books balance after it."""

from __future__ import annotations

import json
import re
import signal
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from confluent_kafka import Producer
from support.command import Command, wait

from schemas import topics
from sinks import reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

pytestmark = [pytest.mark.broker, pytest.mark.timeout(900)]

ANN, BO = "ann@corp.example", "bo@corp.example"
SOON_S = 20.0  # workers take a second; the rest is the sink's batch, and a loaded machine


def event(what: str, name: str, who: str, number: int, surface: str = "ide", **data: object) -> str:
    fields = {"session_id": f"s-{number}", "surface": surface, "tool": "t/1", **data}
    if what in {"suggestion", "edit"}:
        fields["interaction_id"] = f"i-{number}"
    return json.dumps(
        {
            "specversion": "1.0",
            "id": f"{name}-{number}",
            "source": f"/{surface}/t",
            "type": f"redline.{what}.v1",
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "subject": who,
            "data": fields,
        }
    )


def opened(numbers: Iterable[int], who: str, surface: str = "ide") -> list[str]:
    """A suggestion and a step each, which nothing has ended yet."""
    lines = []
    for number in numbers:
        lines.append(event("suggestion", "a", who, number, surface, text=f"Draft {number}.", task="edit", model="m"))
        lines.append(event("step", "b", who, number, surface, role="user", kind="message", content=f"Take {number}."))
    return lines


def ended(numbers: Iterable[int], who: str, surface: str = "ide") -> list[str]:
    return [event("edit", "c", who, number, surface, text=f"Mine {number}.", final=True) for number in numbers]


def reasons(data: Path) -> Counter[tuple[str, str]]:
    try:
        rows = reader.read(data, "rejects", ["stage", "reason"]).to_pylist()
    except Exception:  # noqa: BLE001 - a table that is being made
        return Counter()
    return Counter((row["stage"], row["reason"]) for row in rows)


def count(data: Path, table: str) -> int:
    try:
        return int(reader.read(data, table, ["record_id"]).num_rows)
    except Exception:  # noqa: BLE001 - likewise
        return 0


class House:
    """`redline up` over a folder, and the commands one types beside it."""

    def __init__(self, redline: Callable[..., Command], data: Path) -> None:
        self.redline, self.data = redline, data
        self.settings = {
            "REDLINE_WORKER_COUNT": "2",
            "REDLINE_SINK_AGE_S": "0.5",
            "REDLINE_JOIN_GRACE_S": "30",  # a final edit is longer on its way on a slow machine than any lateness here
            "REDLINE_JOIN_LATENESS_S": "1",
            "REDLINE_JOIN_IDLE_S": "1",
        }
        self.files = 0

    def start(self) -> Command:
        up = self.redline("up", "--data", str(self.data), **self.settings)
        up.until("up: broker")
        return up

    def type(self, *words: str, code: int = 0) -> str:
        return self.redline(*words, "--data", str(self.data), **self.settings).end(code)

    def emit(self, lines: list[str]) -> None:
        self.files += 1
        path = self.data.parent / f"events-{self.files}.jsonl"
        path.write_text("\n".join(lines) + "\n", "utf-8")
        self.type("emit", str(path))

    def end(self, up: Command) -> None:
        up.process.send_signal(signal.SIGINT)
        up.end(0)

    def balanced(self) -> None:
        assert "ledger balances" in self.type("ledger")
        assert "0 differ" in self.type("rebuild", "pairs")


@pytest.fixture
def house(redline: Callable[..., Command], tmp_path: Path) -> House:
    return House(redline, tmp_path / "live")


def test_a_withdrawal_reaches_open_interactions_and_sessions_of_a_running_redline(house: House) -> None:
    data = house.data
    up = house.start()
    house.type("consent", "grant", ANN, BO)
    house.emit(opened(range(10), ANN) + opened(range(10, 20), BO) + opened(range(20, 25), BO, "chat"))
    wait(lambda: count(data, "interactions") == 50)

    house.type("consent", "withdraw", ANN)
    wait(lambda: reasons(data)["join", "consent_withdrawn"] == 10, SOON_S)
    wait(lambda: reasons(data)["session", "consent_withdrawn"] == 10, SOON_S)
    house.type("consent", "withdraw", BO, "--surface", "chat")
    wait(lambda: reasons(data)["join", "out_of_scope"] == 5, SOON_S)
    wait(lambda: reasons(data)["session", "out_of_scope"] == 5, SOON_S)

    house.emit(ended(range(20), ANN) + ended(range(10, 20), BO) + ended(range(20, 25), BO, "chat"))
    wait(lambda: count(data, "pairs") == 10)
    wait(lambda: reasons(data)["scrub", "out_of_scope"] == 5)
    assert reasons(data)["scrub", "consent_withdrawn"] == 20
    assert sum(reasons(data).values()) == 55
    said = house.type("consent", "show", BO)
    assert "chat=no" in said
    assert "now ide" in said
    assert BO not in house.type("consent", "show")
    house.end(up)
    house.balanced()
    logs = "".join(path.read_text("utf-8", "replace") for path in (data / "state" / "logs").glob("*"))
    assert "open keys of the join dropped" in logs
    assert "corp.example" not in logs
    assert not count(data, "trajectories")


def test_a_withdrawal_while_nothing_runs_and_workers_that_die_between_its_two_steps(house: House) -> None:
    data = house.data
    first = house.start()
    house.type("consent", "grant", ANN, BO)
    house.emit(opened(range(150), ANN) + opened(range(150, 160), BO))
    wait(lambda: count(data, "interactions") == 320)
    house.end(first)
    house.type("consent", "withdraw", ANN)
    house.settings["REDLINE_CRASH_AT_PURGE"] = "1,2"  # when all is marked on the changelog; after a chunk was rejected
    second = house.start()
    wait(lambda: all((data / "state" / f"crashed-purge-{step}").exists() for step in (1, 2)))
    wait(lambda: reasons(data)["join", "consent_withdrawn"] == 150)
    wait(lambda: reasons(data)["session", "consent_withdrawn"] == 150)
    house.emit(ended(range(150, 160), BO))
    wait(lambda: count(data, "pairs") == 10)
    house.end(second)
    assert sum(reasons(data).values()) == 300
    house.balanced()


def test_open_work_of_a_destroyed_key_goes_at_once(house: House) -> None:
    data = house.data
    house.settings["REDLINE_KEYS_OVERLAP_HOURS"] = "0"
    up = house.start()
    house.type("consent", "grant", ANN)
    house.emit(opened(range(10), ANN))
    wait(lambda: count(data, "interactions") == 20)
    house.type("keys", "rotate", "--after", "5")
    wait(lambda: re.search(r"^2 .*in use", house.type("keys", "list"), re.MULTILINE) is not None)
    house.type("keys", "destroy", "1", "--yes")
    wait(lambda: reasons(data) == {("join", "key_destroyed"): 10, ("session", "key_destroyed"): 10})
    house.end(up)
    house.balanced()


def test_a_record_that_is_none_stops_workers_until_it_is_repaired(house: House) -> None:
    broker = house.redline("broker", "--data", str(house.data))
    address = broker.until(r"127\.0\.0\.1:\d+")
    house.type("consent", "grant", ANN, BO)
    producer = Producer({"bootstrap.servers": address})
    producer.produce(topics.CONSENT, b"neither yes nor no", key=b"somebody")
    producer.flush(10.0)
    for words in (("worker", "--name", "w"), ("consent", "grant", ANN), ("consent", "show", ANN)):
        assert "redline.consent/0: needed a consent record at offset 2" in house.type(*words, code=2)
    assert re.search(r"cannot be read +1\n", house.type("consent", "show"))
    assert "1 people" in house.type("consent", "repair")
    worker = house.redline("worker", "--name", "w", "--data", str(house.data))
    assert re.search(r"now ide +read\n", house.type("consent", "show", ANN))
    state = house.data / "state" / "rocksdb" / "w"
    wait(lambda: state.exists() and any(path.is_dir() for path in state.iterdir()))  # made once consent was read
    producer.produce(topics.CONSENT, b"{}", key=b"somebody else")
    producer.flush(10.0)
    assert "needed a consent record at offset 4" in worker.end(70)
    broker.process.send_signal(signal.SIGINT)
    broker.end(0)
