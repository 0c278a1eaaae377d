from __future__ import annotations

import asyncio
import contextlib
import io
import json
from typing import Any

import fastavro
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redline.registry import Registry
from schemas import codec
from schemas.errors import DecodeError
from schemas.events import Edit
from schemas.records import Coordinate, Record
from schemas.sources import confluent

AT = Coordinate("redline.events", 0, 0)
EDIT = {"session_id": "s", "surface": "ide", "tool": "t/1", "interaction_id": "i", "text": "zwölf", "final": True}
ENVELOPE = {"specversion": "1.0", "id": "1", "source": "/t", "type": "redline.edit.v1", "time": "2025-10-06T08:30:00Z"}
TEXTS = ["session_id", "surface", "tool", "interaction_id", "text"]
DATA_SCHEMA = {
    "type": "record",
    "name": "Edit",
    "fields": [{"name": name, "type": "string"} for name in TEXTS] + [{"name": "final", "type": "boolean"}],
}
ENVELOPE_SCHEMA = {
    "type": "record",
    "name": "Event",
    "fields": [
        *({"name": name, "type": "string"} for name in ("specversion", "id", "source", "type")),
        {"name": "time", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "subject", "type": ["null", "string"]},
        {"name": "data", "type": "Edit"},
    ],
}
BINARY = (*((f"ce_{name}", value.encode()) for name, value in ENVELOPE.items()), ("content-type", b"application/avro"))


def avro(schema: Any, tree: Any) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema), tree)
    return out.getvalue()


def writer(schema: Any, **references: Any) -> confluent.Writer:
    made = confluent.writer("AVRO", json.dumps(schema), {name: json.dumps(text) for name, text in references.items()})
    assert made is not None
    return made


def test_json_is_what_stands_behind_the_frame() -> None:
    value = json.dumps(ENVELOPE | {"data": EDIT}).encode()
    record = Record(AT, None, confluent.framed(7, value))
    assert confluent.schema_id(record.value) == 7
    assert codec.decode(confluent.plain(record, confluent.writer("JSON", "{}"))) == codec.decode(
        Record(AT, None, value)
    )


def test_avro_data_in_the_binary_binding_is_the_event() -> None:
    record = Record(AT, None, confluent.framed(7, avro(DATA_SCHEMA, EDIT)), BINARY)
    event = codec.decode(confluent.plain(record, writer(DATA_SCHEMA)))
    assert isinstance(event.data, Edit)
    assert (event.data.text, event.data.final) == ("zwölf", True)


def test_an_avro_envelope_with_a_reference_a_time_and_a_null_is_the_event() -> None:
    whole = [*ENVELOPE_SCHEMA["fields"][:-1], {"name": "data", "type": DATA_SCHEMA}]
    tree = ENVELOPE | {"time": 1_759_739_400_000_000, "subject": None, "data": EDIT}
    value = avro(ENVELOPE_SCHEMA | {"fields": whole}, tree)
    event = codec.decode(
        confluent.plain(Record(AT, None, confluent.framed(7, value)), writer(ENVELOPE_SCHEMA, Edit=DATA_SCHEMA))
    )
    assert event.time_us == 1_759_739_400_000_000
    assert event.subject is None


@pytest.mark.parametrize(
    ("kind", "text"), [("PROTOBUF", "syntax"), ("AVRO", "{"), ("AVRO", '"nothing"'), ("AVRO", "[" * 9_000)]
)
def test_a_schema_we_cannot_read_is_none(kind: str, text: str) -> None:
    assert confluent.writer(kind, text) is None
    with pytest.raises(DecodeError, match="unknown_schema"):
        confluent.plain(Record(AT, None, confluent.framed(7, b"{}")), None)


@given(st.binary(max_size=200), st.integers(0, 60), st.booleans())
def test_damaged_avro_is_refused_or_read_and_never_another_error(noise: bytes, at: int, alone: bool) -> None:
    whole = avro(DATA_SCHEMA, EDIT)
    value = noise if alone else whole[:at] + noise + whole[at:]
    with contextlib.suppress(DecodeError):
        codec.decode(confluent.plain(Record(AT, None, confluent.framed(7, value), BINARY), writer(DATA_SCHEMA)))


@given(st.none() | st.binary(max_size=8))
def test_only_five_bytes_that_begin_with_zero_are_a_frame(value: bytes | None) -> None:
    number = confluent.schema_id(value)
    assert (number is not None) == (value is not None and len(value) >= 5 and value[0] == 0)
    if number is not None and value is not None:
        assert confluent.framed(number, value[5:]) == value


class Fake(httpx.AsyncBaseTransport):
    """A registry that is away for the first `away` questions."""

    def __init__(self, schemas: dict[int, dict[str, Any]], away: int = 0) -> None:
        self._schemas, self._away = schemas, away
        self.asked: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        if len(self.asked) <= self._away:
            raise httpx.ConnectError("refused")
        number = int(request.url.path.rpartition("/")[2])
        found = self._schemas.get(number)
        return httpx.Response(404, json={"error_code": 40403}) if found is None else httpx.Response(200, json=found)


def record(number: int, payload: bytes = b"{}") -> Record:
    return Record(AT, None, confluent.framed(number, payload))


def test_each_schema_is_asked_for_once_also_one_that_is_not_there() -> None:
    fake = Fake({1: {"schemaType": "JSON", "schema": "{}"}})
    registry = Registry("http://registry", fake)
    for _ in range(2):
        asyncio.run(registry.load([record(1), record(2), record(1), Record(AT, None, b"{}")]))
    assert sorted(fake.asked) == ["/schemas/ids/1", "/schemas/ids/2"]
    assert registry.plain(record(1)).value == b"{}"
    assert registry.plain(Record(AT, None, b"{}")).value == b"{}"
    with pytest.raises(DecodeError, match="unknown_schema"):
        registry.plain(record(2))


def test_a_registry_that_is_away_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("redline.registry._WAIT_S", 0.001)
    fake = Fake({1: {"schema": json.dumps(DATA_SCHEMA)}}, away=3)
    registry = Registry("http://registry", fake)
    asyncio.run(registry.load([record(1)]))
    assert len(fake.asked) == 4
    assert json.loads(registry.plain(record(1, avro(DATA_SCHEMA, EDIT))).value or b"") == EDIT
