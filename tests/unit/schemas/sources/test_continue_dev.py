from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.readings import fuzzed, said, sound

from schemas.events import Decision, Revision, Step, Suggestion
from schemas.sources import continue_format
from schemas.sources.continue_dev import read_body, read_line

if TYPE_CHECKING:
    from schemas.sources.reading import Reading

BASE = {
    "schema": "0.2.0",
    "timestamp": "2026-06-18T17:21:52.125Z",
    "userId": "kim@corp.example",
    "userAgent": "vscode/1.100 (Continue/1.2.9)",
    "selectedProfileId": "local",
}
MODEL = {"modelProvider": "anthropic", "modelName": "sonnet", "modelTitle": "Sonnet"}
EDIT = {
    **MODEL,
    "prompt": "rename it",
    "completion": "```\nb\n```",
    "previousCode": "a\r\n",
    "newCode": "b\r\n",
    "previousCodeLines": 1,
    "newCodeLines": 1,
    "lineChange": 0,
    "filepath": "file:///w/x.py",
}
COMPLETION = {
    "prefix": "x = ",
    "suffix": "",
    "prompt": "<fim>x = ",
    "completion": "1",
    "completionId": "c-1",
    "uniqueId": "machine",
    "filepath": "file:///w/x.py",
    "modelName": "codestral",
    "cacheHit": False,
    "time": 312.5,
}
CHAT = "<system>\nBe short.\n\n<user>\nHi\n\n<assistant>\nHello\n\n<user>\nWhat is 2 + 2?\n\n"
NEXT = {
    "elapsed": 300,
    "completionId": "n-1",
    "requestId": "r",
    "fileUri": "file:///w/x.py",
    "prompt": "p",
    "originalEditableRange": "old",
    "completion": "new",
    "modelName": "instinct",
}
TOOL = {"toolCallId": "t-1", "functionName": "read_file", "toolCallArgs": '{"filepath": "x.py"}', "succeeded": True}


def line(name: str, **data: Any) -> bytes:
    return json.dumps({"eventName": name, **BASE, **data}).encode()


def read(name: str, **data: Any) -> Reading:
    return sound(read_line(line(name, **data)))


@pytest.mark.parametrize(("accepted", "verdict"), [(True, "accepted"), (False, "rejected")])
def test_an_edit_is_the_models_proposal_and_what_the_person_said(accepted: bool, verdict: str) -> None:
    suggestion, decision = read("editOutcome", **EDIT, accepted=accepted).events
    assert isinstance(suggestion.data, Suggestion)
    assert (suggestion.data.before, suggestion.data.text, suggestion.data.prompt) == ("a\r\n", "b\r\n", "rename it")
    assert (suggestion.data.model, suggestion.data.path) == ("sonnet", "file:///w/x.py")
    assert (suggestion.subject, suggestion.source) == ("kim@corp.example", "continue")
    assert suggestion.data.tool == "continue/1.2.9"
    assert suggestion.time_us == 1_781_803_312_125_000
    assert isinstance(decision.data, Decision)
    assert (decision.data.verdict, decision.data.interaction_id) == (verdict, suggestion.data.interaction_id)


@pytest.mark.parametrize(("accepted", "verdicts"), [(True, ["accepted"]), (False, ["dismissed"]), (None, [])])
def test_a_completion_is_joined_by_its_own_id(accepted: bool | None, verdicts: list[str]) -> None:
    reading = read("autocomplete", **COMPLETION, accepted=accepted)
    assert [event.id for event in reading.events] == ["suggestion/c-1", *["decision/c-1" for _ in verdicts]]
    assert [event.data.verdict for event in reading.events if isinstance(event.data, Decision)] == verdicts


def test_an_aborted_next_edit_was_not_decided() -> None:
    assert said(read("nextEditOutcome", **NEXT, accepted=False, aborted=False, timestamp=1_781_803_312_125)) == [
        ("suggestion/n-1", 1_781_803_312_125_000),
        ("decision/n-1", 1_781_803_312_125_001),
    ]
    assert [event.id for event in read("nextEditOutcome", **NEXT, aborted=True).events] == ["suggestion/n-1"]


