"""The commit protocol against real Delta tables on a real disk: one suite, no Kafka."""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from support import rows as make

from schemas.errors import FencedError, RowError, SinkError, TableHaltedError
from schemas.records import Partition
from schemas.tables import INTERACTIONS, PAIRS, SUBJECTS, Table
from schemas.verdict import Severity
from sinks import halts, log, reader
from sinks.batch import Batch
from sinks.committer import Committer, Published
from sinks.layout import Layout
from sinks.locks import hold

PLACE = Partition(make.TOPIC, 0)


class Sink:
    """A committer, and what it said."""

    def __init__(self, data: Path, table: Table = PAIRS, *, name: str = "sink-0", gate: Any = make.passing) -> None:
        self.alerts: list[tuple[str, dict[str, Any]]] = []
        self.mirrored: list[dict[Partition, int]] = []
        self.steps: list[int] = []
        self.at: dict[int, Any] = {}
        self.committer = Committer(
            data_dir=data,
            table=table,
            sink=name,
            gate=gate,
            alert=lambda kind, _table, detail: self.alerts.append((kind, dict(detail))),
            crash=self._step,
            seal=make.SEAL,
        )

    def _step(self, step: int) -> None:
        self.steps.append(step)
        if (act := self.at.pop(step, None)) is not None:
            act()

    def put(self, batch: Batch) -> Published:
        return self.committer.commit(batch, lambda offsets: self.mirrored.append(dict(offsets)))


def published(data: Path, table: str = "pairs") -> list[str]:
    """record_ids by the Delta log, checked against what a reader of plain files sees."""
    by_log = sorted(reader.read(data, table, ["record_id"]).column(0).to_pylist())
    assert make.plain_ids(Layout(data).dataset(table)) == by_log
    return by_log


def test_a_batch_and_its_offsets_are_visible_together(tmp_path: Path) -> None:
    sink = Sink(tmp_path)
    done = sink.put(make.batch([make.pair(i) for i in range(20)]))
    assert (done.rows, done.quarantined, done.replays) == (20, 0, 0)
    assert published(tmp_path) == make.ids(range(20))
    assert reader.offsets(tmp_path, "pairs") == {PLACE: 20}
    assert sink.mirrored == [{PLACE: 20}]
    assert sink.steps == list(range(1, 11))


def test_every_row_reads_back_as_it_was_written(tmp_path: Path) -> None:
    Sink(tmp_path, INTERACTIONS).put(make.batch([make.interaction(i) for i in range(7)]))
    table = reader.read(tmp_path, "interactions")
    assert table.schema.equals(INTERACTIONS.schema)
    rows = sorted(table.to_pylist(), key=lambda row: row["record_id"])
    assert [row["surface"] for row in rows] == [make.SURFACES[i % 3] for i in range(7)]
    assert [str(row["event_date"]) for row in rows] == [make.DATES[i % 2] for i in range(7)]
    assert rows[3]["sources"] == [{"topic": "redline.events", "partition": 3, "offset": 3}]
    assert rows[5]["event_time"].timestamp() == pytest.approx(1_767_600_000.000005)


def test_offset_0_is_not_special(tmp_path: Path) -> None:
    sink = Sink(tmp_path)
    assert sink.committer.offset(PLACE) is None
    sink.put(make.batch([make.pair(0)]))
    assert sink.committer.offset(PLACE) == 1
    with pytest.raises(FencedError):
        sink.put(make.batch([make.pair(0)]))
    assert published(tmp_path) == make.ids([0])


def test_a_batch_of_ticks_moves_the_offsets_and_writes_no_file(tmp_path: Path) -> None:
    sink = Sink(tmp_path)
    sink.put(make.batch([], end=5))
    assert reader.offsets(tmp_path, "pairs") == {PLACE: 5}
    assert reader.files(tmp_path, "pairs") == []
    sink.put(make.batch([make.pair(1)], start=5))
    assert published(tmp_path) == make.ids([1])


def test_a_batch_may_span_partitions_and_each_has_its_offset(tmp_path: Path) -> None:
    first, second = make.batch([make.pair(1)]), make.batch([make.pair(2)], partition=1)
    both = Batch(
        {**first.ranges, **second.ranges}, first.coordinates + second.coordinates, first.payloads + second.payloads
    )
    Sink(tmp_path).put(both)
    assert reader.offsets(tmp_path, "pairs") == {PLACE: 1, Partition(make.TOPIC, 1): 1}


