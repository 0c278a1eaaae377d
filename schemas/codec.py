"""Record -> Event, or a DecodeError that names the JSON path and what was expected there. Pure.

Tolerant of what it does not know (unknown fields are collected, extension attributes too), strict with what it does.
No error, and nothing an error refers to, holds a value of the record.
"""

from __future__ import annotations

import hashlib
import re
import types
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from schemas.errors import DecodeError
from schemas.events import TYPES, Data, Event, Message
from schemas.records import Outgoing, Record
from schemas.rows import DECODING
from schemas.sources import cloudevents

if TYPE_CHECKING:
    from schemas.sources.reading import Fault

REFUSED_HEADER: Final = "redline-refused"
"""On an empty record that stands in for one that is no event, or that Kafka would not take; its value is the reason."""
REFUSED_BYTES_HEADER: Final = "redline-refused-bytes"
REFUSED_PATH_HEADER: Final = "redline-refused-path"
REFUSED_NAME_HEADER: Final = "redline-refused-name"
"""Which unit a stand-in stands for: of several with one name the first counts, the others are duplicates."""
TOO_LARGE: Final = b"too_large"

_DAY_US = 86_400_000_000
_INT64 = 2**63  # what a column holds
_MOST_UNKNOWN = 32
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}", re.ASCII)
_AT = re.compile(r" - at `(\$[A-Za-z0-9_.\[\]]*)`\Z", re.ASCII)
_PATH = re.compile(r"\$[A-Za-z0-9_.?\-\[\]]{0,200}", re.ASCII)
_UNIT = re.compile(rb"[0-9a-f]{32}")
_MISSING = re.compile(r"Object missing required field `([a-z_]+)`", re.ASCII)
_WRONG = re.compile(r"Expected `([a-z |]+)`, got `([a-z]+)`", re.ASCII)
_JSON_NAMES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
_IDS = ("session_id", "interaction_id", "thread_id", "document_id")
_COUNTS = ("after_ms", "members")
_INTEGERS = (*_COUNTS, "revision")
_REFUSALS = {reason.encode(): reason for reason in DECODING}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a record may be: value size in bytes, nesting, and event time ahead of the record's (microseconds)."""

    max_bytes: int = 1 << 20  # 500 times a usual event; a file that long is no suggestion
    max_depth: int = 64  # tool arguments nest some ten levels; far below the parser's own limit
    max_future_us: int = _DAY_US  # a laptop in the wrong time zone is half a day off


DEFAULT_LIMITS: Final = Limits()


def decode(record: Record, limits: Limits = DEFAULT_LIMITS) -> Event:
    """The event of a record from `redline.events`, in either CloudEvents binding.

    The time limit compares the event's time to the record's own timestamp, not to a clock, so that a replay decides the
    same; a record without timestamp (0 or less) is not compared.

    Raises:
        DecodeError: and nothing else, whatever the bytes are.
    """
    value = record.value
    if not value and (refusal := _refusal(record, limits)) is not None:
        raise refusal
    if value is None:
        raise DecodeError("null_value", "$", "a value")
    if len(value) > limits.max_bytes:
        raise DecodeError("too_large", "$", f"at most {limits.max_bytes} bytes")
    envelope = cloudevents.unpack(record, max_depth=limits.max_depth)
    attributes = envelope.attributes
    if _text(attributes, "specversion") != cloudevents.SPEC_VERSION:
        raise DecodeError("bad_value", "$.specversion", '"1.0"')
    event_type = _text(attributes, "type")
    if event_type not in TYPES:
        raise DecodeError("unknown_type", "$.type", "one of " + ", ".join(TYPES))
    try:
        return _event(event_type, envelope, record.timestamp_ms, limits)
    except DecodeError as error:
        error.event_type = event_type
        raise


def encode_structured(event: Event) -> Outgoing:
    """The event as a producer would send it in the structured binding, keyed by `key_of`."""
    return cloudevents.pack_structured(_attributes(event), event.data, key=key_of(event.data))


def encode_binary(event: Event) -> Outgoing:
    """The event as a producer would send it in the binary binding, keyed by `key_of`."""
    return cloudevents.pack_binary(_attributes(event), event.data, key=key_of(event.data))


