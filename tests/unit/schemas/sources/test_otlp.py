from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.otlp import NOW_US, Log, Spanned, logs_json, logs_proto, spans_json, spans_proto
from support.readings import fuzzed, sound

from schemas.events import Step
from schemas.sources import otlp_json, otlp_proto
from schemas.sources.otlp import read_line, read_logs, read_spans
from schemas.sources.otlp_records import MAX_EVENTS, MAX_RECORDS, LogRecord, Span
from schemas.sources.reading import MOST_DRIFT, Drift

if TYPE_CHECKING:
    from collections.abc import Callable

TRACE = "5b8efff798038103d269b633813fc60c"
ATTRIBUTES: dict[str, Any] = {
    "string": "zoë 🦊",
    "true": True,
    "int": -(2**63),
    "double": 0.5,
    "array": ["a", 1, None, [], {}],
    "map": {"k": {"deep": [1.5, False]}},
    "nothing": None,
    "bytes": b"\x00\xff",
}
PLAIN = {**ATTRIBUTES, "bytes": "AP8="}
PROMPT = {"event.name": "user_prompt", "session.id": "s", "prompt": "Hi", "message.uuid": "u"}
CHAT = {
    "gen_ai.operation.name": "chat",
    "gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}],
}
PRIVATE = "\ud83e"  # half of a fox


def claude(*logs: Log, encode: Callable[..., bytes] = logs_json) -> bytes:
    return encode(*logs, scope="com.anthropic.claude_code.events")


def test_both_encodings_give_the_same_log_record() -> None:
    log = Log(ATTRIBUTES, name="n", body={"a": [1]}, trace=TRACE, span="eee19b7ec3c1b174")
    resource = {"service.name": "x", "n": 1}
    drift: Counter[Drift] = Counter()
    (from_json,) = otlp_json.logs(logs_json(log, resource=resource), drift)
    (from_proto,) = otlp_proto.logs(logs_proto(log, resource=resource))
    assert isinstance(from_json, LogRecord)
    assert from_json == from_proto
    assert (from_json.attributes, from_json.body, from_json.origin.resource) == (PLAIN, {"a": [1]}, resource)
    assert (from_json.time_us, from_json.trace_id, from_json.origin.scope_version) == (NOW_US, TRACE, "1")
    assert not drift


def test_both_encodings_give_the_same_span() -> None:
    span = Spanned(ATTRIBUTES, events=[("happened", {"a": 1})])
    (from_json,) = otlp_json.spans(spans_json(span), Counter())
    (from_proto,) = otlp_proto.spans(spans_proto(span))
    assert isinstance(from_json, Span)
    assert from_json == from_proto
    assert (from_json.kind, from_json.start_us, from_json.end_us) == (3, NOW_US, NOW_US + 1_000_000)
    assert [(event.name, event.attributes) for event in from_json.events] == [("happened", {"a": 1})]


def test_a_request_is_known_by_its_first_bytes_whatever_its_length() -> None:
    """A resource of 123 bytes makes protobuf begin with a newline and a brace, as JSON may."""
    begun = set()
    for size in range(1, 80):
        log = Log({"session.id": "s", "prompt": "x" * size, "message.uuid": "u"}, name="claude_code.user_prompt")
        value = logs_proto(log, scope="", version="")
        begun.add(value[:2])
        assert len(sound(read_logs(value)).events) == 1
        for space in (b"", b"\n", b" \r\n"):
            assert len(sound(read_logs(space + logs_json(log))).events) == 1
    assert b"\n{" in begun


def test_the_content_type_decides_where_there_is_one() -> None:
    log = Log(PROMPT)
    for value, kind, other in (
        (claude(log), "application/json; charset=utf-8", "application/x-protobuf"),
        (claude(log, encode=logs_proto), "Application/X-Protobuf", "application/json"),
    ):
        assert len(read_logs(value, content_type=kind).events) == 1
        assert len(read_logs(value, content_type="application/octet-stream").events) == 1
        wrong = sound(read_logs(value, content_type=other))
        assert (wrong.events, len(wrong.faults)) == ([], 1)


