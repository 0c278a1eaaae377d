"""OTLP/HTTP: its answers read by OpenTelemetry's own messages."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.json_format import Parse
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # ships no types
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from redline.gateway.delivery import NotConfirmedError
from redline.gateway.exchange import Answer, Request
from redline.gateway.service import Gateway, Policy
from schemas.codec import REFUSED_HEADER, decode
from schemas.errors import DecodeError
from schemas.records import Coordinate, Record

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from schemas.records import Outgoing

PROTOBUF, JSON = "application/x-protobuf", "application/json"


class Kafka:
    """A list, or nothing."""

    def __init__(self, *, away: bool = False) -> None:
        self.away = away
        self.sent: list[Outgoing] = []

    async def send(self, topic: str, records: Sequence[Outgoing]) -> None:
        if self.away and records:
            raise NotConfirmedError
        self.sent += records

    async def ready(self) -> bool:
        return not self.away


def ask(kafka: Kafka, path: str, body: bytes, kind: str, **headers: str) -> Answer:
    async def pieces() -> AsyncIterator[bytes]:
        yield body

    service = Gateway(kafka, topic="t", who=None, policy=Policy())
    named = {"content-type": kind, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return asyncio.run(service.answer(Request("POST", path, tuple(named.items()), body=pieces())))


def request(*sessions: str | None) -> str:
    """A request with one prompt for each session; None: a record that has no session, and is none of ours to send."""
    return json.dumps(
        {
            "resourceLogs": [
                {
                    "scopeLogs": [
                        {
                            "scope": {"name": "com.anthropic.claude_code.events"},
                            "logRecords": [record(session) for session in sessions],
                        }
                    ]
                }
            ]
        }
    )


def record(session: str | None) -> dict[str, Any]:
    said = {"event.name": "user_prompt", "prompt": "XYZZY", "message.uuid": f"m-{session}", "prompt_length": "5"}
    attributes = said | ({"session.id": session} if session else {})
    return {
        "timeUnixNano": "1760000000000000000",
        "body": {"stringValue": "claude_code.user_prompt"},
        "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in attributes.items()],
    }


def encoded(text: str, kind: str) -> bytes:
    if kind == JSON:
        return text.encode()
    message: bytes = Parse(text, ExportLogsServiceRequest()).SerializeToString()
    return message


@pytest.mark.parametrize("kind", [PROTOBUF, JSON])
def test_what_is_taken_whole_is_answered_with_an_empty_message(kind: str) -> None:
    kafka = Kafka()
    answer = ask(kafka, "/v1/logs", gzip.compress(encoded(request("a", "b"), kind)), kind, content_encoding="gzip")
    assert (answer.status, answer.content_type, answer.body) == (200, kind, b"" if kind == PROTOBUF else b"{}")
    assert len(kafka.sent) == 2


@pytest.mark.parametrize("kind", [PROTOBUF, JSON])
def test_records_that_are_no_events_are_counted_in_the_answer_and_travel_as_stand_ins(kind: str) -> None:
    kafka = Kafka()
    answer = ask(kafka, "/v1/logs", encoded(request("a", None, "b"), kind), kind)
    assert (answer.status, answer.content_type) == (200, kind)
    if kind == PROTOBUF:
        partial = ExportLogsServiceResponse.FromString(answer.body).partial_success
        rejected, message = partial.rejected_log_records, partial.error_message
    else:
        tree = json.loads(answer.body)["partialSuccess"]
        rejected, message = int(tree["rejectedLogRecords"]), tree["errorMessage"]
    assert rejected == 1
    assert "session.id" in message
    assert b"XYZZY" not in answer.body
    assert [REFUSED_HEADER in dict(one.headers) for one in kafka.sent] == [False, False, True]
    with pytest.raises(DecodeError, match="missing_field"):
        decode(Record(Coordinate("t", 0, 0), None, kafka.sent[-1].value, kafka.sent[-1].headers, 0))


@pytest.mark.parametrize(
    ("body", "away", "status"), [(b"\xff\xff", False, 400), (b"", True, 200), (b"x" * 5_000_000, False, 413)]
)
@pytest.mark.parametrize("path", ["/v1/logs", "/v1/traces"])
def test_a_refusal_is_a_status_in_the_encoding_of_the_request(path: str, body: bytes, away: bool, status: int) -> None:
    answer = ask(Kafka(away=away), path, body, PROTOBUF)
    assert (answer.status, answer.content_type) == (status, PROTOBUF)
    if status == 200:
        assert not ExportTraceServiceResponse.FromString(answer.body).HasField("partial_success")
    else:
        assert Status.FromString(answer.body).message


def test_without_kafka_an_exporter_is_told_when_to_come_again() -> None:
    answer = ask(Kafka(away=True), "/v1/logs", encoded(request("a"), PROTOBUF), PROTOBUF)
    assert (answer.status, answer.content_type) == (503, PROTOBUF)
    assert Status.FromString(answer.body).message
    assert int(dict(answer.headers)["Retry-After"]) >= 1


def test_a_refusal_of_json_is_a_status_too() -> None:
    answer = ask(Kafka(), "/v1/logs", b"[]", JSON)
    assert (answer.status, answer.content_type, list(json.loads(answer.body))) == (400, JSON, ["message"])
    assert ask(Kafka(), "/v1/logs", b"", "text/plain").status == 415
