from __future__ import annotations

import json
import pickle
import traceback
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import codec, events
from schemas.codec import Limits, decode
from schemas.errors import DecodeError
from schemas.records import Coordinate, Outgoing, Record
from schemas.rows import DECODING, REASONS
from schemas.sources.reading import Fault

CANARY = "zq-canary-anna.keller@kestrel.io"
AT = Coordinate("redline.events", 0, 0)
NOW_MS = 1_760_000_000_000
STRUCTURED = (("content-type", b"application/cloudevents+json; charset=UTF-8"),)

text = st.text(max_size=40)
filled = text.filter(lambda s: bool(s) and not s.isspace())
int64 = st.integers(-(2**63), 2**63 - 1)
counts = st.none() | st.integers(0, 2**63 - 1)
leaves = st.none() | st.booleans() | int64 | st.floats(allow_nan=False, allow_infinity=False) | text
anything = st.recursive(leaves, lambda c: st.lists(c, max_size=4) | st.dictionaries(text, c, max_size=4), max_leaves=12)
common = {"session_id": filled, "surface": st.sampled_from(events.SURFACES), "tool": text}
messages = st.lists(st.builds(events.Message, role=text, content=text), max_size=3)
datas = st.one_of(
    st.builds(
        events.Suggestion,
        **common,
        interaction_id=filled,
        task=st.sampled_from(events.TASKS),
        text=text,
        prompt=text | messages,
        before=text,
        model=text,
        language=text,
        path=text,
    ),
    st.builds(
        events.Decision,
        **common,
        interaction_id=filled,
        verdict=st.sampled_from(("accepted", "rejected", "dismissed", "partial")),
        accepted_text=st.none() | text,
        after_ms=counts,
    ),
    st.builds(
        events.Edit,
        **common,
        interaction_id=filled,
        text=text,
        final=st.booleans(),
        origin=st.sampled_from(("editor", "commit", "save", "send")),
    ),
    st.builds(
        events.Step,
        **common,
        role=st.sampled_from(("system", "user", "assistant", "tool")),
        kind=st.sampled_from(("message", "tool_call", "tool_result", "plan")),
        content=text,
        tool_name=text,
        arguments=anything,
        outcome=text,
    ),
    st.builds(events.Revision, **common, document_id=filled, revision=int64 | text, before=text, after=text),
    st.builds(
        events.ThreadMessage,
        **common,
        thread_id=filled,
        channel_id=text,
        reply_to=st.none() | text,
        members=counts,
        text=st.none() | text,
    ),
    st.builds(events.Session, **common, state=st.sampled_from(("started", "ended")), reason=text),
)
NAME_OF = {schema: name for name, schema in events.TYPES.items()}


@st.composite
def valid_events(draw: st.DrawFn) -> events.Event:
    data = draw(datas)
    return events.Event(
        source=draw(filled),
        id=draw(filled),
        type=NAME_OF[type(data)],
        time_us=draw(st.integers(0, NOW_MS * 1000)),
        subject=draw(st.none() | filled),
        data=data,
    )


def record(sent: Outgoing, timestamp_ms: int = NOW_MS) -> Record:
    return Record(AT, sent.key, sent.value, sent.headers, timestamp_ms)


def suggestion(**changes: Any) -> dict[str, Any]:
    data = {"session_id": "s1", "surface": "ide", "tool": "t/1", "interaction_id": "i1", "task": "edit", "text": CANARY}
    return data | changes


def envelope(**changes: Any) -> dict[str, Any]:
    whole = {
        "specversion": "1.0",
        "id": "e1",
        "source": "/ide",
        "type": "redline.suggestion.v1",
        "time": "2025-10-09T08:00:00Z",
        "subject": CANARY,
        "data": suggestion(),
    }
    return {key: value for key, value in (whole | changes).items() if value is not ...}


def without(data: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key != name}


def structured(value: bytes | dict[str, Any], timestamp_ms: int = NOW_MS) -> Record:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Record(AT, None, raw, STRUCTURED, timestamp_ms)


def binary(value: bytes | dict[str, Any], *extra: tuple[str, bytes], drop: str = "") -> Record:
    headers = [
        ("content-type", b"application/json"),
        ("ce_specversion", b"1.0"),
        ("ce_id", b"e1"),
        ("ce_source", b"/ide"),
        ("ce_type", b"redline.suggestion.v1"),
        ("ce_time", b"2025-10-09T08:00:00Z"),
    ]
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Record(AT, None, raw, (*(h for h in headers if h[0] != drop), *extra), NOW_MS)


