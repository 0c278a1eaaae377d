"""References against plain sets: nothing missing is missed, nothing that is there is told of, each in its time."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.references import References, by_partition
from schemas.records import Partition
from schemas.tables import SOURCE

RAW, CLEAN = Partition("redline.events", 0), Partition("redline.clean", 0)
# Around the borders of a byte and of a block of the bitmap, and far out.
PLACES = st.sampled_from([0, 1, 7, 8, 9, 2**20 - 1, 2**20, 2**20 + 1, 2**40])
SOURCES = st.lists(st.tuples(st.sampled_from(["redline.events", "otlp"]), st.integers(0, 2), PLACES), max_size=12)


def column(rows: list[list[tuple[str, int, int]]]) -> pa.ChunkedArray:
    values = [[{"topic": t, "partition": p, "offset": o} for t, p, o in row] for row in rows]
    return pa.chunked_array([pa.array(values[:2], pa.list_(SOURCE)), pa.array(values[2:], pa.list_(SOURCE))])


@settings(deadline=None)  # the machine is shared
@given(st.lists(SOURCES, max_size=4), st.lists(SOURCES, max_size=4))
def test_what_is_missing_is_the_difference_of_sets(there: list[list], wanted: list[list]) -> None:  # type: ignore[type-arg]
    references = References()
    references.came(by_partition(column(there)))
    references.refer("pairs", by_partition(column(wanted)), {})
    found = references.judge({})
    told = {(one.partition.topic, one.partition.index, offset) for one in found for offset in one.offsets.tolist()}
    assert told == {one for row in wanted for one in row} - {one for row in there for one in row}
    assert sum(len(one.offsets) for one in found) == len(told)
    assert references.judge({}) == []


def test_a_row_is_judged_once_its_events_had_the_time_to_come() -> None:
    references = References()
    references.refer("pairs", {RAW: np.array([3, 4])}, {CLEAN: 10})
    references.refer("pairs", {RAW: np.array([9, 8])}, {CLEAN: 20})
    assert references.judge({CLEAN: 9}) == []
    references.came({RAW: np.array([3])})
    [missing] = references.judge({CLEAN: 10})
    assert (missing.table, missing.partition, missing.offsets.tolist()) == ("pairs", RAW, [4])
    references.came({RAW: np.array([8, 9])})
    assert references.judge({CLEAN: 30}) == []


def test_what_waits_is_bounded() -> None:
    references = References()
    for number in range(2_000):
        references.refer("pairs", {RAW: np.array([number])}, {CLEAN: number})
    assert len(references.judge({CLEAN: 10_000})) == 1_000
