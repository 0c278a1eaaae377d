"""`redline gateway` as a process before a real Kafka: what it acknowledged is there, whatever dies."""

from __future__ import annotations

import json
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from confluent_kafka import Consumer, TopicPartition
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from support.command import Command, wait

from redline import admin
from redline.broker import EmbeddedBroker
from redline.cluster import ALL_TOPICS
from redline.gateway import tokens
from schemas import topics
from schemas.codec import decode
from schemas.records import Coordinate, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from schemas.events import Event

pytestmark = pytest.mark.broker
KAFKA_WAIT_S = "2"
BATCH = 20
_LATEST_S = 90.0


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBroker]:
    """A broker that a test may stop."""
    with EmbeddedBroker(tmp_path_factory.mktemp("broker")) as broker:
        admin.create_topics(broker.bootstrap, ALL_TOPICS, partitions=2, max_bytes=16_000_000)
        yield broker


@pytest.fixture
def started(own: EmbeddedBroker, redline: Callable[..., Command], tmp_path: Path) -> tuple[Command, str, str]:
    """A gateway, its address and a token."""
    data = tmp_path / "data"
    token = tokens.add(data / "state" / tokens.FILE, "test")
    process = redline(
        "gateway", "--port", "0", "--data", str(data), "--bootstrap", own.bootstrap,
        REDLINE_GATEWAY_KAFKA_WAIT_S=KAFKA_WAIT_S,
    )  # fmt: skip
    address = process.until(r"http://[\d.:]+\d")
    return process, address, token


