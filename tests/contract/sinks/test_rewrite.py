"""Rewriting tables on a real disk, between and beside commits of sinks."""

from __future__ import annotations

import subprocess
import sys
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from support import rows as make
from support.disk import small_disk

from schemas.errors import SinkError
from schemas.tables import PAIRS, SUBJECTS, Table
from sinks import offering, reader
from sinks.committer import Committer
from sinks.layout import Layout
from sinks.locks import hold
from sinks.rewrite import Rewritten, rewrite

if TYPE_CHECKING:
    from collections.abc import Callable

STEPS = range(1, 8)


def sink(data: Path, table: Table = PAIRS, *, name: str = "sink-0", at: Any = None, gate: Any = make.passing) -> Any:
    hooks = dict(at or {})

    def crash(step: int) -> None:
        if (act := hooks.pop(step, None)) is not None:
            act()

    if name != "sink-0":
        hold(Layout(data).locks, name)  # a live sink: until the test ends
    committer = Committer(
        data_dir=data, table=table, sink=name, gate=gate, alert=make.no_alert, crash=crash, seal=make.SEAL
    )

    def put(rows: list[Any], *, start: int, partition: int = 0) -> None:
        committer.commit(make.batch(rows, start=start, partition=partition), lambda _offsets: None)

    put.close = committer.close  # type: ignore[attr-defined]
    return put


def fill(data: Path, count: int = 24, *, each: int = 12) -> None:
    put = sink(data)
    for start in range(0, count, each):
        put([make.pair(i) for i in range(start, start + each)], start=start)
    put.close()


def published(data: Path, *, quarantine: bool = False) -> list[str]:
    """Ids by the log, the same as in plain files, and no file too many."""
    by_log = sorted(reader.read(data, "pairs", ["record_id"], quarantine=quarantine).column(0).to_pylist())
    layout = Layout(data)
    assert make.plain_ids(layout.quarantine("pairs") if quarantine else layout.dataset("pairs")) == by_log
    return by_log


def staged(data: Path) -> list[Path]:
    return [path for path in (data / "_staging").rglob("*") if path.is_file()]


def without(*numbers: int) -> Callable[[pa.Table], pa.Table | None]:
    gone = pa.array(make.ids(list(numbers)))

    def change(rows: pa.Table) -> pa.Table | None:
        hit = pc.is_in(rows.column("record_id"), value_set=gone)
        return rows.filter(pc.invert(hit)) if pc.any(hit).as_py() else None

    return change


def at_step(step: int, act: Callable[[], None]) -> Callable[[int], None]:
    todo = [act]

    def crash(seen: int) -> None:
        if seen == step and todo:
            todo.pop()()

    return crash


def test_rows_leave_and_files_without_them_stay(tmp_path: Path) -> None:
    fill(tmp_path)
    before = set(reader.files(tmp_path, "pairs"))
    done = rewrite(tmp_path, PAIRS, without(3, 9), note={"why": "test"})
    assert (done.rows_before - done.rows_after, done.files) == (2, 1)
    assert published(tmp_path) == make.ids([i for i in range(24) if i not in {3, 9}])
    after = set(reader.files(tmp_path, "pairs"))
    assert len(before - after) == 1
    assert all(not Path(path).exists() for path in before - after)
    assert staged(tmp_path) == []
    assert rewrite(tmp_path, PAIRS, without(3, 9)) == Rewritten(version=done.version)  # nothing more to do: no commit


def test_a_table_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    assert rewrite(tmp_path, PAIRS, without(1)) == Rewritten()
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_which_nothing_is_left_goes(tmp_path: Path) -> None:
    fill(tmp_path)
    done = rewrite(tmp_path, PAIRS, lambda rows: rows.slice(0, 0), where=lambda p: p["event_date"] == make.DATES[0])
    assert done.rows_after == 0
    assert published(tmp_path) == make.ids([i for i in range(24) if i % 2])


def test_a_row_may_move_to_another_partition_and_a_later_revision_finds_it(tmp_path: Path) -> None:
    fill(tmp_path)

    def other(rows: pa.Table) -> pa.Table:
        place = rows.schema.get_field_index("surface")
        return rows.set_column(place, rows.schema.field(place), pa.array(["other"] * rows.num_rows))

    rewrite(tmp_path, PAIRS, other, where=lambda p: p["surface"] == "doc")
    rows = {r["record_id"]: r["surface"] for r in reader.read(tmp_path, "pairs").to_pylist()}
    assert set(rows.values()) == {"ide", "chat", "other"}
    sink(tmp_path)([make.pair(1, revision=1, final="more")], start=24)
    found = [r for r in reader.read(tmp_path, "pairs").to_pylist() if r["record_id"] == f"{1:032x}"]
    assert [(r["revision"], r["surface"]) for r in found] == [(1, "doc")]
    assert published(tmp_path) == make.ids(range(24))


