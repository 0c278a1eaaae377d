"""What of a replay needs no broker: which dead letters, the journal, and copies."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.folder import publish
from support.world import IDENTITY

from redline.replay import copies, journal, originals
from redline.replay.find import Wanted, find
from redline.replay.journal import Place, Unfinished
from redline.replay.originals import Kept
from schemas import topics
from schemas.codec import DEFAULT_LIMITS, REFUSED_HEADER, Limits
from schemas.records import Coordinate, Record
from schemas.rows import Reject, Source
from schemas.sources import confluent
from streams import arrival
from streams.keyed import reject

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIMITS = DEFAULT_LIMITS
EVENT = {
    "specversion": "1.0",
    "id": "1",
    "source": "/mail",
    "type": "redline.edit.v1",
    "time": "2026-01-05T09:00:00Z",
    "data": {"session_id": "s", "surface": "mail", "tool": "m/1", "interaction_id": "i", "text": "x"},
}


def record(value: bytes | None, *headers: tuple[str, bytes], at_ms: int = 1_767_603_600_000) -> Record:
    structured = ("content-type", b"application/cloudevents+json")
    return Record(Coordinate(topics.EVENTS, 2, 7), b"k", value, (structured, *headers), at_ms)


def letter(offset: int, reason: str, *, path: str = "$", day: str = "2026-01-05", dropped: bool = False) -> Reject:
    emit = reject(
        Source(topics.EVENTS, offset % 3, offset),
        stage="scrub",
        reason=reason,
        event_date=day,
        scrub_version="1",
        path=path,
        dropped=dropped,
    )
    assert isinstance(emit.row, Reject)
    return emit.row


def test_only_dead_letters_that_are_meant_are_found(tmp_path: Path) -> None:
    rows = [
        letter(5, "too_large"),
        letter(2, "too_large", day="2026-01-07"),
        letter(8, "too_large", path="$.data.text"),
        letter(3, "wrong_type", path="$.data.text"),
        letter(4, "no_consent", dropped=True),
        letter(6, "erased", dropped=True),
    ]
    publish(tmp_path, "rejects", rows)
    day = dt.date(2026, 1, 6)
    cases = [
        (Wanted(("too_large",)), {2: [2, 5, 8]}, {}),
        (Wanted(("too_large",), ("$.data.text",)), {2: [8]}, {}),
        (Wanted(("too_large",), since=day), {2: [2]}, {}),
        (Wanted(("too_large",), until=day), {2: [5, 8]}, {}),
        (Wanted(("too_large", "wrong_type", "no_consent")), {0: [3], 2: [2, 5, 8]}, {"no_consent": 1}),
        (Wanted(("erased",)), {}, {"erased": 1}),
    ]
    for wanted, offsets, decided in cases:
        found = find(tmp_path, wanted)
        assert (found.offsets, dict(found.decided)) == (offsets, decided), wanted
    assert find(tmp_path / "nothing", Wanted(("too_large",))).count == 0


def test_the_journal_keeps_what_was_sent_and_what_was_begun(tmp_path: Path) -> None:
    places = [Place(0, 4), Place(0, 9), Place(1, 4)]
    assert journal.replayed(tmp_path, 0) == set()
    with journal.opened(tmp_path) as book:
        assert book.unfinished() is None
        book.begin(places, {0: 20, 1: 30})
    with journal.opened(tmp_path) as book:  # after a kill
        assert book.unfinished() == Unfinished(frozenset(places), {0: 20, 1: 30})
        book.finish({Place(0, 9): 21, Place(1, 4): 30})
        assert book.unfinished() is None
        assert (book.sent(0), book.sent(1)) == ({9}, {4})
        book.begin([Place(0, 4)], {0: 22, 1: 31})
        book.finish({Place(0, 4): 22})
        book.finish({Place(0, 4): 23})  # what was noted first stands
    assert journal.replayed(tmp_path, 0) == {4, 9}
    assert (tmp_path / journal.FILE).stat().st_mode & 0o777 == 0o600


@given(
    value=st.none() | st.binary(max_size=40),
    headers=st.lists(st.tuples(st.text(max_size=8), st.binary(max_size=8)), max_size=4),
    at_ms=st.integers(1, 2**41),
    later_ms=st.integers(1, 2**41),
)
def test_a_copy_is_its_original_with_the_time_it_came_first(
    value: bytes | None, headers: list[tuple[str, bytes]], at_ms: int, later_ms: int
) -> None:
    original = record(value, *headers, at_ms=at_ms)
    made = copies.headers_of(original, IDENTITY)
    assert [one for one in made if one[0] not in copies._OURS] == [
        o for o in original.headers if o[0] not in copies._OURS
    ]
    copy = Record(Coordinate(topics.EVENTS, 2, 90), original.key, value, tuple(made), later_ms)
    assert arrival.first(IDENTITY, copy).timestamp_ms == at_ms
    assert copies._original(copy, IDENTITY) == Place(2, 7)
    again = Record(Coordinate(topics.EVENTS, 2, 95), copy.key, value, tuple(copies.headers_of(copy, IDENTITY)), 1)
    assert arrival.first(IDENTITY, again).timestamp_ms == at_ms
    assert copies._original(again, IDENTITY) == Place(2, 90)


@pytest.mark.parametrize(
    "forged",
    [
        {topics.HEADER_REPLAY_OF: b"redline.events/2/7"},
        {topics.HEADER_REPLAY_OF: b"redline.events/2/7", topics.HEADER_ARRIVED: b"1.aaaa"},
        {topics.HEADER_REPLAY_OF: b"other/2/7"},
        {topics.HEADER_REPLAY_OF: b"redline.events/x/\xff"},
        {topics.HEADER_REPLAY_OF: b""},
        {},
    ],
)
def test_a_producers_record_that_says_it_is_a_copy_is_none(forged: dict[str, bytes]) -> None:
    said = record(b"x", *forged.items())
    assert copies._original(said, IDENTITY) is None


def unframed(one: Record) -> Record:
    """As with a registry that holds JSON Schema as 7 and Avro as 8."""
    avro = confluent.writer(confluent.AVRO, '{"type": "record", "name": "X", "fields": []}')
    known = {7: confluent.Writer(confluent.JSON), 8: avro}
    number = confluent.schema_id(one.value)
    return one if number is None else confluent.plain(one, known.get(number))


def test_what_is_no_use_to_send_again() -> None:
    whole, wrong = json.dumps(EVENT).encode(), json.dumps(EVENT | {"id": ""}).encode()
    cases = [
        (record(whole), LIMITS, None),
        (record(whole), Limits(max_bytes=100), Kept.FAILS),
        (record(wrong), LIMITS, Kept.FAILS),
        (record(None), LIMITS, Kept.FAILS),
        (record(confluent.framed(7, whole)), LIMITS, None),
        (record(confluent.framed(7, wrong)), LIMITS, Kept.FAILS),
        (record(confluent.framed(8, whole)), LIMITS, Kept.FAILS),
        (record(confluent.framed(9, whole)), LIMITS, Kept.FAILS),
        (record(b"", (REFUSED_HEADER, b"too_large")), LIMITS, Kept.STAND_IN),
        (record(whole, at_ms=-1), LIMITS, Kept.UNTIMED),
    ]
    for one, limits, kept in cases:
        assert originals.fault(one, limits, IDENTITY, unframed) == kept, (one, kept)
    # An event of its time stays one, however long ago that was, and whatever time its copy has.
    copy = record(whole, *copies.headers_of(record(whole), IDENTITY)[1:], at_ms=1)
    assert originals.fault(copy, LIMITS, IDENTITY, unframed) is None
    # The time that a copy carries is vouched for with its frame.
    framed = record(confluent.framed(7, whole))
    copy = record(framed.value, *copies.headers_of(framed, IDENTITY)[1:], at_ms=1)
    assert originals.fault(copy, LIMITS, IDENTITY, unframed) is None


@dataclass
class Message:
    """A message of a partition, as the client gives it."""

    at: int

    def topic(self) -> str:
        return topics.EVENTS

    def partition(self) -> int:
        return 2

    def offset(self) -> int:
        return self.at

    def key(self) -> bytes:
        return b"k"

    def value(self) -> bytes:
        return b"v"

    def headers(self) -> list[tuple[str, bytes | None]]:
        return [("empty", None)]

    def timestamp(self) -> tuple[int, int]:
        return 2, 1_000


@given(
    held=st.sets(st.integers(0, 40), max_size=30),
    wanted=st.sets(st.integers(0, 60), min_size=1),
    near=st.integers(0, 5),
)
def test_every_wanted_offset_is_read_once_or_told_to_be_gone(held: set[int], wanted: set[int], near: int) -> None:
    """Also where the topic was made anew and is shorter: the client then begins at its first record."""

    def records(_consumer: Any, _topic: str, _index: int, start: int, _fault: Any) -> Iterator[Message]:
        ahead = [at for at in sorted(held) if at >= start]
        yield from map(Message, ahead if ahead or start <= max(held, default=-1) + 1 else sorted(held))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(originals, "records", records)
        patched.setattr(originals, "_NEAR", near)
        found = list(originals._partition(None, 2, sorted(wanted)))
    places = [one if isinstance(one, Coordinate) else one.coordinate for one in found]
    assert [place.offset for place in places] == sorted(wanted)
    assert {one.coordinate.offset for one in found if isinstance(one, Record)} == wanted & held
    assert all(one.headers == (("empty", b""),) for one in found if isinstance(one, Record))
