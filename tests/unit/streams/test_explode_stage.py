from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from support.otlp import Log, logs_json, logs_proto

from schemas import topics
from schemas.codec import decode
from schemas.errors import DecodeError, DeliveryError
from schemas.records import Coordinate, Record
from schemas.sources import drift
from schemas.sources.otlp import read_logs
from streams.explode_stage import ExplodeStage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streams.delivery import Out

DAY = "2026-11-21"


class Broker:
    """What a stage may write to; `fails` makes it refuse."""

    generation = 1

    def __init__(self, *, fails: bool = False) -> None:
        self.writes: list[list[Out]] = []
        self._fails = fails

    def state(self, partition: int) -> Any:
        raise AssertionError("an explode stage has no state")

    async def write(self, outs: Sequence[Out]) -> None:
        if self._fails:
            raise DeliveryError("not confirmed")
        self.writes.append(list(outs))

    def on(self, topic: str) -> list[Out]:
        return [out for outs in self.writes for out in outs if out.topic == topic]


def prompt(session: str, uuid: str, text: str = "Hi") -> Log:
    return Log(
        {"session.id": session, "message.uuid": uuid, "prompt": text, "app.version": "2.1.0", "zeta": "1"},
        name="claude_code.user_prompt",
    )


def handled(*values: bytes | None, max_bytes: int = 10_000, broker: Broker | None = None) -> Broker:
    broker = broker or Broker()
    stage = ExplodeStage("otlp_logs", read_logs, source="otlp", max_bytes=max_bytes, today=lambda: DAY)
    records = [Record(Coordinate("otlp_logs", 0, place), None, value) for place, value in enumerate(values)]
    asyncio.run(stage.handle(records, broker))
    return broker


def as_record(out: Out) -> Record:
    return Record(Coordinate(topics.EVENTS, 0, 0), out.key, out.value, out.headers)


def reasons(broker: Broker) -> list[str]:
    found = []
    for out in broker.on(topics.EVENTS):
        if not out.value:
            with pytest.raises(DecodeError) as caught:
                decode(as_record(out))
            found.append(caught.value.reason)
    return found


@pytest.mark.parametrize("encode", [logs_json, logs_proto])
def test_a_batch_becomes_events_keyed_by_their_session(encode: Any) -> None:
    broker = handled(encode(prompt("s-1", "a"), prompt("s-2", "b"), Log({"x": 1}), prompt("s-1", "c")))
    outs = broker.on(topics.EVENTS)
    assert [out.key for out in outs] == [b"s-1", b"s-2", b"s-1"]
    assert [decode(as_record(out)).id for out in outs] == ["step/a", "step/b", "step/c"]
    assert broker.on(topics.EVENTS) == handled(encode(prompt("s-1", "a"), prompt("s-2", "b"), prompt("s-1", "c"))).on(
        topics.EVENTS
    )


def test_what_is_no_event_goes_on_as_a_stand_in() -> None:
    broker = handled(b"no request", None, logs_json(prompt(" ", "a"), prompt("s", "b")), b"")
    assert reasons(broker) == ["bad_value", "null_value", "bad_value"]
    assert len(broker.on(topics.EVENTS)) == 4


def test_an_event_that_no_worker_would_take_is_a_stand_in() -> None:
    broker = handled(logs_json(prompt("s", "a", "x" * 10_000), prompt("s", "b")))
    assert reasons(broker) == ["too_large"]
    assert [decode(as_record(out)).id for out in broker.on(topics.EVENTS) if out.value] == ["step/b"]


def test_counts_and_unknown_names_travel_with_the_events() -> None:
    broker = handled(logs_json(prompt("s", "a"), Log({"x": 1})), b"no request")
    seen = [drift.decode(out.value or b"") for out in broker.on(topics.SOURCES)]
    assert {each.day for each in seen} == {DAY}
    total = {(each.source, each.version): each for each in drift.sums(seen)}
    assert sum(each.events for each in total.values()) == 1
    assert (total["otlp", "?"].faults, total["otlp", "?"].skipped) == (1, 1)
    assert total["claude_code_otel", "2.1.0"].drift == {"key user_prompt/zeta": 1}


def test_much_is_written_in_parts_and_in_order() -> None:
    values = [logs_json(*(prompt("s", f"{batch}-{place}", "x" * 900_000) for place in range(10))) for batch in range(4)]
    broker = handled(*values, max_bytes=1 << 20)
    assert len(broker.writes) > 1
    ids = [decode(as_record(out)).id for out in broker.on(topics.EVENTS)]
    assert ids == [f"step/{batch}-{place}" for batch in range(4) for place in range(10)]


def test_what_is_not_confirmed_is_not_handled() -> None:
    with pytest.raises(DeliveryError):
        handled(logs_json(prompt("s", "a")), broker=Broker(fails=True))
