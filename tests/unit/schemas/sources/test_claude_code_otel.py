from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.claude_code import Story
from support.otlp import NOW_US, Log, logs_json, logs_proto
from support.readings import sound

from schemas.events import Decision, Event, Step, Suggestion
from schemas.sources.claude_code import identity
from schemas.sources.claude_code.lines import parse
from schemas.sources.claude_code.session import Transcript
from schemas.sources.claude_code_otel_format import EVENTS, NO_INTERACTION
from schemas.sources.otlp import read_logs

if TYPE_CHECKING:
    from schemas.sources.reading import Reading

CALL = "toolu_01ABC"
USER = {"session.id": "s-1", "user.email": "kim@corp.example", "user.id": "anon", "app.version": "2.1.196"}
EDIT = '{"file_path":"/w/x.py","old_string":"a\\r\\n","new_string":"b\\r\\n"}'
RESULT = {"tool_name": "Edit", "tool_use_id": CALL, "success": "true", "duration_ms": "2000", "tool_input": EDIT}


def read(name: str, **more: Any) -> Reading:
    attributes = {"event.name": name, **USER, **{key.replace("__", "."): value for key, value in more.items()}}
    log = Log(attributes, body=f"claude_code.{name}")
    readings = [
        sound(read_logs(encode(log, scope="com.anthropic.claude_code.events"))) for encode in (logs_json, logs_proto)
    ]
    assert readings[0] == readings[1]
    return readings[0]


@pytest.mark.parametrize(
    ("name", "attribute", "role"), [("user_prompt", "prompt", "user"), ("assistant_response", "response", "assistant")]
)
def test_a_message_has_the_id_that_the_transcript_gives_it(name: str, attribute: str, role: str) -> None:
    (event,) = read(name, **{attribute: "Hi"}, message__uuid="u-1").events
    assert isinstance(event.data, Step)
    assert (event.source, event.id) == (identity.SOURCE, identity.step_id("u-1"))
    assert (event.data.role, event.data.kind, event.data.content) == (role, "message", "Hi")
    assert (event.subject, event.data.session_id, event.data.tool) == ("kim@corp.example", "s-1", "claude-code/2.1.196")
    (old,) = read(name, **{attribute: "Hi"}, event__sequence="7").events
    assert old.id == "step/s-1/7"


@pytest.mark.parametrize(
    ("decision", "source", "verdict"),
    [
        ("accept", "user_temporary", "accepted"),
        ("accept", "config", "accepted"),
        ("reject", "user_reject", "rejected"),
        ("reject", "user_abort", "dismissed"),
    ],
)
@pytest.mark.parametrize("tool", ["Edit", "Write", "MultiEdit", "NotebookEdit"])
def test_a_decision_on_an_edit_has_the_id_that_the_transcript_gives_it(
    tool: str, decision: str, source: str, verdict: str
) -> None:
    (event,) = read("tool_decision", tool_name=tool, tool_use_id=CALL, decision=decision, source=source).events
    assert isinstance(event.data, Decision)
    assert event.id == identity.decision_id(CALL)
    assert (event.data.interaction_id, event.data.verdict) == (CALL, verdict)


def test_an_input_that_is_whole_is_the_call_and_the_proposal() -> None:
    call, suggestion = read("tool_result", **RESULT).events
    assert (call.id, suggestion.id) == (identity.call_id(CALL), identity.live_suggestion_id(CALL))
    assert isinstance(call.data, Step)
    assert isinstance(suggestion.data, Suggestion)
    assert call.data.arguments["new_string"] == "b\r\n"
    assert (suggestion.data.before, suggestion.data.text) == ("a\r\n", "b\r\n")
    assert (suggestion.data.path, suggestion.data.language) == ("/w/x.py", "python")
    assert suggestion.time_us == NOW_US - 2_000_000
    (bash,) = read("tool_result", **{**RESULT, "tool_name": "Bash", "tool_input": '{"command":"ls"}'}).events
    assert bash.id == identity.call_id(CALL)


@pytest.mark.parametrize(
    ("name", "attributes", "rule"),
    [
        ("user_prompt", {"prompt": "<REDACTED>", "message__uuid": "u"}, "no_content"),
        ("user_prompt", {"prompt_length": "5"}, "no_content"),
        ("user_prompt", {"prompt": "/clear", "command_name": "clear"}, "command"),
        ("tool_decision", {"tool_name": "Bash", "tool_use_id": CALL, "decision": "reject"}, "no_proposal"),
        ("tool_result", {**RESULT, "tool_input": None}, "no_content"),
        ("tool_result", {**RESULT, "tool_input": EDIT.replace("b", "b" * 512)}, "clipped"),
        ("tool_result", {**RESULT, "tool_input": EDIT[:-5]}, "clipped"),
        ("tool_result", {**RESULT, "tool_input": '{"a":["' + '","'.join(["x" * 400] * 12) + '"]}'}, "clipped"),
        *((name, {}, "no_interaction") for name in sorted(NO_INTERACTION)),
    ],
)
def test_what_says_less_than_the_transcript_is_skipped(name: str, attributes: dict[str, Any], rule: str) -> None:
    reading = read(name, **attributes)
    assert (reading.events, reading.faults, reading.skipped) == ([], [], {rule: 1})


