"""Erased rows do not come back, whoever writes and whenever the list changes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from support import rows as make

from schemas.tables import PAIRS
from sinks import reader, tombstones
from sinks.committer import Committer, Published
from sinks.layout import Layout
from sinks.locks import hold
from sinks.rewrite import rewrite

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa


class Sink:
    def __init__(self, data: Path, *, name: str = "sink-0", gate: Any = make.passing) -> None:
        hold(Layout(data).locks, name)
        self.at: dict[int, Any] = {}
        self.committer = Committer(
            data_dir=data,
            table=PAIRS,
            sink=name,
            gate=gate,
            alert=make.no_alert,
            crash=self._crash,
            seal=make.SEAL,
        )

    def _crash(self, step: int) -> None:
        if (act := self.at.pop(step, None)) is not None:
            act()

    def put(self, numbers: list[int], *, start: int, revision: int = 0, final: str = "kept") -> Published:
        rows = [make.pair(i, revision=revision, final=final) for i in numbers]
        return self.committer.commit(make.batch(rows, start=start), lambda _offsets: None)


def held(data: Path, *, quarantine: bool = False) -> list[str]:
    return sorted(reader.read(data, "pairs", ["record_id"], quarantine=quarantine).column(0).to_pylist())


def erase(data: Path, numbers: list[int]) -> None:
    """As an erasure does it: the list, then a commit of both tables."""
    gone = set(make.ids(numbers))
    tombstones.add(data, "pairs", gone)

    def change(rows: pa.Table) -> pa.Table | None:
        keep = [record_id not in gone for record_id in rows.column("record_id").to_pylist()]
        return None if all(keep) else rows.filter(keep)

    for kind in ("dataset", "quarantine"):
        rewrite(data, PAIRS, change, kind=kind, name="erase", fence=True)


def test_the_list_grows_in_order_and_says_what_is_new(tmp_path: Path) -> None:
    assert tombstones.load(tmp_path, "pairs") == frozenset()
    assert tombstones.add(tmp_path, "pairs", ["b", "a"]) == 2
    assert tombstones.add(tmp_path, "pairs", ["a", "c"]) == 1
    assert tombstones.add(tmp_path, "pairs", []) == 0
    assert Layout(tmp_path).tombstones("pairs").read_text() == "a\nb\nc\n"
    assert tombstones.load(tmp_path, "pairs") == {"a", "b", "c"}
    assert tombstones.load(tmp_path, "subjects") == frozenset()


def test_a_replay_of_everything_brings_nothing_back_at_any_revision(tmp_path: Path) -> None:
    sink = Sink(tmp_path)
    sink.put(list(range(12)), start=0)
    erase(tmp_path, [3, 4, 50])
    done = sink.put(list(range(14)), start=12)
    assert (done.rows, done.replays, done.erased) == (2, 10, 2)
    assert sink.put([3, 5, 50], start=26, revision=7).erased == 2
    assert held(tmp_path) == make.ids([i for i in range(14) if i not in {3, 4}])
    fresh = Sink(tmp_path, name="fresh")  # an index from nothing
    assert fresh.put(list(range(14)), start=29).erased == 2
    assert held(tmp_path) == make.ids([i for i in range(14) if i not in {3, 4}])


@pytest.mark.parametrize("step", range(1, 8))
def test_an_erasure_between_any_two_steps_of_a_commit_is_heeded(tmp_path: Path, step: int) -> None:
    sink = Sink(tmp_path, gate=make.failing("final", {"bad"}))
    sink.put([1, 2], start=0)
    for final, start in (("kept", 2), ("bad", 6)):
        sink.at[step] = partial(erase, tmp_path, [2, start + 1, start + 2])
        sink.put([start, start + 1, start + 2, start + 3], start=start, final=final)
    assert held(tmp_path) == make.ids([1, 5])
    assert held(tmp_path, quarantine=True) == make.ids([6, 9])
