"""Traces in files: what Langfuse exports, requests over several lines, attributes alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.otlp import NOW_US, Log, Spanned, logs_json, spans_json
from support.readings import sound

from schemas.events import Step
from schemas.sources import otlp
from schemas.sources.traces import read_file

if TYPE_CHECKING:
    from schemas.sources.reading import Reading

ASKED = [{"role": "user", "parts": [{"type": "text", "content": "Why?"}]}]
ANSWERED = [{"role": "assistant", "parts": [{"type": "text", "content": "Because."}]}]
CHAT = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}


def observation(**fields: Any) -> dict[str, Any]:
    usual = {
        "id": "00d3f40ee8e3b716",
        "traceId": "7a38edd8123db47ad8dcb8aa4c5e3926",
        "type": "GENERATION",
        "name": "chat m",
        "startTime": "2025-12-04T14:51:22.049Z",
        "endTime": "2025-12-04T14:51:29.473Z",
        "input": json.dumps(ASKED),
        "output": json.dumps(ANSWERED),
        "metadata": {"attributes": CHAT, "scope": {"name": "s", "version": "1"}},
    }
    return usual | fields


def export(*observations: Any, **trace: Any) -> dict[str, Any]:
    return {"trace": trace, "observations": list(observations)}


def read(document: Any) -> Reading:
    return sound(read_file(json.dumps(document, indent=1).encode(), written_us=NOW_US, subject="kim@corp.example"))


def contents(reading: Reading) -> list[str]:
    return [event.data.content for event in reading.events if isinstance(event.data, Step)]


def test_an_observation_is_the_span_it_was_made_of() -> None:
    reading = read(export(observation(), sessionId="c-1", userId="jo@corp.example"))
    assert contents(reading) == ["Why?", "Because."]
    assert {(event.subject, event.data.session_id) for event in reading.events} == {("jo@corp.example", "c-1")}
    attributes = CHAT | {"gen_ai.input.messages": json.dumps(ASKED), "gen_ai.output.messages": json.dumps(ANSWERED)}
    span = Spanned(
        attributes | {"gen_ai.conversation.id": "c-1"},
        start_us=reading.events[0].time_us,
        end_us=reading.events[0].time_us + 7_424_000,
        trace="7a38edd8123db47ad8dcb8aa4c5e3926",
        span="00d3f40ee8e3b716",
    )
    told = otlp.read_spans(spans_json(span), content_type="application/json", subject="jo@corp.example")
    assert told.events == reading.events


@pytest.mark.parametrize(
    "changed",
    [
        {"input": ASKED, "output": ANSWERED},
        {"metadata": json.dumps(observation()["metadata"])},
        {"metadata": {"attributes": json.dumps(CHAT), "scope": None}},
    ],
)
def test_the_same_as_json_in_a_string_or_not_is_the_same(changed: dict[str, Any]) -> None:
    assert contents(read(export(observation(**changed)))) == ["Why?", "Because."]


def test_a_tool_of_a_trace_is_a_call_and_its_result() -> None:
    attributes = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "f", "gen_ai.tool.call.id": "1"}
    one = observation(type="TOOL", input='{"a": 1}', output="done", metadata={"attributes": attributes})
    call, result = (event.data for event in read([export(one)]).events)
    assert isinstance(call, Step)
    assert isinstance(result, Step)
    assert (call.arguments, result.content) == ({"a": 1}, "done")


def test_what_is_broken_costs_itself_only() -> None:
    never = observation(startTime="yesterday", endTime="")
    reading = read([export(never, 5, observation(startTime=None), observation()), {}, 7])
    assert {fault.path for fault in reading.faults} == {
        "$.attributes.timeUnixNano",
        "$.observations[]",
        "$.observations[].startTime",
        "$",
    }
    assert len(reading.faults) == 5
    assert contents(reading) == ["Why?", "Because."]


def test_a_request_over_several_lines_is_what_it_is_on_one() -> None:
    log = Log({"session.id": "s", "prompt": "Hi", "message.uuid": "u"}, name="claude_code.user_prompt")
    for value in (logs_json(log), spans_json(Spanned(CHAT | {"gen_ai.prompt": "Hi"}))):
        spread = read(json.loads(value))
        assert spread == otlp.read_line(value, subject="kim@corp.example")
        assert spread.events


def test_attributes_alone_are_a_trace_of_their_own_at_the_time_of_the_file() -> None:
    first, again = read(CHAT | {"gen_ai.prompt": "Hi"}), read([{"gen_ai.prompt": "Hi", **CHAT}])
    assert first.events == again.events
    assert [event.time_us for event in first.events] == [NOW_US]
    assert read(CHAT | {"gen_ai.prompt": "Ho"}).events[0].data.session_id != first.events[0].data.session_id


@pytest.mark.parametrize("value", [b"", b"{}", b"[[]]", b"5", b"{", b"\xff", b"[" * 100_000, b'{"observations": 5}'])
def test_what_is_no_trace_is_one_fault(value: bytes) -> None:
    assert len(sound(read_file(value, written_us=NOW_US)).faults) == 1


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.text(max_size=5)
    | st.sampled_from(["TOOL", "GENERATION", "[]"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
PARTS = {name: JSON | st.just(value) for name, value in observation().items()}


@settings(max_examples=200, deadline=None)
@given(st.lists(st.fixed_dictionaries({}, optional=PARTS) | JSON, max_size=3), st.dictionaries(st.text(), JSON))
def test_any_export_ends_as_events_faults_and_rules(observations: list[Any], trace: dict[str, Any]) -> None:
    read(export(*observations) | {"trace": trace})
