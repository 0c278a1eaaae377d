from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.records import Coordinate, Partition
from sinks.batch import Batcher, BatchPolicy, Range, Taken

P0, P1 = Partition("t", 0), Partition("t", 1)


def at(offset: int, partition: int = 0) -> Coordinate:
    return Coordinate("t", partition, offset)


def batcher(**policy: float) -> Batcher:
    made = Batcher(BatchPolicy(**policy))  # type: ignore[arg-type]
    made.start(P0, 0)
    return made


def test_a_batch_is_due_by_rows() -> None:
    made = batcher(rows=2)
    made.add(at(0), b"a", 0.0)
    assert not made.due(0.0)
    assert made.room == 1
    made.add(at(1), b"b", 0.0)
    assert made.due(0.0)


def test_a_batch_is_due_once_it_is_quiet_whatever_its_age() -> None:
    made = batcher(age_s=5.0, idle_s=5.0, quiet_s=1.0)
    made.add(at(0), b"a", 0.0)
    made.add(at(1), None, 1.0)
    assert not made.due(1.75)
    assert made.due(2.0)
    assert made.take() is not None
    assert not made.due(100.0)


def test_a_batch_is_due_by_bytes() -> None:
    made = batcher(bytes=10)
    made.add(at(0), b"x" * 9, 0.0)
    assert not made.due(0.0)
    made.add(at(1), b"x", 0.0)
    assert made.due(0.0)


def test_a_batch_is_due_by_the_age_of_its_first_row_and_by_no_tick_before() -> None:
    made = batcher(age_s=1.0, idle_s=3.0)
    made.add(at(0), None, 0.0)
    made.add(at(1), b"a", 2.0)
    made.add(at(2), b"b", 2.9)
    assert not made.due(2.9)
    assert made.due(3.0)


def test_ticks_alone_are_due_later() -> None:
    made = batcher(age_s=1.0, idle_s=3.0)
    made.add(at(0), None, 0.0)
    assert not made.due(2.9)
    assert made.due(3.0)


def test_nothing_is_never_due_and_never_taken() -> None:
    made = batcher()
    assert not made.due(1e9)
    assert made.take() is None


def test_a_range_starts_where_the_table_ends_and_the_next_where_the_last_ended() -> None:
    made = batcher()
    made.start(P0, 7)
    made.add(at(7), b"a", 0.0)
    made.add(at(8), None, 0.0)
    first = made.take()
    made.add(at(9), b"b", 0.0)
    second = made.take()
    assert first is not None
    assert second is not None
    assert (first.ranges, second.ranges) == ({P0: Range(7, 9)}, {P0: Range(9, 10)})
    assert (first.payloads, first.coordinates) == ((b"a",), (at(7),))


def test_partitions_that_did_not_move_are_not_in_the_batch() -> None:
    made = batcher()
    made.start(P1, 4)
    made.add(at(4, 1), b"a", 0.0)
    batch = made.take()
    assert batch is not None
    assert batch.ranges == {P1: Range(4, 5)}


@pytest.mark.parametrize(
    ("offset", "partition", "taken"),
    [(5, 0, Taken.ADDED), (4, 0, Taken.STALE), (0, 0, Taken.STALE), (6, 0, Taken.JUMP), (5, 3, Taken.FOREIGN)],
)
def test_only_the_next_record_of_our_partitions_is_taken(offset: int, partition: int, taken: Taken) -> None:
    made = batcher()
    made.start(P0, 5)
    assert made.add(at(offset, partition), b"a", 0.0) is taken
    assert made.rows == (taken is Taken.ADDED)


def test_a_hole_that_kafka_confirmed_is_passed_over() -> None:
    made = batcher()
    assert made.add(at(3), b"a", 0.0) is Taken.JUMP
    made.skip_to(P0, 3)
    assert made.add(at(3), b"a", 0.0) is Taken.ADDED
    batch = made.take()
    assert batch is not None
    assert batch.ranges == {P0: Range(0, 4)}


def test_a_lost_partition_takes_its_records_with_it() -> None:
    made = batcher(age_s=1.0)
    made.start(P1, 0)
    made.add(at(0), b"a", 0.0)
    made.add(at(0, 1), b"b", 5.0)
    made.drop(P0)
    made.drop(P0)
    assert made.partitions == {P1}
    batch = made.take()
    assert batch is not None
    assert (batch.payloads, batch.ranges) == ((b"b",), {P1: Range(0, 1)})


def test_a_batch_says_which_offsets_it_holds_and_its_repr_no_payload() -> None:
    made = batcher()
    for offset in range(3):
        made.add(at(offset), b"Jane", 0.0)
    batch = made.take()
    assert batch is not None
    assert batch.overlaps(P0, 2, 9)
    assert not batch.overlaps(P0, 3, 9)
    assert not batch.overlaps(P1, 0, 9)
    assert "Jane" not in repr(batch)


@pytest.mark.parametrize("policy", [{"rows": 0}, {"bytes": 0}, {"age_s": -1.0}, {"idle_s": -1.0}])
def test_a_policy_that_makes_no_sense_is_refused(policy: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="needed"):
        BatchPolicy(**policy)  # type: ignore[arg-type]


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("add"), st.integers(0, 2), st.booleans()),
            st.tuples(st.just("again"), st.integers(0, 2), st.booleans()),
            st.tuples(st.just("take"), st.integers(0, 2), st.booleans()),
            st.tuples(st.just("lose"), st.integers(0, 2), st.booleans()),
        ),
        max_size=80,
    )
)
def test_whatever_happens_every_offset_is_in_exactly_one_committed_batch(steps: list[tuple[str, int, bool]]) -> None:
    """A tiny Kafka and table: `lose` gives a partition away and back, at the offset the table has."""
    made = Batcher(BatchPolicy(rows=5))
    table = {Partition("t", i): 0 for i in range(3)}
    kafka = dict.fromkeys(table, 0)
    rows: Counter[Coordinate] = Counter()
    offered: set[Coordinate] = set()
    for partition in table:
        made.start(partition, 0)

    def commit() -> None:
        batch = made.take()
        if batch is not None:
            for partition, own in batch.ranges.items():
                assert own.start == table[partition]  # the compare of compare-and-set
                table[partition] = own.end
            rows.update(batch.coordinates)

    for what, index, is_row in steps:
        partition = Partition("t", index)
        if what in {"add", "again"}:
            offset = kafka[partition] - (what == "again")
            if offset < 0:
                continue
            place = Coordinate("t", index, offset)
            if made.add(place, b"x" if is_row else None, 0.0) is Taken.ADDED:
                kafka[partition] = offset + 1
                if is_row:
                    offered.add(place)
        elif what == "take":
            commit()
        else:
            made.drop(partition)
            kafka[partition] = table[partition]
            offered = {c for c in offered if c.partition != index or c.offset < table[partition]}
            made.start(partition, table[partition])
    commit()
    assert rows == Counter(offered)
    assert table == kafka
