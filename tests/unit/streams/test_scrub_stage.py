"""What is said of an event that may not be read; whose an event is, for the stages behind."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pytest
from support.stage import Commit

from schemas import events, rows, topics
from schemas.codec import DEFAULT_LIMITS, decode, encode_structured
from schemas.records import Coordinate, Record
from schemas.rows import Reject
from streams.arrival import header
from streams.consent import Consent, ConsentBook, ConsentMode, Scope, encode
from streams.epochs import Epoch, KeyRing
from streams.identity import event_id, person_key
from streams.owners import Owners
from streams.scrub import Failed, Job, Scrubbed
from streams.scrub_stage import ScrubStage

if TYPE_CHECKING:
    from collections.abc import Sequence

IDENTITY = b"i" * 32
RING = KeyRing(IDENTITY, (Epoch(1, 0, None), Epoch(2, 50_000, b"2" * 32)))
ANN = "Ann@corp.example"


def raw(offset: int, *, at_ms: int = 100, surface: events.Surface = "ide", subject: str | None = ANN) -> Record:
    data = events.Session(session_id="s", surface=surface, tool="t", state="ended")
    event = events.Event(
        source="/ide/t", id=f"e{offset}", type="redline.session.v1", time_us=1_000, subject=subject, data=data
    )
    made = encode_structured(event)
    return Record(Coordinate(topics.EVENTS, 0, offset), None, made.value, made.headers, at_ms)


def handled(book: ConsentBook, *records: Record, failing: str = "") -> Commit:
    async def scrub(jobs: Sequence[Job]) -> list[Scrubbed | Failed]:
        found: list[Scrubbed | Failed] = []
        for job in jobs:
            identity = event_id(IDENTITY, job.event.source, job.event.id)
            done = Scrubbed(identity.encode(), b"c", b"s", b"row", None, identity, "2026-01-05", 0)
            found.append(Failed(failing) if failing else done)
        return found

    commit = Commit()
    stage = ScrubStage(lambda one: decode(one, DEFAULT_LIMITS), book, lambda: RING, scrub, lambda _event: None)
    asyncio.run(stage.handle(records, commit))
    return commit


def said(*consents: Consent) -> ConsentBook:
    book = ConsentBook(ConsentMode.OPT_IN)
    for offset, consent in enumerate(consents):
        book.put(person_key(IDENTITY, ANN), encode(consent), offset)
    return book


YES = Consent(granted=True, version="v")


@pytest.mark.parametrize(
    ("book", "record", "failing", "expected"),
    [
        (said(), raw(1), "", ("no_consent", "dropped")),
        (said(YES), raw(1, subject=None), "", ("no_consent", "dropped")),
        (said(Consent(granted=False, version="v")), raw(1), "", ("consent_withdrawn", "dropped")),
        (
            said(Consent(granted=True, version="v", scopes=(Scope(granted=False, source="/ide"),))),
            raw(1),
            "",
            ("out_of_scope", "dropped"),
        ),
        (said(Consent(granted=True, version="v", erased_us=100_000)), raw(1), "", ("erased", "dropped")),
        (said(YES), raw(1, at_ms=49), "", ("key_destroyed", "dropped")),
        (said(YES), raw(1), "key_destroyed", ("key_destroyed", "dropped")),
        (said(YES), raw(1), "scrub_timeout", ("scrub_timeout", "dead_lettered")),
    ],
)
def test_what_depends_on_more_than_the_record_goes_the_way_of_events(
    book: ConsentBook, record: Record, failing: str, expected: tuple[str, str]
) -> None:
    (out,) = handled(book, record, failing=failing).outs
    row = msgspec.convert(rows.decode_map(out.value or b""), Reject)
    assert (row.reason, row.fate) == expected
    assert (out.topic, out.key) == (topics.SCRUBBED, event_id(IDENTITY, "/ide/t", "e1").encode())
    assert dict(out.headers) == {topics.HEADER_ORIGIN: b"redline.events/0/1", topics.HEADER_REFUSED: b"1"}


def test_what_cannot_be_decoded_is_rejected_at_once() -> None:
    (out,) = handled(said(YES), Record(Coordinate(topics.EVENTS, 0, 1), None, b"{", (), 100)).outs
    assert out.topic == topics.REJECTS


def test_an_admitted_event_says_whose_it_is_and_the_answer_can_be_asked_again() -> None:
    book = said(YES)
    (out,) = handled(book, raw(1)).outs
    tag = dict(out.headers)[topics.HEADER_PERSON]
    owners = Owners(book, lambda: RING)
    assert owners.refusal(tag) is None
    book.put(person_key(IDENTITY, " ann@CORP.example "), encode(Consent(granted=False, version="v")), 1)
    assert owners.refusal(tag) == "consent_withdrawn"


def test_of_an_event_without_a_person_nobody_is_asked() -> None:
    (out,) = handled(ConsentBook(ConsentMode.OPT_OUT), raw(1, subject=None)).outs
    assert topics.HEADER_PERSON not in dict(out.headers)


def test_what_was_erased_stays_erased_when_it_is_sent_again() -> None:
    book = said(Consent(granted=True, version="v", erased_us=100_000))
    once, late = raw(1, at_ms=90), raw(1, at_ms=200)
    for sent_again, believed in ((header(IDENTITY, once), True), ((topics.HEADER_ARRIVED, b"90." + b"0" * 32), False)):
        copy = replace(once, headers=(*once.headers, sent_again), timestamp_ms=200)
        (out,) = handled(book, copy).outs
        (expected,) = handled(book, once if believed else late).outs
        assert (out.value, out.headers) == (expected.value, expected.headers)
