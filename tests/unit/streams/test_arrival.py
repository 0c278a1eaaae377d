"""The first time of a record that was sent again: believed if the key made it, for this very record."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from schemas import topics
from schemas.records import Coordinate, Record
from streams.arrival import first, header

KEY, OTHER = b"i" * 32, b"o" * 32
BYTES = st.binary(max_size=20)
RECORDS = st.builds(
    Record,
    coordinate=st.builds(Coordinate, st.just(topics.EVENTS), st.integers(0, 9), st.integers(0, 99)),
    key=st.none() | BYTES,
    value=st.none() | BYTES,
    headers=st.lists(st.tuples(st.text(max_size=8), BYTES), max_size=3).map(tuple),
    timestamp_ms=st.integers(0, 2**45),
)
TIMES = st.integers(0, 2**45)


def again(record: Record, at_ms: int, *, key: bytes = KEY) -> Record:
    """The record as a replay sends it, and as it is then read."""
    extra = (topics.HEADER_REPLAY_OF, b"redline.events/0/7"), header(key, record)
    kept = tuple(one for one in record.headers if one[0] not in {topics.HEADER_REPLAY_OF, topics.HEADER_ARRIVED})
    return replace(record, coordinate=Coordinate(topics.EVENTS, 3, 1), headers=(*kept, *extra), timestamp_ms=at_ms)


@given(RECORDS, TIMES, TIMES)
def test_a_copy_and_a_copy_of_a_copy_have_the_first_time(record: Record, later: int, later_still: int) -> None:
    copy = again(record, later)
    assert first(KEY, copy) == replace(copy, timestamp_ms=record.timestamp_ms)
    assert first(KEY, again(copy, later_still)).timestamp_ms == record.timestamp_ms


@given(RECORDS, TIMES, BYTES)
def test_nobody_else_can_say_it(record: Record, later: int, said: bytes) -> None:
    foreign = again(record, later, key=OTHER)
    assert first(KEY, foreign) is foreign
    forged = replace(record, headers=(*record.headers, (topics.HEADER_ARRIVED, said)))
    assert first(KEY, forged) is forged
    digits = replace(record, headers=((topics.HEADER_ARRIVED, b"9" * 5000 + b"." + b"0" * 32),))
    assert first(KEY, digits) is digits


@given(RECORDS, RECORDS, TIMES)
def test_a_genuine_one_does_not_fit_another_record(record: Record, other: Record, later: int) -> None:
    moved = replace(other, headers=(*other.headers, header(KEY, record)), timestamp_ms=later)
    same = (other.key, other.value, other.headers) == (record.key, record.value, record.headers)
    assert same or first(KEY, moved) is moved
    name, value = header(KEY, record)
    older = replace(record, headers=(*record.headers, (name, b"1" + value)), timestamp_ms=later)
    assert first(KEY, older) is older


@given(RECORDS)
def test_without_a_header_a_record_is_itself(record: Record) -> None:
    assert first(KEY, record) is record