def refusal(bad: Record, limits: Limits = codec.DEFAULT_LIMITS) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        decode(bad, limits)
    error = caught.value
    assert error.reason in REASONS
    assert error.__cause__ is None
    assert error.__context__ is None
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(error.__dict__)
    assert CANARY not in shown
    assert "zq-canary" not in shown
    return error


@settings(deadline=None)  # the machine is shared
@given(valid_events())
def test_every_valid_event_survives_both_bindings(event: events.Event) -> None:
    assert decode(record(codec.encode_structured(event))) == event
    assert decode(record(codec.encode_binary(event))) == event


@settings(deadline=None)  # the machine is shared
@given(valid_events())
def test_the_partition_key_read_from_the_bytes_is_the_one_of_the_event(event: events.Event) -> None:
    sent = codec.encode_structured(event)
    assert sent.value is not None
    assert codec.partition_key(sent.value) == sent.key


def test_a_decoded_event_keeps_what_the_producer_sent() -> None:
    event = decode(structured(envelope(time="2025-10-09T10:00:00.123456789+02:00")))
    assert event.time_us == 1_759_996_800_123_456
    assert event.subject == CANARY
    assert isinstance(event.data, events.Suggestion)
    assert event.data.text == CANARY
    assert CANARY not in repr(event)


DATA_FAULTS = [
    (without(suggestion(), "text"), "missing_field", "$.data.text", "string"),
    (without(suggestion(), "surface"), "missing_field", "$.data.surface", "one of ide, terminal"),
    (suggestion(text=7), "wrong_type", "$.data.text", "string, not integer"),
    (suggestion(text=None), "wrong_type", "$.data.text", "string, not null"),
    (suggestion(surface=CANARY), "bad_value", "$.data.surface", "one of ide, terminal"),
    (suggestion(surface=1), "wrong_type", "$.data.surface", "string, not integer"),
    (suggestion(task=CANARY), "bad_value", "$.data.task", "one of completion"),
    (suggestion(interaction_id=""), "bad_value", "$.data.interaction_id", "not empty"),
    (suggestion(session_id=" \n"), "bad_value", "$.data.session_id", "not empty"),
    (suggestion(prompt=[{"role": "user"}]), "missing_field", "$.data.prompt[0].content", "string"),
    (suggestion(prompt=[{"role": "user", "content": [CANARY]}]), "wrong_type", "$.data.prompt[0].content", "string"),
    (suggestion(prompt={"role": CANARY}), "wrong_type", "$.data.prompt", "string or array, not object"),
    (suggestion(x=2**64), "bad_value", "$.data.?", "64 bits"),
    ([CANARY], "wrong_type", "$.data", "object, not array"),
    (CANARY, "wrong_type", "$.data", "object, not string"),
]


@pytest.mark.parametrize(("data", "reason", "path", "expected"), DATA_FAULTS)
def test_a_fault_in_the_data_names_path_and_expectation_in_both_bindings(
    data: Any, reason: str, path: str, expected: str
) -> None:
    for bad in (structured(envelope(data=data)), binary(json.dumps(data).encode())):
        error = refusal(bad)
        assert (error.reason, error.path) == (reason, path)
        assert expected in error.expected


