"""What a sink publishes of an open day and of a decided one, and a decision that comes while it is at work."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support import rows as make

from schemas.errors import SinkError
from schemas.tables import PAIRS
from sinks import reader
from sinks.committer import Committer
from sinks.decisions import COLUMNS, TIME, Decision, Decisions
from sinks.layout import Layout
from sinks.locks import hold
from sinks.release import Release
from sinks.rewrite import rewrite

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.rows import Pair
    from schemas.tables import Table

FIRST, SECOND = make.DATES
WITHHELD = ("withheld",) * 5
OTHER = ("other",) * 5
# Of make.pair: surfaces ide, doc, chat in turn, days in turn.
TASK = "completion"
CELLS: dict[Any, Any] = {
    ("ide", "en", "m", "t/1", TASK): ("ide", "en", "m", "t", TASK),
    ("chat", "en", "m", "t/1", TASK): OTHER,
}
FOUR = {("ide", "en", "m", "t/1"): ("ide", "en", "m", "t"), ("chat", "en", "m", "t/1"): ("other",) * 4}


class Sink:
    def __init__(self, data: Path, gate: Any = make.passing, *, version: type[Release] = Release) -> None:
        name = f"sink-{version.__name__}"
        hold(Layout(data).locks, name)  # alive until the test ends
        self.at: dict[int, Any] = {}
        self.committer = Committer(
            data_dir=data,
            table=PAIRS,
            sink=name,
            gate=gate,
            alert=make.no_alert,
            crash=self._step,
            seal=make.SEAL,
            release=version(Decisions(data), make.SEAL),
        )

    def _step(self, step: int) -> None:
        if (act := self.at.pop(step, None)) is not None:
            act()

    def put(self, rows: list[Pair], *, start: int = 0) -> None:
        self.committer.commit(make.batch(rows, start=start), lambda _offsets: None)


def release(data: Path) -> Release:
    return Release(Decisions(data), make.SEAL)


def decide(data: Path, day: str = FIRST) -> None:
    assert Decisions(data).save("pairs", day, CELLS, k=10)
    disclose(data)


def disclose(data: Path) -> None:
    rewrite(data, PAIRS, lambda rows: release(data).disclosed(rows, PAIRS), name="other", merge=True, fence=True)


def seen(data: Path) -> dict[int, tuple[str, ...]]:
    rows = reader.read(data, "pairs", ["record_id", *COLUMNS]).to_pylist()
    return {int(row["record_id"], 16): tuple(row[name] for name in COLUMNS) for row in rows}


def test_an_open_day_says_nothing_and_a_decided_one_what_was_decided(tmp_path: Path) -> None:
    sink = Sink(tmp_path)
    sink.put([make.pair(i) for i in range(12)])
    assert set(seen(tmp_path).values()) == {WITHHELD}
    decide(tmp_path)
    # ide is decided to be known without its version, chat and doc (which nobody counted) are not.
    wanted = {i: ("ide", "en", "m", "t", TASK) if i % 3 == 0 else OTHER for i in range(0, 12, 2)}
    assert seen(tmp_path) == wanted | dict.fromkeys(range(1, 12, 2), WITHHELD)
    sink.put([make.pair(i) for i in range(12, 18)], start=12)
    assert seen(tmp_path)[12] == ("ide", "en", "m", "t", TASK)
    assert seen(tmp_path)[14] == OTHER
    assert seen(tmp_path)[13] == WITHHELD
    sink.put([make.pair(0, revision=1), make.pair(1, revision=1)], start=18)
    assert seen(tmp_path)[0] == ("ide", "en", "m", "t", TASK)
    before = seen(tmp_path)
    disclose(tmp_path)
    disclose(tmp_path)
    assert seen(tmp_path) == before


class FourColumns(Release):
    """As it was before `task` was part of a cell: four columns are hidden, by name; task and time are told."""

    def publish(self, rows: pa.Table, table: Table, days: frozenset[str]) -> pa.Table:
        now = super().publish(rows, table, days)
        for name in ("task", TIME):
            now = now.set_column(now.schema.get_field_index(name), name, rows[name])
        hidden = [
            None if token is None else json.dumps({name: row[name] for name in COLUMNS[:4]}).encode()
            for row, token in zip(rows.to_pylist(), now["withheld"].to_pylist(), strict=True)
        ]
        tokens = self.seal.hide(table.name, rows["record_id"].to_pylist(), hidden)
        place = now.schema.get_field_index("withheld")
        return now.set_column(place, now.schema.field(place), pa.array(tokens, pa.binary()))


def told(data: Path) -> dict[int, tuple[str, ...]]:
    rows = reader.read(data, "pairs", ["record_id", *COLUMNS, TIME]).to_pylist()
    return {int(row["record_id"], 16): tuple(row[name] for name in (*COLUMNS, TIME)) for row in rows}


def timed(number: int) -> Pair:
    return msgspec.structs.replace(make.pair(number), decision_ms_bucket="<1s" if number % 4 else "none")


@pytest.mark.parametrize("columns", ["full", "cells", "coarse"])
def test_the_time_to_a_decision_is_told_of_days_that_say_so(tmp_path: Path, columns: Any) -> None:
    sink = Sink(tmp_path)
    sink.put([timed(i) for i in range(0, 12, 2)])
    assert {row[-1] for row in told(tmp_path).values()} == {"none", "some"}
    Decisions(tmp_path).save("pairs", FIRST, {} if columns == "coarse" else CELLS, k=10, columns=columns)
    disclose(tmp_path)
    sink.put([timed(i) for i in range(12, 24, 2)], start=6)
    for number, (*cell, time) in told(tmp_path).items():
        assert time == ("none" if number % 4 == 0 else "<1s" if columns == "full" else "some")
        assert (tuple(cell) == OTHER) == (columns == "coarse" or number % 3 != 0)


def test_a_folder_of_before_task_was_part_of_a_cell(tmp_path: Path) -> None:
    """Its decisions stand, its rows lose their task; what was withheld opens; a day is decided with the task."""
    old = Sink(tmp_path, version=FourColumns)
    old.put([timed(i) for i in range(12)])
    assert {row[4:] for row in told(tmp_path).values()} == {(TASK, "<1s"), (TASK, "none")}
    folder = tmp_path / "state" / "cells" / "pairs"
    folder.mkdir(parents=True)
    (folder / f"{FIRST}.json").write_bytes(msgspec.json.encode({"k": 10, "cells": sorted(FOUR.items())}))
    (folder / f"{FIRST}.done").touch()
    assert Decisions(tmp_path).days("pairs") == {FIRST}
    assert Decisions(tmp_path).finished("pairs") == frozenset(), "its rows have to be looked at once more"
    # Rows of the first day that the older version had released, and one that comes now.
    rewrite(
        tmp_path,
        PAIRS,
        lambda rows: _as_released(rows, tmp_path),
        name="before",
        where=lambda partition: partition["event_date"] == FIRST,
    )
    assert told(tmp_path)[0] == ("ide", "en", "m", "t", TASK, "none")
    old.committer.close()
    disclose(tmp_path)
    assert {row[4:] for n, row in told(tmp_path).items() if n % 2 == 0} == {("other", "some"), ("other", "none")}
    assert told(tmp_path)[6][:4] == ("ide", "en", "m", "t")
    assert told(tmp_path)[1] == (*WITHHELD[:4], TASK, "<1s"), "the second day is not decided"
    late = Sink(tmp_path)
    late.put([msgspec.structs.replace(timed(i), task="review") for i in (12, 14)], start=12)
    assert told(tmp_path)[12] == ("ide", "en", "m", "t", "other", "none")
    assert told(tmp_path)[14] == (*OTHER, "some")
    Decisions(tmp_path).save(
        "pairs", SECOND, {(s, "en", "m", "t/1", TASK): (s, *OTHER[1:4], TASK) for s in make.SURFACES}, k=10
    )
    disclose(tmp_path)
    assert told(tmp_path)[3] == ("ide", *OTHER[1:4], TASK, "some")
    before = told(tmp_path)
    disclose(tmp_path)
    assert told(tmp_path) == before


def test_rows_that_cannot_be_opened_leave_the_others_theirs(tmp_path: Path) -> None:
    """Of a version that showed the task: what opens has its own task, what does not is `other` and keeps its `none`."""
    tasks = ("completion", "edit", "review")
    put = [msgspec.structs.replace(timed(2 * i), task=tasks[i % 3], surface="ide") for i in range(9)]
    Sink(tmp_path, version=FourColumns).put(put)
    rows = reader.read(tmp_path, "pairs", [*PAIRS.schema.names, "withheld"], seal=make.SEAL)
    tokens = [None if i % 4 == 0 else token for i, token in enumerate(rows["withheld"].to_pylist())]
    place = rows.schema.get_field_index("withheld")
    rows = rows.set_column(place, rows.schema.field(place), pa.array(tokens, pa.binary()))
    found = release(tmp_path).revealed(rows, PAIRS)
    for token, one, row in zip(tokens, found, rows.to_pylist(), strict=True):
        assert (one is None) == (token is None)
        assert one is None or one[4:] == (row["task"], row[TIME])
    Decisions(tmp_path).save("pairs", FIRST, {("ide", "en", "m", "t/1", task): WITHHELD for task in tasks}, k=10)
    now = release(tmp_path).disclosed(rows, PAIRS)
    assert now is not None
    before = {row["record_id"]: row[TIME] for row in rows.to_pylist()}
    for row in now.to_pylist():
        assert row[TIME] == ("none" if before[row["record_id"]] == "none" else "some")
    assert sum(row["task"] == "other" for row in now.to_pylist()) == tokens.count(None)


def _as_released(rows: pa.Table, data: Path) -> pa.Table:
    """What the older version made of withheld rows: four columns by its decision, the others as they are."""
    task, time = rows["task"], rows[TIME]
    now = Release(Decisions(data), make.SEAL).disclosed(rows, PAIRS)
    assert now is not None
    ids = now["record_id"].to_pylist()
    order = pa.array([rows["record_id"].to_pylist().index(one) for one in ids])
    for name, column in (("task", task), (TIME, time)):
        now = now.set_column(now.schema.get_field_index(name), name, column.take(order))
    return now


@pytest.mark.parametrize("cells", [[[["a"], ["b"]]], [[["a"] * 4, ["b"] * 5]], [[["a"] * 6, ["b"] * 6]]])
def test_a_decision_of_another_shape_is_refused(tmp_path: Path, cells: Any) -> None:
    folder = tmp_path / "state" / "cells" / "pairs"
    folder.mkdir(parents=True)
    (folder / f"{FIRST}.json").write_bytes(msgspec.json.encode({"k": 10, "cells": cells}))
    with pytest.raises(SinkError, match="put the file back"):
        Decisions(tmp_path).of("pairs", FIRST)


@pytest.mark.parametrize("step", range(1, 8))
def test_a_decision_while_a_batch_is_on_its_way_leaves_nothing_withheld(tmp_path: Path, step: int) -> None:
    sink = Sink(tmp_path)
    sink.put([make.pair(i) for i in range(4)])
    sink.at[step] = lambda: decide(tmp_path)
    sink.put([make.pair(i) for i in range(4, 9)], start=4)
    found = seen(tmp_path)
    assert {i for i, cell in found.items() if cell == WITHHELD} == {1, 3, 5, 7}
    assert found.keys() == set(range(9))


def test_a_decision_stands(tmp_path: Path) -> None:
    decisions = Decisions(tmp_path)
    assert decisions.save("pairs", FIRST, CELLS, k=10)
    assert not decisions.save("pairs", FIRST, {}, k=1)
    assert Decisions(tmp_path).of("pairs", FIRST) == Decision(CELLS)
    assert decisions.days("pairs") == {FIRST}
    assert decisions.days("trajectories") == decisions.finished("pairs") == frozenset()
    decisions.finish("pairs", FIRST)
    assert decisions.finished("pairs") == {FIRST}
    page = tmp_path / "state" / "cells" / "pairs" / f"{FIRST}.json"
    assert page.stat().st_mode & 0o077 == 0
    page.write_text('{"k": "someone@corp.example"}')
    with pytest.raises(SinkError, match="needed the decision of a day") as caught:
        Decisions(tmp_path).of("pairs", FIRST)
    assert "someone" not in str(caught.value)


def test_what_is_withheld_cannot_be_read_or_compared_without_the_key(tmp_path: Path) -> None:
    rows = [msgspec.structs.replace(make.pair(2 * i), model=f"canary-{i % 2}" * (1 + i % 5)) for i in range(20)]
    Sink(tmp_path, gate=make.failing("record_id", {f"{38:032x}"})).put(rows)
    files = [pq.read_table(path, partitioning=None) for path in reader.files(tmp_path, "pairs")]
    hidden = [token for file in files for token in file["withheld"].to_pylist()]
    assert len(hidden) == len(set(hidden)) == 19
    assert {len(token) for token in hidden} == {128 + 16}
    everything = b"".join(p.read_bytes() for p in (tmp_path / "dataset").rglob("*") if p.is_file())
    assert b"canary" not in everything
    aside = reader.read(tmp_path, "pairs", ["model", "surface"], quarantine=True).to_pylist()
    assert aside[0]["model"].startswith("canary")  # restricted: whoever looks at it must see what failed
    # Moved to another row it does not open, and becomes `other`.
    moved = files[0].set_column(files[0].schema.get_field_index("withheld"), "withheld", [hidden[1:] + hidden[:1]])
    assert release(tmp_path).revealed(moved, PAIRS) == [None] * 19