def test_a_chat_gives_what_is_new_in_it() -> None:
    chunks = "<assistant>\n2 + 2\n\n<assistant>\n is 4.\n\n<assistant>\n\n\n"
    reading = read("chatInteraction", **MODEL, prompt=CHAT, completion=chunks, sessionId="s-1", tools=["ls"])
    steps = [event.data for event in reading.events]
    assert all(isinstance(step, Step) and step.session_id == "s-1" for step in steps)
    assert [(step.role, step.content) for step in steps if isinstance(step, Step)] == [
        ("user", "What is 2 + 2?"),
        ("assistant", "2 + 2 is 4."),
    ]
    assert [event.time_us for event in reading.events] == sorted({event.time_us for event in reading.events})
    plain = read("chatInteraction", prompt="Hi <user>", completion="Hello", sessionId="s-1")
    assert [event.data.content for event in plain.events if isinstance(event.data, Step)] == ["Hi <user>", "Hello"]


@pytest.mark.parametrize(("feedback", "verdicts"), [(True, ["accepted"]), (False, ["rejected"]), (None, [])])
def test_a_vote_is_a_decision_on_the_reply(feedback: bool | None, verdicts: list[str]) -> None:
    reading = read("chatFeedback", prompt=CHAT, completion="4", sessionId="s-1", feedback=feedback)
    assert [event.data.verdict for event in reading.events if isinstance(event.data, Decision)] == verdicts
    assert reading.skipped.total() == (not verdicts)


@pytest.mark.parametrize(
    ("accepted", "succeeded", "outcome"),
    [(True, True, "succeeded"), (True, False, "failed"), (False, False, "rejected")],
)
def test_a_tool_call_and_its_result(accepted: bool, succeeded: bool, outcome: str) -> None:
    data = {**TOOL, "accepted": accepted, "succeeded": succeeded, "output": [{"content": "text"}, {"name": "x"}]}
    called, result = (event.data for event in read("toolUsage", **data).events)
    assert isinstance(called, Step)
    assert isinstance(result, Step)
    assert (called.tool_name, called.arguments) == ("read_file", {"filepath": "x.py"})
    assert (result.content, result.outcome) == ("text", outcome)


def test_a_quick_edit_of_the_old_version_is_told_from_its_lines() -> None:
    diffs = [{"type": kind, "line": kind} for kind in ("same", "old", "new")]
    for label, verdict in [("Accept all (Enter)", "accepted"), ("Reject all", "rejected"), ("Submit", "rejected")]:
        suggestion, decision = read(
            "quickEdit", label=label, prompt="p", path="x.py", diffs=diffs, schema="0.1.0"
        ).events
        assert isinstance(suggestion.data, Suggestion)
        assert (suggestion.data.before, suggestion.data.text) == ("same\nold", "same\nnew")
        assert isinstance(decision.data, Decision)
        assert decision.data.verdict == verdict
    assert read("quickEdit", label="Close dialog", prompt="p", diffs=diffs).skipped == {"no_decision": 1}


def test_what_a_person_typed_is_a_revision() -> None:
    (event,) = read("nextEditWithHistory", fileURI="file:///x", beforeContent="a", afterContent="b").events
    assert isinstance(event.data, Revision)
    assert (event.data.document_id, event.data.before, event.data.after) == ("file:///x", "a", "b")


def test_a_file_and_a_destination_tell_of_the_same_event() -> None:
    """The time is stamped for each destination; a `file://` one leaves out what every event has."""
    data = {**EDIT, "accepted": True}
    stamped = {**BASE, **data, "eventName": "editOutcome", "timestamp": "2026-06-18T17:21:52.131Z"}
    body = {"name": "editOutcome", "data": stamped, "schema": "0.2.0", "level": "all", "profileId": "p"}
    bare = json.dumps(data).encode()
    local = read("editOutcome", **data)
    assert local.drift == {}
    for other in (
        read_body(json.dumps(body).encode()),
        read_line(bare, event="editOutcome", received_us=1_700_000_000_000_000),
        read_line(bare, received_us=1_700_000_000_000_000),
    ):
        assert [event.id for event in sound(other).events] == [event.id for event in local.events]
        assert other.drift == {}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("editOutcome", {**EDIT, "accepted": True}),
        ("autocomplete", {**COMPLETION, "accepted": True}),
        ("nextEditOutcome", NEXT),
        ("chatInteraction", {"prompt": "p", "completion": "c", "sessionId": "s"}),
        ("chatFeedback", {"prompt": "p", "completion": "c", "sessionId": "s", "feedback": True}),
        ("toolUsage", {**TOOL, "accepted": True}),
        ("quickEdit", {"label": "Accept", "prompt": "p", "diffs": []}),
        ("nextEditWithHistory", {"beforeContent": "a", "afterContent": "b", "fileURI": "f"}),
        ("tokensGenerated", {"model": "m", "provider": "p", "promptTokens": 1, "generatedTokens": 2}),
        ("editInteraction", {"prompt": "p", "completion": "c", "filepath": "f", "modelName": "m"}),
    ],
)
def test_a_line_without_a_name_is_known_by_its_fields(name: str, data: dict[str, Any]) -> None:
    assert continue_format.recognise(data) == name
    named = read(name, **data, timestamp=None, createdAt="2026-06-18T17:21:52Z")
    bare = sound(read_line(json.dumps(data).encode(), received_us=1_781_803_312_000_000, subject="kim@corp.example"))
    assert [(event.id, event.subject) for event in bare.events] == [(event.id, event.subject) for event in named.events]
    assert bare.skipped == named.skipped