ENVELOPE_FAULTS = [
    (envelope(id=...), "missing_field", "$.id"),
    (envelope(id=None), "missing_field", "$.id"),
    (envelope(id=""), "bad_value", "$.id"),
    (envelope(id=1), "wrong_type", "$.id"),
    (envelope(source=...), "missing_field", "$.source"),
    (envelope(source="  "), "bad_value", "$.source"),
    (envelope(subject=""), "bad_value", "$.subject"),
    (envelope(subject={"mail": CANARY}), "wrong_type", "$.subject"),
    (envelope(specversion=...), "missing_field", "$.specversion"),
    (envelope(specversion="0.3"), "bad_value", "$.specversion"),
    (envelope(specversion=1.0), "wrong_type", "$.specversion"),
    (envelope(type=...), "missing_field", "$.type"),
    (envelope(type=""), "unknown_type", "$.type"),
    (envelope(type="redline.suggestion.v2"), "unknown_type", "$.type"),
    (envelope(type=CANARY), "unknown_type", "$.type"),
    (envelope(time=...), "missing_field", "$.time"),
    (envelope(time=1_759_996_800), "wrong_type", "$.time"),
    (envelope(time="2300-01-01T00:00:00Z"), "bad_value", "$.time"),
    (envelope(time="1969-12-31T23:59:59Z"), "bad_value", "$.time"),
    (envelope(time="0001-01-01T00:00:00+01:00"), "bad_value", "$.time"),
    (envelope(time="2025-10-09T08:00:00"), "bad_value", "$.time"),
    (envelope(time="2025-10-09"), "bad_value", "$.time"),
    (envelope(time="2025-02-30T08:00:00Z"), "bad_value", "$.time"),
    (envelope(time="2025-10-09T25:00:00Z"), "bad_value", "$.time"),
    (envelope(time="2025-10-09T08:00:00+0200"), "bad_value", "$.time"),
    (envelope(time="2025-10-09T08:00:00+99:99"), "bad_value", "$.time"),
    (envelope(time="\u0662025-10-09T08:00:00Z"), "bad_value", "$.time"),
    (envelope(time=CANARY), "bad_value", "$.time"),
    (envelope(data=...), "missing_field", "$.data"),
    (envelope(data=None), "missing_field", "$.data"),
    (envelope(data_base64="e30="), "bad_value", "$.data_base64"),
    (envelope(datacontenttype="text/xml"), "bad_value", "$.datacontenttype"),
    (envelope(datacontenttype=5), "wrong_type", "$.datacontenttype"),
]


@pytest.mark.parametrize(("whole", "reason", "path"), ENVELOPE_FAULTS)
def test_a_fault_in_the_envelope_names_its_attribute(whole: dict[str, Any], reason: str, path: str) -> None:
    error = refusal(structured(whole))
    assert (error.reason, error.path) == (reason, path)


def good(**changes: Any) -> bytes:
    return json.dumps(envelope(**changes)).encode()


BYTE_FAULTS = [
    (b"", "not_json", "$"),
    (CANARY.encode(), "not_json", "$"),
    (good()[:-1], "not_json", "$"),
    (good() + b"x", "not_json", "$"),
    (b"\xef\xbb\xbf" + good(), "not_json", "$"),
    (b"[" + good() + b"]", "wrong_type", "$"),
    (b'"x"', "wrong_type", "$"),
    (b"null", "wrong_type", "$"),
    (good().replace(b'"id"', b'"id": "e0", "id"'), "not_json", "$.id"),
    (good().replace(b'"id"', b'"\\u0069d": "e0", "id"'), "not_json", "$.id"),
    (good().replace(b'"text"', b'"text": "", "text"'), "not_json", "$.data.text"),
    (good().replace(b'"text"', b'"anna": 1, "anna": 2, "text"'), "not_json", "$.data.?"),
    (good().replace(b'"ide"', b"NaN"), "not_json", "$"),
    (good().replace(b'"ide"', b"Infinity"), "not_json", "$"),
    (good().replace(b'"ide"', b"1e999"), "bad_value", "$.data.surface"),
    (good().replace(b'"ide"', b"9" * 5000), "bad_value", "$.data.surface"),
    (good().replace(b"zq-canary", b"\xff"), "invalid_utf8", "$"),
    (good().replace(b"zq-canary", b"\xed\xa0\x80"), "invalid_utf8", "$"),
    (good().replace(b'"data":', b'"zz": "\xe4", "data":'), "invalid_utf8", "$"),
    (good().replace(b"zq-canary", b"\\ud800"), "invalid_utf8", "$.subject"),
    (good().replace(b'"text"', b'"x": "\\udfff", "text"'), "invalid_utf8", "$.data.?"),
    (good().replace(b'"text"', b'"\\udc00": 1, "text"'), "invalid_utf8", "$.data.?"),
    (b'"' + b'\\"' * 200_000, "not_json", "$"),
    (b"[" * 500_000, "too_deep", "$"),
    (b"[" * 65 + b"]" * 65, "too_deep", "$"),
    (b'{"a":' * 100_000, "too_deep", "$"),
    (b"]" * 1000 + b"[" * 1000, "too_deep", "$"),
]


