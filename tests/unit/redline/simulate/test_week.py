from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from redline.simulate.curve import SECOND, Burst, Flat
from redline.simulate.moulds import prepare
from redline.simulate.roster import Roster
from redline.simulate.week import STEP_US, Mix, Timed, Week
from schemas import codec
from schemas.errors import DecodeError
from schemas.records import Coordinate, Record

START_US = 1_794_300_000_000_000
MOULDS = prepare(1, 600)
MIX = Mix(hurry=200, copies=0.03, broken=0.01, giants=0.0005, offline=0.02)
PEOPLE = 2400


def week(name: str = "w", load: Flat | None = None, shard: int = 0, shards: int = 1) -> Week:
    roster = Roster(PEOPLE, shard, shards)
    return Week(name, load or Flat(100), roster, MOULDS, start_us=START_US, mix=MIX)


def steps(one: Week, seconds: float) -> list[Timed]:
    return [timed for _ in range(int(seconds * SECOND / STEP_US)) for timed in one.step()]


@cache
def two_minutes() -> tuple[Week, list[Timed]]:
    one = week()
    return one, steps(one, 120)


def read(number: int, timed: Timed) -> Record:
    sent = timed.record
    return Record(Coordinate("redline.events", 0, number), sent.key, sent.value, sent.headers, timed.at_us // 1000)


def test_what_was_sent_is_what_is_counted() -> None:
    one, made = two_minutes()
    tally, seen, reasons, types = one.tally, set(), Counter[str](), Counter[str]()
    subjects = Counter[str]()
    for number, timed in enumerate(made):
        try:
            event = codec.decode(read(number, timed))
        except DecodeError as error:
            reasons[error.reason] += 1
            continue
        subjects[event.subject or ""] += 1
        if (event.source, event.id) in seen:
            reasons["duplicate"] += 1
            continue
        seen.add((event.source, event.id))
        types[event.type] += 1
        assert event.time_us <= timed.at_us
    assert len(made) == tally.records == sum(types.values()) + sum(reasons.values())
    assert reasons.pop("duplicate") == tally.copies > 0
    assert (types, reasons) == (tally.events, tally.broken)
    assert all(count > 0 for count in (tally.late, tally.offline, tally.refused))
    assert set(tally.outcomes) == {"accepted", "edited", "rejected", "ignored"}
    roster = Roster(PEOPLE)
    agreed = set(roster.mails(granted=True))
    assert tally.refused == sum(count for subject, count in subjects.items() if subject not in agreed)
    assert max(len(timed.record.value or b"") for timed in made) > 60_000


def test_records_arrive_at_the_rate_of_the_load_from_the_first_second_on() -> None:
    _, made = two_minutes()
    assert Counter((timed.at_us - START_US) // SECOND for timed in made) == dict.fromkeys(range(120), 100)
    assert [timed.at_us for timed in made] == sorted(timed.at_us for timed in made)


def test_a_burst_comes_within_its_seconds() -> None:
    load = Flat(20, (Burst(START_US + 5 * SECOND, rise_s=1, hold_s=3, fall_s=1),))
    counts = Counter((timed.at_us - START_US) // SECOND for timed in steps(week(load=load), 12))
    assert counts[4] == 20
    assert counts[7] == 200
    assert counts[11] == 20


def test_events_come_out_of_order_and_some_hours_late() -> None:
    _, made = two_minutes()
    behind = []
    for number, timed in enumerate(made):
        try:
            behind.append(timed.at_us - codec.decode(read(number, timed)).time_us)
        except DecodeError:
            continue
    assert sorted(behind)[len(behind) // 2] < 30 * SECOND
    assert max(behind) > 60 * SECOND


def test_equal_names_give_equal_bytes_and_others_share_no_id() -> None:
    first, again, other = (steps(week(name), 5) for name in ("a", "a", "b"))
    assert first == again
    ids = [{timed.record.key for timed in made if timed.record.key} for made in (first, other)]
    assert not any(key.startswith(b"i-") for key in ids[0] & ids[1])


def test_a_week_goes_on_from_its_mark_as_if_it_had_never_stopped() -> None:
    one = week()
    steps(one, 10)
    mark = one.snapshot()
    rest = steps(one, 10)
    resumed = week()
    resumed.restore(mark)
    assert steps(resumed, 10) == rest
    assert resumed.tally == one.tally
    with pytest.raises(ValueError, match="another simulation"):
        week("other").restore(mark)


def test_shards_share_the_people_and_the_rate() -> None:
    whole = Counter[str]()
    for shard in range(3):
        made = steps(week(f"w.{shard}", shard=shard, shards=3), 10)
        assert 250 < len(made) < 430
        subjects = set()
        for number, timed in enumerate(made):
            try:
                subjects.add(codec.decode(read(number, timed)).subject or "")
            except DecodeError:
                continue
        whole.update(subjects)
    assert max(whole.values()) == 1


def test_only_what_is_under_way_is_held() -> None:
    one, _ = two_minutes()
    before = one.under_way
    steps(one, 120)
    assert one.under_way < 2 * before


def test_people_have_different_names_and_most_have_agreed() -> None:
    roster = Roster(70_000)
    assert len({roster.mail(person) for person in range(70_000)}) == 70_000
    said = Counter(roster.consented(person) for person in range(70_000))
    assert 0.92 < said[True] / 70_000 < 0.96
    assert 0.01 < said[False] / 70_000 < 0.03


@pytest.mark.parametrize("people", [1, 11, 13, 100])
def test_a_small_company_works_too(people: int) -> None:
    one = Week("small", Flat(100), Roster(people), MOULDS, start_us=START_US, mix=MIX)
    assert len(steps(one, 2)) == 200