def test_changed_ids_are_known_to_sinks_and_the_old_ones_are_not(tmp_path: Path) -> None:
    put = sink(tmp_path)
    put([make.pair(i) for i in range(6)], start=0)

    def renamed(rows: pa.Table) -> pa.Table:
        ids = [f"{int(i, 16) + 100:032x}" for i in rows.column("record_id").to_pylist()]
        return rows.set_column(0, rows.schema.field(0), pa.array(ids))

    rewrite(tmp_path, PAIRS, renamed)
    put([make.pair(i) for i in (2, 103)], start=6)  # the first id is unknown again, the second is a replay
    assert published(tmp_path) == make.ids([2, *range(100, 106)])
    put.close()
    fresh = sink(tmp_path, name="fresh")  # an index from nothing
    fresh([make.pair(i) for i in (2, 103)], start=8)
    assert published(tmp_path) == make.ids([2, *range(100, 106)])


@pytest.mark.parametrize("most", [1000, 5])
def test_merging_gives_files_in_the_order_of_ids_of_bounded_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(offering, "MERGE_ROWS", most)
    fill(tmp_path, 60, each=6)
    rewrite(tmp_path, PAIRS, lambda rows: rows, merge=True)
    assert published(tmp_path) == make.ids(range(60))
    files = [Path(path) for path in reader.files(tmp_path, "pairs")]
    held = [pq.ParquetFile(path).read(["record_id"]).column(0).to_pylist() for path in files]
    assert all(ids == sorted(ids) and len(ids) <= most for ids in held)
    assert len(files) == 6 * -(-10 // most)
    before = set(files)
    rewrite(tmp_path, PAIRS, lambda _rows: None, merge=True)
    assert {Path(path) for path in reader.files(tmp_path, "pairs")} == before


def test_merging_keeps_chunks_that_are_left_beside_changed_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offering, "MERGE_ROWS", 3)
    fill(tmp_path, 60, each=6)
    rewrite(tmp_path, PAIRS, without(59), merge=True)
    assert published(tmp_path) == make.ids(range(59))


def test_quarantine_is_rewritten_with_its_reasons(tmp_path: Path) -> None:
    put = sink(tmp_path, gate=make.failing("final", {"bad"}))
    put([make.pair(i, final="bad") for i in range(6)], start=0)
    put.close()
    rewrite(tmp_path, PAIRS, without(2), kind="quarantine")
    assert published(tmp_path, quarantine=True) == make.ids([0, 1, 3, 4, 5])
    reasons = reader.read(tmp_path, "pairs", quarantine=True).column("quarantine_reason").to_pylist()
    assert reasons == ["not_in_set:final"] * 5


@pytest.mark.parametrize("step", STEPS)
def test_a_sinks_commit_after_any_step_is_seen(tmp_path: Path, step: int) -> None:
    fill(tmp_path)
    put = sink(tmp_path, name="busy")

    def meanwhile() -> None:
        # New rows, one of them to go; a row of a file that is being replaced gets a new revision.
        put([make.pair(30), make.pair(31), make.pair(5, revision=1, final="more")], start=24)

    rewrite(tmp_path, PAIRS, without(3, 5, 30), crash=at_step(step, meanwhile))
    late = {30, 5} if step >= 6 else set()  # after the commit: the next rewriting's
    assert published(tmp_path) == make.ids([i for i in [*range(24), 30, 31] if i not in {3, 5, 30} or i in late])
    assert staged(tmp_path) == []


@pytest.mark.parametrize("step", range(1, 8))
def test_a_rewriting_between_any_two_steps_of_a_commit_is_harmless(tmp_path: Path, step: int) -> None:
    fill(tmp_path)
    put = sink(tmp_path, name="busy", at={step: lambda: rewrite(tmp_path, PAIRS, without(3, 5), name="other")})
    put([make.pair(9, revision=1, final="more"), make.pair(3), make.pair(40)], start=24)
    gone = {5} if step == 1 else {3, 5}
    left = [i for i in [*range(24), 40] if i not in gone]
    # Dropped as a replay where it was still there; without tombstones a sink that looks later takes it for new.
    assert set(published(tmp_path)) | {f"{3:032x}"} == set(make.ids(left)) | {f"{3:032x}"}
    assert {r["final"] for r in reader.read(tmp_path, "pairs").to_pylist() if r["record_id"] == f"{9:032x}"} == {"more"}


