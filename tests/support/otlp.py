"""Export requests of OTLP in both encodings, from one description."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

NOW_US = 1_781_803_312_125_000


@dataclass
class Log:
    attributes: dict[str, Any] = field(default_factory=dict)
    name: str = ""
    body: Any = None
    time_us: int = NOW_US
    trace: str = ""
    span: str = ""


@dataclass
class Spanned:
    attributes: dict[str, Any] = field(default_factory=dict)
    name: str = "chat m"
    kind: int = 3
    start_us: int = NOW_US
    end_us: int = NOW_US + 1_000_000
    trace: str = "5b8efff798038103d269b633813fc60c"
    span: str = "eee19b7ec3c1b174"
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


def logs_json(*logs: Log, resource: dict[str, Any] | None = None, scope: str = "s", version: str = "1") -> bytes:
    records = [
        {
            "timeUnixNano": str(log.time_us * 1000),
            "severityNumber": 9,
            **({"body": _json(log.body)} if log.body is not None else {}),
            **({"eventName": log.name} if log.name else {}),
            "attributes": _pairs(log.attributes),
            "traceId": log.trace.upper(),
            "spanId": log.span.upper(),
        }
        for log in logs
    ]
    groups = [{"scope": {"name": scope, "version": version}, "logRecords": records}]
    request = {"resourceLogs": [{"resource": {"attributes": _pairs(resource or {})}, "scopeLogs": groups}]}
    return json.dumps(request).encode()


def spans_json(*spans: Spanned, resource: dict[str, Any] | None = None, scope: str = "s", version: str = "1") -> bytes:
    records = [
        {
            "name": span.name,
            "kind": span.kind,
            "startTimeUnixNano": str(span.start_us * 1000),
            "endTimeUnixNano": span.end_us * 1000,
            "attributes": _pairs(span.attributes),
            "traceId": span.trace,
            "spanId": span.span,
            "events": [
                {"name": name, "timeUnixNano": str(span.start_us * 1000), "attributes": _pairs(attributes)}
                for name, attributes in span.events
            ],
        }
        for span in spans
    ]
    groups = [{"scope": {"name": scope, "version": version}, "spans": records}]
    request = {"resourceSpans": [{"resource": {"attributes": _pairs(resource or {})}, "scopeSpans": groups}]}
    return json.dumps(request).encode()


def logs_proto(*logs: Log, resource: dict[str, Any] | None = None, scope: str = "s", version: str = "1") -> bytes:
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add(resource=Resource(attributes=_keyed(resource or {})))
    scoped = group.scope_logs.add(scope=InstrumentationScope(name=scope, version=version))
    for log in logs:
        scoped.log_records.add(
            time_unix_nano=log.time_us * 1000,
            severity_number=9,
            body=_any(log.body),
            event_name=log.name,
            attributes=_keyed(log.attributes),
            trace_id=bytes.fromhex(log.trace),
            span_id=bytes.fromhex(log.span),
        )
    return request.SerializeToString()


def spans_proto(*spans: Spanned, resource: dict[str, Any] | None = None, scope: str = "s", version: str = "1") -> bytes:
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add(resource=Resource(attributes=_keyed(resource or {})))
    scoped = group.scope_spans.add(scope=InstrumentationScope(name=scope, version=version))
    for span in spans:
        made = scoped.spans.add(
            name=span.name,
            kind=span.kind,  # type: ignore[arg-type]  # an enum's number
            start_time_unix_nano=span.start_us * 1000,
            end_time_unix_nano=span.end_us * 1000,
            attributes=_keyed(span.attributes),
            trace_id=bytes.fromhex(span.trace),
            span_id=bytes.fromhex(span.span),
        )
        for name, attributes in span.events:
            made.events.add(name=name, time_unix_nano=span.start_us * 1000, attributes=_keyed(attributes))
    return request.SerializeToString()


def _pairs(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _json(value)} for key, value in attributes.items()]


def _json(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, bytes):
        return {"bytesValue": base64.b64encode(value).decode()}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_json(one) for one in value]}}
    if isinstance(value, dict):
        return {"kvlistValue": {"values": _pairs(value)}}
    return {} if value is None else {"stringValue": value}


def _keyed(attributes: dict[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=_any(value)) for key, value in attributes.items()]


def _any(value: Any) -> AnyValue:
    made = AnyValue()
    if isinstance(value, bool):
        made.bool_value = value
    elif isinstance(value, int):
        made.int_value = value
    elif isinstance(value, float):
        made.double_value = value
    elif isinstance(value, bytes):
        made.bytes_value = value
    elif isinstance(value, list):
        made.array_value.values.extend(_any(one) for one in value)
        made.array_value.SetInParent()
    elif isinstance(value, dict):
        made.kvlist_value.values.extend(_keyed(value))
        made.kvlist_value.SetInParent()
    elif value is not None:
        made.string_value = value
    return made
