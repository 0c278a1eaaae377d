"""The first answer to a raw record counts: a copy of it that is read after a crash may be answered otherwise."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.stage import Commit, DiedError
from support.world import event

from schemas import rows, topics
from schemas.records import Coordinate, Record
from schemas.rows import Interaction, Reject
from streams.dedupe_stage import DedupeStage
from streams.keyed import reject

if TYPE_CHECKING:
    from collections.abc import Sequence


def admitted(offset: int, place: int = 0) -> Record:
    """A scrubbed event of one identity; `offset`: of its raw record."""
    headers = (
        (topics.HEADER_CLEAN_KEY, b"i"),
        (topics.HEADER_STEP_KEY, b"s"),
        (topics.HEADER_ORIGIN, f"{topics.EVENTS}/0/{offset}".encode()),
        (topics.HEADER_DATE, b"2026-01-05"),
        (topics.HEADER_TYPE, b"redline.suggestion.v1"),
        (topics.HEADER_PERSON, b"tag"),
    )
    value = rows.encode(event("suggestion", 0, offset=offset, text="draft", task="edit"))
    return Record(Coordinate(topics.SCRUBBED, 0, place), b"identity", value, headers)


def refused(offset: int, place: int = 0) -> Record:
    emit = reject(
        event("edit", 0, offset=offset).sources[0],
        stage="scrub",
        reason="consent_withdrawn",
        event_date="2026-01-05",
        scrub_version="3",
        dropped=True,
    )
    headers = ((topics.HEADER_ORIGIN, emit.key), (topics.HEADER_REFUSED, b"1"))
    return Record(Coordinate(topics.SCRUBBED, 0, place), b"identity", rows.encode(emit.row), headers)


def fates(commit: Commit) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    first: dict[int, str] = {}
    for one in commit.said(topics.REJECTS, Reject):
        first.setdefault(one.sources[0].offset, one.reason)  # a sink keeps the first of one record id
    for offset, reason in first.items():
        found.setdefault(offset, set()).add(reason)
    for row in commit.said(topics.CLEAN, Interaction):
        found.setdefault(row.sources[0].offset, set()).add("interactions")
    return found


def handled(records: Sequence[Record], commit: Commit | None = None) -> Commit:
    commit = commit or Commit()
    asyncio.run(DedupeStage().handle(records, commit))
    return commit


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([refused(1)], {1: {"consent_withdrawn"}}),
        ([refused(1), admitted(1)], {1: {"consent_withdrawn"}}),
        ([admitted(1), refused(1)], {1: {"interactions"}}),
        ([refused(1), admitted(2)], {1: {"consent_withdrawn"}, 2: {"interactions"}}),
        ([admitted(1), refused(2), admitted(2)], {1: {"interactions"}, 2: {"consent_withdrawn"}}),
        ([refused(1), refused(2), admitted(1)], {1: {"consent_withdrawn"}, 2: {"consent_withdrawn"}}),
        ([admitted(1), admitted(2)], {1: {"interactions"}, 2: {"duplicate"}}),
    ],
)
def test_the_first_answer_counts(records: list[Record], expected: dict[int, set[str]]) -> None:
    assert fates(handled(records)) == expected


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 3)), max_size=10), st.integers(0, 12))
def test_each_raw_record_has_one_fate_and_one_winner_at_most(answers: list[tuple[bool, int]], dies_in: int) -> None:
    records = [(admitted if yes else refused)(offset, place) for place, (yes, offset) in enumerate(answers)]
    commit, at = Commit(dies_in), 0
    while at < len(records):
        try:
            handled(records[at : at + 3], commit)
        except DiedError:
            continue
        at += 3
    found = fates(commit)
    assert found.keys() == {offset for _, offset in answers}
    assert all(len(fate) == 1 for fate in found.values()), found
    assert sum(fate == {"interactions"} for fate in found.values()) <= 1


def test_whose_an_event_is_goes_on_with_it() -> None:
    commit = handled([admitted(1)])
    assert {out.topic: out.headers for out in commit.outs} == {
        topics.CLEAN: ((topics.HEADER_PERSON, b"tag"),),
        topics.STEPS: ((topics.HEADER_PERSON, b"tag"),),
    }