@pytest.mark.parametrize(("value", "reason", "path"), BYTE_FAULTS)
def test_bytes_that_are_no_sound_json_are_refused_with_their_reason(value: bytes, reason: str, path: str) -> None:
    error = refusal(structured(value))
    assert (error.reason, error.path) == (reason, path)


def test_brackets_inside_of_strings_are_not_depth() -> None:
    event = decode(structured(envelope(data=suggestion(text='{["' * 500 + "\\"))))
    assert isinstance(event.data, events.Suggestion)


def test_a_null_value_is_a_reject_in_both_bindings() -> None:
    for headers in ((), STRUCTURED, binary({}).headers):
        assert refusal(Record(AT, None, None, headers, NOW_MS)).reason == "null_value"


def test_a_value_over_the_limit_is_refused_before_it_is_read() -> None:
    assert refusal(structured(b"[" * ((1 << 20) + 1))).reason == "too_large"
    assert refusal(structured(good()), Limits(max_bytes=len(good()) - 1)).reason == "too_large"
    assert decode(structured(good()), Limits(max_bytes=len(good()))).id == "e1"


def test_the_stand_in_of_a_refused_record_is_too_large() -> None:
    for value in (b"", None):
        bad = Record(AT, None, value, ((codec.REFUSED_HEADER, codec.TOO_LARGE),), NOW_MS)
        assert refusal(bad).reason == "too_large"
    assert decode(Record(AT, None, good(), (*STRUCTURED, (codec.REFUSED_HEADER, codec.TOO_LARGE)), NOW_MS)).id == "e1"


def test_event_time_is_measured_against_the_records_own_timestamp() -> None:
    event_ms = 1_759_996_800_000
    limits = Limits(max_future_us=3_600_000_000)
    assert decode(structured(envelope(), event_ms - 3_600_000), limits).id == "e1"
    assert refusal(structured(envelope(), event_ms - 3_600_001), limits).reason == "future_time"
    assert decode(structured(envelope(), 0), limits).id == "e1"
    assert decode(structured(envelope(), -1), limits).id == "e1"


def test_a_fault_behind_the_type_tells_the_type_but_never_an_unknown_one() -> None:
    assert refusal(structured(envelope(id=""))).event_type == "redline.suggestion.v1"
    assert refusal(structured(envelope(type=CANARY))).event_type == ""


def test_the_content_type_decides_the_binding_whatever_its_case() -> None:
    for content_type in (b"application/cloudevents+json", b"Application/CloudEvents+JSON ; charset=utf-8"):
        headers = (("Content-Type", content_type), ("ce_id", b"other"), ("ce_id", b"twice"), ("ce_specversion", b"9"))
        assert decode(Record(AT, None, good(), headers, NOW_MS)).id == "e1"


def test_a_record_without_content_type_is_structured_unless_its_headers_say_binary() -> None:
    assert decode(Record(AT, None, good(), (), NOW_MS)).id == "e1"
    assert refusal(Record(AT, None, b"{}", (), NOW_MS)).path == "$.specversion"
    assert decode(binary(suggestion(), drop="content-type")).id == "e1"


@pytest.mark.parametrize("content_type", [b"application/cloudevents-batch+json", b"application/cloudevents+avro"])
def test_other_cloudevents_formats_are_refused(content_type: bytes) -> None:
    assert refusal(Record(AT, None, good(), (("content-type", content_type),), NOW_MS)).reason == "bad_value"


HEADER_FAULTS = [
    (binary(suggestion(), drop="ce_id"), "missing_field", "$.id"),
    (binary(suggestion(), drop="ce_time"), "missing_field", "$.time"),
    (binary(suggestion(), ("ce_id", b"e2")), "bad_value", "$.id"),
    (binary(suggestion(), ("CE_ID", b"e2")), "bad_value", "$.id"),
    (binary(suggestion(), ("content-type", b"text/plain")), "bad_value", "$.datacontenttype"),
    (binary(suggestion(), ("content-type", b"text/plain"), drop="content-type"), "bad_value", "$.datacontenttype"),
    (binary(suggestion(), ("content-type", b"\xff"), drop="content-type"), "invalid_utf8", "$.datacontenttype"),
    (binary(suggestion(), ("ce_source", b"\xff\xfe"), drop="ce_source"), "invalid_utf8", "$.source"),
    (binary(suggestion(), ("ce_source", b""), drop="ce_source"), "bad_value", "$.source"),
    (binary(suggestion(), ("ce_zq-canary", b"\xff")), "invalid_utf8", "$.?"),
    (binary(suggestion(), ("ce_specversion", b"2.0"), drop="ce_specversion"), "bad_value", "$.specversion"),
    (binary(suggestion(), ("ce_type", b"x"), drop="ce_type"), "unknown_type", "$.type"),
    (binary(b""), "not_json", "$.data"),
    (binary(b"null"), "missing_field", "$.data"),
]