def stand_in(fault: Fault, name: str = "") -> Outgoing:
    """The empty record that travels in place of a unit of input that is no event, so that it too ends as a reject.

    With a `name` (of `unit_name`) it is known again when it is sent a second time.
    """
    headers = [(REFUSED_HEADER, fault.reason.encode()), (REFUSED_PATH_HEADER, fault.path.encode())]
    if name:
        headers.append((REFUSED_NAME_HEADER, name.encode()))
    return Outgoing(None, b"", tuple(headers))


def unit_name(content: bytes, *place: str | int) -> str:
    """32 hex digits for a unit of input that has no id: equal content at an equal place, equal name."""
    digest = hashlib.blake2b(content, digest_size=16, person=b"stand-in")
    for part in place:
        encoded = str(part).encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()


def unit_of(record: Record) -> str | None:
    """The name of the unit that a record stands in for; None if it is no stand-in, or one without a name."""
    headers = dict(record.headers)
    name = headers.get(REFUSED_NAME_HEADER) or b""
    if record.value or headers.get(REFUSED_HEADER) not in _REFUSALS or not _UNIT.fullmatch(name):
        return None
    return name.decode()


def key_of(data: Data) -> bytes:
    """What keeps events that belong together in one partition: interaction, else session."""
    return str(getattr(data, "interaction_id", data.session_id)).encode()


class _Ids(msgspec.Struct):
    interaction_id: Any = None
    session_id: Any = None
    thread_id: Any = None
    document_id: Any = None


class _Keyed(msgspec.Struct):
    data: _Ids


_keyed = msgspec.json.Decoder(_Keyed).decode


def partition_key(value: bytes) -> bytes | None:
    """The key for a structured record, as `key_of` gives it; None if the value does not show one.

    A best effort that never raises: what is broken is found by `decode`, behind the broker.
    """
    try:
        ids = _keyed(value).data
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    for candidate in (ids.interaction_id, ids.session_id, ids.thread_id, ids.document_id):
        if isinstance(candidate, str) and candidate:
            return candidate.encode()
    return None


def _refusal(record: Record, limits: Limits) -> DecodeError | None:
    """What a stand-in says. Anyone can write headers: a reason that is none of ours, or a path of free text, is not."""
    headers = dict(record.headers)
    reason = _REFUSALS.get(headers.get(REFUSED_HEADER, b""))
    if reason is None:
        return None
    expected = (
        f"at most {limits.max_bytes} bytes" if reason == "too_large" else "what docs/sources.md says of the source"
    )
    path = (headers.get(REFUSED_PATH_HEADER) or b"").decode("ascii", "replace")
    return DecodeError(reason, path if _PATH.fullmatch(path) else "$", expected)


def _event(event_type: str, envelope: cloudevents.Envelope, timestamp_ms: int, limits: Limits) -> Event:
    attributes = envelope.attributes
    identity = _filled(attributes, "id")
    source = _filled(attributes, "source")
    time_us = cloudevents.micros(_text(attributes, "time"))
    if time_us is None:
        raise DecodeError("bad_value", "$.time", "RFC 3339 time with a zone, from 1970 to 2261")
    if timestamp_ms > 0 and time_us > timestamp_ms * 1000 + limits.max_future_us:
        raise DecodeError("future_time", "$.time", f"at most {limits.max_future_us} us ahead of the record's timestamp")
    subject = None if attributes.get("subject") is None else _filled(attributes, "subject")
    if attributes.get("datacontenttype") is not None and not cloudevents.is_json(_text(attributes, "datacontenttype")):
        raise DecodeError("bad_value", "$.datacontenttype", "application/json, or a type that ends in +json")
    if "data_base64" in attributes:
        raise DecodeError("bad_value", "$.data_base64", "JSON in data")
    if envelope.data is None:
        raise DecodeError("missing_field", "$.data", "object")
    data = _data(TYPES[event_type], envelope.data)
    return Event(
        source=source,
        id=identity,
        type=event_type,
        time_us=time_us,
        subject=subject,
        data=data,
        unknown=_unknown(attributes, envelope.data, type(data)),
    )


def _text(attributes: dict[str, Any], name: str) -> str:
    value = attributes.get(name)
    if value is None:
        raise DecodeError("missing_field", f"$.{name}", "string")
    if not isinstance(value, str):
        raise DecodeError("wrong_type", f"$.{name}", "string")
    return value


