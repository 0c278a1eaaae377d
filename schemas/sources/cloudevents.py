"""CloudEvents 1.0 in both Kafka bindings, to and from their attributes and data.

Binary: attributes in `ce_` headers, `content-type` is the data's, the value is the data. Structured: the value is a
JSON envelope, `content-type` is `application/cloudevents+json`. Source: cloudevents/spec, kafka-protocol-binding.md and
json-format.md. There is no batch mode in Kafka.

A record that does not say which it is (no `application/cloudevents` content type, no `ce_specversion` header) is read
as structured, as it cannot be a binary CloudEvent.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from schemas import strict_json
from schemas.errors import DecodeError
from schemas.events import TYPES, Message
from schemas.records import Outgoing, Record

if TYPE_CHECKING:
    from collections.abc import Mapping

SPEC_VERSION = "1.0"
STRUCTURED_TYPE = "application/cloudevents+json"
STRUCTURED_HEADERS: tuple[tuple[str, bytes], ...] = (("content-type", b"application/cloudevents+json; charset=UTF-8"),)
ATTRIBUTES = frozenset(
    {"specversion", "id", "source", "type", "time", "subject", "datacontenttype", "dataschema", "data", "data_base64"}
)
# The keys a JSON path may show; others could be someone's data.
NAMES = ATTRIBUTES.union(Message.__struct_fields__, *(data.__struct_fields__ for data in TYPES.values()))

# The grammar of RFC 3339 section 5.6, and the blank its note allows in the place of the T.
TIME_PATTERN = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,18})?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})$"
)

_PREFIX = "ce_"
_CONTENT_TYPE = "content-type"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TIME = re.compile(TIME_PATTERN[1:-1], re.ASCII)
# Nobody had an assistant before; and a nanosecond reader (pandas, Parquet INT96) ends in April 2262.
_LEAST_TIME_US = 0
_END_TIME_US = (datetime(2262, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND

_encode = msgspec.json.Encoder().encode


class Envelope(NamedTuple):
    """A CloudEvent taken apart, nothing checked yet but that it is one. `data` is None where there is none."""

    attributes: dict[str, Any]
    data: Any


def unpack(record: Record, *, max_depth: int) -> Envelope:
    """The attributes and data of a record in either binding.

    Raises:
        DecodeError: not JSON, not an object, not UTF-8, too deep, a header twice, or a binding we do not read.
    """
    headers: dict[str, bytes] = {}
    repeated = ""
    for name, value in record.headers:
        lowered = name.lower()
        if lowered.startswith(_PREFIX) or lowered == _CONTENT_TYPE:
            if lowered in headers:
                repeated = lowered
            headers[lowered] = value
    media_type = _media_type(_header(headers, _CONTENT_TYPE)) if _CONTENT_TYPE in headers else ""
    structured = media_type.startswith("application/cloudevents")
    if structured and media_type != STRUCTURED_TYPE:
        raise DecodeError("bad_value", "$", f"content-type {STRUCTURED_TYPE}, or the binary binding")
    if structured or "ce_specversion" not in headers:
        return _structured(record.value or b"", max_depth)
    if repeated:
        raise DecodeError("bad_value", _header_path(repeated), f"{_header_label(repeated)} once")
    attributes: dict[str, Any] = {
        name.removeprefix(_PREFIX): _header(headers, name) for name in headers if name.startswith(_PREFIX)
    }
    attributes.pop("data", None)  # an extension may not be called so
    if _CONTENT_TYPE in headers:
        attributes["datacontenttype"] = media_type
    return Envelope(attributes, strict_json.parse(record.value or b"", max_depth=max_depth, names=NAMES, root="$.data"))


def is_json(content_type: str) -> bool:
    """Whether a datacontenttype is JSON: `application/json`, `text/json` or a type that ends in `+json`."""
    media_type = _media_type(content_type)
    return media_type in {"application/json", "text/json"} or media_type.endswith("+json")


def micros(time: str) -> int | None:
    """An RFC 3339 time in microseconds since 1970 UTC; None if it is none, has no zone or is before 1970 or after 2261.

    Digits after the sixth are cut off.
    """
    if _TIME.fullmatch(time) is None:
        return None
    try:
        value = (datetime.fromisoformat(time.upper()) - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError):  # a 31st of February, a 25th hour
        return None
    return in_range(value)


def in_range(time_us: int) -> int | None:
    """The time, if it is from 1970 to 2261; else None."""
    return time_us if _LEAST_TIME_US <= time_us < _END_TIME_US else None


def rfc3339(time_us: int) -> str:
    """Microseconds since 1970 as an RFC 3339 time in UTC."""
    return (_EPOCH + timedelta(microseconds=time_us)).isoformat().replace("+00:00", "Z")


def pack_structured(attributes: Mapping[str, str], data: object, *, key: bytes | None = None) -> Outgoing:
    """A record in the structured binding."""
    envelope = {"specversion": SPEC_VERSION, **attributes, "datacontenttype": "application/json", "data": data}
    return Outgoing(key, _encode(envelope), STRUCTURED_HEADERS)


def pack_binary(attributes: Mapping[str, str], data: object, *, key: bytes | None = None) -> Outgoing:
    """A record in the binary binding."""
    named = {"specversion": SPEC_VERSION, **attributes}
    headers = [(_PREFIX + name, value.encode()) for name, value in named.items()]
    return Outgoing(key, _encode(data), ((_CONTENT_TYPE, b"application/json"), *headers))


def _structured(value: bytes, max_depth: int) -> Envelope:
    tree = strict_json.parse(value, max_depth=max_depth, names=NAMES)
    if not isinstance(tree, dict):
        raise DecodeError("wrong_type", "$", "object (a CloudEvents envelope)")
    return Envelope(tree, tree.pop("data", None))


def _header(headers: Mapping[str, bytes], name: str) -> str:
    try:
        return (headers[name] or b"").decode()  # a header without value reads as an empty one
    except UnicodeDecodeError:
        pass  # raised below, where it cannot carry the bytes along
    raise DecodeError("invalid_utf8", _header_path(name), f"UTF-8 in {_header_label(name)}")


def _header_path(name: str) -> str:
    if name == _CONTENT_TYPE:
        return "$.datacontenttype"
    return strict_json.path_of("$", name.removeprefix(_PREFIX), ATTRIBUTES)


def _header_label(name: str) -> str:
    known = name == _CONTENT_TYPE or name.removeprefix(_PREFIX) in ATTRIBUTES
    return f"the header {name}" if known else "each ce_ header"


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()
