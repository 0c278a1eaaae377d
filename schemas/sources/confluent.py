"""Values framed for a Confluent-compatible schema registry: JSON Schema and Avro. Pure.

A framed value begins with a zero byte and the schema's id, four bytes big-endian; then comes the JSON document, or
Avro's binary encoding by that very schema. What is framed is what would be there unframed: the CloudEvents envelope
(structured), or the data of the binary binding. Source: Confluent's documentation, "Wire format".
"""

from __future__ import annotations

import io
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

import fastavro
import msgspec
from fastavro.schema import SchemaParseException, UnknownType

from schemas.errors import DecodeError
from schemas.records import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

JSON: Final = "JSON"
AVRO: Final = "AVRO"
_MAGIC = 0
_HEAD = 5
_AVRO_MEDIA = (b"application/avro", b"avro/binary", b"application/vnd.apache.avro")


class Writer(NamedTuple):
    """A schema of the registry: its kind, and Avro's as it is parsed once."""

    kind: str
    avro: Any = None


def writer(kind: str, schema: str, references: Mapping[str, str] | None = None) -> Writer | None:
    """The schema of an id, ready to read with; None if we do not read its kind, or it is none.

    Args:
        kind: `JSON`, `AVRO`, …; the registry leaves it out for Avro.
        schema: its text.
        references: texts of the schemas it names, for Avro.
    """
    if kind == JSON:
        return Writer(JSON)
    if kind != AVRO:
        return None
    try:
        known: dict[str, Any] = {}
        for text in (references or {}).values():
            fastavro.parse_schema(msgspec.json.decode(text), named_schemas=known)
        return Writer(AVRO, fastavro.parse_schema(msgspec.json.decode(schema), named_schemas=known))
    except (SchemaParseException, UnknownType, msgspec.DecodeError, TypeError, ValueError, KeyError, RecursionError):
        return None


def schema_id(value: bytes | None) -> int | None:
    """The id of a framed value; None if it is not framed."""
    if value is None or len(value) < _HEAD or value[0] != _MAGIC:
        return None
    return int.from_bytes(value[1:_HEAD], "big")


def framed(schema: int, payload: bytes) -> bytes:
    """A value as the registry's serializers write it."""
    return bytes([_MAGIC]) + schema.to_bytes(4, "big") + payload


def plain(record: Record, schema: Writer | None) -> Record:
    """The record as it would be without a registry: its value is JSON.

    Raises:
        DecodeError: no schema of that id that we read, or the value is not what the schema says.
    """
    if schema is None:
        raise DecodeError("unknown_schema", "$", "the id of a JSON or Avro schema that the registry holds")
    payload = (record.value or b"")[_HEAD:]
    if schema.kind == AVRO:
        payload = _from_avro(payload, schema.avro)
    headers = tuple(
        (name, b"application/json" if name.lower() == "content-type" and sent in _AVRO_MEDIA else sent)
        for name, sent in record.headers
    )
    return Record(record.coordinate, record.key, payload, headers, record.timestamp_ms)


def _from_avro(payload: bytes, schema: Any) -> bytes:
    """JSON of an Avro value, without what is null: Avro has to write it, and an event leaves it out."""
    stream = io.BytesIO(payload)
    try:
        encoded = _encode(_without_null(fastavro.schemaless_reader(stream, schema, None)))
        whole = not stream.read(1)
    except Exception:  # noqa: BLE001 - the library raises whatever the bytes lead it to, with values in its text
        encoded, whole = b"", False
    if not whole:
        raise DecodeError("not_json", "$", "Avro that its schema can read to the end")
    return encoded


def _without_null(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {name: _without_null(value) for name, value in tree.items() if value is not None}
    if isinstance(tree, list):
        return [_without_null(value) for value in tree]
    return tree


def _plain_value(value: Any) -> Any:
    """What Avro's logical types become, as an event writes them: RFC 3339 times, numbers, names."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(type(value).__name__)


_encode = msgspec.json.Encoder(enc_hook=_plain_value).encode
