"""Producers that use a schema registry, against a real one: JSON Schema and Avro, and our schemas in it."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import fastavro
import httpx
import msgspec
import pytest
from support import registry as real
from support.command import counted

from redline import jars
from redline.emit import EmitResult, emit_records
from redline.kafka_section import Kafka
from redline.registry import register
from redline.replay.find import Wanted
from redline.replay.run import replay
from redline.run import run
from redline.sections import ConsentSettings, Limits, Privacy, Scrub, Worker
from redline.settings import Settings
from schemas import topics
from schemas.contract import event_schemas
from schemas.errors import BrokerError
from schemas.records import Outgoing
from schemas.sources import confluent
from sinks import reader
from streams.consent import ConsentMode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

pytestmark = [pytest.mark.broker]

TEXTS = ("session_id", "surface", "tool", "interaction_id")
COMMON = {"session_id": "s", "surface": "ide", "tool": "t/1", "interaction_id": "i"}
SUGGESTION = COMMON | {"task": "edit", "text": "return a"}
EDIT = COMMON | {"text": "return a + b", "final": True}


def avro_schema(**fields: Any) -> dict[str, Any]:
    of = dict.fromkeys(TEXTS, "string") | fields
    return {"type": "record", "name": "Data", "fields": [{"name": name, "type": kind} for name, kind in of.items()]}


AVRO = avro_schema(text="string", final="boolean", language=["null", "string"])


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with real.running(tmp_path_factory.mktemp("registry"), jars.default_cache() / "registry") as found:
        yield found


def schema_id(address: str, subject: str, schema: Mapping[str, Any], **more: str) -> int:
    answer = httpx.post(f"{address}/subjects/{subject}/versions", json={"schema": json.dumps(schema), **more})
    assert answer.status_code == 200, answer.text
    return int(answer.json()["id"])


def headers(kind: str, number: int, media: str) -> tuple[tuple[str, bytes], ...]:
    attributes = {
        "specversion": "1.0",
        "id": f"e-{number}",
        "source": "/t",
        "type": kind,
        "time": f"2025-10-06T08:30:0{number}Z",
    }
    return (*((f"ce_{name}", value.encode()) for name, value in attributes.items()), ("content-type", media.encode()))


def avro(tree: Mapping[str, Any]) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(AVRO), tree)
    return out.getvalue()


def test_our_schemas_are_registered_once_and_only_compatible_ones_are_taken(address: str) -> None:
    subjects = register(address)
    assert register(address) == subjects
    assert set(httpx.get(f"{address}/subjects").json()) >= set(subjects)
    for subject in subjects:
        assert httpx.get(f"{address}/subjects/{subject}/versions").json() == [1]
    changed = json.loads(json.dumps(event_schemas()["redline.edit.v1"]))
    changed["properties"]["data"]["properties"]["text"] = {"type": "integer"}
    body = {"schemaType": "JSON", "schema": json.dumps(changed)}
    answer = httpx.post(f"{address}/subjects/redline.events-redline.edit.v1/versions", json=body)
    assert answer.status_code == 409
    with pytest.raises(BrokerError, match="registry"):
        register(address + "/nowhere")


def test_framed_records_become_a_pair_and_dead_letters_of_them_get_in_once_after_the_fix(
    address: str, tmp_path: Path
) -> None:
    as_json = schema_id(address, "made-json", event_schemas()["redline.suggestion.v1"], schemaType="JSON")
    as_avro = schema_id(address, "made-avro", AVRO)
    framed_json = confluent.framed(as_json, json.dumps(SUGGESTION).encode())
    framed_avro = confluent.framed(as_avro, avro(EDIT | {"language": None}))
    proposed, kept = "return a\n" * 400, "return a + b\n" * 400
    large = {"interaction_id": "large"}
    large_json = confluent.framed(as_json, json.dumps(SUGGESTION | large | {"text": proposed}).encode())
    large_avro = confluent.framed(as_avro, avro(EDIT | large | {"text": kept, "language": None}))
    records = [
        Outgoing(b"i", framed_json, headers("redline.suggestion.v1", 1, "application/json")),
        Outgoing(b"i", framed_avro, headers("redline.edit.v1", 2, "application/avro")),
        Outgoing(b"i", confluent.framed(99_999, b"{}"), headers("redline.edit.v1", 3, "application/json")),
        Outgoing(b"i", framed_avro[:-3], headers("redline.edit.v1", 4, "application/avro")),
        Outgoing(b"large", large_json, headers("redline.suggestion.v1", 5, "application/json")),
        Outgoing(b"large", large_avro, headers("redline.edit.v1", 6, "application/avro")),
    ]
    settings = Settings(
        data=str(tmp_path / "data"),
        kafka=Kafka(registry=address),
        worker=Worker(scrub_processes=1),
        scrub=Scrub(timeout_s=30.0),
        limits=Limits(max_bytes=2_000),
        consent=ConsentSettings(mode=ConsentMode.OPT_OUT),
        privacy=Privacy(accept_weaker="consent.mode"),
    )

    def emit(live: Settings, _progress: object) -> EmitResult:
        return emit_records(records, bootstrap=live.kafka.bootstrap, topic=topics.EVENTS)

    assert run(settings, emit, consenting=(), say=lambda _line: None).ok
    small = {"suggestion": "return a", "final": "return a + b", "label": "edited"}
    assert pairs(settings) == [small]
    assert rejects(settings) == ["not_json", "too_large", "too_large", "unknown_schema"]

    said: list[str] = []

    def send_again(live: Settings, _progress: object) -> EmitResult:
        wanted = Wanted(("not_json", "too_large", "unknown_schema"))
        said.extend(replay(live, wanted, go=go, say=lambda _line: None) for go in (False, True, True))
        return EmitResult(records=2, bytes=0, refused=0)

    fixed = msgspec.structs.replace(settings, limits=Limits())
    assert run(fixed, send_again, consenting=(), say=lambda _line: None).ok
    for text, counts in zip(said, ((4, 0, 2), (4, 0, 2), (4, 2, 0)), strict=True):
        words = ("dead letters that match", "sent again already", "(?:can be )?sent again")
        assert tuple(counted(text, what) for what in words) == counts, text
        assert counted(text, "still no event, with the settings of now") == 2
    assert pairs(fixed) == [small, {"suggestion": proposed, "final": kept, "label": "edited"}]
    assert rejects(fixed) == ["not_json", "too_large", "too_large", "unknown_schema"]


def pairs(settings: Settings) -> list[dict[str, str]]:
    found: list[dict[str, str]] = reader.read(settings.data_dir, "pairs", ["suggestion", "final", "label"]).to_pylist()
    return sorted(found, key=lambda pair: len(pair["final"]))


def rejects(settings: Settings) -> list[str]:
    return sorted(reader.read(settings.data_dir, "rejects", ["reason"]).column(0).to_pylist())