def test_replays_at_other_offsets_are_dropped(tmp_path: Path) -> None:
    sink = Sink(tmp_path)
    sink.put(make.batch([make.pair(i) for i in range(10)]))
    done = sink.put(make.batch([make.pair(i) for i in range(5, 15)] * 2, start=10))
    assert (done.rows, done.replays) == (5, 15)
    assert published(tmp_path) == make.ids(range(15))


def test_a_zombie_with_the_same_start_is_fenced_and_leaves_no_file(tmp_path: Path) -> None:
    zombie, owner = Sink(tmp_path, name="a"), Sink(tmp_path, name="b")
    batch = make.batch([make.pair(i) for i in range(6)])
    zombie.at[7] = lambda: owner.put(batch)  # past its own look at the offset, before its commit
    with pytest.raises(FencedError):
        zombie.put(batch)
    assert published(tmp_path) == make.ids(range(6))
    with pytest.raises(FencedError):
        zombie.put(batch)


@pytest.mark.parametrize("step", range(1, 8))
def test_another_sinks_commit_between_any_two_steps_is_harmless(tmp_path: Path, step: int) -> None:
    ours, theirs = Sink(tmp_path, name="a"), Sink(tmp_path, name="b")
    ours.at[step] = lambda: theirs.put(make.batch([make.pair(i) for i in range(10, 20)], partition=1))
    ours.put(make.batch([make.pair(i) for i in range(10)]))
    assert published(tmp_path) == make.ids(range(20))
    assert reader.offsets(tmp_path, "pairs") == {PLACE: 10, Partition(make.TOPIC, 1): 10}


@pytest.mark.parametrize("step", range(1, 8))
def test_the_same_row_from_two_partitions_at_once_is_published_once(tmp_path: Path, step: int) -> None:
    ours, theirs = Sink(tmp_path, name="a"), Sink(tmp_path, name="b")
    ours.at[step] = lambda: theirs.put(make.batch([make.pair(i) for i in range(5, 15)], partition=1))
    ours.put(make.batch([make.pair(i) for i in range(10)]))
    assert published(tmp_path) == make.ids(range(15))


def test_a_higher_revision_replaces_the_row_in_the_same_commit(tmp_path: Path) -> None:
    sink = Sink(tmp_path)
    sink.put(make.batch([make.pair(i) for i in range(10)]))
    before = set(reader.files(tmp_path, "pairs"))
    done = sink.put(make.batch([make.pair(4, revision=1, final="more")], start=10))
    assert done.replaced == 1
    assert published(tmp_path) == make.ids(range(10))
    rows = {row["record_id"]: row for row in reader.read(tmp_path, "pairs").to_pylist()}
    assert rows[f"{4:032x}"]["final"] == "more"
    assert all(not Path(path).exists() for path in before - set(reader.files(tmp_path, "pairs")))
    entry = log.commits(Layout(tmp_path).dataset("pairs"), done.version - 1, done.version)
    assert entry is not None
    assert entry[0].adds
    assert entry[0].removes
    assert sink.put(make.batch([make.pair(4)], start=11)).replays == 1  # a lower one changes nothing


def test_a_replacement_may_move_to_another_day(tmp_path: Path) -> None:
    sink = Sink(tmp_path)
    sink.put(make.batch([make.pair(0, date="2026-01-05")]))
    sink.put(make.batch([make.pair(0, revision=1, date="2026-02-01")], start=1))
    rows = reader.read(tmp_path, "pairs").to_pylist()
    assert [(row["revision"], str(row["event_date"])) for row in rows] == [(1, "2026-02-01")]
    assert published(tmp_path) == make.ids([0])


@pytest.mark.parametrize("step", range(1, 8))
def test_two_sinks_that_replace_rows_of_one_file_lose_neither(tmp_path: Path, step: int) -> None:
    ours, theirs = Sink(tmp_path, name="a"), Sink(tmp_path, name="b")
    ours.put(make.batch([make.pair(i, date="2026-01-05") for i in (0, 3, 6)]))  # one folder, one file
    ours.at[step] = lambda: theirs.put(
        make.batch([make.pair(3, revision=1, date="2026-01-05", final="theirs")], partition=1)
    )
    ours.put(make.batch([make.pair(6, revision=1, date="2026-01-05", final="ours")], start=3))
    rows = {row["record_id"][-1]: row["final"] for row in reader.read(tmp_path, "pairs").to_pylist()}
    assert rows == {"0": "kept", "3": "theirs", "6": "ours"}
    assert published(tmp_path) == make.ids([0, 3, 6])


