"""How far topics are is asked at leisure of a leader that is dead, and soon of the one after it."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from support.fake_broker import END, TwoBrokers

from redline import lag
from redline.lag import LagWatch
from schemas import topics
from schemas.errors import BrokerError

if TYPE_CHECKING:
    from pathlib import Path

PARTITIONS = 2
TRY_S = 2.0


def test_a_dead_leader_costs_next_to_nothing_and_the_next_one_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lag, "_TRY_S", TRY_S)
    config = {"metadata.max.age.ms": "500"}
    with (
        TwoBrokers(dict.fromkeys((topic.name for topic in topics.TOPICS), PARTITIONS)) as brokers,
        closing(LagWatch(brokers.bootstrap, tmp_path, group="workers", partitions=PARTITIONS, config=config)) as watch,
    ):
        brokers.dead_leads = True
        began = time.process_time()
        with pytest.raises(BrokerError, match="_TIMED_OUT"):
            watch.ends()
        # librdkafka's admin call connects without a pause between attempts: it takes a core all the while.
        assert time.process_time() - began < TRY_S / 2
        brokers.dead_leads = False
        monkeypatch.setattr(lag, "_TRY_S", 10 * TRY_S)
        assert set(watch.ends().values()) == {END}