@pytest.mark.parametrize(
    ("mail", "given", "expected"),
    [("kim@corp.example", "jo", "kim@corp.example"), (None, "jo", "jo"), (" ", None, "anon")],
)
def test_the_person_is_the_mail_address_then_who_the_caller_says(mail: str | None, given: str, expected: str) -> None:
    log = Log(
        {**USER, "user.email": mail, "event.name": "claude_code.user_prompt", "prompt": "Hi", "message.uuid": "u"}
    )
    (event,) = sound(read_logs(logs_json(log), subject=given)).events
    assert event.subject == expected


def test_what_is_new_is_drift_by_version() -> None:
    reading = read("user_prompt", prompt="Hi", message__uuid="u", zeta="1", **{"kim said": "x"})
    assert {(what.version, what.path) for what in reading.drift} == {
        ("2.1.196", "user_prompt/zeta"),
        ("2.1.196", "user_prompt/?"),
    }
    unheard = read("brand_new")
    assert unheard.skipped == {"unknown_event": 1}
    assert {(what.kind, what.path) for what in unheard.drift} == {("type", "brand_new")}


@pytest.mark.parametrize(
    ("name", "attributes", "reason", "path"),
    [
        ("user_prompt", {"prompt": "Hi", "session__id": " ", "message__uuid": "u"}, "bad_value", "session.id"),
        ("user_prompt", {"prompt": "Hi"}, "missing_field", "event.sequence"),
        ("user_prompt", {"prompt": 7, "message__uuid": "u"}, "wrong_type", "prompt"),
        ("tool_decision", {"tool_use_id": CALL, "decision": "perhaps"}, "bad_value", "decision"),
        ("tool_decision", {"decision": "accept"}, "missing_field", "tool_use_id"),
        ("tool_result", {**RESULT, "duration_ms": "soon"}, "wrong_type", "duration_ms"),
    ],
)
def test_what_is_no_event_is_one_fault(name: str, attributes: dict[str, Any], reason: str, path: str) -> None:
    (fault,) = read(name, **attributes).faults
    assert (fault.reason, fault.path) == (reason, f"$.attributes.{path}")


def test_transcript_and_telemetry_tell_of_the_same_events() -> None:
    story = Story(disk={"/w/x.py": "a\n"})
    asked = story.user("Make it b")
    answered = story.says("I will.")
    call = story.edit("/w/x.py", "a", "b")
    refused = story.calls("Edit", file_path="/w/x.py", old_string="b", new_string="c")
    story.rejects(refused)
    transcript = Transcript(subject="kim@corp.example")
    told: dict[str, Event] = {}
    for raw in story.raw():
        line = parse(raw).line
        assert line is not None
        told |= {event.id: event for event in transcript.feed(line).events}
    told |= {event.id: event for event in transcript.settle().events}
    edit = '{"file_path":"/w/x.py","old_string":"a","new_string":"b"}'
    telemetry = [
        *read("user_prompt", prompt="Make it b", message__uuid=asked).events,
        *read("assistant_response", response="I will.", message__uuid=answered).events,
        *read("tool_decision", tool_name="Edit", tool_use_id=call, decision="accept").events,
        *read("tool_decision", tool_name="Edit", tool_use_id=refused, decision="reject").events,
        *read("tool_result", **{**RESULT, "tool_use_id": call, "tool_input": edit}).events,
    ]
    assert len(telemetry) == 6
    for event in telemetry:
        same = told[event.id.removesuffix("/live")]
        assert (event.source, event.type, event.subject) == (same.source, same.type, same.subject)
        assert (event.data.session_id, event.data.surface) == (same.data.session_id, same.data.surface)
        assert said(event) == said(same)


def said(event: Event) -> tuple[str, ...]:
    """What an event says, as far as every channel can."""
    data = event.data
    if isinstance(data, Suggestion):
        return data.interaction_id, data.task, data.before, data.text, data.path, data.language
    if isinstance(data, Decision):
        return data.interaction_id, data.verdict
    assert isinstance(data, Step)
    return data.role, data.kind, data.content, data.tool_name


VALUES = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text() | st.just(EDIT)


@settings(deadline=None)
@given(
    st.sampled_from(sorted(EVENTS)).flatmap(
        lambda name: st.fixed_dictionaries(
            {"event.name": st.just(name)},
            optional={key: VALUES | st.just("accept") for key in sorted({*EVENTS[name], *USER, "event.sequence"})},
        )
    )
)
def test_any_attributes_are_events_faults_or_skipped(attributes: dict[str, Any]) -> None:
    log = Log(attributes, body=f"claude_code.{attributes['event.name']}")
    reading = sound(read_logs(logs_proto(log)))
    assert reading.events or reading.faults or reading.skipped
