"""Index, log, locks, halts and reader on a real disk."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from support import rows as make

from schemas.errors import LockedError, SettingsError, SinkError
from schemas.records import Partition
from schemas.tables import PAIRS, SUBJECTS, Table
from schemas.verdict import Failure, Severity
from sinks import halts, log, reader
from sinks.batch import Range
from sinks.committer import Committer
from sinks.index import Index
from sinks.layout import Layout
from sinks.locks import hold, if_dead
from sinks.shelf import Shelf

PLACE = Partition(make.TOPIC, 0)


def committer(data: Path, table: Table = PAIRS, name: str = "sink-0") -> Committer:
    return Committer(
        data_dir=data,
        table=table,
        sink=name,
        gate=make.passing,
        alert=make.no_alert,
        crash=lambda _step: None,
        seal=make.SEAL,
    )


def fill(data: Path, count: int, *, each: int = 10, table: Table = PAIRS) -> None:
    sink = committer(data, table)
    row = make.pair if table is PAIRS else make.subject
    for start in range(0, count, each):
        sink.commit(make.batch([row(i) for i in range(start, start + each)], start=start), lambda _offsets: None)
    sink.close()


def covered(data: Path, table: Table = PAIRS, name: str = "sink-0") -> set[str]:
    """Ids below 1000 that a sink's index knows after a refresh."""
    shelf = Shelf(layout=Layout(data), kind="dataset", table=table, sink=name)
    shelf.refresh()
    known = shelf._index.known(make.ids(range(1000)))
    shelf.close()
    live = {str(Path(path).relative_to(Layout(data).dataset(table.name))) for path in reader.files(data, table.name)}
    assert {entry.file for entry in known.values()} == live
    return set(known)


@pytest.mark.parametrize("table", [PAIRS, SUBJECTS], ids=lambda table: table.name)
def test_a_new_sinks_index_is_built_from_the_tables_files(tmp_path: Path, table: Table) -> None:
    fill(tmp_path, 40, table=table)
    assert covered(tmp_path, table, name="new") == set(make.ids(range(40)))


def test_an_index_reads_only_what_it_lacks(tmp_path: Path) -> None:
    fill(tmp_path, 20)
    assert len(covered(tmp_path, name="other")) == 20
    shelf = Shelf(layout=Layout(tmp_path), kind="dataset", table=PAIRS, sink="other")
    shelf.log.refresh()
    assert shelf._index.catch_up(shelf.log, shelf._files) == 0
    sink = committer(tmp_path)
    sink.commit(make.batch([make.pair(i) for i in range(20, 25)], start=20), lambda _offsets: None)
    shelf.log.refresh()
    assert shelf._index.catch_up(shelf.log, shelf._files) == 5
    shelf.close()


def test_an_index_survives_a_log_that_was_cleaned_up(tmp_path: Path) -> None:
    fill(tmp_path, 20)
    assert len(covered(tmp_path, name="late")) == 20
    sink = committer(tmp_path)
    for start in (20, 21, 22):
        sink.commit(make.batch([make.pair(start)], start=start), lambda _offsets: None)
    sink._main.log._delta.create_checkpoint()
    for version in range(4):
        log.entry(Layout(tmp_path).dataset("pairs"), version).unlink()
    assert covered(tmp_path, name="late") == set(make.ids(range(23)))
    assert reader.offsets(tmp_path, "pairs") == {PLACE: 23}


def test_an_index_of_another_table_is_thrown_away(tmp_path: Path) -> None:
    fill(tmp_path / "a", 10)
    fill(tmp_path / "b", 30)
    path = Layout(tmp_path / "b").index("dataset", "pairs", "moved")
    path.parent.mkdir(parents=True, exist_ok=True)
    Layout(tmp_path / "a").index("dataset", "pairs", "sink-0").rename(path)
    assert covered(tmp_path / "b", name="moved") == set(make.ids(range(30)))


def test_a_lost_index_folder_is_rebuilt(tmp_path: Path) -> None:
    index = Index(tmp_path / "index")
    assert (index.version, index.known(["a"])) == (-1, {})
    index.close()
    index.close()


def test_rows_erased_by_another_tool_are_unknown_again(tmp_path: Path) -> None:
    fill(tmp_path, 10)
    shelf = Shelf(layout=Layout(tmp_path), kind="dataset", table=PAIRS, sink="sink-0")
    shelf.log._delta.delete(f"record_id = '{3:032x}'")
    shelf.close()
    assert covered(tmp_path) == set(make.ids([i for i in range(10) if i != 3]))


def test_replaying_the_log_gives_the_same_offsets_before_and_after_a_checkpoint(tmp_path: Path) -> None:
    fill(tmp_path, 1050, each=10)
    root = Layout(tmp_path).dataset("pairs")
    assert (log.folder(root) / "_last_checkpoint").is_file()
    assert reader.offsets(tmp_path, "pairs") == {PLACE: 1050}


def test_a_plain_reader_and_a_delta_reader_see_the_same_rows(tmp_path: Path) -> None:
    fill(tmp_path, 30)
    root = Layout(tmp_path).dataset("pairs")
    for path in reader.files(tmp_path, "pairs"):
        assert "event_date" not in pq.ParquetFile(path).schema_arrow.names
        assert pq.ParquetFile(path).metadata.row_group(0).column(0).compression == "ZSTD"
    plain = f"read_parquet('{root}/event_date=*/**/*.parquet', hive_partitioning=true)"
    counted = duckdb.sql(f"select event_date::varchar, surface, count(*) from {plain} group by all").fetchall()  # noqa: S608
    assert sorted(counted) == [(date, surface, 5) for date in make.DATES for surface in sorted(make.SURFACES)]
    assert make.plain_ids(root) == sorted(reader.read(tmp_path, "pairs", ["record_id"]).column(0).to_pylist())