def test_a_text_that_was_cut_within_a_character_costs_no_more_than_the_character() -> None:
    log = Log({**PROMPT, "prompt": f"fox {PRIVATE}"})
    reading = sound(read_logs(claude(log, Log({**PROMPT, "message.uuid": "v", "prompt": r"\ud83e \\ 🦊"}))))
    texts = [event.data.content for event in reading.events if isinstance(event.data, Step)]
    assert texts == ["fox \ufffd", r"\ud83e \\ 🦊"]
    assert {what.path for what in reading.drift} == {"half_character"}


def test_a_broken_record_costs_itself_and_not_its_batch() -> None:
    whole = claude(Log(PROMPT), Log({**PROMPT, "prompt": "marker"}), Log(PROMPT), encode=logs_proto)
    reading = sound(read_logs(whole.replace(b"marker", b"mark\xff\xff")))
    assert [fault.reason for fault in reading.faults] == ["bad_value"]
    assert len(reading.events) == 2
    tree = json.loads(claude(Log(PROMPT), Log(PROMPT), Log(PROMPT)))
    tree["resourceLogs"][0]["scopeLogs"][0]["logRecords"][1]["attributes"][2]["value"] = {"stringValue": 7}
    reading = sound(read_logs(json.dumps(tree).encode()))
    assert [fault.reason for fault in reading.faults] == ["wrong_type"]
    assert len(reading.events) == 2


def test_numbers_and_ids_are_read_as_examples_and_as_exporters_write_them() -> None:
    tree = json.loads(spans_json(Spanned({**CHAT, "n": 5})))
    (span,) = tree["resourceSpans"][0]["scopeSpans"][0]["spans"]
    expected = sound(read_spans(json.dumps(tree).encode())).events
    span.update(startTimeUnixNano=int(span["startTimeUnixNano"]), endTimeUnixNano=str(span["endTimeUnixNano"]))
    span.update(traceId=span["traceId"].upper(), kind="SPAN_KIND_CLIENT")
    span["attributes"][-1]["value"] = {"intValue": 5}
    assert sound(read_spans(json.dumps(tree).encode())).events == expected
    assert len(expected) == 1


