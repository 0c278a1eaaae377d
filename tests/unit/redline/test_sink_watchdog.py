"""A sink is stuck when a table's offset stands still below Kafka's end; not when there is nothing to do."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from redline.lag import LagWatch, Progress
from redline.sink_watchdog import Stuck, Watchdog
from schemas.errors import BrokerError
from schemas.records import Partition

A, B = Partition("t", 0), Partition("t", 1)


def test_no_lag_is_never_stuck() -> None:
    stuck = Stuck(all_s=60, one_s=180)
    assert all(stuck.look({A: 5}, {A: 5}, now) == [] for now in (0.0, 100.0, 1000.0))


def test_lag_where_nothing_moves_is_stuck_after_the_short_time() -> None:
    stuck = Stuck(all_s=60, one_s=180)
    assert stuck.look({A: 5, B: 5}, {A: 5, B: 3}, 0.0) == []
    assert stuck.look({A: 5, B: 5}, {A: 5, B: 3}, 60.0) == []
    assert stuck.look({A: 5, B: 5}, {A: 5, B: 3}, 61.0) == [B]


def test_one_partition_that_stands_while_others_move_has_longer() -> None:
    stuck = Stuck(all_s=60, one_s=180)
    found = {
        now: stuck.look({A: 999, B: 5}, {A: int(now), B: 3}, now) for now in (0.0, 50.0, 100.0, 150.0, 179.0, 185.0)
    }
    assert [now for now, partitions in found.items() if partitions] == [185.0]
    assert found[185.0] == [B]


def test_work_that_comes_after_a_long_quiet_has_its_time() -> None:
    stuck = Stuck(all_s=60, one_s=180)
    stuck.look({A: 5}, {A: 5}, 0.0)
    stuck.look({A: 5}, {A: 5}, 1000.0)
    assert stuck.look({A: 9}, {A: 5}, 1001.0) == []
    assert stuck.look({A: 9}, {A: 5}, 1061.0) == [A]


PAIRS, EVENTS = Partition("redline.pairs", 3), Partition("redline.events", 0)


class Said:
    """A `LagWatch` that answers what it is told to, or raises it."""

    def __init__(self) -> None:
        self.answer: Progress | Exception = Progress({PAIRS: 9, EVENTS: 9}, {}, {PAIRS: 4})

    def progress(self) -> Progress:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize("nothing", [BrokerError("no answer"), OSError(5, "a table's")])
def test_a_sink_names_what_does_not_move_and_nobody_is_blamed_for_a_broker_that_is_silent(nothing: Exception) -> None:
    said = Said()
    dog = Watchdog(cast("LagWatch", said), Path("nowhere"), all_s=60.0, one_s=180.0)
    assert (dog.look(0.0), dog.live()) == ([], "")
    assert (dog.look(31.0), dog.live()) == ([], "lag and no progress in redline.pairs/3")
    silent, said.answer = said.answer, nothing
    assert (dog.look(61.0), dog.live()) == ([], "")
    said.answer = silent
    assert (dog.look(62.0), dog.live()) == ([PAIRS], "lag and no progress in redline.pairs/3")
