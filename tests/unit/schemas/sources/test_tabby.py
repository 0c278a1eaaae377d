from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.readings import fuzzed, said, sound

from schemas.events import Decision, Suggestion
from schemas.sources.tabby import read_body, read_line

MS = 1_781_803_312_125
COMPLETION = {
    "completion_id": "cmpl-1",
    "language": "python",
    "prompt": "<PRE>x = ",
    "segments": {"prefix": "x = ", "suffix": "\n", "filepath": "src/x.py", "git_url": "git@corp.example:x"},
    "choices": [{"index": 0, "text": "1\r\n"}, {"index": 1, "text": "2"}],
    "user_agent": "Node.js/v18 tabby-agent/1.8.0 VSCode/1.90",
}


def line(kind: str, data: dict[str, Any], user: str | None = "kim@corp.example", ts: Any = MS) -> bytes:
    return json.dumps({"user": user, "ts": ts, "event": {kind: data}}).encode()


def act(**more: Any) -> dict[str, Any]:
    return {"completion_id": "cmpl-1", "choice_index": 0, "view_id": "v", "elapsed": 1500, **more}


def test_every_choice_is_a_suggestion_and_the_first_has_the_completions_id() -> None:
    reading = sound(read_line(line("completion", COMPLETION)))
    assert said(reading) == [("suggestion/cmpl-1", MS * 1000), ("suggestion/cmpl-1/1", MS * 1000)]
    first, second = (event.data for event in reading.events)
    assert isinstance(first, Suggestion)
    assert isinstance(second, Suggestion)
    assert (first.text, first.prompt, first.path, first.language) == ("1\r\n", "<PRE>x = ", "src/x.py", "python")
    assert (first.tool, second.interaction_id, reading.drift) == ("tabby-agent/1.8.0", "cmpl-1/1", {})


@pytest.mark.parametrize(
    ("kind", "data", "interaction", "verdict"),
    [
        ("select", act(), "cmpl-1", "accepted"),
        ("select", act(choice_index=1), "cmpl-1/1", "accepted"),
        ("select", act(kind="line"), "cmpl-1", "partial"),
        ("dismiss", act(), "cmpl-1", "dismissed"),
        ("dismiss", act(view_id=None, elapsed=None), "cmpl-1", "dismissed"),
    ],
)
def test_the_log_and_the_client_tell_of_the_same_decision(
    kind: str, data: dict[str, Any], interaction: str, verdict: str
) -> None:
    logged = sound(read_line(line(kind, data)))
    (decision,) = [event.data for event in logged.events]
    assert isinstance(decision, Decision)
    assert (decision.interaction_id, decision.verdict) == (interaction, verdict)
    assert decision.after_ms == data["elapsed"]
    posted = {"type": kind, **{key: value for key, value in data.items() if key != "kind"}}
    body = json.dumps(posted).encode()
    sent = sound(read_body(body, subject="kim@corp.example", received_us=MS * 1000, select_kind=data.get("kind")))
    assert sent.events == logged.events


def test_two_lines_taken_one_after_the_other_are_two_decisions() -> None:
    first = read_line(line("select", act(kind="line", elapsed=900)))
    second = read_line(line("select", act(kind="line", elapsed=1900)))
    assert first.events[0].id != second.events[0].id


def test_a_view_is_noise_and_a_line_without_a_user_is_the_callers() -> None:
    assert sound(read_line(line("view", act()))).skipped == {"view": 1}
    assert sound(read_line(line("chat_completion", {}))).skipped == {"chat_completion": 1}
    assert sound(read_line(line("completion", {**COMPLETION, "choices": []}))).skipped == {"no_choice": 1}
    (event,) = sound(read_line(line("dismiss", act(), user=None), subject="jo")).events
    assert event.subject == "jo"
    (event,) = sound(read_line(line("dismiss", act(), user=" "))).events
    assert event.subject is None


def test_what_is_new_is_drift() -> None:
    new = {**COMPLETION, "zeta": 1, "segments": {"prefix": "", "eta": 2}}
    paths = {what.path for what in sound(read_line(line("completion", new))).drift}
    assert paths == {"$.event.completion.zeta", "$.event.completion.segments.eta"}
    unheard = sound(read_line(line("brand_new", {})))
    assert ({what.path for what in unheard.drift}, unheard.skipped) == ({"brand_new"}, {"unknown_event": 1})


@pytest.mark.parametrize(
    ("text", "reason", "path"),
    [
        (b"nothing", "not_json", "$"),
        (line("select", act(), ts=None), "missing_field", "$.ts"),
        (line("select", act(), ts=10**18), "bad_value", "$.ts"),
        (line("select", act(completion_id="")), "bad_value", "$.event.select.completion_id"),
        (line("select", act(elapsed=-1)), "bad_value", "$.event.select.elapsed"),
        (line("completion", {**COMPLETION, "choices": ["text"]}), "wrong_type", "$.event.completion.choices[]"),
        (line("completion", {**COMPLETION, "choices": [{}]}), "missing_field", "$.event.completion.choices[].text"),
        (line("completion", {**COMPLETION, "choices": [{}] * 65}), "bad_value", "$.event.completion.choices"),
        (b'{"ts":1,"event":{}}', "wrong_type", "$.event"),
        (b'{"ts":1,"event":{"view":{},"select":{}}}', "wrong_type", "$.event"),
    ],
)
def test_what_is_no_event_is_one_fault(text: bytes, reason: str, path: str) -> None:
    reading = sound(read_line(text))
    assert [(fault.reason, fault.path) for fault in reading.faults] == [(reason, path)]
    assert reading.events == []


def test_a_body_needs_a_kind_and_a_time() -> None:
    (fault,) = sound(read_body(json.dumps({"type": "select", **act()}).encode())).faults
    assert (fault.reason, fault.path) == ("missing_field", "$.ts")
    (fault,) = sound(read_body(b'{"type":"completion"}', received_us=1)).faults
    assert (fault.reason, fault.path) == ("bad_value", "$.type")


@settings(deadline=None)
@given(st.binary() | fuzzed([line("completion", COMPLETION), line("select", act(kind="line"))]))
def test_any_bytes_are_events_faults_or_skipped(data: bytes) -> None:
    for reading in (read_line(data), read_body(data, received_us=1, select_kind="line")):
        sound(reading)
        assert reading.events or reading.faults or reading.skipped
