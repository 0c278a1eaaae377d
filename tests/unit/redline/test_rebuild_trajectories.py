"""Trajectories made anew from `interactions` against the streamed table, on real Delta tables."""

from __future__ import annotations

import re
from random import Random
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow.parquet as pq
import pytest
from support import rows as make
from support.folder import MONDAY_S, key_file, publish, told
from support.world import HASHES, SECOND, World

from redline import rebuild
from redline.sections import JoinSettings
from redline.settings import Settings
from schemas.errors import InputError
from schemas.rows import Interaction, Reject, Trajectory
from schemas.verdict import Failure, Severity, Verdict
from streams.parts import PartLimits
from streams.session import SessionPolicy, Sessions

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

GAP_HOURS = 0.5
POLICY = SessionPolicy(gap_us=int(GAP_HOURS * 3600 * SECOND), part=PartLimits(steps=100))


def settings(folder: Path) -> Settings:
    return Settings(data=str(folder), join=JoinSettings(session_gap_hours=GAP_HOURS, part_steps=100))


def arrivals(random: Random) -> list[tuple[float, Interaction]]:
    """Sessions of steps and of interactions, some longer than a part; some events come hours late."""
    found: list[tuple[float, Interaction]] = []
    offset = 0
    for number in range(12):
        start = random.uniform(0, 36_000)
        at = 0.0
        for turn in range(random.choice([0, 3, 20, 120])):
            key = f"{number}-{turn}"
            story: list[tuple[str, float, dict[str, Any]]] = [
                ("step", 0, {"role": "user", "kind": "message", "content": f"do {turn}"}),
                ("step", 1, {"role": "assistant", "kind": "tool_call", "tool_name": "Edit", "arguments": {"n": turn}}),
                ("suggestion", 2, {"text": f"text {turn}", "task": "edit", "model": "m"}),
                ("decision", 3, {"verdict": random.choice(["accepted", "rejected"])}),
                ("step", 4, {"role": "tool", "kind": "tool_result", "tool_name": "Edit", "content": "done"}),
                ("edit", 5, {"text": f"mine {turn}", "final": True, "origin": "save"}),
            ]
            for what, after, data in story:
                if random.random() < 0.1:
                    continue
                row = told(what, start + at + after, offset=offset, key=key, **data)
                row = msgspec.structs.replace(row, session_key=f"s{number}")
                found.append((start + at + after + random.choice([0] * 12 + [5, 20_000]), row))
                offset += 1
            at += random.choice([10.0, 60.0])
        if random.random() < 0.5:
            row = told("session", start + at, offset=offset, state="ended")
            found.append((start + at, msgspec.structs.replace(row, session_key=f"s{number}")))
            offset += 1
    return sorted(found, key=lambda arrival: arrival[0])


class Stream:
    def __init__(self, seed: int) -> None:
        self.world = World(Sessions(HASHES, POLICY))
        self.events: list[Interaction] = []
        for place, (at, row) in enumerate(arrivals(Random(seed))):  # noqa: S311
            self.events.append(row)
            self.world.send(row)
            if place % 7 == 0:
                self.world.tick(MONDAY_S + at - 10)
            if place % 400 == 0:
                self.world.flush()
        self.world.flush()
        self.rows = [row for row in self.world.table.values() if isinstance(row, Trajectory)]
        self.rejects = [row for row in self.world.table.values() if isinstance(row, Reject)]

    def publish(self, data: Path) -> None:
        key_file(data)
        publish(data, "interactions", self.events)
        publish(data, "trajectories", self.rows)
        publish(data, "rejects", self.rejects)


@pytest.fixture(scope="module")
def monday() -> Stream:
    return Stream(1)


@pytest.mark.parametrize("seed", range(2))
def test_a_rebuild_equals_the_stream_whatever_came_late_and_however_long_it_was(tmp_path: Path, seed: int) -> None:
    stream = Stream(seed)
    assert any(reject.reason == "late" for reject in stream.rejects)
    assert {"ended", "inactivity"} <= {row.closed_by for row in stream.rows}
    assert max(row.parts or 0 for row in stream.rows) > 2
    stream.publish(tmp_path)
    result = rebuild.trajectories(settings(tmp_path), tmp_path / "rebuilt.parquet")
    assert (result.equal, result.rows, result.differing) == (True, len(stream.rows), 0), result.text
    assert re.search(rf"rejected by the session +{len(stream.rejects):,}\b", result.text)
    unseen = re.search(r"they came after the session had closed +(\d+)", result.text)
    assert unseen is not None
    assert int(unseen[1]) > 0, "edits that came late are no reject of the session, and no step"
    ids = pq.read_table(tmp_path / "rebuilt.parquet")["record_id"].to_pylist()
    assert ids == sorted(row.record_id for row in stream.rows)


def test_a_part_that_differs_or_is_missing_or_surplus_is_named(tmp_path: Path, monday: Stream) -> None:
    monday.publish(tmp_path)
    changed, gone = [row for row in monday.rows if row.parts == 1][:2]
    steps = [msgspec.structs.replace(changed.steps[0], content="XYZZY"), *changed.steps[1:]]
    publish(tmp_path, "trajectories", [msgspec.structs.replace(changed, steps=steps, revision=99)])
    surplus = msgspec.structs.replace(gone, record_id="f" * 32)
    publish(tmp_path, "trajectories", [surplus])
    result = rebuild.trajectories(settings(tmp_path))
    assert (result.equal, result.differing) == (False, 2)
    assert f"{changed.record_id}  differs in steps" in result.text
    assert f"{'f' * 32}  only in the streamed table" in result.text
    assert "XYZZY" not in result.text


def test_a_session_with_an_event_or_a_part_in_quarantine_is_left_out_whole(tmp_path: Path, monday: Stream) -> None:
    bad = next(row for row in monday.rows if row.part == 1)
    parts = {row.record_id for row in monday.rows if row.record_id[:24] == bad.record_id[:24]}
    assert len(parts) > 1

    def gate(rows: pa.Table) -> Verdict:
        hit = tuple(i for i, name in enumerate(rows["record_id"].to_pylist()) if name == bad.record_id)
        return Verdict("any", rows.num_rows, 1, (Failure("bad", "data", Severity.ERROR, hit),) if hit else ())

    key_file(tmp_path)
    publish(tmp_path, "interactions", monday.events)
    publish(tmp_path, "trajectories", monday.rows, gate=gate)
    publish(tmp_path, "rejects", monday.rejects)
    result = rebuild.trajectories(settings(tmp_path), tmp_path / "rebuilt.parquet")
    assert result.equal, result.text
    written = set(pq.read_table(tmp_path / "rebuilt.parquet")["record_id"].to_pylist())
    assert written == {row.record_id for row in monday.rows} - parts


def test_a_word_that_is_no_table_is_refused(tmp_path: Path) -> None:
    publish(tmp_path, "pairs", [make.pair(1)])
    with pytest.raises(InputError, match="needed one of pairs, trajectories"):
        rebuild.rebuild(settings(tmp_path), "XYZZY")
