"""What processes share of alerts, on a real disk: groups, limits, silences, ends; full disks, jumping clocks."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from support.disk import small_disk

from quality.alert import Alert, Event, Notice, Wants
from quality.alerting.book import Book, Saying
from quality.alerting.life import Policy, State
from quality.alerting.owner import Owner
from quality.alerting.silence import Silence
from schemas.verdict import Severity

if TYPE_CHECKING:
    from pathlib import Path

HOUR = 3_600.0
START = 1_000 * HOUR  # at the beginning of an hour
ALERT = Alert("volume", "pairs", Severity.WARNING, "as many rows", "redline quality show", since=5.0)
CRITICAL = replace(ALERT, kind="gate_halt", severity=Severity.CRITICAL)
PEOPLE = Wants()
PAGER = Wants(events=frozenset(Event) - {Event.AGAIN}, one_each=True, least=Severity.ERROR)
POLICY = Policy(window_s=0, group_s=10, stale_s=0, repeat_s=4 * HOUR, per_hour=0)


def book(folder: Path, channels: dict[str, Wants] | None = None, **changes: Any) -> Book:
    return Book(folder / "book.sqlite", channels or {"people": PEOPLE}, owner="sink-1", policy=POLICY, **changes)


def sent(of: Book, now: float, channel: str = "people") -> list[Notice]:
    """What the channel is owed, taken."""
    found = []
    while (pending := of.due(channel, now)) is not None:
        found.append(pending.notice)
        of.delivered(pending)
    return found


def events(notices: list[Notice]) -> list[tuple[Event, int]]:
    return [(notice.event, len(notice.alerts) + notice.more) for notice in notices]


def about(number: int, alert: Alert = ALERT) -> Saying:
    return Saying(replace(alert, subject=f"series_{number:03}"))


def test_what_fires_in_a_moment_is_one_notice_that_lists_twenty(tmp_path: Path) -> None:
    one = book(tmp_path)
    for number in range(50):
        one.take([about(number)], START + number / 10)
    one.tend(START + 9.9)
    assert sent(one, START + 9.9) == []
    one.tend(START + 10)
    notice = sent(one, START + 10)[0]
    assert (notice.event, len(notice.alerts), notice.more) == (Event.FIRED, 20, 30)
    one.take([about(50)], START + 11)
    one.take([Saying(about(1).alert, over=True)], START + 12)
    one.tend(START + 30)
    assert events(sent(one, START + 30)) == [(Event.FIRED, 1), (Event.RESOLVED, 1)]
    one.close()


def test_critical_ones_do_not_wait_and_take_those_of_their_kind_along(tmp_path: Path) -> None:
    one = book(tmp_path)
    one.take([about(1, replace(CRITICAL, severity=Severity.ERROR))], START)
    assert one.due("people", START) is None
    one.take([about(2, CRITICAL), about(3, CRITICAL)], START + 1)
    notice = sent(one, START + 1)[0]
    assert [alert.subject for alert in notice.alerts] == ["series_002", "series_003", "series_001"]
    assert notice.severity is Severity.CRITICAL
    one.close()


def test_beyond_so_many_an_hour_there_is_a_digest_and_critical_ones_pass(tmp_path: Path) -> None:
    one = Book(tmp_path / "book", {"people": PEOPLE, "pager": PAGER}, policy=replace(POLICY, group_s=0, per_hour=3))
    errors = [about(n, replace(ALERT, severity=Severity.ERROR)) for n in range(9)]
    for number, saying in enumerate(errors):
        one.take([saying], START + number)
        one.tend(START + number)
    one.take([Saying(CRITICAL)], START + 20)
    for saying in errors:
        one.take([saying._replace(over=True)], START + 30)
    one.tend(START + 30)
    assert events(sent(one, START + 30)) == [*[(Event.FIRED, 1)] * 3, (Event.FIRED, 1)]
    # Of the pager's, the ends pass: an incident must not stay open.
    ends = [(Event.RESOLVED, 1)] * 9
    assert events(sent(one, START + 30, "pager")) == [*[(Event.FIRED, 1)] * 3, (Event.FIRED, 1), *ends]
    one.tend(START + HOUR - 1)
    assert sent(one, START + HOUR) == []
    one.tend(START + HOUR)
    digest = sent(one, START + HOUR)
    assert [(n.event, dict(n.alerts[0].got)) for n in digest] == [
        (Event.DIGEST, {"volume fired": 6, "volume resolved": 9})
    ]
    one.tend(START + 2 * HOUR)
    assert sent(one, START + 2 * HOUR) == []
    one.close()


def test_a_silence_holds_back_what_it_covers_and_what_still_fires_is_told_after_it(tmp_path: Path) -> None:
    one = book(tmp_path, {"people": PEOPLE, "pager": PAGER})
    error = replace(ALERT, severity=Severity.ERROR)
    one.take([Saying(error), Saying(CRITICAL)], START)
    one.tend(START + 10)
    assert len(sent(one, START + 10)) == len(sent(one, START + 10, "pager")) == 2
    covered = one.silence(Silence("s1", "volume", "", "", START + 20, START + HOUR), START + 20)
    assert [entry.alert.kind for entry in covered] == ["volume"]
    assert events(sent(one, START + 20, "pager")) == [(Event.ACKNOWLEDGED, 1)]  # nobody is woken
    one.take([Saying(replace(error, subject="other")), Saying(replace(error, severity=Severity.CRITICAL))], START + 30)
    one.tend(START + 50)
    assert sent(one, START + 50) == []
    one.take([Saying(error, over=True)], START + 60)
    one.tend(START + 80)
    assert events(sent(one, START + 80)) == [(Event.RESOLVED, 1)]  # whoever heard of it hears of its end
    assert [silence.id for silence in one.silences(START + 80)] == ["s1"]
    one.tend(START + HOUR)
    one.tend(START + HOUR + 10)
    assert [(n.event, n.alerts[0].subject) for n in sent(one, START + HOUR + 10)] == [(Event.FIRED, "other")]
    assert one.silences(START + HOUR) == []
    one.close()


def test_a_silence_ends_by_hand_and_when_the_clock_is_set_back(tmp_path: Path) -> None:
    one = book(tmp_path)
    one.silence(Silence("s1", "volume", "pairs", "", START, START + HOUR), START)
    one.take([Saying(ALERT)], START + 1)
    one.tend(START + 20)
    assert sent(one, START + 20) == []
    one.tend(START - 86_400)
    one.tend(START - 86_400 + 10)
    assert events(sent(one, START - 86_390)) == [(Event.FIRED, 1)]
    assert one.unsilence("s1")
    assert not one.unsilence("s1")
    one.close()


def test_an_acknowledged_alert_is_not_said_again_and_a_key_that_does_not_fire_is_an_error(tmp_path: Path) -> None:
    one = book(tmp_path)
    one.take([Saying(CRITICAL), Saying(replace(CRITICAL, table="subjects"))], START)
    assert len(sent(one, START)) == 1
    assert one.acknowledge(CRITICAL.key, START + 1).state is State.ACKNOWLEDGED
    one.tend(START + 5 * HOUR)
    one.tend(START + 5 * HOUR + 10)
    again = sent(one, START + 6 * HOUR)
    assert [(n.event, n.alerts[0].table) for n in again] == [(Event.AGAIN, "subjects")]
    one.resolve(CRITICAL.key, START + 7 * HOUR)
    assert events(sent(one, START + 7 * HOUR)) == [(Event.RESOLVED, 1)]
    with pytest.raises(KeyError):
        one.acknowledge(CRITICAL.key, START + 8 * HOUR)
    assert [entry.alert.table for entry in one.entries()] == ["subjects"]
    assert len(one.entries(resolved=True)) == 2
    one.close()


def test_a_channel_that_is_new_is_told_what_fires_and_one_that_is_gone_is_owed_nothing(tmp_path: Path) -> None:
    one = book(tmp_path)
    one.take([Saying(CRITICAL), about(1), about(2)], START)
    one.tend(START + 10)
    one.close()
    two = book(tmp_path, {"new": PEOPLE})
    two.tend(START + 20)
    assert sorted(events(sent(two, START + 20, "new"))) == [(Event.AGAIN, 1), (Event.AGAIN, 2)]
    two.tend(START + 50)
    assert sent(two, START + 50, "new") == []
    assert two.owed() == {"people": 2}  # it may come back: a restart with other settings
    two.tend(START + 86_400)
    assert two.owed() == {"people": 2}
    two.tend(START + 20 + 86_400)
    assert two.owed().get("people", 0) == 0
    assert two.dropped == 2
    two.close()


def test_what_nobody_sees_ends_and_a_night_without_a_process_is_not_held_against_who_looks(tmp_path: Path) -> None:
    policy = replace(POLICY, stale_s=1800, repeat_s=HOUR)
    one = Book(tmp_path / "book", {"people": PEOPLE}, policy=policy)
    lag, conflict, gap = (replace(CRITICAL, kind=kind) for kind in ("lag", "conflict", "offset_gap"))
    one.take([Saying(lag), Saying(conflict), Saying(gap)], START)
    one.tend(START)
    assert len(sent(one, START)) == 3
    morning = START + 8 * HOUR
    one.tend(morning)
    one.tend(morning + 10)
    told = [(n.event, n.kind) for n in sent(one, morning + 10)]
    assert sorted(told) == [(Event.AGAIN, "offset_gap"), (Event.UNSEEN, "conflict")]
    for second in range(0, 2100, 100):
        one.tend(morning + second)
    assert [(n.event, n.kind) for n in sent(one, morning + 2100)] == [(Event.UNSEEN, "lag")]
    assert [entry.alert.kind for entry in one.entries()] == ["offset_gap"]
    one.close()


def test_more_than_can_be_kept_goes_oldest_first_and_is_counted(tmp_path: Path) -> None:
    one = book(tmp_path, limit=3)
    for number in range(5):
        one.take([about(number, replace(CRITICAL, kind=f"kind_{number}"))], START)
    assert (one.owed(), one.dropped) == ({"people": 3}, 2)
    assert [notice.kind for notice in sent(one, START)] == ["kind_2", "kind_3", "kind_4"]
    one.close()


def test_a_clock_that_is_set_back_delays_no_notice(tmp_path: Path) -> None:
    one = book(tmp_path)
    one.take([Saying(CRITICAL)], START)
    pending = one.due("people", START)
    assert pending is not None
    one.failed(pending, due=START + 300)
    assert one.due("people", START + 10) is None
    back = START - 86_400
    assert one.next_due("people", back) == back
    assert one.due("people", back) is not None
    one.take([about(1)], START + 20)
    one.tend(back)
    assert len(sent(one, back)) == 2
    one.close()


def test_processes_that_write_at_once_lose_and_double_nothing(tmp_path: Path) -> None:
    def work(process: int) -> None:
        own = Book(tmp_path / "book.sqlite", {"people": PEOPLE}, owner=f"p{process}", policy=POLICY)
        for number in range(10):
            own.take([Saying(replace(CRITICAL, kind=f"kind_{number}"))], START)
            own.tend(START + 20 + number)
        own.close()

    threads = [threading.Thread(target=work, args=(process,)) for process in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    one = book(tmp_path)
    assert one.owed() == {"people": 10}
    assert {entry.times for entry in one.entries()} == {6}
    one.close()


def test_only_what_the_dead_owed_is_taken_over(tmp_path: Path) -> None:
    alive, dead = Owner(tmp_path, "alive"), Owner(tmp_path, "dead")
    assert Owner(tmp_path, "alive").name.startswith("alive.")  # a second of this name has another
    for kind, name in (("kind_1", "alive"), ("kind_2", "dead")):
        own = Book(tmp_path / "book.sqlite", {"people": PEOPLE}, owner=name, policy=POLICY)
        own.take([Saying(replace(CRITICAL, kind=kind))], START)
        own.close()
    dead.release()
    mine = Owner(tmp_path, "sink-1")
    one = book(tmp_path)
    one.tend(START, is_dead=mine.is_dead)
    assert [notice.kind for notice in sent(one, START)] == ["kind_2"]
    assert one.owed() == {"people": 1}
    one.close()
    for owner in (alive, mine):
        owner.release()


def test_an_end_waits_for_its_beginning_whichever_process_owes_them(tmp_path: Path) -> None:
    mine, other = book(tmp_path, {"pager": PAGER}), book(tmp_path, {"pager": PAGER})
    other.owner = "worker-1"
    mine.take([Saying(CRITICAL), Saying(replace(CRITICAL, table="rejects"))], START)
    first = mine.due("pager", START)
    assert first is not None
    mine.failed(first, due=START + 300)
    second = mine.due("pager", START + 1)  # another alert does not wait
    assert second is not None
    assert second.notice.alerts[0].table == "rejects"
    other.resolve(CRITICAL.key, START + 2)
    assert other.due("pager", START + 2) is None
    assert other.next_due("pager", START + 2) is None
    mine.delivered(first)
    end = other.due("pager", START + 3)
    assert end is not None
    assert (end.notice.event, end.notice.alerts[0].key) == (Event.RESOLVED, CRITICAL.key)
    mine.close()
    other.close()


def test_what_happens_within_a_group_is_told_in_order(tmp_path: Path) -> None:
    one = book(tmp_path, {"pager": PAGER})
    error = replace(ALERT, severity=Severity.ERROR)
    one.take([Saying(error), about(1, error)], START)
    one.acknowledge(error.key, START + 1)
    one.take([Saying(replace(error, severity=Severity.CRITICAL))], START + 2)
    one.take([Saying(error, over=True)], START + 3)
    one.take([Saying(error)], START + 4)
    one.tend(START + 20)
    mine = [n.event for n in sent(one, START + 20, "pager") if n.alerts[0].key == error.key]
    assert mine == [Event.FIRED, Event.ACKNOWLEDGED, Event.WORSE, Event.RESOLVED, Event.FIRED]
    one.close()


def test_a_mirror_is_shown_by_one_process_when_something_changes_or_a_minute_is_over(tmp_path: Path) -> None:
    one, two = book(tmp_path), book(tmp_path)
    one.take([Saying(CRITICAL)], START)
    assert one.show_due("am", START, 60)
    assert not two.show_due("am", START + 1, 60)
    two.take([Saying(CRITICAL)], START + 2)  # seen again: nothing new
    assert not one.show_due("am", START + 2, 60)
    assert two.show_due("am", START + 60, 60)
    two.not_shown("am")
    assert one.show_due("am", START + 61, 60)
    one.resolve(CRITICAL.key, START + 62)
    assert two.show_due("am", START + 62, 60)
    assert [(s.alert.kind, s.ended) for s in two.standing(START + 63)] == [("gate_halt", START + 62)]
    assert two.standing(START + HOUR) == []
    one.close()
    two.close()


def test_a_full_disk_silences_nothing_and_gets_back_what_happened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("quality.alerting.store._AGAIN_S", 0.0)
    with small_disk(tmp_path, megabytes=2) as disk:
        folder = tmp_path / "alerts"
        folder.mkdir()
        one = book(folder)
        one.take([about(n, replace(CRITICAL, kind=f"before_{n}")) for n in range(3)], START)
        disk.fill()
        first = one.due("people", START)
        assert first is not None
        number = 0
        while "in memory" not in caplog.text:  # the log of the file may have room left
            one.take([about(number, replace(CRITICAL, kind=f"full_{number}"))], START + 1)
            number += 1
        one.delivered(first)
        assert one.due("people", START + 1) is not None
        disk.free()
        one.take([Saying(replace(CRITICAL, kind="after"))], START + 2)
        assert "takes them again" in caplog.text
        one.close()
        two = book(folder)
        kinds = [notice.kind for notice in sent(two, START + 3)]
        assert kinds == ["before_1", "before_2", *(f"full_{n}" for n in range(number)), "after"]
        assert len(two.entries()) == 3 + number + 1
        two.close()
