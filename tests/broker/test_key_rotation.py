"""Keys rotate while interactions are open and the stream runs; then the old epoch is destroyed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from support.pipeline import Act, Pipeline, addressed

from redline import rebuild
from redline.company import Company
from redline.key_ring.destruction import destroy
from redline.key_ring.rotation import LEAST_LEAD_S, rotate
from redline.key_ring.traces import DESTROYED
from redline.keys import keys_of
from redline.published import seal_of
from redline.sections import KeySettings
from sinks import reader

if TYPE_CHECKING:
    from pathlib import Path

    from redline.settings import Settings

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]

EVENTS = 900
RATE = 45.0  # the new epoch starts a quarter of the way
_START_US = 1_767_600_000_000_000
_OF_TEXTS = {"similarity", "retention_4gram", "no_revert"}


def pairs(settings: Settings) -> dict[str, dict[str, Any]]:
    rows = reader.read(settings.data_dir, "pairs", seal=seal_of(settings)).to_pylist()
    return {row["record_id"]: {**row, "revision": 0} for row in rows}


def epochs(settings: Settings, table: str) -> set[int]:
    return set(reader.read(settings.data_dir, table, ["key_epoch"])["key_epoch"].to_pylist())


def test_a_rotation_changes_no_label_and_a_destruction_no_account(tmp_path: Path) -> None:
    records = addressed(Company(7, EVENTS, _START_US))
    with Pipeline(tmp_path / "calm") as pipeline:
        keys_of(pipeline.settings)
        pipeline.run(records, rate=1e9)
        wanted = pairs(pipeline.settings)
    keys = tmp_path / "calm" / "state" / "keys.json"
    with Pipeline(tmp_path / "rotated", keys=keys) as pipeline:
        act = Act(30, "the keys rotate", lambda: rotate(pipeline.settings, after_s=LEAST_LEAD_S))
        pipeline.run(records, rate=RATE, acts=[act])
        settings = pipeline.settings
        found = pairs(settings)
        assert not pipeline.story.deaths
        assert pipeline.balance().balanced
        assert epochs(settings, "subjects") == {row["key_epoch"] for row in found.values()} == {1, 2}
        joined = reader.read(settings.data_dir, "interactions", ["sources", "key_epoch"]).to_pylist()
        epoch_of = {row["sources"][0]["offset"]: row["key_epoch"] for row in joined}
        spanning = [
            row for row in found.values() if len({epoch_of.get(source["offset"]) for source in row["sources"]}) > 1
        ]
        assert spanning
        _compare(found, wanted)
        assert rebuild.pairs(settings).equal
        sessions = rebuild.trajectories(settings)
        assert sessions.equal, sessions.text
        assert sessions.rows > 0

        over = msgspec.structs.replace(settings, keys=KeySettings(overlap_hours=0.0))
        destroy(over, 1)
        assert epochs(over, "pairs") == {DESTROYED, 2}
        assert epochs(over, "subjects") == {2}
        balance = pipeline.balance()
        assert balance.balanced, balance.problems
        result = rebuild.pairs(over)
        assert result.equal, result.text
        assert result.rows > 0
        sessions = rebuild.trajectories(over)
        assert sessions.equal, sessions.text


def _compare(found: dict[str, dict[str, Any]], wanted: dict[str, dict[str, Any]]) -> None:
    assert found.keys() == wanted.keys()
    for name, row in found.items():
        other = wanted[name]
        assert row["label"] == other["label"]
        if row["key_epoch"] == 1:
            assert {**row, "sources": 0} == {**other, "sources": 0}
        for column in _OF_TEXTS:  # surrogates of two epochs differ in length
            assert row[column] == pytest.approx(other[column], abs=0.1)
