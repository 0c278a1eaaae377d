"""The OpenAPI document, made from the table of routes. A test asks the running service whether it is true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from redline.gateway import otlp
from redline.gateway.binding import BATCH_TYPE
from redline.gateway.exchange import JSON, PROBLEM
from redline.gateway.routes import ROUTES
from schemas.contract import event_schemas
from schemas.metrics import TEXT_TYPE
from schemas.rows import DECODING

if TYPE_CHECKING:
    from redline.gateway.routes import Route, Take

VERSION: Final = "3.1.0"

_TEXT = {"type": "string"}
_FILLED = {"type": "string", "pattern": r"\S"}
_JSON_TYPE = {"type": "string", "pattern": r"^(application/json|text/json|[a-z]+/[a-z.-]+\+json)$"}
_RETRY = {"Retry-After": {"schema": {"type": "integer", "minimum": 1}, "description": "seconds"}}
_REFUSALS: dict[int, tuple[str, dict[str, Any]]] = {
    400: ("A unit is no event: its path and what was expected there. Nothing was sent.", {}),
    401: ("No token, or one that is not known.", {"WWW-Authenticate": {"schema": _TEXT}}),
    403: ("The token may not send this. Nothing was sent.", {}),
    408: ("The body did not come whole in time.", {}),
    413: ("The body, what it inflates to, or an event is too large. Nothing was sent.", {}),
    415: ("Another content type or encoding.", {}),
    429: ("The token's rate, or what waits for Kafka, is at its limit.", _RETRY),
    503: ("Kafka did not confirm every event: send the same again, copies are dropped.", _RETRY),
}


def document(version: str) -> dict[str, Any]:
    """The document; `version` is Redline's own."""
    return {
        "openapi": VERSION,
        "info": {
            "title": "Redline gateway",
            "version": version,
            "description": "Events for Redline by HTTP. 2xx comes after Kafka has acknowledged every event. An event's "
            "time may be a day ahead of now; whole numbers have 64 bits, are written without a fraction; "
            "no key of an object comes twice.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": {route.path: {route.method.lower(): _operation(route)} for route in ROUTES},
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Problem": _problem(), "Status": _status(), **_events(), **_BODIES},
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {"operationId": route.name, "summary": route.summary}
    if route.take is None:
        return {**operation, "security": [], "responses": _tells(route)}
    return {
        **operation,
        "security": [{"token": []}],
        "requestBody": {
            "required": True,
            "description": "May be compressed: Content-Encoding gzip.",
            "content": {kind: {"schema": _schema(route, kind)} for kind in route.take.accepts},
        },
        "responses": {
            "200": {"description": "Kafka has acknowledged every event.", "content": _accepted(route.take)},
            **{
                str(status): {"description": told, "headers": headers, "content": _refused(route.take)}
                for status, (told, headers) in _REFUSALS.items()
            },
        },
    }


def _schema(route: Route, kind: str) -> dict[str, Any]:
    if kind == otlp.PROTOBUF:
        return {"type": "string", "format": "binary"}
    if kind == BATCH_TYPE:
        return {"type": "array", "items": _ref("Event")}
    return _ref("Event" if route.name == "events" else route.name)


def _accepted(take: Take) -> dict[str, Any]:
    if take.answers == "otlp":
        partial = {
            "type": "object",
            "properties": {"partialSuccess": {"type": "object", "properties": {take.rejected: _TEXT}}},
        }
        return {JSON: {"schema": partial}, otlp.PROTOBUF: {"schema": {"type": "string", "format": "binary"}}}
    if take.answers == "empty":
        return {JSON: {"schema": {"type": "object", "maxProperties": 0}}}
    count = {"type": "integer", "minimum": 0}
    schema = {"type": "object", "properties": {"accepted": count}, "required": ["accepted"]}
    return {JSON: {"schema": schema}}


def _refused(take: Take) -> dict[str, Any]:
    if take.answers == "otlp":
        return {JSON: {"schema": _ref("Status")}, otlp.PROTOBUF: {"schema": {"type": "string", "format": "binary"}}}
    return {PROBLEM: {"schema": _ref("Problem")}}


def _tells(route: Route) -> dict[str, Any]:
    if route.name == "openapi":
        return {"200": {"description": "The document.", "content": {JSON: {"schema": {"type": "object"}}}}}
    kind = TEXT_TYPE.partition(";")[0]
    answers: dict[str, Any] = {"200": {"description": "It does.", "content": {kind: {"schema": _TEXT}}}}
    if route.name == "readyz":
        content = {PROBLEM: {"schema": _ref("Problem")}}
        answers["503"] = {"description": "It does not.", "headers": _RETRY, "content": content}
    return answers


def _problem() -> dict[str, Any]:
    fault = {
        "type": "object",
        "properties": {
            "unit": {"type": "integer", "minimum": 0, "description": "which of the request's units, from 0"},
            "reason": {"enum": list(DECODING)},
            "path": {"type": "string", "pattern": r"^\$"},
            "expected": _TEXT,
        },
        "required": ["unit", "reason", "path", "expected"],
    }
    return {
        "type": "object",
        "description": "RFC 9457. It quotes nothing of the request.",
        "properties": {
            "status": {"type": "integer"},
            "detail": _TEXT,
            "faults": {"type": "array", "items": fault},
        },
        "required": ["status", "detail", "faults"],
    }


def _status() -> dict[str, Any]:
    return {"type": "object", "properties": {"message": _TEXT}, "required": ["message"]}


def _events() -> dict[str, Any]:
    """Every event type by itself, and the choice of them."""
    schemas = {name: _bare(schema) for name, schema in event_schemas().items()}
    return {**schemas, "Event": {"oneOf": [_ref(name) for name in schemas]}}


def _bare(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema for use inside of the document."""
    properties = {**schema["properties"], "datacontenttype": {"anyOf": [_JSON_TYPE, {"type": "null"}]}}
    return {key: value for key, value in schema.items() if not key.startswith("$")} | {"properties": properties}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


# Foreign bodies, as far as a reader insists; docs/sources.md has what becomes of them.
_BODIES: dict[str, Any] = {
    "continue": {
        "type": "object",
        "properties": {
            "name": _FILLED,
            "schema": {},
            "level": {"type": ["string", "null"]},
            "profileId": {},
            "data": {"type": "object"},
        },
        "required": ["name", "data"],
    },
    "tabby": {
        "type": "object",
        "description": "Also choice_index, view_id and elapsed, as Tabby has them.",
        "properties": {
            "type": {"enum": ["view", "select", "dismiss"]},
            "completion_id": _FILLED,
        },
        "required": ["type", "completion_id"],
    },
    "claude-code": {
        "type": "object",
        "properties": {"hook_event_name": _FILLED, "session_id": _FILLED},
        "required": ["hook_event_name", "session_id"],
    },
    "logs": {
        "type": "object",
        "properties": {"resourceLogs": {"type": ["array", "null"], "items": {"type": "object"}}},
        "anyOf": [{"required": ["resourceLogs"]}, {"maxProperties": 0}],
    },
    "traces": {
        "type": "object",
        "properties": {"resourceSpans": {"type": ["array", "null"], "items": {"type": "object"}}},
        "anyOf": [{"required": ["resourceSpans"]}, {"maxProperties": 0}],
    },
}
