"""Export requests of OTLP in protobuf, record by record. Pure.

The outer three messages are walked by hand, which needs no more than their lengths; only a single record is parsed by
protobuf. So one broken record (text cut within a character is not UTF-8) costs itself and not its batch, and a hostile
request is counted before it is unfolded. Source: open-telemetry/opentelemetry-proto.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

from google.protobuf.message import DecodeError as ProtobufError
from google.protobuf.message import Message
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1 import logs_pb2
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1 import trace_pb2

from schemas.errors import DecodeError
from schemas.sources import otlp_records as records
from schemas.sources.otlp_records import LogRecord, Origin, Span, SpanEvent
from schemas.sources.reading import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_LONGEST_VARINT = 10
_OUTER: Final = 1  # the field of ResourceLogs in a request, of Resource in it, and of the scope in ScopeLogs
_INNER: Final = 2  # the field of ScopeLogs in ResourceLogs, and of LogRecord in it; those of spans are the same


def logs(value: bytes) -> Iterator[LogRecord | Fault]:
    """The records of an ExportLogsServiceRequest.

    Raises:
        DecodeError: what is around the records is no protobuf, or there are too many of them.
    """
    for origin, raw in _records(value):
        yield _log(origin, raw)


def spans(value: bytes) -> Iterator[Span | Fault]:
    """The spans of an ExportTraceServiceRequest. Raises as `logs`."""
    for origin, raw in _records(value):
        yield _span(origin, raw)


def fits(value: bytes) -> bool:
    """Whether the outermost lengths add up, as they do not in text."""
    try:
        return any(True for _ in list(_Walk().fields(value, _OUTER)))
    except DecodeError:
        return False


def _records(value: bytes) -> Iterator[tuple[Origin, bytes]]:
    walk = _Walk()
    found = 0
    groups = 0
    for group in walk.fields(value, _OUTER):
        groups += 1
        resource = _attributes(walk.outer(Resource, group).attributes)
        for scoped in walk.fields(group, _INNER):
            scope = walk.outer(InstrumentationScope, scoped)
            origin = Origin(resource, scope.name, scope.version)
            for raw in walk.fields(scoped, _INNER):
                found += 1
                if found > records.MAX_RECORDS:
                    raise too_many()
                yield origin, raw
    if value and not groups:
        raise _broken()


class _Walk:
    """Steps through messages by the lengths of their fields, and not for ever: an empty field is two bytes."""

    def __init__(self) -> None:
        self._left = 4 * records.MAX_RECORDS  # groups are walked twice, once for what they have in common

    def fields(self, data: bytes, number: int) -> Iterator[bytes]:
        """The fields of this number that have a length; the others are stepped over.

        Raises:
            DecodeError: not protobuf, or too many fields.
        """
        at, end = 0, len(data)
        while at < end:
            self._left -= 1
            if self._left < 0:
                raise too_many()
            start, size = at, 0
            tag, at = _varint(data, at)
            wire = tag & 7
            if wire == _BYTES:
                size, at = _varint(data, at)
            elif wire == _VARINT:
                _, at = _varint(data, at)
            elif wire in {_FIXED64, _FIXED32}:
                size = 8 if wire == _FIXED64 else 4
            else:
                raise _broken()
            at += size
            if tag >> 3 == 0 or at > end or at <= start:
                raise _broken()
            if wire == _BYTES and tag >> 3 == number:
                yield data[at - size : at]

    def outer(self, kind: type[Any], group: bytes) -> Any:
        """The resource or scope of a group: at most one, wherever it stands."""
        raw = b"".join(self.fields(group, _OUTER))  # protobuf merges what comes more than once
        message = _parsed(kind, raw) if len(raw) <= records.MAX_RECORD_BYTES else None
        if message is None:
            raise _broken()
        return message


def _varint(data: bytes, at: int) -> tuple[int, int]:
    result = 0
    for place, byte in enumerate(data[at : at + _LONGEST_VARINT]):
        result |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:  # noqa: PLR2004  # the bit that says another byte follows
            return result, at + place + 1
    raise _broken()


def too_many() -> DecodeError:
    """A request with more records than anybody sends."""
    return DecodeError("too_large", "$", f"at most {records.MAX_RECORDS} records")


def _broken() -> DecodeError:
    return DecodeError("bad_value", "$", "an OTLP export request in protobuf or JSON")


def _parsed(kind: type[Any], raw: bytes) -> Any:
    try:
        message: Message = kind.FromString(raw)
    except (ProtobufError, RecursionError):
        return None
    return message


def _log(origin: Origin, raw: bytes) -> LogRecord | Fault:
    if len(raw) > records.MAX_RECORD_BYTES:
        return Fault(
            "too_large", "$.resourceLogs[].scopeLogs[].logRecords[]", f"at most {records.MAX_RECORD_BYTES} bytes"
        )
    record = _parsed(logs_pb2.LogRecord, raw)
    if record is None:
        return Fault("bad_value", "$.resourceLogs[].scopeLogs[].logRecords[]", "a LogRecord of OTLP")
    try:
        return LogRecord(
            origin=origin,
            time_us=records.micros_of(record.time_unix_nano, record.observed_time_unix_nano),
            event_name=record.event_name,
            body=_value(record.body, 0),
            attributes=_attributes(record.attributes),
            trace_id=records.hex_id(record.trace_id.hex()),
            span_id=records.hex_id(record.span_id.hex()),
        )
    except DecodeError as error:
        return Fault.of(error)


def _span(origin: Origin, raw: bytes) -> Span | Fault:
    if len(raw) > records.MAX_RECORD_BYTES:
        return Fault("too_large", "$.resourceSpans[].scopeSpans[].spans[]", f"at most {records.MAX_RECORD_BYTES} bytes")
    span = _parsed(trace_pb2.Span, raw)
    if span is None:
        return Fault("bad_value", "$.resourceSpans[].scopeSpans[].spans[]", "a Span of OTLP")
    try:
        return Span(
            origin=origin,
            name=span.name,
            kind=span.kind,
            start_us=records.micros_of(span.start_time_unix_nano),
            end_us=records.micros_of(span.end_time_unix_nano),
            trace_id=records.hex_id(span.trace_id.hex()),
            span_id=records.hex_id(span.span_id.hex()),
            attributes=_attributes(span.attributes),
            events=tuple(
                SpanEvent(event.name, records.micros_of(event.time_unix_nano), _attributes(event.attributes))
                for event in span.events[: records.MAX_ATTRIBUTES]
            ),
        )
    except DecodeError as error:
        return Fault.of(error)


def _attributes(pairs: Iterable[KeyValue]) -> Mapping[str, Any]:
    return {pair.key: _value(pair.value, 0) for pair in pairs}


def _value(value: AnyValue, depth: int) -> Any:
    if depth > records.MAX_DEPTH:
        raise DecodeError("too_deep", "$", f"at most {records.MAX_DEPTH} levels in a value")
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        return [_value(one, depth + 1) for one in value.array_value.values]
    if kind == "kvlist_value":
        return {pair.key: _value(pair.value, depth + 1) for pair in value.kvlist_value.values}
    if kind == "bytes_value":
        return base64.b64encode(value.bytes_value).decode()
    if kind == "double_value":
        return records.finite(value.double_value)
    return getattr(value, kind)