@pytest.mark.parametrize(("step", "who"), [*((n, "sink") for n in STEPS), (4, "rewriting"), (6, "rewriting")])
def test_a_death_after_any_step_is_cleaned_up_by_whoever_starts_next(tmp_path: Path, step: int, who: str) -> None:
    child = f"""
import os, signal, sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from pathlib import Path
from support import rows as make
import pyarrow as pa, pyarrow.compute as pc
from schemas.tables import PAIRS
from sinks.rewrite import rewrite
gone = pa.array(make.ids([3, 9]))
change = lambda rows: rows.filter(pc.invert(pc.is_in(rows.column("record_id"), value_set=gone)))
crash = lambda step: os.kill(os.getpid(), signal.SIGKILL) if step == {step} else None
rewrite(Path({str(tmp_path)!r}), PAIRS, change, name="erase", crash=crash)
"""
    fill(tmp_path)
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", child], cwd=root, check=False).returncode == -9
    if who == "sink":
        sink(tmp_path).close()
        want = range(24) if step < 6 else [i for i in range(24) if i not in {3, 9}]
        assert published(tmp_path) == make.ids(list(want))
        assert staged(tmp_path) == []
    rewrite(tmp_path, PAIRS, without(3, 9), name="erase")
    assert published(tmp_path) == make.ids([i for i in range(24) if i not in {3, 9}])
    assert staged(tmp_path) == []


def test_a_full_disk_changes_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    with small_disk(folder, megabytes=16) as disk:
        fill(folder)
        before = published(folder)
        for step in (1, 2, 3, 5):
            with pytest.raises((OSError, SinkError)):
                rewrite(folder, PAIRS, without(3), crash=at_step(step, disk.fill))
            disk.free()
            assert published(folder) == before
            assert [path for path in staged(folder) if path.suffix == ".parquet"] == []
        rewrite(folder, PAIRS, without(3))
        assert published(folder) == make.ids([i for i in range(24) if i != 3])


@pytest.mark.parametrize(
    ("answer", "came"),
    [
        (lambda rows: rows.drop_columns(["final"]), "other columns"),
        (lambda rows: rows.set_column(1, "schema_version", pa.array(["Jane"] * rows.num_rows)), "other types"),
        (lambda rows: rows.set_column(0, "record_id", pa.nulls(rows.num_rows, pa.string())), "null in record_id"),
    ],
)
def test_an_answer_that_is_no_row_of_the_table_changes_nothing(tmp_path: Path, answer: Any, came: str) -> None:
    fill(tmp_path)
    with pytest.raises(SinkError, match=came) as caught:
        rewrite(tmp_path, PAIRS, answer)
    assert "Jane" not in str(caught.value)
    assert caught.value.__context__ is None
    assert published(tmp_path) == make.ids(range(24))
    assert staged(tmp_path) == []


def test_a_fence_makes_a_sink_decide_again(tmp_path: Path) -> None:
    fill(tmp_path)
    versions: list[int] = []

    def fence() -> None:
        versions.append(rewrite(tmp_path, PAIRS, lambda _rows: None, name="other", fence=True).version)

    sink(tmp_path, name="busy", at={7: fence})([make.pair(40)], start=24)
    assert len(versions) == 1
    assert published(tmp_path) == make.ids([*range(24), 40])


def test_beside_a_sink_that_never_rests_nothing_is_lost_and_what_must_go_is_gone(tmp_path: Path) -> None:
    fill(tmp_path)
    put, failures = sink(tmp_path, SUBJECTS, name="busy"), []
    put([make.subject(i) for i in range(20)], start=0)
    stop = threading.Event()

    def work() -> None:
        at = 20
        try:
            while not stop.is_set() and at < 400:
                put([make.subject(i) for i in range(at, at + 4)], start=at)
                at += 4
        except BaseException as error:  # noqa: BLE001 - looked at below
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    for number in range(8):
        rewrite(tmp_path, SUBJECTS, without(number), merge=number % 2 == 0)
    stop.set()
    thread.join()
    assert failures == []
    ids = reader.read(tmp_path, "subjects", ["record_id"]).column(0).to_pylist()
    assert sorted(ids) == make.plain_ids(Layout(tmp_path).dataset("subjects"))
    assert sorted(ids) == make.ids(range(8, 8 + len(ids)))


def test_two_of_one_name_wait_for_each_other(tmp_path: Path) -> None:
    fill(tmp_path)
    done: list[Rewritten] = []
    other = threading.Thread(target=partial(lambda: done.append(rewrite(tmp_path, PAIRS, without(5)))))
    rewrite(tmp_path, PAIRS, without(3), crash=at_step(3, other.start))
    other.join()
    assert len(done) == 1
    assert published(tmp_path) == make.ids([i for i in range(24) if i not in {3, 5}])
