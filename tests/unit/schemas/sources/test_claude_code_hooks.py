from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import decode, encode_structured
from schemas.events import Suggestion
from schemas.records import Coordinate, Record
from schemas.rows import REASONS
from schemas.sources.claude_code_hooks import READER, read_body
from schemas.sources.reading import Drift, Reading

if TYPE_CHECKING:
    from schemas.events import Event

NOW = 1_760_000_000_000_000
EDIT = {"file_path": "/p/a.py", "old_string": "a = 1\r\n", "new_string": "a = 2\r\n", "replace_all": False}
MULTI = {
    "file_path": "/p/a.py",
    "edits": [{"old_string": "a", "new_string": "b"}, {"old_string": "c", "new_string": "d"}],
}


def read(name: str, **fields: Any) -> Reading:
    body = {"session_id": "s1", "prompt_id": "p1", "cwd": "/p", "hook_event_name": name, **fields}
    return read_body(json.dumps(body).encode(), time_us=NOW, subject="jo@corp.example")


def called(name: str, tool: str, arguments: dict[str, Any], **fields: Any) -> Reading:
    return read(name, tool_name=tool, tool_input=arguments, tool_use_id="toolu_1", **fields)


def told(reading: Reading) -> list[tuple[str, dict[str, Any]]]:
    """The id of each event, with what its data says beyond every event's."""
    for event in reading.events:
        assert (event.source, event.time_us, event.subject) == ("claude-code", NOW, "jo@corp.example")
        assert (event.data.session_id, event.data.surface) == ("s1", "terminal")
        assert again(event) == event
    return [(event.id, fields(event)) for event in reading.events]


def again(event: Event) -> Event:
    sent = encode_structured(event)
    return decode(Record(Coordinate("t", 0, 0), sent.key, sent.value, sent.headers, NOW // 1000))


def fields(event: Event) -> dict[str, Any]:
    defaults = (None, "", "claude-code", "terminal", "s1")
    return {
        name: value for name in event.data.__struct_fields__ if (value := getattr(event.data, name)) not in defaults
    }


def test_a_proposal_has_the_prompt_of_its_own_turn() -> None:
    prompts: dict[str, str] = {}

    def prompt_of(**fields: Any) -> str:
        body = {"session_id": "s1", "hook_event_name": "PreToolUse", "tool_name": "Edit", "tool_input": EDIT, **fields}
        reading = read_body(json.dumps(body).encode(), time_us=NOW, subject=None, prompts=prompts)
        (prompt,) = (e.data.prompt for e in reading.events if isinstance(e.data, Suggestion))
        return str(prompt)

    for name in ("p1", "p2"):
        body = {"session_id": "s1", "hook_event_name": "UserPromptSubmit", "prompt_id": name, "prompt": f"do {name}"}
        read_body(json.dumps(body).encode(), time_us=NOW, subject=None, prompts=prompts)
    assert prompt_of(tool_use_id="1", prompt_id="p1") == "do p1"
    assert prompt_of(tool_use_id="2", prompt_id="p2") == "do p2"
    assert prompt_of(tool_use_id="3", prompt_id="p2", agent_id="a") == ""
    assert prompt_of(tool_use_id="4") == prompt_of(tool_use_id="5", prompt_id="unknown") == ""


CALL = {"role": "assistant", "kind": "tool_call", "call_id": "toolu_1"}
RESULT = {"role": "tool", "kind": "tool_result", "call_id": "toolu_1"}


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (
            read("SessionStart", source="startup", model="m"),
            [("session/s1/started/startup", {"state": "started", "reason": "startup"})],
        ),
        (read("SessionEnd", reason="clear"), [("session/s1/ended/clear", {"state": "ended", "reason": "clear"})]),
        (
            read("UserPromptSubmit", prompt="do it"),
            [("step/prompt/p1", {"role": "user", "kind": "message", "content": "do it"})],
        ),
        (
            called("PreToolUse", "Edit", EDIT),
            [
                ("step/toolu_1/call", CALL | {"tool_name": "Edit", "arguments": EDIT}),
                (
                    "suggestion/toolu_1/live",
                    {
                        "interaction_id": "toolu_1",
                        "task": "edit",
                        "text": "a = 2\r\n",
                        "before": "a = 1\r\n",
                        "language": "python",
                        "path": "/p/a.py",
                        "call_id": "toolu_1",
                    },
                ),
            ],
        ),
        (
            called("PreToolUse", "MultiEdit", MULTI),
            [
                ("step/toolu_1/call", CALL | {"tool_name": "MultiEdit", "arguments": MULTI}),
                (
                    "suggestion/toolu_1/live",
                    {
                        "interaction_id": "toolu_1",
                        "task": "edit",
                        "text": "b\nd",
                        "before": "a\nc",
                        "language": "python",
                        "path": "/p/a.py",
                        "call_id": "toolu_1",
                    },
                ),
            ],
        ),
        (
            called("PreToolUse", "Write", {"file_path": "/p/n", "content": "new"}),
            [
                (
                    "step/toolu_1/call",
                    CALL | {"tool_name": "Write", "arguments": {"file_path": "/p/n", "content": "new"}},
                ),
                (
                    "suggestion/toolu_1/live",
                    {
                        "interaction_id": "toolu_1",
                        "task": "document",
                        "text": "new",
                        "path": "/p/n",
                        "call_id": "toolu_1",
                    },
                ),
            ],
        ),
        (
            called("PreToolUse", "Edit", {"file_path": "/p/a.py"}),  # no proposal, and a call all the same
            [("step/toolu_1/call", CALL | {"tool_name": "Edit", "arguments": {"file_path": "/p/a.py"}})],
        ),
        (
            called("PreToolUse", "Bash", {"command": "ls"}),
            [("step/toolu_1/call", CALL | {"tool_name": "Bash", "arguments": {"command": "ls"}})],
        ),
        (
            called("PostToolUse", "Edit", EDIT, tool_response={"originalFile": "whole file"}, duration_ms=3),
            [
                ("step/toolu_1/result", RESULT | {"tool_name": "Edit", "outcome": "success"}),
                ("decision/toolu_1", {"interaction_id": "toolu_1", "verdict": "accepted"}),
            ],
        ),
        (
            called("PostToolUse", "Bash", {"command": "ls"}, tool_response={"stdout": "x"}),
            [
                (
                    "step/toolu_1/result",
                    RESULT | {"tool_name": "Bash", "content": '{"stdout":"x"}', "outcome": "success"},
                )
            ],
        ),
        (
            called("PostToolUseFailure", "Edit", EDIT, error="no such text"),
            [("step/toolu_1/result", RESULT | {"tool_name": "Edit", "content": "no such text", "outcome": "error"})],
        ),
        (
            called("PostToolUseFailure", "Edit", EDIT, error="stopped", is_interrupt=True),
            [
                ("step/toolu_1/result", RESULT | {"tool_name": "Edit", "content": "stopped", "outcome": "interrupted"}),
                ("decision/toolu_1", {"interaction_id": "toolu_1", "verdict": "dismissed"}),
            ],
        ),
        (read("Stop", stop_hook_active=False), []),
    ],
)
def test_what_each_hook_becomes(reading: Reading, expected: list[tuple[str, dict[str, Any]]]) -> None:
    assert told(reading) == expected
    assert not reading.faults
    assert not reading.drift


