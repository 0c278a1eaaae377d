"""Restoring a partition's state on a real RocksDB, whatever the polls and wherever it begins."""

from __future__ import annotations

import os
import time
from collections import Counter
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from faust.types import TP
from hypothesis import given, settings
from hypothesis import strategies as st
from rocksdict import Options, Rdict

from streams.restore import STALE_S, Restore, without_stale

if TYPE_CHECKING:
    from pathlib import Path

HERE, ELSEWHERE = TP("redline-join-changelog", 0), TP("redline-join-changelog", 1)
OFFSET = b"__faust\0offset__"


class Change(NamedTuple):
    """A record of a changelog."""

    offset: int
    key: bytes
    value: bytes | None


@dataclass
class Table:
    """What is asked of a Faust table."""

    db: Any
    offset_key: bytes = OFFSET

    @property
    def data(self) -> Table:
        return self

    def _db_for_partition(self, partition: int) -> Any:
        assert partition == HERE.partition
        return self.db


@dataclass
class Recovery:
    """What is asked of Faust's recovery."""

    table: Table
    highwater: int
    active_tps: frozenset[TP] = frozenset({HERE})
    active_offsets: Counter[TP] = field(default_factory=Counter)
    standby_tps: frozenset[TP] = frozenset()
    standby_offsets: dict[TP, int | None] = field(default_factory=dict)

    @property
    def tp_to_table(self) -> dict[TP, Table]:
        return {HERE: self.table}

    @property
    def active_highwaters(self) -> Counter[TP]:
        return Counter({HERE: self.highwater})


def logged(log: list[tuple[int, bytes, bytes | None]]) -> list[Change]:
    """Records, each so many offsets behind the one before it."""
    offset, records = -1, []
    for step, key, value in log:
        offset += step
        records.append(Change(offset, key, value))
    return records


changes = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from([b"a", b"b", b"c"]), st.none() | st.binary(max_size=2)), min_size=1
)


@settings(max_examples=25, deadline=None)
@given(changes, st.lists(st.integers(1, 5), min_size=1), st.integers(0, 6))
def test_the_state_is_what_the_log_says_and_faust_sees_its_end(
    log: list[tuple[int, bytes, bytes | None]], sizes: list[int], held: int
) -> None:
    """Compacted logs have holes; `held` records were applied by an earlier life of the worker."""
    records = logged(log)
    offset = records[-1].offset
    with TemporaryDirectory() as folder:
        db = Rdict(folder, options=Options(raw_mode=True))
        try:
            recovery = Recovery(Table(db), highwater=offset)
            restore = Restore(recovery)
            recovery.active_offsets[HERE] = records[held - 1].offset if 0 < held <= len(records) else -1
            expected: dict[bytes, bytes | None] = {}
            passed: list[Change] = []
            begun = min(held, len(records)) if held <= len(records) else 0
            for change in records[:begun]:  # what RocksDB held before
                _write(db, change)
            at = max(0, begun - 1)  # Faust seeks to the last one that was applied, not behind it
            turn = 0
            while at < len(records):
                poll = records[at : at + sizes[turn % len(sizes)]]
                passed += restore.take(HERE, poll)
                at, turn = at + len(poll), turn + 1
            for change in passed:
                _write(db, change)
            for change in records:
                expected[change.key] = change.value
            assert {key: db.get(key) for key in expected} == expected
            assert [change.offset for change in passed] == ([offset] if begun < len(records) else [])
            if len(records) - begun > 1:
                assert db.get(OFFSET) == b"%d" % records[-2].offset
        finally:
            db.close()


@settings(max_examples=25, deadline=None)
@given(changes, st.lists(st.tuples(st.integers(1, 5), st.booleans()), min_size=1))
def test_a_standby_holds_what_the_log_says_whatever_is_dropped_on_the_way(
    log: list[tuple[int, bytes, bytes | None]], polls: list[tuple[int, bool]]
) -> None:
    """`polls`: how many records each has, and whether it is dropped: then a seek to `following` comes."""
    records = logged(log)
    offset = records[-1].offset
    with TemporaryDirectory() as folder:
        db = Rdict(folder, options=Options(raw_mode=True))
        try:
            recovery = Recovery(Table(db), 0, frozenset(), standby_tps=frozenset({HERE}), standby_offsets={HERE: -1})
            restore = Restore(recovery)
            assert restore.following(set()) == {}, "one that is paused is sought by Faust before it is resumed"
            position, turn = 0, 0
            while poll := [record for record in records if record.offset >= position][: polls[turn % len(polls)][0]]:
                position = poll[-1].offset + 1
                if polls[turn % len(polls)][1] and turn < len(polls):
                    position = restore.following({HERE})[HERE]
                else:
                    assert list(restore.take(HERE, poll)) == [], "Faust counts only what it waits for"
                turn += 1
            expected = {change.key: change.value for change in records}
            assert {key: db.get(key) for key in expected} == expected
            assert (db.get(OFFSET), restore.following({HERE, ELSEWHERE})) == (b"%d" % offset, {HERE: offset + 1})
        finally:
            db.close()


def test_what_is_not_restored_is_left_to_faust() -> None:
    recovery = Recovery(Table(None), highwater=9)
    poll = [Change(1, b"a", b"v")]
    assert list(Restore(recovery).take(ELSEWHERE, poll)) == poll


def _write(db: Any, change: Change) -> None:
    if change.value is None:
        db.delete(change.key)
    else:
        db.put(change.key, change.value)


class Store:
    """What is asked of a Faust store that opens partitions."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def partition_path(self, partition: int) -> Path:
        return self._folder / f"join-{partition}.db"

    def _open_for_partition(self, partition: int) -> Any:
        return Rdict(str(self.partition_path(partition)), Options(raw_mode=True))


def test_state_that_was_left_alone_for_long_is_restored_anew(tmp_path: Path) -> None:
    for partition in (0, 1):
        db = Store(tmp_path)._open_for_partition(partition)
        db[b"h1"] = b"withdrawn since"
        db.close()
    for file in Store(tmp_path).partition_path(1).rglob("*"):
        os.utime(file, (0, time.time() - STALE_S - 60))
    store = Store(tmp_path)
    without_stale(store)
    kept, stale, new = (store._open_for_partition(partition) for partition in (0, 1, 2))
    assert (kept.get(b"h1"), stale.get(b"h1"), new.get(b"h1")) == (b"withdrawn since", None, None)
    for db in (kept, stale, new):
        db.close()