def test_a_record_without_its_own_time_has_the_collectors() -> None:
    tree = json.loads(claude(Log(PROMPT)))
    (record,) = tree["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
    record.update(timeUnixNano="0", observedTimeUnixNano=str(NOW_US * 1000))
    (event,) = sound(read_logs(json.dumps(tree).encode())).events
    assert event.time_us == NOW_US


def test_what_is_new_around_records_is_drift_and_what_is_nobodys_is_skipped() -> None:
    tree = json.loads(logs_json(Log({"a": 1}), Log({"event.name": "other"}, body="text")))
    tree["resourceLogs"][0]["zeta"] = 1
    tree["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]["eta"] = 1
    reading = sound(read_logs(json.dumps(tree).encode()))
    assert reading.skipped == {"not_ours": 2}
    paths = {"$.resourceLogs[].zeta", "$.resourceLogs[].scopeLogs[].logRecords[].eta"}
    assert {what.path for what in reading.drift} == paths
    assert sound(read_spans(spans_proto(Spanned({"http.route": "/"})))).skipped == {"not_ours": 1}


@pytest.mark.parametrize("value", [b"", b"{}", b'{"resourceLogs":[]}', b'{"resourceLogs":null}'])
def test_an_empty_request_is_nothing(value: bytes) -> None:
    reading = read_logs(value)
    assert (reading.events, reading.faults, reading.skipped) == ([], [], {})


DEEP: Any = "x"
for _ in range(40):
    DEEP = [DEEP]


def varint(number: int) -> bytes:
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def nested(levels: int) -> bytes:
    """A request with a log record whose body is that many arrays."""
    value = b""
    for _ in range(levels):
        value = field(5, field(1, value))
    return field(1, field(2, field(2, field(5, value))))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"hello", "bad_value"),
        (b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "bad_value"),
        (b"\x0a\x05abc", "bad_value"),
        (b"{", "not_json"),
        (b'{"resourceSpans":[]}', "missing_field"),
        (b'{"resourceLogs":{}}', "wrong_type"),
        (b'{"resourceLogs":[1]}', "wrong_type"),
        (b'{"resourceLogs":[],"resourceLogs":[]}', "not_json"),
        (b'{"resourceLogs":[{"scopeLogs":[{"logRecords":["\xff"]}]}]}', "invalid_utf8"),
        (b'{"a":' * 400, "too_deep"),
        (logs_json(Log({"a": DEEP})), "too_deep"),
        (logs_proto(Log({"a": DEEP})), "too_deep"),
        (nested(200), "bad_value"),  # protobuf has a limit of its own
        (logs_json(Log({"a": 2**63})), "bad_value"),
        (b" " * ((16 << 20) + 1), "too_large"),
        (logs_proto(Log({"a": "x" * (5 << 20)})), "too_large"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_request_is_one_fault(value: bytes, reason: str) -> None:
    reading = sound(read_logs(value))
    assert [fault.reason for fault in reading.faults] == [reason]
    assert reading.events == []


def test_a_line_of_the_file_exporter_says_which_signal_it_is() -> None:
    chat = {**CHAT, "gen_ai.conversation.id": "resourceLogs"}
    assert len(sound(read_line(b" " + claude(Log(PROMPT)) + b"\r\n")).events) == 1
    assert len(sound(read_line(spans_json(Spanned(chat)), subject="kim")).events) == 1
    assert read_line(b'{"resourceMetrics":[]}').skipped == {"no_interaction": 1}
    assert read_line(b" \n").skipped == {"blank": 1}
    assert [fault.reason for fault in sound(read_line(b'{"half')).faults] == ["not_json"]
    assert [fault.reason for fault in sound(read_line(b'{"other":1}')).faults] == ["missing_field"]


def test_hostile_requests_are_bounded() -> None:
    """A batch of very many records, of names or of half characters is counted and let go."""
    empty = b"\x12\x00"  # a record, or a group of them
    reading = read_logs(field(1, field(2, empty * (MAX_RECORDS + 1))))
    assert [fault.reason for fault in reading.faults] == ["too_large"]
    assert reading.skipped == {"not_ours": MAX_RECORDS}
    for hostile in (field(1, field(2, empty * 200_000)), field(1, empty * 200_000), b"\x0a\x00" * 200_000):
        assert [fault.reason for fault in read_logs(hostile).faults] == ["too_large"]
    parts = {"gen_ai.operation.name": "chat", "gen_ai.input.messages": json.dumps([{"parts": ["x"] * 1000}] * 6)}
    reading = read_spans(spans_json(*[Spanned(parts)] * 40))
    assert [fault.reason for fault in reading.faults] == ["too_large"]
    assert MAX_EVENTS < len(reading.events) < MAX_EVENTS + 10_000
    names = [Log({**PROMPT, "message.uuid": f"u{i}", **{f"n{i}.{j}": 1 for j in range(20)}}) for i in range(500)]
    reading = read_logs(claude(*names))
    assert len(reading.events) == 500
    assert len(reading.drift) <= MOST_DRIFT + 1
    assert len(read_logs(rb"\ud800" * 200_000).faults) == 1


LOGS = (claude(Log(PROMPT), Log({"a": DEEP[0], "event.name": "tool_result"})), logs_json(Log(CHAT, name="gen_ai.x")))


@settings(deadline=None)
@given(st.binary() | fuzzed(LOGS))
def test_any_bytes_are_events_faults_or_skipped(value: bytes) -> None:
    sound(read_logs(value, subject="kim"))
    sound(read_logs(value, content_type="application/json"))
    sound(read_logs(value, content_type="application/x-protobuf"))


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    original = draw(st.sampled_from([claude(Log(PROMPT), encode=logs_proto), spans_proto(Spanned(CHAT))]))
    at = draw(st.integers(0, len(original) - 1))
    return original[:at] + draw(st.binary(max_size=3)) + original[at + draw(st.integers(0, 3)) :]


@settings(deadline=None)
@given(damaged() | fuzzed([spans_json(Spanned(CHAT, events=[("gen_ai.choice", CHAT)]))]))
def test_damaged_spans_and_logs_are_only_faults(value: bytes) -> None:
    sound(read_spans(value))
    sound(read_logs(value))