def test_a_message_has_its_own_id_each_time_it_is_said() -> None:
    stops = [read("Stop", last_assistant_message=text).events[0] for text in ("done", "done", "all done")]
    assert stops[0].id == stops[1].id != stops[2].id
    agent = read("SubagentStop", last_assistant_message="done", agent_id="a1").events[0]
    assert agent.id != stops[0].id
    later = read_body(
        b'{"session_id":"s1","hook_event_name":"UserPromptSubmit","prompt":"continue"}', time_us=NOW + 1, subject=None
    )
    first = read_body(
        b'{"session_id":"s1","hook_event_name":"UserPromptSubmit","prompt":"continue"}', time_us=NOW, subject=None
    )
    assert later.events[0].id != first.events[0].id


def test_hooks_without_an_interaction_are_skipped_by_rule_and_unknown_ones_are_drift() -> None:
    assert read("FileChanged", file_path="/p/x").skipped == {"no_content": 1}
    assert read("PostToolBatch", tool_calls=[]).skipped == {"told_by_post_tool_use": 1}
    unknown = read("BrandNew", XYZZY=1)
    assert (dict(unknown.skipped), dict(unknown.drift)) == (
        {"unknown_hook": 1},
        {Drift(READER, "?", "type", "BrandNew"): 1},
    )
    keys = read("UserPromptSubmit", prompt="x", mood=1, **{"jo doe": 1})
    assert dict(keys.drift) == {Drift(READER, "?", "key", "$.mood"): 1, Drift(READER, "?", "key", "$.?"): 1}
    assert len(keys.events) == 1


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", ("not_json", "$")),
        (b"[]", ("wrong_type", "$")),
        (b"{}", ("missing_field", "$.hook_event_name")),
        (b'{"hook_event_name":"Stop"}', ("missing_field", "$.session_id")),
        (b'{"hook_event_name":"Stop","session_id":" "}', ("bad_value", "$.session_id")),
        (b'{"hook_event_name":"UserPromptSubmit","session_id":"s"}', ("missing_field", "$.prompt")),
        (b'{"hook_event_name":"PreToolUse","session_id":"s"}', ("missing_field", "$.tool_input")),
        (b'{"hook_event_name":"PreToolUse","session_id":"s","tool_input":{}}', ("missing_field", "$.tool_use_id")),
        (
            b'{"hook_event_name":"PreToolUse","session_id":"s","tool_input":[],"tool_use_id":"t","tool_name":"Edit"}',
            ("wrong_type", "$.tool_input"),
        ),
    ],
)
def test_what_is_missing_is_told_by_path(body: bytes, fault: tuple[str, str]) -> None:
    reading = read_body(body, time_us=NOW, subject=None)
    assert not reading.events
    assert [(found.reason, found.path) for found in reading.faults] == [fault]


NAMES = st.sampled_from(
    ["session_id", "hook_event_name", "tool_name", "tool_input", "tool_use_id", "prompt", "edits", "error", "file_path"]
)
WORDS = st.sampled_from(["PreToolUse", "PostToolUse", "PostToolUseFailure", "Stop", "Edit", "MultiEdit", "s", ""])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.binary(max_size=200) | st.dictionaries(NAMES, VALUES, max_size=9).map(lambda tree: json.dumps(tree).encode()))
def test_no_input_raises_and_every_event_can_be_sent(body: bytes) -> None:
    reading = read_body(body, time_us=NOW, subject=None)
    assert all(fault.reason in REASONS for fault in reading.faults)
    assert len(reading.faults) + reading.skipped.total() + bool(reading.events) <= 1 or not reading.faults
    for event in reading.events:
        assert again(event) == event