def test_one_id_of_two_inputs_is_a_conflict_dropped_and_told(tmp_path: Path) -> None:
    sink = Sink(tmp_path, SUBJECTS)
    sink.put(make.batch([make.subject(1)]))
    done = sink.put(make.batch([make.subject(1, source=99), make.subject(1)], start=1))
    assert (done.rows, done.conflicts, done.replays) == (0, 1, 1)
    assert [kind for kind, _ in sink.alerts] == ["conflict"]


def test_bad_rows_go_to_quarantine_with_the_reason(tmp_path: Path) -> None:
    sink = Sink(tmp_path, gate=make.failing("final", {"bad"}))
    done = sink.put(make.batch([make.pair(i, final="bad" if i % 3 == 0 else "kept") for i in range(9)]))
    assert (done.rows, done.quarantined) == (6, 3)
    assert published(tmp_path) == make.ids([1, 2, 4, 5, 7, 8])
    aside = reader.read(tmp_path, "pairs", quarantine=True)
    assert sorted(aside.column("record_id").to_pylist()) == make.ids([0, 3, 6])
    assert set(aside.column("quarantine_reason").to_pylist()) == {"not_in_set:final"}


def test_quarantine_is_exactly_once_when_the_batch_is_cut_otherwise_the_second_time(tmp_path: Path) -> None:
    class Killed(BaseException):
        pass

    def kill() -> None:
        raise Killed

    gate = make.failing("final", {"bad"})
    rows = [make.pair(i, final="bad" if i % 3 == 0 else "kept") for i in range(12)]
    sink = Sink(tmp_path, gate=gate)
    sink.at[4] = kill
    with pytest.raises(Killed):
        sink.put(make.batch(rows[:7]))
    sink.committer.close()
    again = Sink(tmp_path, gate=gate)
    again.put(make.batch(rows[:4]))
    again.put(make.batch(rows[4:], start=4))
    aside = reader.read(tmp_path, "pairs", ["record_id"], quarantine=True).column(0).to_pylist()
    assert sorted(aside) == make.ids([0, 3, 6, 9])
    assert published(tmp_path) == make.ids([i for i in range(12) if i % 3])


def test_a_newer_row_that_fails_the_gate_displaces_nothing(tmp_path: Path) -> None:
    sink = Sink(tmp_path, gate=make.failing("final", {"bad"}))
    sink.put(make.batch([make.pair(0)]))
    sink.put(make.batch([make.pair(0, revision=1, final="bad")], start=1))
    assert reader.read(tmp_path, "pairs").to_pylist()[0]["revision"] == 0
    sink.put(make.batch([make.pair(0, revision=2)], start=2))
    assert reader.read(tmp_path, "pairs").to_pylist()[0]["revision"] == 2


def test_a_critical_failure_halts_the_table_and_publishes_nothing(tmp_path: Path) -> None:
    sink = Sink(tmp_path, gate=make.failing("final", {"leak"}, Severity.CRITICAL))
    batch = make.batch([make.pair(i, final="leak" if i == 3 else "kept") for i in range(6)])
    with pytest.raises(TableHaltedError):
        sink.put(batch)
    assert published(tmp_path) == []
    (halt,) = halts.halted(tmp_path)
    assert (halt.table, halt.spans) == ("pairs", [halts.Span(make.TOPIC, 0, 0, 6)])
    assert [kind for kind, _ in sink.alerts] == ["gate_halt"]
    assert "leak" not in (Layout(tmp_path).halts / "pairs.json").read_text()


@pytest.mark.parametrize(("named", "aside"), [(True, [3]), (False, [0, 1, 2, 3, 4, 5])])
def test_a_release_to_quarantine_sets_the_failing_rows_aside(tmp_path: Path, named: bool, aside: list[int]) -> None:
    sink = Sink(tmp_path, gate=make.failing("final", {"leak"}, Severity.CRITICAL, named=named))
    batch = make.batch([make.pair(i, final="leak" if i == 3 else "kept") for i in range(6)])
    with pytest.raises(TableHaltedError):
        sink.put(batch)
    halts.release(tmp_path, "pairs", quarantine=True)
    assert halts.halted(tmp_path) == []
    sink.put(batch)
    held = reader.read(tmp_path, "pairs", ["record_id"], quarantine=True).column(0).to_pylist()
    assert sorted(held) == make.ids(aside)
    assert published(tmp_path) == make.ids([i for i in range(6) if i not in aside])
    assert halts.load(tmp_path, "pairs") is None  # later batches halt again
    with pytest.raises(TableHaltedError):
        sink.put(make.batch([make.pair(9, final="leak")], start=6))