@pytest.mark.parametrize("name", sorted(set(continue_format.EVENTS) - set(continue_format.SKIPPED)))
def test_without_code_there_is_nothing_to_learn(name: str) -> None:
    assert read(name, completionId="c", accepted=True, filepath="/home/kim").skipped == {"no_code": 1}
    body = {"name": name, "data": {**COMPLETION, **EDIT}, "level": "noCode"}
    assert sound(read_body(json.dumps(body).encode())).skipped == {"no_code": 1}


def test_what_is_new_is_drift_and_what_is_noise_has_a_rule() -> None:
    reading = read("autocomplete", **COMPLETION, accepted=True, zeta=1, **{"kim said": 2})
    assert {(what.version, what.kind, what.path) for what in reading.drift} == {
        ("0.2.0", "key", "$.zeta"),
        ("0.2.0", "key", "$.?"),
    }
    assert len(reading.events) == 2
    assert read("tokensGenerated", model="m").skipped == {"usage": 1}
    assert read("editInteraction", prompt="p").skipped == {"outcome_says_more": 1}
    assert sound(read_line(b" \n")).skipped == {"blank": 1}
    unheard = read("brandNew", prompt="p")
    assert unheard.skipped == {"unknown_event": 1}
    assert {(what.kind, what.path) for what in unheard.drift} == {("type", "brandNew")}


@pytest.mark.parametrize(
    ("text", "reason", "path"),
    [
        (b"{", "not_json", "$"),
        (b"[]", "wrong_type", "$"),
        (b'{"a":"\xff"}', "invalid_utf8", "$"),
        (b"{}", "missing_field", "$.eventName"),
        (b'{"eventName":7}', "wrong_type", "$.eventName"),
        (line("autocomplete", **{**COMPLETION, "completionId": " "}), "bad_value", "$.completionId"),
        (line("autocomplete", **{**COMPLETION, "accepted": "maybe"}), "wrong_type", "$.accepted"),
        (line("autocomplete", **{**COMPLETION, "timestamp": "noon"}), "bad_value", "$.timestamp"),
        (line("autocomplete", **{**COMPLETION, "timestamp": None}), "missing_field", "$.timestamp"),
        (line("editOutcome", **EDIT), "missing_field", "$.accepted"),
        (line("quickEdit", label="Accept", diffs=[{"type": "x", "line": ""}]), "bad_value", "$.diffs[].type"),
        (line("toolUsage", **{**TOOL, "toolCallId": None}), "missing_field", "$.toolCallId"),
        (b"[" * 100_000, "too_deep", "$"),
        (b" " * (9 << 20) + b"{}", "too_large", "$"),
    ],
)
def test_what_is_no_event_is_one_fault(text: bytes, reason: str, path: str) -> None:
    reading = sound(read_line(text))
    assert [(fault.reason, fault.path) for fault in reading.faults] == [(reason, path)]
    assert reading.events == []


@settings(deadline=None)
@given(st.binary() | fuzzed([line("editOutcome", **EDIT, accepted=True), line("toolUsage", **TOOL), line("quickEdit")]))
def test_any_bytes_are_events_faults_or_skipped(data: bytes) -> None:
    for reading in (read_line(data), read_body(data, subject=" ")):
        sound(reading)
        assert reading.events or reading.faults or reading.skipped
