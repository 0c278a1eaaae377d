"""What a sink publishes of an open day and of a decided one, and a decision that comes while it is at work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow.parquet as pq
import pytest
from support import rows as make

from schemas.errors import SinkError
from schemas.tables import PAIRS
from sinks import reader
from sinks.committer import Committer
from sinks.layout import Layout
from sinks.locks import hold
from sinks.release import COLUMNS, Decisions, Release
from sinks.rewrite import rewrite

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.rows import Pair

FIRST, SECOND = make.DATES
WITHHELD = ("withheld",) * 4
OTHER = ("other",) * 4
# Of make.pair: surfaces ide, doc, chat in turn, days in turn.
CELLS: dict[Any, Any] = {("ide", "en", "m", "t/1"): ("ide", "en", "m", "t"), ("chat", "en", "m", "t/1"): OTHER}


class Sink:
    def __init__(self, data: Path, gate: Any = make.passing) -> None:
        hold(Layout(data).locks, "sink-0")  # alive until the test ends
        self.at: dict[int, Any] = {}
        self.committer = Committer(
            data_dir=data,
            table=PAIRS,
            sink="sink-0",
            gate=gate,
            alert=make.no_alert,
            crash=self._step,
            seal=make.SEAL,
            release=release(data),
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
    wanted = {i: ("ide", "en", "m", "t") if i % 3 == 0 else OTHER for i in range(0, 12, 2)}
    assert seen(tmp_path) == wanted | dict.fromkeys(range(1, 12, 2), WITHHELD)
    sink.put([make.pair(i) for i in range(12, 18)], start=12)
    assert seen(tmp_path)[12] == ("ide", "en", "m", "t")
    assert seen(tmp_path)[14] == OTHER
    assert seen(tmp_path)[13] == WITHHELD
    sink.put([make.pair(0, revision=1), make.pair(1, revision=1)], start=18)
    assert seen(tmp_path)[0] == ("ide", "en", "m", "t")
    before = seen(tmp_path)
    disclose(tmp_path)
    disclose(tmp_path)
    assert seen(tmp_path) == before


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
    assert Decisions(tmp_path).of("pairs", FIRST) == CELLS
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
