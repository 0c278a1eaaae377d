"""A person's own edit becomes a row of its own, once, and says where it came from."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st
from support.stage import Commit
from support.world import event

from schemas import rows, topics
from schemas.records import Coordinate, Record
from schemas.rows import Revision
from streams.dedupe_stage import DedupeStage
from streams.revisions import REVISION, revision

texts = st.text(alphabet="ab\u00e9\U0001f600 \r\n", max_size=40)


def row(before: str, after: str, offset: int = 0) -> Revision:
    made = revision(event("revision", 0, offset=offset, before=before, after=after, language="en")).row
    assert isinstance(made, Revision)
    return made


@given(texts, texts)
def test_the_spans_say_what_was_kept_and_what_was_written(before: str, after: str) -> None:
    made = row(before, after)
    kept = "".join(before[span.start : span.end] for span in made.kept_spans)
    written = {place for span in made.inserted_spans for place in range(span.start, span.end)}
    assert "".join(c for place, c in enumerate(after) if place not in written) == kept
    assert (made.similarity == 1.0) == (before == after)
    assert (made.before, made.after, made.language) == (before, after, "en")


def test_rows_of_two_events_have_two_ids_and_their_sources() -> None:
    one, other = row("a", "b", 1), row("a", "b", 2)
    assert one.record_id != other.record_id
    assert [source.offset for source in one.sources + other.sources] == [1, 2]


def test_one_event_is_one_row_however_often_it_comes() -> None:
    def record(offset: int) -> Record:
        headers = (
            (topics.HEADER_CLEAN_KEY, b"d"),
            (topics.HEADER_ORIGIN, f"{topics.EVENTS}/0/{offset}".encode()),
            (topics.HEADER_DATE, b"2026-01-05"),
            (topics.HEADER_TYPE, REVISION.encode()),
        )
        value = rows.encode(event("revision", 0, offset=offset, before="a", after="b"))
        return Record(Coordinate(topics.SCRUBBED, 0, offset), b"identity", value, headers)

    commit, stage = Commit(), DedupeStage()
    asyncio.run(stage.handle([record(1), record(1), record(2)], commit))  # a replay, and a copy
    asyncio.run(stage.handle([record(1)], commit))
    made = [out.value for out in commit.outs if out.topic == topics.REVISIONS]
    assert len(made) == 3
    assert len(set(made)) == 1
    assert [source.offset for one in commit.said(topics.REVISIONS, Revision) for source in one.sources] == [1, 1, 1]
