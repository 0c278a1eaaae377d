"""The contract with producers, in their own languages: JSON Schema of every event, AsyncAPI of every topic. Pure.

Both are made from the structs that the codec decodes into, with what the codec checks beyond types; a property test
holds schema and codec to the same answer. JSON Schema draft 7; AsyncAPI 3.0.0 (asyncapi/spec, `spec/asyncapi.md`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from schemas import rows, topics
from schemas.events import TYPES, Data
from schemas.sources.cloudevents import SPEC_VERSION, STRUCTURED_TYPE, TIME_PATTERN

if TYPE_CHECKING:
    from collections.abc import Iterable

DIALECT = "http://json-schema.org/draft-07/schema#"  # what every registry's validator knows; we need no more
ASYNCAPI = "3.0.0"

_NOT_BLANK = {"type": "string", "pattern": r"\S"}
_INT64 = 2**63 - 1
_ROWS = {
    topics.SCRUBBED: rows.Interaction,
    topics.CLEAN: rows.Interaction,
    topics.STEPS: rows.Interaction,
    topics.PAIRS: rows.Pair,
    topics.TRAJECTORIES: rows.Trajectory,
    topics.REJECTS: rows.Reject,
    topics.SUBJECTS: rows.Subject,
}


def event_schema(event_type: str) -> dict[str, Any]:
    """JSON Schema of one event type in the structured binding: the CloudEvents envelope and its data.

    Raises:
        KeyError: no such type.
    """
    data = _data(TYPES[event_type])
    return {
        "$schema": DIALECT,
        "$id": f"urn:redline:{event_type}",
        "title": event_type,
        "description": data.pop("description"),
        "type": "object",
        "properties": {
            "specversion": {"const": SPEC_VERSION},
            "id": {**_NOT_BLANK, "description": "with source: the identity; a second record with both is a duplicate"},
            "source": _NOT_BLANK,
            "type": {"const": event_type},
            "time": {"type": "string", "format": "date-time", "pattern": TIME_PATTERN},
            "subject": {"anyOf": [_NOT_BLANK, {"type": "null"}], "description": "the person"},
            "datacontenttype": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "data": data,
            "data_base64": False,
        },
        "required": ["specversion", "id", "source", "type", "time", "data"],
    }


def event_schemas() -> dict[str, dict[str, Any]]:
    """JSON Schema of every event type, by type."""
    return {event_type: event_schema(event_type) for event_type in TYPES}


def value_schema() -> dict[str, Any]:
    """JSON Schema of a record's value on `redline.events`: any of the events."""
    return {"$schema": DIALECT, "title": topics.EVENTS, "oneOf": list(event_schemas().values())}


def asyncapi(version: str) -> dict[str, Any]:
    """The AsyncAPI document of every topic and message; `version` is Redline's own."""
    channels = {_key(t.name): _channel(t) for t in topics.TOPICS}
    return {
        "asyncapi": ASYNCAPI,
        "info": {
            "title": "Redline",
            "version": version,
            "description": "Producers write CloudEvents to redline.events. All other topics are Redline's own: their "
            "records are msgpack maps of the rows given here, without anybody's text.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": STRUCTURED_TYPE,
        "channels": channels,
        "operations": {
            "produce": {
                "action": "receive",
                "summary": "What producers send and Redline reads.",
                "channel": {"$ref": f"#/channels/{_key(topics.EVENTS)}"},
            },
        },
        "components": {
            "messages": {**{name: _event_message(name) for name in TYPES}, **_row_messages()},
            "schemas": {**event_schemas(), **_row_schemas()},
        },
    }


def _data(struct: type[Data]) -> dict[str, Any]:
    """The data's schema with what the codec checks beyond types, and no reference outside itself."""
    (_,), components = msgspec.json.schema_components((struct,))
    schema: dict[str, Any] = components[struct.__name__]
    schema.pop("title")
    for name, field in schema["properties"].items():
        if name in {"session_id", "interaction_id", "thread_id", "document_id"}:
            field["pattern"] = r"\S"
        if name in {"after_ms", "members"}:
            field["anyOf"][0].update(minimum=0, maximum=_INT64)
        if name == "revision":
            field["anyOf"][0].update(minimum=-_INT64 - 1, maximum=_INT64)
        if name == "prompt":
            message = components["Message"]
            message.pop("title")
            field["anyOf"][1]["items"] = message
    return schema


def _channel(topic: topics.Topic) -> dict[str, Any]:
    return {
        "address": topic.name,
        "description": f"{topic.carries}; key: {topic.key}",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _messages(topic)},
        "bindings": {"kafka": {"topicConfiguration": {"cleanup.policy": ["compact" if topic.compacted else "delete"]}}},
    }


def _messages(topic: topics.Topic) -> Iterable[str]:
    if topic.name == topics.EVENTS:
        return TYPES
    row = _ROWS.get(topic.name)
    return () if row is None else (row.__name__,)


def _event_message(event_type: str) -> dict[str, Any]:
    return {
        "name": event_type,
        "contentType": STRUCTURED_TYPE,
        "payload": {"$ref": f"#/components/schemas/{event_type}"},
    }


def _row_messages() -> dict[str, Any]:
    return {
        row.__name__: {
            "name": row.__name__,
            "contentType": "application/msgpack",
            "payload": {"$ref": f"#/components/schemas/{row.__name__}"},
        }
        for row in dict.fromkeys(_ROWS.values())
    }


def _row_schemas() -> dict[str, Any]:
    structs = tuple(dict.fromkeys(_ROWS.values()))
    _, components = msgspec.json.schema_components(structs, ref_template="#/components/schemas/{name}")
    return components


def _key(topic: str) -> str:
    return topic.removeprefix("redline.")
