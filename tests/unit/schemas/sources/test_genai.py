from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.otlp import NOW_US, Log, Spanned, logs_json, logs_proto, spans_json, spans_proto
from support.readings import sound

from schemas.events import Step
from schemas.sources import traces
from schemas.sources.genai import DETAILS
from schemas.sources.otlp import read_logs, read_spans

if TYPE_CHECKING:
    from schemas.sources.reading import Reading

SHARED = Path("/work/shared/data")
TRACE = "5b8efff798038103d269b633813fc60c"
OTHER_TRACE = "097f1d8982fa909b8cffb14a166ec272"


def text(role: str, content: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": content}]}


SYSTEM = text("system", "Be short.")
ASK = text("user", "Weather in Paris?")
CALL = {
    "role": "assistant",
    "parts": [
        {"type": "reasoning", "content": "hm"},
        {"type": "tool_call", "id": "c-1", "name": "weather", "arguments": {"city": "Paris"}},
    ],
}
RAIN = {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c-1", "response": {"sky": "rain"}}]}
ANSWER = {**text("assistant", "Rain."), "finish_reason": "stop"}
THANKS = text("user", "Thanks!")
WELCOME = text("assistant", "Any time.")


def chat(asked: Any, answered: Any, **more: Any) -> dict[str, Any]:
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.input.messages": asked,
        "gen_ai.output.messages": answered,
    }
    return {**attributes, **{key.replace("__", "."): value for key, value in more.items()}}


def spans(*made: Spanned) -> Reading:
    readings = [sound(read_spans(encode(*made), subject="kim")) for encode in (spans_json, spans_proto)]
    assert readings[0] == readings[1]
    return readings[0]


def logs(*made: Log) -> Reading:
    readings = [sound(read_logs(encode(*made))) for encode in (logs_json, logs_proto)]
    assert readings[0] == readings[1]
    return readings[0]


def told(reading: Reading) -> list[tuple[str, str, str]]:
    """Each step once, as the pipeline will see it, in its order."""
    unique = {event.id: event for event in reversed(reading.events)}
    steps = [(event.time_us, event.data) for event in unique.values()]
    ordered = sorted(steps, key=lambda step: step[0])
    return [(s.role, s.kind, s.content or json.dumps(s.arguments)) for _, s in ordered if isinstance(s, Step)]


def conversation(**more: Any) -> list[Spanned]:
    """Three calls of one conversation, each sending what was said before once more."""
    said = [[SYSTEM, ASK], [SYSTEM, ASK, CALL, RAIN], [SYSTEM, ASK, CALL, RAIN, ANSWER, THANKS]]
    answers = [CALL, ANSWER, WELCOME]
    return [
        Spanned(chat(asked, [answer], **more), span=f"{number + 1:016x}", start_us=NOW_US + number * 10_000_000,
                end_us=NOW_US + number * 10_000_000 + 5_000_000)
        for number, (asked, answer) in enumerate(zip(said, answers, strict=True))
    ]  # fmt: skip


WHOLE = [
    ("system", "message", "Be short."),
    ("user", "message", "Weather in Paris?"),
    ("assistant", "tool_call", '{"city": "Paris"}'),
    ("tool", "tool_result", '{"sky":"rain"}'),
    ("assistant", "message", "Rain."),
    ("user", "message", "Thanks!"),
    ("assistant", "message", "Any time."),
]


@pytest.mark.parametrize("more", [{}, {"gen_ai.conversation.id": "c"}], ids=["trace", "conversation"])
def test_what_every_call_repeats_is_one_step(more: dict[str, Any]) -> None:
    reading = spans(*conversation(**more))
    assert told(reading) == WHOLE
    assert {event.data.session_id for event in reading.events} == {more.get("gen_ai.conversation.id", TRACE)}
    assert (len(reading.events) == len(WHOLE)) == bool(more)
    assert reading.skipped["history"] == (3 + 5 if more else 0)


def test_any_batching_and_any_redelivery_gives_the_same_steps() -> None:
    made = conversation()
    alone = [event for span in made for event in spans(span).events]
    assert alone == spans(*made).events


def test_messages_are_structured_or_a_string_of_json() -> None:
    structured = chat([ASK], [CALL], gen_ai__system_instructions=[{"type": "text", "content": "Be short."}])
    strings = {key: json.dumps(value) if isinstance(value, list) else value for key, value in structured.items()}
    assert spans(Spanned(structured)).events == spans(Spanned(strings)).events
    assert told(spans(Spanned(strings))) == WHOLE[:3]


def test_the_event_beside_a_span_tells_of_the_same_steps() -> None:
    attributes = chat([ASK], [ANSWER])
    span = Spanned(attributes)
    ids = {event.id for event in spans(span).events}
    assert {event.id for event in logs(Log(attributes, name=DETAILS, trace=span.trace, span=span.span)).events} == ids
    bare = Spanned({"gen_ai.operation.name": "chat"}, events=[(DETAILS, attributes)])
    assert {event.id for event in spans(bare).events} == ids


@pytest.mark.parametrize("result", ["response", "result", "content"])
def test_a_tools_span_and_the_messages_tell_of_the_same_call(result: str) -> None:
    rain = {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c-1", result: {"sky": "rain"}}]}
    tool = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "weather",
        "gen_ai.tool.call.id": "c-1",
        "gen_ai.tool.call.arguments": '{"city":"Paris"}',
        "gen_ai.tool.call.result": '{"sky":"rain"}',
    }
    messages = spans(Spanned(chat([ASK, CALL, rain], [ANSWER])))
    executed = spans(Spanned(tool, kind=1))
    assert {event.id for event in executed.events} < {event.id for event in messages.events}
    assert [event.data.arguments for event in executed.events if isinstance(event.data, Step)] == [
        {"city": "Paris"},
        None,
    ]
    other = spans(Spanned(tool, kind=1, trace=OTHER_TRACE))
    assert not {event.id for event in other.events} & {event.id for event in executed.events}


def test_a_tools_span_is_of_the_conversation_that_its_batch_names() -> None:
    tool = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.id": "c-9", "gen_ai.tool.call.result": "x"}
    made = spans(Spanned(tool), Spanned(chat([ASK], [ANSWER], gen_ai__conversation__id="c")))
    assert {event.data.session_id for event in made.events} == {"c"}
    assert {event.data.session_id for event in spans(Spanned(tool)).events} == {TRACE}
    failed = spans(Spanned({**tool, "error.type": "Timeout"}))
    assert [event.data.outcome for event in failed.events if isinstance(event.data, Step)] == ["failed"]


@pytest.mark.parametrize(
    ("attributes", "kind", "rule"),
    [
        ({**chat([ASK], [ANSWER]), "gen_ai.operation.name": "invoke_agent"}, 1, "agent_span"),
        ({"gen_ai.operation.name": "embeddings"}, 3, "no_messages"),
        ({"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}, 3, "no_content"),
        ({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "t"}, 1, "no_content"),
        ({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.result": "x"}, 1, "no_call_id"),
    ],
)
def test_what_holds_nothing_new_is_skipped_by_rule(attributes: dict[str, Any], kind: int, rule: str) -> None:
    reading = spans(Spanned(attributes, kind=kind))
    assert (reading.events, reading.skipped) == ([], {rule: 1})


def test_an_agent_behind_a_network_is_read() -> None:
    assert len(spans(Spanned({**chat([ASK], [ANSWER]), "gen_ai.operation.name": "invoke_agent"})).events) == 2


OLD = [
    ("gen_ai.system.message", {"content": "Be short."}),
    ("gen_ai.user.message", {"content": "Weather in Paris?"}),
    (
        "gen_ai.choice",
        {
            "index": 0,
            "finish_reason": "tool_calls",
            "message": {
                "role": "assistant",
                "tool_calls": [
                    {"id": "c-1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Paris"}'}}
                ],
            },
        },
    ),
    ("gen_ai.tool.message", {"id": "c-1", "content": '{"sky":"rain"}'}),
    ("gen_ai.choice", {"index": 0, "finish_reason": "stop", "message": {"content": "Rain."}}),
]


def test_the_old_event_for_each_message_is_read_from_logs_and_from_spans() -> None:
    made = [
        Log({"event.name": name, "gen_ai.system": "openai"}, body=body, trace=TRACE, time_us=NOW_US + 1000 * place)
        for place, (name, body) in enumerate(OLD)
    ]
    reading = logs(*made)
    assert told(reading) == WHOLE[:5]
    assert (
        logs(*(Log(log.attributes, log.name, json.dumps(log.body), log.time_us, log.trace) for log in made)) == reading
    )
    events: list[tuple[str, dict[str, Any]]] = [
        (name, {"gen_ai.event.content": json.dumps(body)}) for name, body in OLD
    ]
    flat: list[tuple[str, dict[str, Any]]] = [
        (name, {key: json.dumps(value) if isinstance(value, dict) else value for key, value in body.items()})
        for name, body in OLD
    ]
    for in_span in (events, flat):
        made_again = spans(Spanned({"gen_ai.system": "openai"}, events=in_span))
        assert {event.id for event in made_again.events} == {event.id for event in reading.events}
    both = spans(Spanned(chat([ASK], [ANSWER]), events=events))
    assert (len(both.events), both.skipped) == (2, {"told_by_attributes": len(OLD)})


def test_parts_without_text_are_skipped_by_rule_and_new_ones_are_drift() -> None:
    parts = [
        {"type": "blob", "modality": "image", "content": "AAAA"},
        {"type": "uri", "uri": "https://corp.example/x.png"},
        {"type": "server_tool_call", "name": "code"},
        {"type": "hologram", "content": "x"},
        "plain",
        {"type": "text", "content": "kept"},
    ]
    reading = spans(Spanned(chat([{"role": "user", "parts": parts}, {"role": "kim", "parts": []}], [])))
    assert [event.data.content for event in reading.events if isinstance(event.data, Step)] == ["plain", "kept"]
    assert reading.skipped == {"media": 2, "server_tool": 1, "unknown_part": 1, "unknown_role": 1}
    assert {what.path for what in reading.drift} == {"part/hologram", "role"}
    newer = spans(Spanned({**chat([ASK], []), "gen_ai.zeta": 1, "gen_ai.operation.name": "dream"}))
    assert {(what.kind, what.path) for what in newer.drift} == {
        ("key", "gen_ai.zeta"),
        ("value", "gen_ai.operation.name"),
    }


@pytest.mark.parametrize(
    ("attributes", "reason", "path"),
    [
        (chat("[{", []), "not_json", "gen_ai.input.messages"),
        (chat(7, []), "wrong_type", "gen_ai.input.messages"),
        (chat(["x"], []), "wrong_type", "gen_ai.input.messages[]"),
        (chat([], [{"role": "assistant", "parts": 7}]), "wrong_type", "gen_ai.output.messages[].parts"),
        (
            chat([], [{"parts": [{"type": "text", "content": 7}]}]),
            "wrong_type",
            "gen_ai.output.messages[].parts[].content",
        ),
        (chat([{}] * 5_000, []), "too_large", "gen_ai.input.messages"),
    ],
)
def test_messages_that_are_none_are_a_fault(attributes: dict[str, Any], reason: str, path: str) -> None:
    (fault,) = spans(Spanned(attributes)).faults
    assert (fault.reason, fault.path) == (reason, f"$.attributes.{path}")


def test_a_record_of_no_session_or_time_is_a_fault() -> None:
    (fault,) = spans(Spanned(chat([ASK], []), trace="0" * 32)).faults
    assert (fault.reason, fault.path) == ("missing_field", "$.attributes.gen_ai.conversation.id")
    (fault,) = spans(Spanned(chat([ASK], []), start_us=0, end_us=0)).faults
    assert (fault.reason, fault.path) == ("missing_field", "$.attributes.timeUnixNano")


def test_an_answer_keeps_its_place_whatever_the_clock_said() -> None:
    for end in (0, NOW_US - 5_000_000, NOW_US + 10**15):
        asked, answered = spans(Spanned(chat([ASK], [ANSWER]), end_us=end)).events
        assert asked.time_us < answered.time_us <= asked.time_us + 86_400_000_000


def shared(path: str) -> Any:
    if not (SHARED / path).exists():
        pytest.skip("needs ../shared/data")
    return json.loads((SHARED / path).read_text("utf-8"))


@pytest.mark.shared
def test_the_attribute_maps_of_others_are_read() -> None:
    def kinds(name: str) -> list[tuple[str, str]]:
        value = (SHARED / "otel" / name).read_bytes()
        return [(role, kind) for role, kind, _ in told(sound(traces.read_file(value, written_us=NOW_US)))]

    assert kinds("openinference_otel_genai_client_span_tool_calls.json") == [
        ("user", "message"),
        ("assistant", "message"),
        ("assistant", "tool_call"),
        ("tool", "tool_result"),
        ("assistant", "message"),
    ]
    tool = "openinference_otel_genai_tool_execution_span.json"
    assert kinds(tool) == [("assistant", "tool_call"), ("tool", "tool_result")]
    request = (SHARED / "otel/otlp_proto_examples_logs.json").read_bytes()
    assert sound(traces.read_file(request, written_us=NOW_US)).skipped == {"not_ours": 1}


def found_by_langfuse(oracle: dict[str, Any], observations: list[dict[str, Any]]) -> set[str]:
    """Texts of messages, and ids of tool calls, in what models were asked and answered."""
    found: set[str] = set()
    for observation in observations:
        for side in oracle.get(observation["id"], {}).values():
            for message in side.get("data", []) if observation["type"] == "GENERATION" else []:
                content = message.get("content") or []
                blocks = [{"text": content}] if isinstance(content, str) else content
                found |= {block["text"] for block in blocks if block.get("text")}
                found |= {call["id"] for call in [*message.get("tool_calls", []), *blocks] if call.get("id")}
    return found


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "steps", "rules"),
    [
        ("pydantic-ai-tools-2025-12-04", 14, {"no_content": 3, "not_ours": 2}),
        ("claude-agent-2025-12-22", 7, {"no_content": 1, "no_role": 3}),
    ],
)
def test_real_traces_give_what_another_reader_found_in_them(name: str, steps: int, rules: dict[str, int]) -> None:
    oracle = shared(f"traces/{name}.chatml.json")
    observations = shared(f"traces/{name}.trace.json")["observations"]
    reading = sound(traces.read_file((SHARED / f"traces/{name}.trace.json").read_bytes(), written_us=NOW_US))
    assert (len(told(reading)), reading.skipped, reading.faults) == (steps, rules, [])
    found = found_by_langfuse(oracle, observations)
    contents = {event.data.content for event in reading.events if isinstance(event.data, Step)}
    calls = {event.id.rpartition("/")[2] for event in reading.events}
    assert len(found) >= 4
    assert found <= contents | calls


PARTS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["text", "tool_call", "tool_call_response", "reasoning", "blob", "new", None, 7]),
        "content": st.text() | st.integers(-9, 9) | st.none(),
        "id": st.text() | st.none() | st.integers(-9, 9),
        "name": st.text() | st.none(),
        "arguments": st.text() | st.dictionaries(st.text(), st.integers(-5, 5)) | st.just('{"a": [1]}'),
        "response": st.lists(st.text()) | st.none() | st.floats(-1, 1),
    },
)
MESSAGES = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "role": st.sampled_from(["user", "assistant", "system", "tool", "model", "kim", None, 7]),
            "parts": st.lists(PARTS | st.text() | st.integers(-5, 5), max_size=4) | st.text(),
            "content": st.text() | st.lists(PARTS, max_size=2),
            "tool_calls": st.lists(PARTS, max_size=2) | st.text(),
            "id": st.text(),
        },
    ),
    max_size=5,
)


@settings(deadline=None)
@given(MESSAGES, MESSAGES, st.booleans(), st.sampled_from(["", "c", " "]))
def test_any_messages_are_steps_faults_or_skipped(asked: Any, answered: Any, as_json: bool, named: str) -> None:
    said = (json.dumps(asked), json.dumps(answered)) if as_json else (asked, answered)
    reading = spans(
        Spanned(chat(*said, gen_ai__conversation__id=named), events=[("gen_ai.choice", {"message": asked})])
    )
    assert reading.events or reading.faults or reading.skipped
