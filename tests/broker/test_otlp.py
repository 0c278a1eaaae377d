"""What the OpenTelemetry Collector puts on Kafka, in both encodings, through the whole pipeline.

Batches come twice, and the worker that reads them is killed in between: tables hold every event once.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from support.otlp import NOW_US, Log, Spanned, logs_json, logs_proto, spans_json, spans_proto
from support.pipeline import Pipeline

from redline import admin, sources
from redline.emit import emit_records
from redline.sections import Sources
from redline.status import status
from schemas import topics
from schemas.records import Outgoing
from sinks import reader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]

LOGS, SPANS = "collector.logs", "otlp_spans"
SESSIONS = 6
EVENTS = SESSIONS * 4 + 3
"""A prompt, a call, its proposal and the decision of each session, and a conversation of three messages."""


def session(number: int) -> list[Log]:
    """What Claude Code sends of one prompt and one edit."""
    who = {"session.id": f"s-{number}", "user.email": f"kim{number}@corp.example", "app.version": "2.1.200"}
    call = {"tool_use_id": f"toolu_{number}", "tool_name": "Edit"}
    edit = json.dumps({"file_path": "/w/x.py", "old_string": "a = 1", "new_string": f"a = {number + 2}"})
    verdict = "accept" if number % 2 else "reject"
    return [
        Log({**who, "prompt": "Raise it", "message.uuid": f"u-{number}"}, "claude_code.user_prompt"),
        Log({**who, **call, "decision": verdict, "source": "user_temporary"}, "claude_code.tool_decision"),
        Log(
            {**who, **call, "tool_input": edit, "duration_ms": "10"}, "claude_code.tool_result", time_us=NOW_US + 20_000
        ),
        Log({**who, "cost_usd": "0.1"}, "claude_code.api_request"),
    ]


def text(role: str, content: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": content}]}


def conversation() -> list[Spanned]:
    first, second = text("user", "Hi"), text("assistant", "Hello")
    chat = {"gen_ai.operation.name": "chat", "gen_ai.conversation.id": "c"}
    return [
        Spanned({**chat, "gen_ai.input.messages": [first], "gen_ai.output.messages": [second]}),
        Spanned({**chat, "gen_ai.input.messages": [first, second, text("user", "Bye")]}, start_us=NOW_US + 5_000_000),
    ]


def batches(encode: Callable[..., bytes]) -> list[bytes]:
    """Two requests, as the Collector groups what comes."""
    logs = [log for number in range(SESSIONS) for log in session(number)]
    return [encode(*logs[:7]), encode(*logs[7:])]


def send(pipeline: Pipeline, topic: str, values: Sequence[bytes]) -> None:
    records = [Outgoing(None, value, ()) for value in values]
    emit_records(records, bootstrap=pipeline.settings.kafka.bootstrap, topic=topic)


def on_events(pipeline: Pipeline) -> int:
    ends = admin.watermarks(pipeline.settings.kafka.bootstrap, topics.EVENTS)
    return sum(end for _, end in ends.values())


def until(pipeline: Pipeline, records: int) -> None:
    deadline = time.monotonic() + 180
    while on_events(pipeline) < records:
        assert time.monotonic() < deadline, f"{on_events(pipeline)} of {records} records"
        pipeline.step()
        time.sleep(0.2)


def rows(data: Path, table: str, *columns: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = reader.read(data, table, columns or None).to_pylist()
    return found


def test_batches_become_events_once_however_often_they_come(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Pipeline(data, sources=Sources(otlp_logs=f"{LOGS}, otlp_logs", otlp_spans=SPANS)) as pipeline:
        send(pipeline, LOGS, [*batches(logs_proto), b"no request"])
        send(pipeline, SPANS, [spans_json(*conversation())])
        until(pipeline, EVENTS + 1)
        pipeline.drain()
        before = {table: sorted(map(str, rows(data, table))) for table in ("interactions", "pairs", "trajectories")}
        assert len(before["interactions"]) == EVENTS
        assert Counter(row["label"] for row in rows(data, "pairs", "label")) == {"accepted": 3, "rejected": 3}
        assert {row["suggestion"] for row in rows(data, "pairs", "suggestion")} == {f"a = {n + 2}" for n in range(6)}
        assert Counter(row["reason"] for row in rows(data, "rejects", "reason")) == {"bad_value": 1}

        pipeline.kill("worker-1")
        send(pipeline, "otlp_logs", batches(logs_json))
        send(pipeline, LOGS, batches(logs_proto))
        send(pipeline, SPANS, [spans_proto(*conversation())])
        until(pipeline, EVENTS + 1 + 2 * (EVENTS - 3) + 3)
        pipeline.drain()
        assert pipeline.balance().balanced
        assert {table: sorted(map(str, rows(data, table))) for table in before} == before
        rejects = Counter(row["reason"] for row in rows(data, "rejects", "reason"))
        assert rejects.pop("bad_value") >= 1
        assert set(rejects) == {"duplicate"}
        assert rejects["duplicate"] >= 2 * (EVENTS - 3) + 3
        told = status(pipeline.settings, lambda _: None)
        for topic, batches_sent in ((LOGS, 5), ("otlp_logs", 2), (SPANS, 2)):
            assert re.search(rf"explode +{re.escape(topic)} +{batches_sent} +0\b", told), told
        seen = sources.read(pipeline.settings.kafka.bootstrap, {}, days=1)
    events = Counter({each.source: 0 for each in seen})
    for each in seen:
        events[each.source] += each.events
    assert events["claude_code_otel"] >= 3 * (EVENTS - 3)
