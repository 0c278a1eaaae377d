from __future__ import annotations

import hashlib
from collections import Counter
from functools import cache
from itertools import islice, pairwise
from typing import TYPE_CHECKING

import msgspec
import pytest
from support import rows as make
from support.world import HASHES

from redline import company, company_faults
from redline.company import Company, Truth, consent_list, generate, staff, truth, write_jsonl
from schemas import codec, events
from schemas.errors import DecodeError
from schemas.records import Coordinate, Outgoing, Record
from schemas.rows import REASONS, Interaction, Pair
from streams.join import Join

if TYPE_CHECKING:
    from pathlib import Path

MONDAY_US = 1_759_737_600_000_000 + 30_600_000_000  # 2025-10-06 08:30 UTC
RECORDS = 6000
DAY_US = 86_400_000_000


def record(sent: Outgoing, offset: int = 0) -> Record:
    read_ms = (MONDAY_US + 6 * DAY_US) // 1000
    return Record(Coordinate("redline.events", 0, offset), sent.key, sent.value, sent.headers, read_ms)


@cache
def week() -> tuple[tuple[Record, ...], Truth]:
    made = Company(7, RECORDS, MONDAY_US)
    return tuple(record(sent, i) for i, sent in enumerate(made)), made.truth


@cache
def decoded() -> tuple[tuple[events.Event, ...], Counter[str]]:
    """Unique events in order of arrival, and the reasons of what was refused."""
    unique: dict[tuple[str, str], events.Event] = {}
    reasons: Counter[str] = Counter()
    for sent in week()[0]:
        try:
            event = codec.decode(sent)
        except DecodeError as error:
            reasons[error.reason] += 1
            continue
        if (event.source, event.id) in unique:
            reasons["duplicate"] += 1
        unique.setdefault((event.source, event.id), event)
    return tuple(unique.values()), reasons


def digest(records: list[Outgoing]) -> str:
    return hashlib.sha256(repr([(r.key, r.value, r.headers) for r in records]).encode()).hexdigest()


def test_equal_seeds_give_equal_bytes_and_others_do_not() -> None:
    first = digest(list(generate(1, 500, MONDAY_US)))
    assert digest(list(generate(1, 500, MONDAY_US))) == first
    assert digest(list(generate(2, 500, MONDAY_US))) != first


@pytest.mark.parametrize("count", [0, 1, 7, 100, 999])
def test_exactly_as_many_records_as_asked_for_come_out(count: int) -> None:
    assert len(list(generate(3, count, MONDAY_US))) == count
    assert truth(3, count, MONDAY_US).records == count


def test_every_record_decodes_or_is_broken_on_purpose() -> None:
    unique, reasons = decoded()
    told = week()[1]
    assert told.records == RECORDS
    assert Counter(event.type for event in unique) == told.events
    assert reasons.pop("duplicate") == told.duplicates
    assert reasons == told.broken
    assert told.records == told.events.total() + told.duplicates + told.broken.total()


def test_all_event_types_and_surfaces_occur() -> None:
    unique, _ = decoded()
    assert {event.type for event in unique} == set(events.TYPES)
    assert {event.data.surface for event in unique} == set(events.SURFACES)
    assert {e.data.task for e in unique if isinstance(e.data, events.Suggestion)} == set(events.TASKS)
    assert not any(event.unknown for event in unique)


@pytest.mark.parametrize("fault", [*company_faults.FAULTS, company_faults.TOO_LARGE])
def test_every_kind_of_fault_is_refused_for_the_reason_it_was_made_for(fault: company_faults.Fault) -> None:
    event = events.Event(
        source="/chat/huddle",
        id="m1",
        type="redline.message.v1",
        time_us=MONDAY_US,
        subject="josé@brackenmoor-systems.com",
        data=events.ThreadMessage(session_id="s", surface="chat", tool="t", thread_id="t1", text="hello"),
    )
    broken = fault.break_(msgspec.json.decode(codec.encode_structured(event).value or b""))
    with pytest.raises(DecodeError) as caught:
        codec.decode(record(broken))
    assert caught.value.reason == fault.reason
    if fault.line:
        assert broken.value
        assert b"\n" not in broken.value


def test_the_faults_cover_every_reason_of_the_codec() -> None:
    behind_the_codec = {
        "no_consent", "consent_withdrawn", "out_of_scope", "erased", "discarded", "key_destroyed",
        "duplicate", "late", "orphan", "scrub_failed", "scrub_timeout",
        "unknown_schema",
    }  # fmt: skip
    reasons = {fault.reason for fault in (*company_faults.FAULTS, company_faults.TOO_LARGE)}
    assert reasons == set(REASONS) - behind_the_codec