@pytest.mark.parametrize(("bad", "reason", "path"), HEADER_FAULTS)
def test_a_fault_in_a_header_names_its_attribute(bad: Record, reason: str, path: str) -> None:
    error = refusal(bad)
    assert (error.reason, error.path) == (reason, path)


def test_a_header_without_value_is_an_empty_attribute() -> None:
    bad: Any = binary(suggestion(), ("ce_id", None), drop="ce_id")  # type: ignore[arg-type]
    assert refusal(bad).path == "$.id"


def test_unknown_fields_are_listed_by_path_and_odd_keys_are_hidden() -> None:
    whole = envelope(traceparent="x", data=suggestion(extra=1, prompt=[{"role": "u", "content": "", "name": CANARY}]))
    whole["data"][CANARY] = whole["data"]["a b"] = {CANARY: 1}
    assert decode(structured(whole)).unknown == ("$.data.?", "$.data.extra", "$.data.prompt[].name", "$.traceparent")
    headers = (("ce_traceparent", b"x"), ("other", b"y"))
    assert decode(binary(suggestion(), *headers)).unknown == ("$.traceparent",)


def test_at_most_32_unknown_fields_are_listed() -> None:
    many = {f"f{i}": i for i in range(1000)}
    assert len(decode(structured(envelope(data=suggestion(**many)))).unknown) == 32


def number_fault(kind: str, data: dict[str, Any]) -> DecodeError:
    common_fields = {"session_id": "s", "surface": "ide", "tool": "t"}
    return refusal(structured(envelope(type=kind, data=common_fields | data)))


def test_numbers_that_no_column_holds_are_refused() -> None:
    decision = {"interaction_id": "i", "verdict": "accepted"}
    assert number_fault("redline.decision.v1", decision | {"after_ms": -1}).path == "$.data.after_ms"
    assert number_fault("redline.decision.v1", decision | {"after_ms": 2**63}).path == "$.data.after_ms"
    assert number_fault("redline.decision.v1", decision | {"after_ms": 1.5}).reason == "wrong_type"
    assert number_fault("redline.message.v1", {"thread_id": "t", "members": -1}).path == "$.data.members"
    revision = {"document_id": "d", "revision": 2**63, "before": "", "after": ""}
    assert number_fault("redline.revision.v1", revision).path == "$.data.revision"
    call = {"role": "tool", "kind": "tool_call", "arguments": {"a": [2**64]}}
    error = number_fault("redline.step.v1", call)
    assert (error.reason, error.path) == ("bad_value", "$.data.arguments.?[0]")


@settings(deadline=None)  # the machine is shared
@given(st.binary(max_size=200), st.lists(st.tuples(text, st.binary(max_size=20)), max_size=4))
def test_arbitrary_bytes_raise_nothing_but_decode_errors(value: bytes, headers: list[tuple[str, bytes]]) -> None:
    for kind in ((), STRUCTURED, binary({}).headers):
        only_decode_errors(Record(AT, None, value, (*kind, *headers), NOW_MS))
    codec.partition_key(value)


@settings(deadline=None)  # the machine is shared
@given(anything)
def test_arbitrary_json_raises_nothing_but_decode_errors(tree: Any) -> None:
    value = json.dumps(tree).encode()
    for kind in ((), STRUCTURED, binary({}).headers):
        only_decode_errors(Record(AT, None, value, kind, NOW_MS))
    only_decode_errors(structured(envelope(data=tree)))
    codec.partition_key(value)


