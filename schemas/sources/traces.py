"""Traces in a file of their own: what Langfuse exports, an OTLP request over several lines, a span's attributes. Pure.

Langfuse's export of a trace is `{trace, observations}`. Each observation was a span: its attributes are in `metadata`,
but what models and tools were asked and answered was taken out of them, into `input` and `output`. It is put back under
the names of the conventions, and the span is read like any other (`genai`). Source: a real export, langfuse/langfuse
`worker/src/__tests__/chatml/framework-traces`.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import msgspec

from schemas import strict_json
from schemas.errors import DecodeError
from schemas.sources import otlp
from schemas.sources.cloudevents import micros
from schemas.sources.fields import MAX_DEPTH, Fields
from schemas.sources.loose_json import parsed
from schemas.sources.otlp_records import MAX_BATCH_BYTES, MAX_RECORDS, Origin, Span, hex_id
from schemas.sources.reading import Fault, Reading
from schemas.sources.trace_calls import ARGUMENTS, named, nameless

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_INTERNAL, _CLIENT = 1, 3  # kinds of spans
_MESSAGES = ("gen_ai.input.messages", "gen_ai.output.messages")
_TEXTS = ("gen_ai.prompt", "gen_ai.completion")
_TOOL = (ARGUMENTS, "tool_response")
_NAMES: Final = frozenset(
    {
        "trace", "observations", "id", "traceId", "name", "type", "startTime", "endTime", "input", "output", "metadata",
        "attributes", "resourceAttributes", "scope", "userId", "sessionId",
    }
)  # fmt: skip
_WRITTEN = "a trace of Langfuse, an OTLP request, or the attributes of a span"


def read_file(value: bytes, *, written_us: int, subject: str | None = None) -> Reading:
    """The events of one file.

    Args:
        value: JSON: one trace or a list of traces of Langfuse, one OTLP request, one map of attributes or a list.
        written_us: when the file was written: attributes alone do not say when.
        subject: the person, where the trace does not name one.
    """
    try:
        tree = _tree_of(value)
    except DecodeError as error:
        return Reading(faults=[Fault.of(error)])
    if isinstance(tree, dict) and ("resourceSpans" in tree or "resourceLogs" in tree):
        read = otlp.read_spans if "resourceSpans" in tree else otlp.read_logs
        return read(value, content_type="application/json", subject=subject)
    reading = Reading()
    for document in tree if isinstance(tree, list) else [tree]:
        try:
            _document(reading, document, written_us, subject)
        except DecodeError as error:
            reading.faults.append(Fault.of(error))
    return reading


def _tree_of(value: bytes) -> Any:
    if len(value) > MAX_BATCH_BYTES:
        raise DecodeError("too_large", "$", f"at most {MAX_BATCH_BYTES} bytes")
    tree = strict_json.parse(value, max_depth=MAX_DEPTH, names=_NAMES)
    if isinstance(tree, list) and len(tree) > MAX_RECORDS:
        raise DecodeError("too_large", "$", f"at most {MAX_RECORDS} traces")
    return tree


def _document(reading: Reading, document: object, written_us: int, subject: str | None) -> None:
    if isinstance(document, dict) and isinstance(document.get("observations"), list):
        _langfuse(reading, Fields(document), subject)
    elif isinstance(document, dict) and any(key.startswith("gen_ai.") for key in document):
        otlp.each_span(reading, [_alone(document, written_us)], subject)
    else:
        raise DecodeError("bad_value", "$", _WRITTEN)


def _alone(attributes: dict[str, Any], written_us: int) -> Span:
    """A span of which only the attributes are known: it is its own trace, by its content."""
    trace = hashlib.blake2b(msgspec.json.encode(attributes, order="sorted"), digest_size=16).hexdigest()
    kind = _INTERNAL if attributes.get("gen_ai.operation.name") == "execute_tool" else _CLIENT
    return Span(Origin({}, "", ""), "", kind, written_us, written_us, trace, trace[:16], attributes, ())


def _langfuse(reading: Reading, document: Fields, subject: str | None) -> None:
    trace = document.object("trace")
    spans: list[Span] = []
    observations = document.array("observations")
    if len(observations) > MAX_RECORDS:
        raise DecodeError("too_large", "$.observations", f"at most {MAX_RECORDS}")
    for one in observations:
        try:
            spans.append(_span(one, trace.text("sessionId").strip()))
        except DecodeError as error:
            reading.faults.append(Fault.of(error))
    whose = trace.text("userId").strip() or subject
    read = _read(spans, whose)
    if any(nameless(span) for span in spans):
        read = _read(named(spans, [event.data for event in read.events]), whose)
    # Every later call tells the messages again, and of equal steps the first counts: so it is the earliest.
    read.events.sort(key=lambda event: event.time_us)
    reading.extend(read)


def _read(spans: Sequence[Span], subject: str | None) -> Reading:
    reading = Reading()
    otlp.each_span(reading, spans, subject)
    return reading


def _span(observation: object, session: str) -> Span:
    """The span that an observation was made of."""
    if not isinstance(observation, dict):
        raise DecodeError("wrong_type", "$.observations[]", "object")
    fields = Fields(observation, "$.observations[]")
    metadata = _tree(observation.get("metadata"))
    attributes = dict(_tree(metadata.get("attributes")))
    kind = fields.text("type")
    for name, value in zip(_names(kind, observation), _sides(observation), strict=True):
        if value is not None and name not in attributes and kind != "SPAN":
            attributes[name] = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    if session:
        attributes.setdefault("gen_ai.conversation.id", session)
    scope = _tree(metadata.get("scope"))
    return Span(
        Origin(_tree(metadata.get("resourceAttributes")), str(scope.get("name", "")), str(scope.get("version", ""))),
        fields.text("name"),
        _CLIENT if kind == "GENERATION" else _INTERNAL,
        micros(fields.identifier("startTime")),
        micros(fields.text("endTime")),
        hex_id(fields.text("traceId")),
        hex_id(fields.text("id")),
        attributes,
        (),
    )


def _names(kind: str, observation: Mapping[str, Any]) -> tuple[str, str]:
    """Under which names an instrumentation had written `input` and `output`: messages have parts."""
    if kind == "TOOL":
        return _TOOL
    return _MESSAGES if any(_has_parts(side) for side in _sides(observation)) else _TEXTS


def _has_parts(side: object) -> bool:
    messages: object = parsed(side) if isinstance(side, str) else side
    return isinstance(messages, list) and any(isinstance(one, dict) and "parts" in one for one in messages)


def _sides(observation: Mapping[str, Any]) -> Iterable[Any]:
    return observation.get("input"), observation.get("output")


def _tree(value: object) -> dict[str, Any]:
    """An object, also as JSON in a string; an empty one for all else."""
    found: object = parsed(value) if isinstance(value, str) else value
    return found if isinstance(found, dict) else {}
