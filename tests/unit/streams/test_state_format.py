"""A worker goes on only with state of its own format, whichever stage kept it."""

from __future__ import annotations

import asyncio

import pytest
from support.stage import Commit
from support.world import HASHES, event

from schemas import rows, topics
from schemas.errors import StateFormatError
from schemas.records import Coordinate, Record
from streams.dedupe_stage import DedupeStage
from streams.join import Join, JoinPolicy
from streams.keyed_stage import KeyedStage
from streams.state_format import FORMAT_KEY, STATE_FORMAT
from streams.watermark import WatermarkPolicy

ROW = event("suggestion", 0, offset=3, text="draft", task="edit")
HEADERS = (
    (topics.HEADER_CLEAN_KEY, b"i"),
    (topics.HEADER_ORIGIN, b"redline.events/0/3"),
    (topics.HEADER_DATE, b"2026-01-05"),
    (topics.HEADER_TYPE, b"redline.suggestion.v1"),
)
RECORD = Record(Coordinate("any", 0, 0), b"identity", rows.encode(ROW), HEADERS)


def stages() -> list[DedupeStage | KeyedStage]:
    watermarks = WatermarkPolicy(lateness_us=0, idle_us=1)
    return [DedupeStage(), KeyedStage(topics.CLEAN, Join(HASHES, JoinPolicy()), watermarks, lambda: 0)]


@pytest.mark.parametrize("number", range(2))
@pytest.mark.parametrize("before", [{}, {b"m" * 33: b"1"}, {FORMAT_KEY: b"%d" % STATE_FORMAT, b"m" * 33: b"1"}])
def test_new_state_unmarked_state_and_our_own_are_marked_and_used(number: int, before: dict[bytes, bytes]) -> None:
    commit = Commit()
    commit.store.update(before)
    asyncio.run(stages()[number].handle([RECORD], commit))
    assert commit.store[FORMAT_KEY] == b"%d" % STATE_FORMAT
    assert len(commit.store) > len(before)


@pytest.mark.parametrize("mark", [b"2", b"99", b"", b"x"])
@pytest.mark.parametrize("number", range(2))
def test_state_of_another_format_stops_the_worker_before_anything_is_said(number: int, mark: bytes) -> None:
    commit = Commit()
    commit.store[FORMAT_KEY] = mark
    stage = stages()[number]
    for _ in range(2):  # a supervisor starts it again
        with pytest.raises(StateFormatError, match="redline state rebuild"):
            asyncio.run(stage.handle([RECORD], commit))
    assert not commit.outs
    assert commit.store == {FORMAT_KEY: mark}