def joined() -> tuple[Counter[str], Counter[str]]:
    """Labels and reject reasons of the real join over raw texts, each interaction once its window has passed."""
    join = Join(HASHES)
    by_key: dict[bytes, list[Interaction]] = {}
    for offset, event in enumerate(decoded()[0]):
        row = make.of_event(event, offset)
        if (key := join.key_of(row)) is not None:
            by_key.setdefault(key, []).append(row)
    labels: Counter[str] = Counter()
    rejects: Counter[str] = Counter()
    for key, members in by_key.items():
        header: bytes | None = None
        for member in members:
            header = join.admit(key, header, member, known=False).header
        for emit in join.settle(key, header or b"", members, final=True).emits:
            if isinstance(emit.row, Pair):
                labels[emit.row.label] += 1
            else:
                rejects[msgspec.to_builtins(emit.row)["reason"]] += 1
    return labels, rejects


def test_the_join_gives_the_labels_that_the_company_planned() -> None:
    told = week()[1]
    labels, rejects = joined()
    assert labels == told.labels
    assert rejects == Counter(late=told.late, orphan=told.orphans)
    assert told.late > 0
    assert told.orphans > 0
    share = {label: count / told.labels.total() for label, count in told.labels.items()}
    for label, wanted in (("accepted", 0.3), ("edited", 0.4), ("rejected", 0.2), ("ignored", 0.1)):
        assert abs(share[label] - wanted) < 0.05


def test_sessions_with_steps_are_counted() -> None:
    started = {e.data.session_id for e in decoded()[0] if isinstance(e.data, events.Session)}
    with_steps = {e.data.session_id for e in decoded()[0] if isinstance(e.data, events.Step)}
    assert started == with_steps
    assert len(started) == week()[1].sessions > 0


def test_events_arrive_out_of_order_within_the_working_week() -> None:
    unique, _ = decoded()
    times = [event.time_us for event in unique]
    inversions = sum(a > b for a, b in pairwise(times))
    assert inversions > len(times) // 20
    assert min(times) >= MONDAY_US
    assert max(times) < MONDAY_US + company.WORKDAYS * DAY_US
    late_arrivals = [seen - t for seen, t in zip(_running_maximum(times), times, strict=True)]
    assert 60_000_000 < max(late_arrivals) < 600_000_000


def _running_maximum(times: list[int]) -> list[int]:
    most, out = 0, []
    for time in times:
        most = max(most, time)
        out.append(most)
    return out


def test_both_bindings_are_used_and_copies_cross_over() -> None:
    headers = Counter("ce_id" in dict(sent.headers) for sent in week()[0])
    assert 0.05 < headers[True] / RECORDS < 0.3


def test_copies_and_broken_records_have_their_share() -> None:
    told = week()[1]
    assert 0.01 < told.duplicates / RECORDS < 0.02
    assert 0.004 < told.broken.total() / RECORDS <= 0.005
    assert len(told.broken) == 10


def test_texts_are_long_varied_and_full_of_personal_data() -> None:
    unique, _ = decoded()
    texts = [e.data.text for e in unique if isinstance(e.data, events.Suggestion)]
    assert 350 < sum(map(len, texts)) / len(texts) < 700
    assert len(set(texts)) == len(texts)
    whole = "\n".join(texts)
    people = staff(7)
    assert sum(person.mail in whole for person in people) > 50
    assert sum(person.name in whole for person in people) > 50
    assert sum(person.home in whole for person in people) > 20
    for mark in ("\r\n", "€", "AKIA", "ghp_", "+44 ", "C:/Users", "10."):
        assert mark in whole


def test_subjects_are_the_mails_of_the_staff() -> None:
    mails = {person.mail for person in staff(7)}
    assert len(mails) == 300
    assert {event.subject for event in decoded()[0]} <= mails


def test_the_truth_can_be_asked_for_those_who_consent() -> None:
    words = consent_list(7)
    assert words == consent_list(7)
    assert 0.9 < sum(word.granted for word in words) / 300 < 0.98
    assert any(not word.granted for word in words)
    assert len(words) < 300
    agreed = {word.subject for word in words if word.granted}
    told = truth(7, RECORDS, MONDAY_US, consenting=agreed)
    unique, _ = decoded()
    assert told.events == Counter(event.type for event in unique if event.subject in agreed)
    assert told.broken == week()[1].broken
    assert told.refused > 0
    assert told.records == told.events.total() + told.duplicates + told.broken.total() + told.refused


def test_lines_hold_the_same_kind_of_company_and_its_own_truth(tmp_path: Path) -> None:
    path = tmp_path / "company.jsonl"
    told = write_jsonl(path, 7, 3000, MONDAY_US)
    lines = path.read_bytes().split(b"\n")
    assert lines.pop() == b""
    assert len(lines) == told.records == 3000
    assert all(lines)
    reasons: Counter[str] = Counter()
    seen: set[tuple[str, str]] = set()
    for number, line in enumerate(lines):
        try:
            event = codec.decode(record(Outgoing(codec.partition_key(line), line), number))
        except DecodeError as error:
            reasons[error.reason] += 1
        else:
            seen.add((event.source, event.id))
    assert reasons == told.broken
    assert len(seen) == told.events.total()


def test_a_large_company_is_not_held_in_memory() -> None:
    """The first records come at once, and little is under way, however many were asked for."""
    made = Company(1, 10_000_000, MONDAY_US)
    assert len(list(islice(made, 2000))) == 2000
    assert made.truth.records < 60_000
