"""Export requests of OTLP in JSON, record by record. Pure.

64-bit numbers come as strings from real exporters and as numbers in examples; ids are hex in either case; unknown
fields are to be ignored, and are counted. Source: open-telemetry/opentelemetry-proto, docs/specification.md.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from schemas import strict_json
from schemas.errors import DecodeError
from schemas.sources import otlp_records as records
from schemas.sources.fields import Fields
from schemas.sources.otlp_records import LogRecord, Origin, Span, SpanEvent
from schemas.sources.reading import Drift, Fault

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Mapping

_DRIFT: Final = "otlp"
# A level of a value is up to four of JSON (the value, its list, the list's array, the pair), and above it are twelve.
_MAX_JSON_DEPTH = 12 + 4 * (records.MAX_DEPTH + 1)
_KINDS = frozenset({"stringValue", "boolValue", "intValue", "doubleValue", "bytesValue", "arrayValue", "kvlistValue"})
_REQUEST = {"resourceLogs": frozenset({"resourceLogs"}), "resourceSpans": frozenset({"resourceSpans"})}
_RESOURCE = frozenset({"resource", "scopeLogs", "scopeSpans", "schemaUrl"})
_SCOPE = frozenset({"scope", "logRecords", "spans", "schemaUrl"})
_LOG = frozenset(
    {
        "timeUnixNano", "observedTimeUnixNano", "severityNumber", "severityText", "body", "attributes",
        "droppedAttributesCount", "flags", "traceId", "spanId", "eventName",
    }
)  # fmt: skip
_SPAN = frozenset(
    {
        "traceId", "spanId", "traceState", "parentSpanId", "flags", "name", "kind", "startTimeUnixNano",
        "endTimeUnixNano", "attributes", "droppedAttributesCount", "events", "droppedEventsCount", "links",
        "droppedLinksCount", "status",
    }
)  # fmt: skip
_NAMES = _KINDS.union(
    _REQUEST, _RESOURCE, _SCOPE, _LOG, _SPAN, {"attributes", "key", "value", "values", "name", "version"}
)
# An escaped backslash, a pair of surrogates, or half a pair: exporters cut texts by UTF-16 units.
_ESCAPES = re.compile(
    rb"\\\\|\\u[dD][89aAbB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
_INT64 = 2**63
_HALF_PAIR = len(rb"\ud800")
_REPLACEMENT = rb"\ufffd"


def logs(value: bytes, drift: Counter[Drift]) -> Iterator[LogRecord | Fault]:
    """The records of an ExportLogsServiceRequest. Unknown fields, and half characters, are counted in `drift`.

    Raises:
        DecodeError: not JSON, or what is around the records is not what OTLP says.
    """
    for origin, fields in _records(value, drift, "resourceLogs", "scopeLogs", "logRecords"):
        fields.drift(drift, _LOG, _DRIFT, "?")
        yield _guarded(_log, origin, fields)


def spans(value: bytes, drift: Counter[Drift]) -> Iterator[Span | Fault]:
    """The spans of an ExportTraceServiceRequest. As `logs`."""
    for origin, fields in _records(value, drift, "resourceSpans", "scopeSpans", "spans"):
        fields.drift(drift, _SPAN, _DRIFT, "?")
        yield _guarded(_span, origin, fields)


def _records(
    value: bytes, drift: Counter[Drift], outer: str, middle: str, inner: str
) -> Iterator[tuple[Origin, Fields]]:
    tree = strict_json.parse(_whole(value, drift), max_depth=_MAX_JSON_DEPTH, names=_NAMES)
    if not isinstance(tree, dict):
        raise DecodeError("wrong_type", "$", "object (an OTLP export request)")
    request = Fields(tree)
    if tree and outer not in tree:
        raise request.fault("missing_field", outer, "array")
    request.drift(drift, _REQUEST[outer], _DRIFT, "?")
    found = 0
    for group in _objects(request, outer, f"$.{outer}[]"):
        group.drift(drift, _RESOURCE, _DRIFT, "?")
        resource = _attributes(group.object("resource"))
        for scoped in _objects(group, middle, f"$.{outer}[].{middle}[]"):
            scoped.drift(drift, _SCOPE, _DRIFT, "?")
            scope = scoped.object("scope")
            origin = Origin(resource, scope.text("name"), scope.text("version"))
            for record in _objects(scoped, inner, f"$.{outer}[].{middle}[].{inner}[]"):
                found += 1
                if found > records.MAX_RECORDS:
                    raise DecodeError("too_large", "$", f"at most {records.MAX_RECORDS} records")
                yield origin, record


def _whole(value: bytes, drift: Counter[Drift]) -> bytes:
    """The text with a replacement character for each half of a surrogate pair, which is no JSON for strict readers."""
    if b"\\ud" not in value and b"\\uD" not in value:
        return value
    halves = 0

    def mended(match: re.Match[bytes]) -> bytes:
        nonlocal halves
        if len(match[0]) != _HALF_PAIR:
            return match[0]
        halves += 1
        return _REPLACEMENT

    whole = _ESCAPES.sub(mended, value)
    if halves:
        drift[Drift(_DRIFT, "?", "value", "half_character")] += halves
    return whole


def _objects(parent: Fields, name: str, path: str) -> Iterator[Fields]:
    for one in parent.array(name):
        if not isinstance(one, dict):
            raise DecodeError("wrong_type", path, "object")
        yield Fields(one, path)


def _guarded(read: Any, origin: Origin, fields: Fields) -> Any:
    try:
        return read(origin, fields)
    except DecodeError as error:
        return Fault.of(error)


def _log(origin: Origin, fields: Fields) -> LogRecord:
    return LogRecord(
        origin=origin,
        time_us=records.micros_of(fields.count("timeUnixNano") or 0, fields.count("observedTimeUnixNano") or 0),
        event_name=fields.text("eventName"),
        body=_value(fields.object("body"), 0) if "body" in fields else None,
        attributes=_attributes(fields),
        trace_id=records.hex_id(fields.text("traceId")),
        span_id=records.hex_id(fields.text("spanId")),
    )


def _span(origin: Origin, fields: Fields) -> Span:
    return Span(
        origin=origin,
        name=fields.text("name"),
        kind=_kind(fields),
        start_us=records.micros_of(fields.count("startTimeUnixNano") or 0),
        end_us=records.micros_of(fields.count("endTimeUnixNano") or 0),
        trace_id=records.hex_id(fields.text("traceId")),
        span_id=records.hex_id(fields.text("spanId")),
        attributes=_attributes(fields),
        events=tuple(
            SpanEvent(event.text("name"), records.micros_of(event.count("timeUnixNano") or 0), _attributes(event))
            for event in _objects(fields, "events", "$.resourceSpans[].scopeSpans[].spans[].events[]")
        ),
    )


def _kind(fields: Fields) -> int:
    """A number; some write the name of it."""
    kind = fields.raw.get("kind")
    return kind if isinstance(kind, int) else 3 if kind == "SPAN_KIND_CLIENT" else 0


def _attributes(fields: Fields) -> Mapping[str, Any]:
    return {
        pair.needed("key"): _value(pair.object("value"), 0) for pair in _objects(fields, "attributes", "$.attributes[]")
    }


def _value(value: Fields, depth: int) -> Any:
    """An AnyValue as a Python value; bytes stay in base64."""
    if depth > records.MAX_DEPTH:
        raise DecodeError("too_deep", "$", f"at most {records.MAX_DEPTH} levels in a value")
    if "stringValue" in value:
        return value.text("stringValue")
    if "boolValue" in value:
        return value.flag("boolValue")
    if "intValue" in value:
        return _integer(value)
    if "doubleValue" in value:
        return _double(value)
    if "bytesValue" in value:
        return value.text("bytesValue")
    if "arrayValue" in value:
        values = _objects(value.object("arrayValue"), "values", "$.arrayValue.values[]")
        return [_value(one, depth + 1) for one in values]
    if "kvlistValue" in value:
        pairs = _objects(value.object("kvlistValue"), "values", "$.kvlistValue.values[]")
        return {pair.text("key"): _value(pair.object("value"), depth + 1) for pair in pairs}
    return None


def _integer(value: Fields) -> int:
    number = value.raw["intValue"]
    if isinstance(number, str) and re.fullmatch(r"-?\d{1,19}", number, re.ASCII):
        number = int(number)
    if isinstance(number, bool) or not isinstance(number, int):
        raise value.fault("wrong_type", "intValue", "integer")
    if not -_INT64 <= number < _INT64:
        raise value.fault("bad_value", "intValue", "an integer of 64 bits")
    return number


def _double(value: Fields) -> float | None:
    number = value.raw["doubleValue"]
    if isinstance(number, str):  # NaN and the infinities are written so
        return None
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise value.fault("wrong_type", "doubleValue", "number")
    return records.finite(number)