def test_a_gate_that_raises_publishes_nothing_and_says_no_text(tmp_path: Path) -> None:
    def broken(_rows: Any) -> Any:
        raise ValueError("Jane Doe")

    with pytest.raises(SinkError, match="came ValueError") as caught:
        Sink(tmp_path, gate=broken).put(make.batch([make.pair(0)]))
    assert "Jane" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert published(tmp_path) == []


@pytest.mark.parametrize("payload", [b"", b"\xc1Jane", b"\x81\xa4Jane\xa3Doe", b"\x93\x01\x02\x03"])
def test_a_record_that_is_no_row_is_named_by_its_place_only(tmp_path: Path, payload: bytes) -> None:
    with pytest.raises(RowError, match="rows/0/1") as caught:
        Sink(tmp_path).put(make.batch([make.pair(0), payload, make.pair(2)]))
    assert "Jane" not in str(caught.value)
    assert published(tmp_path) == []


def test_a_full_disk_leaves_nothing_and_the_batch_can_be_tried_again(tmp_path: Path) -> None:
    sink = Sink(tmp_path)

    def full() -> None:
        raise OSError(28, "No space left on device")

    for step in range(1, 8):
        sink.at[step] = full
        with pytest.raises(OSError, match="No space"):
            sink.put(make.batch([make.pair(i) for i in range(6)]))
        assert published(tmp_path) == []
    sink.put(make.batch([make.pair(i) for i in range(6)]))
    assert published(tmp_path) == make.ids(range(6))


@pytest.mark.parametrize("step", range(1, 11))
def test_a_death_after_any_step_loses_and_doubles_nothing(tmp_path: Path, step: int) -> None:
    class Killed(BaseException):
        pass

    def kill() -> None:
        raise Killed

    rows = [make.pair(i) for i in range(30)]
    more = [make.pair(i, revision=1, final="more") for i in range(0, 30, 7)] + [make.pair(i) for i in range(30, 40)]
    sink = Sink(tmp_path)
    sink.put(make.batch(rows))
    sink.at[step] = kill
    with pytest.raises(Killed):
        sink.put(make.batch(more, start=30))
    sink.committer.close()
    again = Sink(tmp_path)
    at = again.committer.offset(PLACE)
    assert at == (30 if step < 8 else 30 + len(more))
    if step < 8:
        again.put(make.batch(more, start=30))
    assert published(tmp_path) == make.ids(range(40))
    revisions = Counter(reader.read(tmp_path, "pairs").column("revision").to_pylist())
    assert revisions == {0: 35, 1: 5}
    assert list(Layout(tmp_path).staging("sink-0", "dataset", "pairs").iterdir()) == []


def test_a_torn_log_is_refused_with_what_to_do(tmp_path: Path) -> None:
    sink = Sink(tmp_path)
    for start in (0, 1):
        sink.put(make.batch([make.pair(start)], start=start))
    sink.committer.close()
    entry = log.entry(Layout(tmp_path).dataset("pairs"), 2)
    for torn in (b"", entry.read_bytes()[:-20]):
        entry.write_bytes(torn)
        with pytest.raises(SinkError, match=r"mv .*\.torn"):
            Sink(tmp_path)
    entry.rename(entry.with_suffix(".json.torn"))
    again = Sink(tmp_path)
    assert published(tmp_path) == make.ids([0])  # the torn commit's file was collected as an orphan
    again.put(make.batch([make.pair(1)], start=1))
    assert published(tmp_path) == make.ids([0, 1])


def starts(data: Path, name: str) -> None:
    """Another sink starts, and collects orphans."""
    Sink(data, name=name).committer.close()


def test_the_files_of_a_live_sink_are_not_collected(tmp_path: Path) -> None:
    lock = hold(Layout(tmp_path).locks, "slow")
    slow = Sink(tmp_path, name="slow")
    slow.at[6] = partial(starts, tmp_path, "fresh")
    slow.put(make.batch([make.pair(i) for i in range(6)]))
    assert published(tmp_path) == make.ids(range(6))
    lock.release()


def test_the_table_says_what_its_columns_mean(tmp_path: Path) -> None:
    Sink(tmp_path)
    table = DeltaTable(Layout(tmp_path).dataset("pairs"))
    assert table.metadata().description == PAIRS.meaning
    assert [field.metadata["meaning"] for field in table.schema().fields] == [
        field.metadata[b"meaning"].decode() for field in PAIRS.stored
    ]


def test_no_text_of_a_row_stands_in_the_log(tmp_path: Path) -> None:
    Sink(tmp_path).put(make.batch([make.pair(i, final="Jane Doe") for i in range(3)]))
    entries = log.folder(Layout(tmp_path).dataset("pairs")).glob("*.json")
    assert all("Jane" not in entry.read_text() for entry in entries)
