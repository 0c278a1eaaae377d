"""A real OpenTelemetry Collector, by its Kafka exporter and by OTLP/HTTP to the gateway.

It is a Go program that no package registry has built; `docs/sources.md` says how to build one. Without
`REDLINE_TEST_COLLECTOR`, its path, this is skipped.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from support.command import Command, wait
from support.pipeline import Pipeline

from redline import admin
from redline.sections import Sources
from schemas import topics
from schemas.errors import BrokerError
from sinks import reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COLLECTOR = os.environ.get("REDLINE_TEST_COLLECTOR", "")

pytestmark = [
    pytest.mark.broker,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not COLLECTOR, reason="needs a built OpenTelemetry Collector in REDLINE_TEST_COLLECTOR"),
]

SESSIONS = 5
LOGS = "otlp_logs"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Collector:
    """The program with one receiver and one exporter, until it is ended."""

    def __init__(self, folder: Path, exporter: str, settings: dict[str, Any]) -> None:
        self.port = free_port()
        config = {
            "receivers": {"otlp": {"protocols": {"http": {"endpoint": f"127.0.0.1:{self.port}"}}}},
            "exporters": {exporter: settings},
            "service": {
                "telemetry": {"metrics": {"level": "none"}},
                "pipelines": {"logs": {"receivers": ["otlp"], "exporters": [exporter]}},
            },
        }
        path = folder / f"{exporter}.yaml"
        path.write_text(json.dumps(config))  # JSON is YAML
        self._log = (folder / f"{exporter}.log").open("wb")
        self.process = subprocess.Popen([COLLECTOR, "--config", str(path)], stdout=self._log, stderr=self._log)

    def __enter__(self) -> str:
        address = f"http://127.0.0.1:{self.port}"

        def answers() -> bool:
            assert self.process.poll() is None, Path(self._log.name).read_text()[-3000:]
            try:
                return httpx.get(address).status_code > 0
            except httpx.TransportError:
                return False

        wait(answers, 60)
        return address

    def __exit__(self, *_: object) -> None:
        self.process.terminate()  # it sends what it still holds
        self.process.wait(30)
        self._log.close()


def speak(address: str) -> None:
    """What Claude Code sends, by OpenTelemetry's own SDK."""
    provider = LoggerProvider()
    provider.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter(endpoint=f"{address}/v1/logs")))
    logger = provider.get_logger("com.anthropic.claude_code.events", "2.1.200")
    for number in range(SESSIONS):
        who = {"session.id": f"s-{number}", "user.email": f"kim{number}@corp.example", "app.version": "2.1.200"}
        edit = json.dumps({"file_path": "/w/x.py", "old_string": "a = 1", "new_string": f"a = {number + 2}"})
        call = {"tool_use_id": f"toolu_{number}", "tool_name": "Edit"}
        told = [
            ("user_prompt", {"prompt": "Raise it", "message.uuid": f"u-{number}"}),
            ("tool_decision", {**call, "decision": "accept", "source": "user_temporary"}),
            ("tool_result", {**call, "tool_input": edit, "duration_ms": "10", "success": "true"}),
        ]
        for name, attributes in told:
            logger.emit(
                LogRecord(
                    timestamp=time.time_ns(),
                    severity_number=SeverityNumber.INFO,
                    body=f"claude_code.{name}",
                    attributes={"event.name": name, **who, **attributes},
                )
            )
    provider.shutdown()


def check(data: Path) -> None:
    pairs = reader.read(data, "pairs", ["suggestion", "label"]).to_pylist()
    assert sorted((row["suggestion"], row["label"]) for row in pairs) == [
        (f"a = {number + 2}", "accepted") for number in range(SESSIONS)
    ]
    types = Counter(reader.read(data, "interactions", ["event_type"]).column(0).to_pylist())
    assert types["redline.suggestion.v1"] == types["redline.decision.v1"] == SESSIONS


@pytest.fixture
def pipeline(tmp_path: Path) -> Iterator[Pipeline]:
    with Pipeline(tmp_path / "data", sources=Sources(otlp_logs=LOGS)) as made:
        yield made


@pytest.mark.parametrize("encoding", ["otlp_proto", "otlp_json"])
def test_its_kafka_exporter_writes_what_the_explode_stage_reads(
    pipeline: Pipeline, tmp_path: Path, encoding: str
) -> None:
    settings = {
        "brokers": [pipeline.settings.kafka.bootstrap],
        "logs": {"topic": LOGS, "encoding": encoding},
        "producer": {"required_acks": -1},
    }
    with Collector(tmp_path, "kafka", settings) as address:
        speak(address)
    drained(pipeline)
    check(tmp_path / "data")


def test_its_http_exporter_delivers_into_the_gateway(
    pipeline: Pipeline, tmp_path: Path, redline: Callable[..., Command]
) -> None:
    gateway = redline(
        "gateway",
        "--open",
        "--port",
        "0",
        "--data",
        str(tmp_path / "gate"),
        "--bootstrap",
        pipeline.settings.kafka.bootstrap,
    )
    target = gateway.until(r"http://[\d.:]+\d")
    with Collector(tmp_path, "otlphttp", {"endpoint": target}) as address:
        speak(address)
    drained(pipeline)
    check(tmp_path / "data")


def drained(pipeline: Pipeline) -> None:
    """Wait for the first event, then until everything is in a table."""

    def begun() -> bool:
        pipeline.step()
        try:
            ends = admin.watermarks(pipeline.settings.kafka.bootstrap, topics.EVENTS)
        except BrokerError:  # a partition that has no leader yet
            return False
        return any(end for _, end in ends.values())

    wait(begun, 60)
    pipeline.drain()
    assert pipeline.balance().balanced