def held(bootstrap: str) -> list[Event]:
    """Every event on the raw topic; each of them can be decoded."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "none", "auto.offset.reset": "error"})
    found = []
    for partition, (low, high) in admin.watermarks(bootstrap, topics.EVENTS).items():
        consumer.assign([TopicPartition(topics.EVENTS, partition.index, low)])
        for _ in range(high - low):
            message = consumer.poll(10.0)
            assert message is not None
            assert message.error() is None
            headers = tuple(message.headers() or ())
            at = Coordinate(topics.EVENTS, partition.index, message.offset())
            found.append(decode(Record(at, message.key(), message.value(), headers, message.timestamp()[1])))
    consumer.close()
    return found


class Clients(threading.Thread):
    """Posts batches until told to end, and remembers which ids were acknowledged."""

    def __init__(self, address: str, token: str, name: str) -> None:
        super().__init__(daemon=True)
        self.source = name
        self.ending = threading.Event()
        self.acknowledged: set[str] = set()
        self.statuses: list[int] = []
        self.retry_after: set[str] = set()
        self._client = httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=30)

    def run(self) -> None:
        with self._client:
            self._post()

    def _post(self) -> None:
        number = 0
        while not self.ending.is_set():
            ids = [f"{number + i}" for i in range(BATCH)]
            number += BATCH
            body = json.dumps([event(self.source, one) for one in ids])
            try:
                answer = self._client.post(
                    "/v1/events", content=body, headers={"Content-Type": "application/cloudevents-batch+json"}
                )
            except httpx.HTTPError:
                self.statuses.append(0)
                time.sleep(0.05)
                continue
            self.statuses.append(answer.status_code)
            if answer.status_code == 200:
                self.acknowledged.update(ids)
            else:
                self.retry_after.add(answer.headers.get("Retry-After", "none"))

    def count(self, status: int) -> int:
        return self.statuses.count(status)


def event(source: str, number: str) -> dict[str, Any]:
    data = {"session_id": "s", "surface": "ide", "tool": "t/1", "interaction_id": f"i{number}", "text": "x" * 200}
    envelope = {"specversion": "1.0", "id": number, "source": source, "type": "redline.edit.v1"}
    return {**envelope, "time": "2026-01-05T09:00:00Z", "data": data}


def run(address: str, token: str, unique: Callable[[str], str], count: int = 3) -> list[Clients]:
    clients = [Clients(address, token, unique("client")) for _ in range(count)]
    for client in clients:
        client.start()
    return clients


def nothing_acknowledged_is_missing(clients: list[Clients], bootstrap: str) -> None:
    ids: dict[str, set[str]] = {client.source: set() for client in clients}
    for one in held(bootstrap):
        if one.source in ids:
            ids[one.source].add(one.id)
    for client in clients:
        assert client.acknowledged
        assert client.acknowledged <= ids[client.source]


def test_the_sdk_of_opentelemetry_delivers_logs_and_traces(
    own: EmbeddedBroker, started: tuple[Command, str, str], unique: Callable[[str], str], tmp_path: Path
) -> None:
    process, address, token = started
    session = unique("session")
    headers = {"Authorization": f"Bearer {token}"}
    resource = Resource.create({"service.name": "claude-code", "service.version": "2.1.200"})
    logs = LoggerProvider(resource=resource)
    logs.add_log_record_processor(
        BatchLogRecordProcessor(
            OTLPLogExporter(f"{address}/v1/logs", headers=headers, compression=Compression.Gzip),
            max_export_batch_size=64,
        )
    )
    logger = logs.get_logger("com.anthropic.claude_code.events")
    for number in range(300):
        attributes = {
            "event.name": "user_prompt",
            "session.id": session,
            "prompt": f"please, number {number}",
            "prompt_length": "20",
            "prompt.id": f"p-{session}-{number}",
            "message.uuid": f"m-{session}-{number}",
            "user.email": "jo@corp.example",
        }
        now = time.time_ns()
        logger.emit(
            LogRecord(
                timestamp=now, observed_timestamp=now, severity_number=SeverityNumber.INFO,
                body="claude_code.user_prompt", attributes=attributes,
            )
        )  # fmt: skip
    logs.shutdown()
    traces = TracerProvider(resource=Resource.create({"service.name": "agent"}))
    traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{address}/v1/traces", headers=headers)))
    messages = [{"role": "user", "parts": [{"type": "text", "content": "hello"}]}]
    answers = [{"role": "assistant", "parts": [{"type": "text", "content": "hello yourself"}], "finish_reason": "stop"}]
    with traces.get_tracer("t").start_as_current_span("chat m") as span:
        span.set_attributes(
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": "p",
                "gen_ai.conversation.id": session,
                "gen_ai.input.messages": json.dumps(messages),
                "gen_ai.output.messages": json.dumps(answers),
            }
        )
    traces.shutdown()
    mine = [one for one in held(own.bootstrap) if one.data.session_id == session]
    prompts = [one for one in mine if one.source == "claude-code"]
    assert sorted(getattr(one.data, "content", "") for one in prompts) == sorted(
        f"please, number {n}" for n in range(300)
    )
    assert {one.subject for one in prompts} == {"jo@corp.example"}
    assert {one.source for one in mine} == {"claude-code", "otel-genai"}
    process.process.send_signal(signal.SIGTERM)
    said = process.end(0)
    assert "POST logs 200" in said
    assert "please" not in said
    assert token not in said
    shown = Command(tmp_path / "sources.log", "sources", "--bootstrap", own.bootstrap).end(0)
    assert "claude_code_otel" in shown
    assert " 300 " in shown


def test_a_broker_that_is_away_for_a_while_costs_503_and_nothing_that_was_acknowledged(
    own: EmbeddedBroker, started: tuple[Command, str, str], unique: Callable[[str], str]
) -> None:
    process, address, token = started
    known = own.bootstrap
    clients = run(address, token, unique)
    wait(lambda: all(client.count(200) > 10 for client in clients), _LATEST_S)
    own.stop()
    wait(lambda: all(client.count(503) > 0 for client in clients), _LATEST_S)
    assert httpx.get(f"{address}/healthz").status_code == 200
    assert httpx.get(f"{address}/readyz", timeout=30).status_code == 503
    before = [client.count(200) for client in clients]
    assert own.start() == known
    wait(lambda: all(c.count(200) > b + 10 for c, b in zip(clients, before, strict=True)), _LATEST_S)
    for client in clients:
        client.ending.set()
        client.join(30)
    assert httpx.get(f"{address}/readyz", timeout=30).status_code == 200
    assert {status for client in clients for status in client.statuses} <= {200, 503, 429}
    assert {wait_s for client in clients for wait_s in client.retry_after} <= {"1", "5"}
    nothing_acknowledged_is_missing(clients, own.bootstrap)
    process.process.send_signal(signal.SIGTERM)
    process.end(0)


def test_kill_9_loses_nothing_that_was_acknowledged(
    own: EmbeddedBroker, started: tuple[Command, str, str], unique: Callable[[str], str]
) -> None:
    process, address, token = started
    clients = run(address, token, unique)
    wait(lambda: all(client.count(200) > 20 for client in clients), _LATEST_S)
    process.process.kill()
    wait(lambda: all(client.count(0) > 2 for client in clients), _LATEST_S)
    for client in clients:
        client.ending.set()
        client.join(30)
    nothing_acknowledged_is_missing(clients, own.bootstrap)


def test_every_acknowledged_event_is_in_the_ledger(
    redline: Callable[..., Command], tmp_path: Path, unique: Callable[[str], str]
) -> None:
    data = tmp_path / "live"
    up = redline(
        "up", "--data", str(data), REDLINE_CONSENT_MODE="opt-out", REDLINE_PRIVACY_ACCEPT_WEAKER="consent.mode"
    )
    up.until("up: broker")
    token = tokens.add(data / "state" / tokens.FILE, "test", subject="jo@corp.example")
    gateway = redline("gateway", "--port", "0", "--data", str(data))
    address = gateway.until(r"http://[\d.:]+\d")
    (client,) = run(address, token, unique, count=1)
    wait(lambda: client.count(200) >= 5, _LATEST_S)
    client.ending.set()
    client.join(30)
    hook = {
        "session_id": "s",
        "hook_event_name": "PreToolUse",
        "tool_use_id": "toolu_1",
        "tool_name": "Write",
        "tool_input": {"file_path": "/p/a.py", "content": "x = 1"},
    }
    headers = {"Authorization": f"Bearer {token}"}
    assert httpx.post(f"{address}/v1/hooks/claude-code", json=hook, headers=headers).status_code == 200
    gateway.process.send_signal(signal.SIGTERM)
    gateway.end(0)
    assert set(client.statuses) == {200}
    tries = []

    def balanced() -> bool:
        tries.append(Command(tmp_path / f"ledger-{len(tries)}.log", "ledger", "--data", str(data)))
        return tries[-1].process.wait(_LATEST_S) == 0

    wait(balanced, _LATEST_S)
    events = len(client.acknowledged) + 2  # a hook's call and its proposal
    assert f"balances: {events} offsets" in tries[-1].said
    up.process.send_signal(signal.SIGINT)
    up.end(0)