@settings(deadline=None)  # the machine is shared
@given(valid_events(), st.data())
def test_a_mutated_event_raises_nothing_but_decode_errors(event: events.Event, data: st.DataObject) -> None:
    sent = data.draw(st.sampled_from((codec.encode_structured, codec.encode_binary)))(event)
    value = bytearray(sent.value or b"")
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(value)))
        value[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    headers = [(n, data.draw(st.binary(max_size=8)) if data.draw(st.booleans()) else v) for n, v in sent.headers]
    only_decode_errors(Record(AT, None, bytes(value), tuple(headers), NOW_MS))
    codec.partition_key(bytes(value))


@settings(deadline=None)  # the machine is shared
@given(valid_events(), st.data())
def test_an_event_with_a_changed_field_decodes_or_says_where(event: events.Event, data: st.DataObject) -> None:
    whole = json.loads(codec.encode_structured(event).value or b"")
    part = data.draw(st.sampled_from((whole, whole["data"])))
    name = data.draw(st.sampled_from(sorted(part)))
    if data.draw(st.booleans()):
        part[name] = data.draw(anything)
    else:
        del part[name]
    only_decode_errors(structured(whole))


def only_decode_errors(bad: Record) -> None:
    """Whatever is decoded can be written again by every encoder the pipeline uses."""
    outcome: events.Event | DecodeError
    try:
        outcome = decode(bad)
    except DecodeError as error:
        outcome = error
    if isinstance(outcome, DecodeError):
        assert outcome.reason in REASONS
        assert outcome.__cause__ is None
        assert outcome.__context__ is None
        copy = pickle.loads(pickle.dumps(outcome))  # noqa: S301 - our own bytes
        assert (copy.reason, copy.path, str(copy)) == (outcome.reason, outcome.path, str(outcome))
    else:
        msgspec.json.encode(outcome)
        msgspec.msgpack.encode(outcome)


def test_a_partition_key_is_the_interaction_else_session_else_thread_else_document() -> None:
    ids = {"document_id": "d", "thread_id": "t", "session_id": "s", "interaction_id": "i"}
    for expected in (b"i", b"s", b"t", b"d"):
        assert codec.partition_key(json.dumps({"data": ids}).encode()) == expected
        ids.popitem()
    assert codec.partition_key(b'{"data": {}}') is None
    assert codec.partition_key(b'{"data": {"session_id": 5, "thread_id": "t"}}') == b"t"
    assert codec.partition_key(b"[" * 100_000) is None


def refused(*headers: tuple[str, bytes]) -> tuple[str, str]:
    with pytest.raises(DecodeError) as caught:
        decode(Record(AT, None, b"", headers, NOW_MS))
    return caught.value.reason, caught.value.path


@pytest.mark.parametrize("reason", DECODING)
def test_a_stand_in_says_why_its_unit_was_no_event_and_where(reason: str) -> None:
    sent = codec.stand_in(Fault(reason, "$.data[].session-id", "string"))
    assert refused(*sent.headers) == (reason, "$.data[].session-id")


def test_a_stand_in_is_known_again_by_its_name_alone() -> None:
    fault = Fault("bad_value", "$", "x")
    name = codec.unit_name(b"line", "file", 7)
    assert name == codec.unit_name(b"line", "file", 7)
    others = [(b"lin", "efile", 7), (b"line", "file7"), (b"line", "file", 8), (b"linefile7",), (b"line", "fil", "e7")]
    assert len({name, *(codec.unit_name(*one) for one in others)}) == 6
    sent = codec.stand_in(fault, name)
    assert codec.unit_of(Record(AT, None, b"", sent.headers)) == name
    assert refused(*sent.headers) == ("bad_value", "$")
    for value, headers in (
        (b"", codec.stand_in(fault).headers),
        (b"x", sent.headers),
        (b"", sent.headers[1:]),
        (b"", (sent.headers[0], (codec.REFUSED_NAME_HEADER, b"anna"))),
    ):
        assert codec.unit_of(Record(AT, None, value, headers)) is None


def test_a_stand_in_cannot_carry_text_or_a_reason_of_later_stages() -> None:
    named = (codec.REFUSED_HEADER, b"bad_value")
    for text in (b"$.call me at 555", b"anna", "$.zoë".encode(), b"$." + b"x" * 300, b"\xff", b""):
        assert refused(named, (codec.REFUSED_PATH_HEADER, text)) == ("bad_value", "$")
    for reason in (b"no_consent", b"duplicate", b"anna", b""):
        assert refused((codec.REFUSED_HEADER, reason)) == ("not_json", "$")
