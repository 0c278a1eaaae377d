"""The contract that producers are given says what the codec does; events of a version decode for ever."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from redline.cli import main
from schemas import codec, contract, events, topics
from schemas.errors import DecodeError
from schemas.records import Coordinate, Record

ROOT = Path(__file__).parents[3]
GOLDEN = sorted((ROOT / "tests" / "fixtures" / "golden").glob("v*/*.json"))
VALIDATORS = {name: jsonschema.Draft7Validator(schema) for name, schema in contract.event_schemas().items()}


def decoded(envelope: dict[str, Any]) -> events.Event | None:
    try:
        return codec.decode(Record(Coordinate(topics.EVENTS, 0, 0), None, json.dumps(envelope).encode()))
    except DecodeError:
        return None


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_golden_event_decodes_as_it_always_has(path: Path) -> None:
    golden = json.loads(path.read_text("utf-8"))
    event = json.loads(msgspec.json.encode(decoded(golden["record"])))
    data = event.pop("data")
    assert golden["event"].pop("data").items() <= data.items()  # a later version may add fields
    assert golden["event"].items() <= event.items()
    VALIDATORS[golden["record"]["type"]].validate(golden["record"])


def test_every_type_has_a_golden_event_and_every_field_stands_in_one() -> None:
    seen: dict[str, set[str]] = {}
    for path in GOLDEN:
        record = json.loads(path.read_text("utf-8"))["record"]
        seen.setdefault(record["type"], set()).update(record["data"])
    for name, struct in events.TYPES.items():
        assert seen[name] >= set(struct.__struct_fields__)


words = st.sampled_from(
    ["", " ", "\u2003", "x", "ide", "edit", "user", "message", "accepted", "started", "editor", "\U0001f600"]
)
numbers = st.sampled_from([-1, 0, 1, 2**63 - 1, 2**63, -(2**63) - 1, 0.5, 1.0, -0.0, -2.0, 1e18, 2.0**63, 1e300])
leaves = st.none() | st.booleans() | numbers | words
values = leaves | st.lists(st.dictionaries(st.sampled_from(["role", "content", "x"]), words), max_size=2)


@st.composite
def envelopes(draw: st.DrawFn) -> dict[str, Any]:
    """A golden event with up to three fields of it, or beside them, taken away or set to something else."""
    record = json.loads(draw(st.sampled_from(GOLDEN)).read_text("utf-8"))["record"]
    for _ in range(draw(st.integers(0, 3))):
        inside = draw(st.booleans())
        target = record["data"] if inside and isinstance(record.get("data"), dict) else record
        known = set(target) | ({"subject", "data_base64", "note"} if target is record else {"note", "text"})
        name = draw(st.sampled_from(sorted(known - {"type", "time", "datacontenttype"})))
        if draw(st.booleans()):
            target.pop(name, None)
        else:
            # That a number which nobody reads has 64 bits, too, the codec asks and a schema cannot say.
            target[name] = draw(
                values.filter(lambda value: value != -(2**63) - 1) if name in {"note", "text"} else values
            )
    return record


@given(envelopes())
def test_schema_and_codec_accept_the_same(envelope: dict[str, Any]) -> None:
    assert VALIDATORS[envelope["type"]].is_valid(envelope) == (decoded(envelope) is not None)


@pytest.mark.parametrize(
    ("time", "good"),
    [("2025-10-06T08:30:00Z", True), ("2025-10-06 08:30:00.5+02:00", True), ("2025-10-06T08:30:00", False), (5, False)],
)
def test_schema_and_codec_agree_on_times(time: object, good: bool) -> None:
    record = json.loads(GOLDEN[0].read_text("utf-8"))["record"] | {"time": time}
    assert VALIDATORS[record["type"]].is_valid(record) == (decoded(record) is not None) == good


def test_export_writes_one_schema_per_type_and_each_is_a_schema(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["schema", "export", str(tmp_path / "out")])
    assert result.exit_code == 0
    found = {
        path.name.removesuffix(".schema.json"): json.loads(path.read_text()) for path in (tmp_path / "out").iterdir()
    }
    assert found == contract.event_schemas()
    for schema in found.values():
        jsonschema.Draft7Validator.check_schema(schema)


def test_the_asyncapi_page_is_what_the_command_prints_and_its_references_resolve() -> None:
    printed = CliRunner().invoke(main, ["schema", "asyncapi"]).stdout
    assert (ROOT / "docs" / "asyncapi.yaml").read_text("utf-8") == printed
    document = yaml.safe_load(printed)
    assert [c["address"] for c in document["channels"].values()] == [t.name for t in topics.TOPICS]

    def references(node: Any) -> list[str]:
        if isinstance(node, dict):
            return [v for k, v in node.items() if k == "$ref"] + [r for v in node.values() for r in references(v)]
        return [r for v in node for r in references(v)] if isinstance(node, list) else []

    found = references(document)
    assert found
    for reference in found:
        place = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


@pytest.mark.parametrize(
    ("value", "read"), [(1.0, 1), (-0.0, 0), (1e3, 1000), (0.5, None), (2.0**63, None), (-1.0, None)]
)
def test_a_whole_number_may_come_with_a_fraction_of_zero(value: float, read: int | None) -> None:
    data = {"session_id": "s", "surface": "ide", "tool": "t", "interaction_id": "i", "verdict": "accepted"}
    record = json.loads(GOLDEN[0].read_text("utf-8"))["record"] | {
        "type": "redline.decision.v1",
        "data": data | {"after_ms": value},
    }
    event = decoded(record)
    assert VALIDATORS["redline.decision.v1"].is_valid(record) == (event is not None)
    if read is None:
        assert event is None
    else:
        assert event is not None
        assert isinstance(event.data, events.Decision)
        assert (event.data.after_ms, type(event.data.after_ms)) == (read, int)
