"""Input that is right, so that the fuzzer does not begin with finding JSON."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIXTURES = Path(__file__).parents[2] / "tests" / "fixtures"
_HOOK = {
    "session_id": "s", "prompt_id": "p", "hook_event_name": "PreToolUse", "tool_name": "Edit", "tool_use_id": "t",
    "tool_input": {"file_path": "/p/a.py", "old_string": "a", "new_string": "b", "replace_all": True},
}  # fmt: skip
_EDIT = {
    "timestamp": "2026-06-18T17:21:52Z", "userId": "u", "prompt": "p", "completion": "c", "previousCode": "a",
    "newCode": "b", "accepted": True, "filepath": "file:///x.py",
}  # fmt: skip
_COMPLETION = {"completion_id": "c", "language": "python", "prompt": "p", "choices": [{"index": 0, "text": "x"}]}
_MESSAGES = '[{"role":"user","parts":[{"type":"text","content":"Why?"},{"type":"tool_call","id":"1","name":"f"}]}]'
_ATTRIBUTES = {"gen_ai.operation.name": "chat", "gen_ai.input.messages": _MESSAGES}
_PAIRS = [{"key": name, "value": {"stringValue": value}} for name, value in _ATTRIBUTES.items()]
_SPAN = {"name": "chat m", "kind": 3, "startTimeUnixNano": "1760000000000000000", "traceId": "5b", "attributes": _PAIRS}
_LOG = {
    "timeUnixNano": "1760000000000000000",
    "attributes": [
        {"key": name, "value": {"stringValue": value}}
        for name, value in {
            "event.name": "copilot_chat.edit.feedback",
            "outcome": "accepted",
            "request_id": "r",
        }.items()
    ],
}
_OBSERVATION = {
    "type": "GENERATION", "startTime": "2025-12-04T14:51:22Z", "input": _MESSAGES,
    "metadata": {"attributes": _ATTRIBUTES},
}  # fmt: skip
_MAIL = (
    b"Message-ID: <1@x>\nFrom: A <a@x.example>\nTo: b@x.example\nDate: Fri, 10 Oct 2025 10:00:00 +0200\n"
    b"Subject: =?utf-8?q?x?=\nContent-Type: text/plain; charset=utf-8\n\nHello\n> quoted\n"
)


def of(target: str) -> Iterator[bytes]:
    """Seeds of one target."""
    if target in {"cloudevents", "cloudevents-http"}:
        records = [json.loads(path.read_bytes())["record"] for path in sorted(_FIXTURES.glob("golden/*/*.json"))]
        yield from (json.dumps(record).encode() for record in records)
        yield json.dumps(records[:3]).encode()
    elif target == "claude-code":
        yield from (path.read_bytes() for path in sorted(_FIXTURES.glob("claude-code/**/*.jsonl")))
    else:
        yield from _MADE.get(target, ())


def _dumped(*trees: object) -> list[bytes]:
    return [json.dumps(tree).encode() for tree in trees]


_MADE: dict[str, list[bytes]] = {
    "cloudevents-binary": _dumped(
        {"session_id": "s", "surface": "ide", "tool": "t", "interaction_id": "i", "task": "edit", "text": "x"}
    ),
    "gzip": [gzip.compress(b"hello" * 9), gzip.compress(b"a") + gzip.compress(b"b")],
    "avro": [b"\x061.0\x021\x00", b"\x061.0\x021\x02\x02\x02a\x02\x02b\x00"],
    "claude-code-hooks": _dumped(_HOOK, {**_HOOK, "hook_event_name": "PostToolUse", "tool_response": {}}),
    "continue": _dumped({"eventName": "editOutcome", **_EDIT}, {"eventName": "chatInteraction", **_EDIT}),
    "continue-http": _dumped({"name": "editOutcome", "schema": "0.2.0", "level": "all", "data": _EDIT}),
    "tabby": _dumped({"user": "u", "ts": 1_760_000_000_000, "event": {"completion": _COMPLETION}}),
    "tabby-http": _dumped({"type": "select", "completion_id": "c", "choice_index": 0, "elapsed": 5}),
    "otlp-logs": [
        *_dumped({"resourceLogs": [{"scopeLogs": [{"logRecords": [_LOG]}]}]}),
        b"\x0a\x10\x12\x0e\x12\x0c\x09\x00\x00\x8a\x1b\x9a\xd7\x6c\x18\x12\x01x",
    ],
    "otlp-spans": _dumped({"resourceSpans": [{"scopeSpans": [{"spans": [_SPAN]}]}]}),
    "traces": _dumped({"trace": {"sessionId": "s"}, "observations": [_OBSERVATION]}, _ATTRIBUTES),
    "slack": _dumped([{"type": "message", "user": "U1", "ts": "1759700000.000100", "text": "hi", "thread_ts": "1.1"}]),
    "slack-lists": _dumped(
        [{"id": "C1", "name": "general", "members": ["U1"]}], [{"id": "U1", "profile": {"email": "a@x.example"}}]
    ),
    "mbox": [_MAIL],
    "revisions": [b"a\nb\n"],
    "commit": [b"import os\na = 1\n\0import os\nb = 2\n\0a\0b\0os\0sys", b'{"cells":[{"id":"x","source":["a"]}]}\0\0'],
    "spool": [b"redline1 event 1 2 a505df1b\nab\n"],
}
