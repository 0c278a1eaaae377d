"""Exchanges in threads, counted by hours: what is measured, who is not seen, and that arrival does not matter."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from support.world import World, event

from schemas.rows import Collaboration as Row
from schemas.rows import Interaction, Reject
from streams.collaboration import MOST, STEP, Collaboration, CollaborationPolicy, rows_of
from streams.outputs import utc_date
from streams.threads import DAY_US, HOUR_US, Fact, ThreadPolicy, Threads, fact_of, facts, plain

DAY = 20_458  # 2026-01-05
DAY_S = DAY_US // 1_000_000
START = DAY * DAY_S
COUNTS = ("people", "messages", "threads", "channels", "agent_messages")


def message(
    at_s: float, who: str, offset: int, *, thread: str = "t", reply: str = "", agent: bool = False, unit: str = ""
) -> Interaction:
    data = {"message_key": f"m{offset}", "author": "agent" if agent else "person", "org_unit": unit, "text": "secret"}
    data |= {"day_person": who} if who else {}
    data |= {"reply_key": reply} if reply else {}
    made = event("message", START + at_s, offset=offset, **data)
    return msgspec.structs.replace(made, thread_key=thread, event_date=utc_date(made.event_time))


def exchanges(rows: list[Interaction]) -> list[Interaction]:
    by_key: dict[bytes, list[Interaction]] = {}
    for row in rows:
        by_key.setdefault(Threads().key_of(row) or b"", []).append(row)
    made = [e.row for key, members in by_key.items() for e in facts(key, members, (DAY + 1) * DAY_US)]
    return [row for row in made if isinstance(row, Interaction)]


def only(rows: list[Interaction]) -> Fact:
    (row,) = exchanges(rows)
    return fact_of(row.data)


def counted(rows: list[Interaction], k: int) -> dict[int | None, Row]:
    made = [emit.row for emit in rows_of(exchanges(rows), k)]
    return {row.hour: row for row in made if isinstance(row, Row)}


def test_what_a_thread_tells_checked_by_hand() -> None:
    fact = only(
        [
            message(0, "a", 0),
            message(30, "b", 1),  # answers the one before
            message(40, "b", 2),  # nobody else's
            message(100, "c", 3, reply="m0"),  # 100 s after m0
            message(3_700, "", 4, reply="m3", agent=True),  # an hour later, an agent
            message(3_760, "a", 5, reply="m9"),  # nobody knows what it answers
            message(3_800, "b", 6, reply="m0"),
        ]
    )
    assert [one.wait_s for one in fact.said] == [-1, 30, -1, 100, 3_600, -1, 3_800]
    assert [one.turn for one in fact.said] == ["", "pp", "", "pp", "pa", "ap", "pp"]
    assert [one.hour for one in fact.said] == [0, 0, 0, 0, 1, 1, 1]
    assert (fact.unit, fact.length, fact.depth, fact.breadth) == ("all", 7, 3, 2)


def test_an_answer_to_itself_or_to_a_later_message_is_no_circle() -> None:
    fact = only([message(0, "a", 0, reply="m1"), message(1, "b", 1, reply="m1"), message(2, "a", 2, reply="m0")])
    assert [one.wait_s for one in fact.said] == [-1, -1, 2]
    assert (fact.depth, fact.breadth) == (3, 2)


def test_messages_go_on_without_their_texts() -> None:
    row = msgspec.structs.replace(message(0, "a", 0), tool="t/1", marks=[])
    assert "secret" not in msgspec.json.encode(plain(row)).decode()
    assert set(json.loads(plain(row).data)) == {
        "author", "org_unit", "day_person", "message_key", "reply_key", "channel_key",
    }  # fmt: skip
    assert exchanges([plain(row)]) == exchanges([row])


people = st.sampled_from(["a", "b", "c", "d", "e", ""])
said = st.tuples(
    st.integers(0, 3 * 3600), people, st.sampled_from(["t", "u"]), st.booleans(), st.sampled_from(["", "x"])
)


def workday(draw: list[tuple[int, str, str, bool, str]]) -> list[Interaction]:
    return [
        message(at, who, n, thread=thread, agent=agent, unit=unit)
        for n, (at, who, thread, agent, unit) in enumerate(draw)
    ]


@settings(deadline=None)
@given(st.lists(said, min_size=1, max_size=25), st.randoms(use_true_random=False), st.sampled_from(["flush", "tick"]))
def test_any_order_and_any_copies_give_the_same_rows(draw: list[Any], random: Any, end: str) -> None:
    def run(arrivals: list[Interaction]) -> set[bytes]:
        first, second = World(Threads(ThreadPolicy())), World(Collaboration(CollaborationPolicy(k=2)))
        for row in arrivals:
            first.send(plain(row))
        if end == "flush":
            first.flush()
        else:
            first.tick(START + 3 * DAY_S)
        made = [row for row in first.table.values() if isinstance(row, Interaction)]
        random.shuffle(made)
        for row in [*made, *made]:
            second.send(row)
        if end == "flush":
            second.flush()
        else:
            second.tick(START + 4 * DAY_S)
        assert not first.rejects
        assert not second.rejects
        return {msgspec.json.encode(row) for row in second.table.values()}

    rows = workday(draw)
    again = [*rows, *rows[: len(rows) // 2]]
    random.shuffle(again)
    assert run(rows) == run(again) == {msgspec.json.encode(row) for row in _direct(rows)}


def _direct(rows: list[Interaction]) -> list[Row]:
    units: dict[bytes, list[Interaction]] = {}
    for fact in exchanges([plain(row) for row in rows]):
        units.setdefault(Collaboration().key_of(fact) or b"", []).append(fact)
    return [emit.row for members in units.values() for emit in rows_of(members, 2) if isinstance(emit.row, Row)]


@given(st.lists(said, min_size=1, max_size=60), st.integers(1, 4))
def test_no_row_is_of_fewer_than_k_people_and_no_message_is_in_two(draw: list[Any], k: int) -> None:
    rows = [msgspec.structs.replace(row, data=row.data.replace('"x"', '""')) for row in workday(draw)]
    written: dict[int, set[str]] = {}
    for row in rows:
        data = json.loads(row.data)
        if data.get("day_person") and data["author"] == "person":
            written.setdefault(row.event_time % DAY_US // HOUR_US, set()).add(data["day_person"])
    busy = {hour for hour, who in written.items() if len(who) >= k}
    rest = set().union(*(who for hour, who in written.items() if hour not in busy))
    assert set(counted(rows, k)) == busy | ({None} if len(rest) >= k else set())


@given(st.lists(said, min_size=30, max_size=200))
def test_one_person_s_absence_moves_a_count_by_one_step_at_most(draw: list[Any]) -> None:
    rows = [msgspec.structs.replace(row, data=row.data.replace('"x"', '""')) for row in workday(draw)]
    with_them, without = counted(rows, 1), counted([row for row in rows if '"day_person": "a"' not in row.data], 1)
    for hour in (with_them.keys() & without.keys()) - {None}:
        for name in COUNTS:
            count, other = getattr(with_them[hour], name), getattr(without[hour], name)
            assert count % STEP == other % STEP == 0
            assert abs(count - other) <= max(MOST, STEP)


def test_quantiles_are_buckets_and_only_of_enough_people() -> None:
    rows = [message(n * 20, f"p{n % 12}", n) for n in range(48)]
    (row,) = counted(rows, 10).values()
    assert (row.window, row.hour, row.people, row.messages) == ("hour", 0, 10, 40)
    assert (row.reply_p50, row.reply_p90, row.length_p50, row.breadth_p90) == ("<1m", "<1m", ">16", "0")
    silent = [message(n * 20, f"p{n % 12}", n, thread=f"t{n}") for n in range(48)]
    (row,) = counted(silent, 10).values()
    assert (row.reply_p50, row.reply_p90, row.threads, row.length_p90) == ("few", "few", 40, "1")


def test_what_comes_after_its_day_was_counted_is_late_in_either_step() -> None:
    first, second = World(Threads()), World(Collaboration(CollaborationPolicy(k=1)))
    first.send(message(0, "a", 0))
    first.flush()
    (fact,) = (row for row in first.table.values() if isinstance(row, Interaction))
    first.send(message(5, "b", 1))
    assert first.rejects == {1: "late"}
    first.send(message(DAY_S + 5, "b", 2))  # another day
    assert first.rejects == {1: "late"}

    second.send(fact)
    second.flush()
    (other,) = exchanges([message(7, "c", 3, thread="u"), message(8, "d", 4, thread="u")])
    second.send(other)
    assert second.rejects == {3: "late", 4: "late"}
    rows = list(second.table.values())
    assert {row.stage for row in rows if isinstance(row, Reject)} == {"collaboration"}
    assert [row.sources for row in rows if isinstance(row, Row)] == [[]]


def test_a_thread_of_which_consent_was_withdrawn_is_not_counted() -> None:
    logic = Threads()
    rows = [message(0, "a", 0), message(1, "b", 1)]
    header = logic.admit(b"t", None, rows[0], known=False).header or b""
    answer = logic.drop(header, rows, "consent_withdrawn")
    assert [emit.row.reason for emit in answer.emits if isinstance(emit.row, Reject)] == ["consent_withdrawn"] * 2
    assert not logic.wants_flush(answer.header or b"")
    assert not logic.settle(b"t", answer.header or b"", [], final=True).emits