def _filled(attributes: dict[str, Any], name: str) -> str:
    value = _text(attributes, name)
    if not value or value.isspace():
        raise DecodeError("bad_value", f"$.{name}", "a string that is not empty")
    return value


def _data(schema: type[Data], raw: Any) -> Data:
    data: Data | None = None
    message = ""
    try:
        data = msgspec.convert(_whole(raw), schema)
    except msgspec.ValidationError as error:
        message = str(error)
    if data is None:
        raise _schema_fault(schema, message)
    for name in _IDS:
        value = getattr(data, name, None)
        if value is not None and (not value or value.isspace()):
            raise DecodeError("bad_value", f"$.data.{name}", "a string that is not empty")
    for name in _COUNTS:
        value = getattr(data, name, None)
        if value is not None and not 0 <= value < _INT64:
            raise DecodeError("bad_value", f"$.data.{name}", "an integer from 0 to 2^63 - 1")
    revision = getattr(data, "revision", None)
    if isinstance(revision, int) and not -_INT64 <= revision < _INT64:
        raise DecodeError("bad_value", "$.data.revision", "an integer of at most 64 bits")
    return data


def _whole(raw: Any) -> Any:
    """The data with 1.0 as 1: to JSON Schema, and to producers with one type of number, that is an integer."""
    if type(raw) is not dict:
        return raw
    whole = {n: int(v) for n in _INTEGERS if type(v := raw.get(n)) is float and v.is_integer()}
    return {**raw, **whole} if whole else raw


def _schema_fault(schema: type[Data], message: str) -> DecodeError:
    """The parser's message in our words. Only its path and type names are used: the rest may hold the value."""
    at = _AT.search(message)
    path = "$.data" + (at.group(1)[1:] if at else "")
    text = message[: at.start()] if at else message
    if missing := _MISSING.fullmatch(text):
        path = f"{path}.{missing.group(1)}"
        return DecodeError("missing_field", path, _expected(schema, path))
    if wrong := _WRONG.fullmatch(text):
        kinds = " or ".join(_JSON_NAMES.get(kind, kind) for kind in wrong.group(1).split(" | "))
        return DecodeError("wrong_type", path, f"{kinds}, not {_JSON_NAMES.get(wrong.group(2), wrong.group(2))}")
    return DecodeError("bad_value", path, _expected(schema, path))


def _expected(schema: type[Data], path: str) -> str:
    """What the schema wants at `path`, for the fields of the data and of a prompt's messages."""
    name = path.rpartition(".")[2]
    owner = Message if path.startswith("$.data.prompt[") else schema
    hint = get_type_hints(owner).get(name)
    return "a value of the event schema" if hint is None else describe(hint)


def describe(hint: Any) -> str:
    """A field's type in the words of JSON, as errors and `docs/events.md` say it."""
    origin = get_origin(hint)
    if origin is Literal:
        return "one of " + ", ".join(get_args(hint))
    if origin in (Union, types.UnionType):
        return " or ".join(describe(part) for part in get_args(hint))
    if origin is list:
        return f"array of {describe(get_args(hint)[0])}"
    if hint is Any:
        return "any JSON"
    if hint is type(None):
        return "null"
    if hint is Message:
        return "{role, content}"
    return _JSON_NAMES[hint.__name__]


def _unknown(attributes: dict[str, Any], raw: dict[str, Any], schema: type[Data]) -> tuple[str, ...]:
    """Paths of the fields nobody reads, sorted and bounded. A key that is no identifier, maybe a value, reads `?`."""
    found = [("$", key) for key in attributes.keys() - cloudevents.ATTRIBUTES]
    found += [("$.data", key) for key in raw.keys() - schema.__struct_fields__]
    prompt = raw.get("prompt")
    if type(prompt) is list and "prompt" in schema.__struct_fields__:
        found += [("$.data.prompt[]", key) for turn in prompt for key in turn.keys() - Message.__struct_fields__]
    if not found:
        return ()
    paths = {f"{parent}.{key if _IDENTIFIER.fullmatch(key) else '?'}" for parent, key in found}
    return tuple(sorted(paths)[:_MOST_UNKNOWN])


def _attributes(event: Event) -> dict[str, str]:
    attributes = {
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "time": cloudevents.rfc3339(event.time_us),
    }
    if event.subject is not None:
        attributes["subject"] = event.subject
    return attributes