def test_rows_of_a_published_file_stand_in_the_order_of_their_ids(tmp_path: Path) -> None:
    sink = committer(tmp_path)
    numbers = [11, 2, 17, 5, 8, 14, 0]
    sink.commit(make.batch([make.pair(i) for i in numbers], start=0), lambda _offsets: None)
    sink.close()
    for path in reader.files(tmp_path, "pairs"):
        found = pq.read_table(path, partitioning=None, columns=["record_id", "sources"])
        assert found["record_id"].to_pylist() == sorted(found["record_id"].to_pylist())
    opened = reader.read(tmp_path, "pairs", seal=make.SEAL).to_pylist()
    assert {row["record_id"]: row["sources"][0]["offset"] for row in opened} == {f"{i:032x}": i for i in numbers}
    assert covered(tmp_path) == {f"{i:032x}" for i in numbers}


def test_reading_what_is_not_there_is_empty_and_creates_nothing(tmp_path: Path) -> None:
    assert reader.read(tmp_path, "pairs").num_rows == 0
    assert reader.read(tmp_path, "pairs").schema.names == PAIRS.schema.names
    assert reader.files(tmp_path, "pairs") == []
    assert reader.offsets(tmp_path, "pairs", quarantine=True) == {}
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(SinkError, match="needed one of"):
        reader.read(tmp_path, "people")


def test_reading_does_not_need_the_partition_columns(tmp_path: Path) -> None:
    fill(tmp_path, 10)
    table = reader.read(tmp_path, "pairs", ["surface", "final"])
    assert table.schema.names == ["surface", "final"]
    assert set(table.column("surface").to_pylist()) == set(make.SURFACES)


def test_a_name_has_one_holder_and_is_free_again_after_it(tmp_path: Path) -> None:
    first, second = hold(tmp_path), hold(tmp_path)
    assert (first.name, second.name) == ("sink-0", "sink-1")
    with pytest.raises(LockedError):
        hold(tmp_path, "sink-0")
    with if_dead(tmp_path, "sink-0") as dead:
        assert not dead
    first.release()
    with if_dead(tmp_path, "sink-0") as dead:
        assert dead
        with pytest.raises(LockedError):
            hold(tmp_path, "sink-0")
    third = hold(tmp_path)
    assert third.name == "sink-0"
    third.release()
    second.release()
    with pytest.raises(SettingsError):
        hold(tmp_path, "a--b")


def test_halts_add_up_and_are_released_or_settled(tmp_path: Path) -> None:
    failure = Failure("no_personal_data", "final", Severity.CRITICAL, (1, 2))
    other = Partition(make.TOPIC, 1)
    halts.record(tmp_path, "pairs", (failure,), {PLACE: Range(0, 5)})
    halts.record(tmp_path, "pairs", (failure,), {other: Range(3, 4)})
    (halt,) = halts.halted(tmp_path)
    assert [span.end for span in halt.spans] == [5, 4]
    assert halt.failed == [halts.Failed("no_personal_data", "final", "critical", 2)]
    halts.release(tmp_path, "pairs", quarantine=True)
    assert halts.halted(tmp_path) == []
    assert not halts.settle(tmp_path, "pairs", {PLACE: 5}.get)
    assert halts.load(tmp_path, "pairs") is not None
    assert halts.settle(tmp_path, "pairs", {PLACE: 5, other: 9}.get)
    assert halts.load(tmp_path, "pairs") is None
    with pytest.raises(SinkError, match="needed a halted table"):
        halts.release(tmp_path, "pairs")


def test_a_halt_file_that_cannot_be_read_is_said_and_not_ignored(tmp_path: Path) -> None:
    halts.record(tmp_path, "pairs", (), {PLACE: Range(0, 5)})
    (Layout(tmp_path).halts / "pairs.json").write_text("{")
    with pytest.raises(SinkError, match="needed a halt as JSON"):
        halts.load(tmp_path, "pairs")


def test_an_interrupted_replacement_of_a_live_sinks_file_is_finished_at_start(tmp_path: Path) -> None:
    class Killed(BaseException):
        pass

    lock = hold(Layout(tmp_path).locks, "alive")
    alive = committer(tmp_path, name="alive")
    alive.commit(make.batch([make.pair(0), make.pair(6)]), lambda _offsets: None)

    def crash(step: int) -> None:
        if step == 8:
            raise Killed

    ours = Committer(
        data_dir=tmp_path, table=PAIRS, sink="ours", gate=make.passing, alert=make.no_alert, crash=crash, seal=make.SEAL
    )
    with pytest.raises(Killed):
        ours.commit(make.batch([make.pair(6, revision=1)], start=2), lambda _offsets: None)
    ours.close()
    assert make.plain_ids(Layout(tmp_path).dataset("pairs")) == sorted(make.ids([0, 6]) * 2)
    assert committer(tmp_path, name="ours").orphans == 1
    assert make.plain_ids(Layout(tmp_path).dataset("pairs")) == make.ids([0, 6])
    lock.release()


def test_a_commit_says_who_made_it_of_which_offsets(tmp_path: Path) -> None:
    fill(tmp_path, 10)
    entry = json.loads(log.entry(Layout(tmp_path).dataset("pairs"), 1).read_text().splitlines()[0])
    note = entry["commitInfo"]["redline"]
    assert (note["sink"], note["ranges"]) == ("sink-0", {PLACE.app_id: [0, 10]})


def test_a_table_of_another_shape_is_refused(tmp_path: Path) -> None:
    fill(tmp_path, 10)
    Layout(tmp_path).dataset("pairs").rename(Layout(tmp_path).dataset("subjects"))
    with pytest.raises(SinkError, match="written by another version"):
        committer(tmp_path, SUBJECTS)
