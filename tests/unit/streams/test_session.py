"""Sessions: order, closing, what is late, and that order of arrival does not matter."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from support.world import HASHES, SECOND, World, event

from schemas.rows import Trajectory
from streams.parts import PartLimits
from streams.session import SessionPolicy, Sessions
from streams.trajectory import family, part_id, part_ids

POLICY = SessionPolicy(gap_us=100 * SECOND, grace_us=10 * SECOND, keep_us=1000 * SECOND)


def step(at: float, content: str, offset: int, **data: Any) -> Any:
    return event("step", at, offset=offset, role="user", kind="message", content=content, **data)


def trajectories(run: Any) -> list[Trajectory]:
    return [row for row in run.table.values() if isinstance(row, Trajectory)]


def test_steps_stand_in_event_order_whatever_the_arrival() -> None:
    run = World(Sessions(HASHES, POLICY))
    for row in (step(3, "c", 2), step(1, "a", 0), event("session", 4, offset=3, state="ended"), step(2, "b", 1)):
        run.send(row)
    run.tick(14)
    (row,) = trajectories(run)
    assert [s.content for s in row.steps] == ["a", "b", "c"]
    assert [s.index for s in row.steps] == [0, 1, 2]
    assert row.closed_by == "ended"
    assert [s.offset for s in row.sources] == [0, 1, 2, 3]


def test_inactivity_in_event_time_closes_a_session() -> None:
    run = World(Sessions(HASHES, POLICY))
    run.send(step(1, "a", 0))
    run.tick(100)
    assert not trajectories(run)
    run.tick(101)
    assert [row.closed_by for row in trajectories(run)] == ["inactivity"]
    run.send(step(50, "b", 1))
    assert run.rejects == {1: "late"}


def test_corrections_are_steps_but_their_fate_is_the_joins() -> None:
    run = World(Sessions(HASHES, POLICY))
    run.send(step(1, "please fix", 0))
    run.send(event("suggestion", 2, offset=1, text="fixed", task="edit"))
    run.send(event("edit", 3, offset=2, text="fixed well", origin="save"))
    run.tick(200)
    (row,) = trajectories(run)
    assert [(s.kind, s.content) for s in row.steps] == [
        ("message", "please fix"),
        ("suggestion", "fixed"),
        ("edit", "fixed well"),
    ]
    assert [s.offset for s in row.sources] == [0]
    run.send(event("edit", 4, offset=3, text="later", origin="save"))
    assert run.rejects == {}


def test_a_proposal_that_two_channels_tell_is_one_step() -> None:
    run = World(Sessions(HASHES, POLICY))
    run.send(step(1, "please fix", 0))
    for offset, (key, text) in enumerate([("i", "fixed"), ("i", "fixed"), ("i", "again"), ("j", "fixed")], 1):
        run.send(event("suggestion", 1 + offset, key=key, offset=offset, text=text, task="edit"))
    run.tick(200)
    (row,) = trajectories(run)
    assert [s.content for s in row.steps] == ["please fix", "fixed", "again", "fixed"]


def test_a_session_of_suggestions_alone_makes_no_trajectory() -> None:
    run = World(Sessions(HASHES, POLICY))
    run.send(event("suggestion", 2, offset=1, text="x", task="edit"))
    run.tick(1_000_000)
    run.flush()
    assert not run.table


def test_arguments_become_a_json_string_with_sorted_keys() -> None:
    run = World(Sessions(HASHES, POLICY))
    run.send(step(1, "", 0, tool_name="Bash", arguments={"b": 1, "a": [2]}))
    run.flush()
    assert trajectories(run)[0].steps[0].arguments == '{"a":[2],"b":1}'


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 90), st.booleans()), min_size=1, max_size=8), st.randoms(use_true_random=False)
)
def test_any_order_and_any_split_give_the_same_trajectory(steps: list[tuple[int, bool]], random: Any) -> None:
    rows = [
        event("session", at, offset=i, state="ended") if ended else step(at, str(i), i)
        for i, (at, ended) in enumerate(steps)
    ]
    whole = World(Sessions(HASHES, POLICY))
    for row in rows:
        whole.send(row)
    whole.flush()
    shuffled = rows + random.choices(rows, k=2)
    random.shuffle(shuffled)
    split = World(Sessions(HASHES, POLICY))
    for index, row in enumerate(shuffled):
        split.send(row)
        if index == len(shuffled) // 2:
            split.flush()
    split.flush()
    assert split.outcome() == whole.outcome()


def test_calls_agents_and_corrections_are_told_by_number_and_index() -> None:
    run = World(Sessions(HASHES, POLICY))
    told = [
        event("step", 1, role="user", kind="message", content="do it"),
        event("step", 2, role="assistant", kind="tool_call", tool_name="Task", call_key="k1"),
        event("step", 3, role="user", kind="message", content="look", agent_key="a", parent_call_key="k1"),
        event("step", 4, role="assistant", kind="tool_call", tool_name="Edit", agent_key="a", call_key="k2"),
        event("suggestion", 5, key="i", text="x = 1", task="edit", call_key="k2"),
        event("decision", 6, key="i", verdict="accepted"),
        event("step", 7, role="tool", kind="tool_result", tool_name="Edit", agent_key="a", call_key="k2"),
        event("step", 8, role="assistant", kind="tool_call", tool_name="Bash"),  # its source gives calls no ids
        event("step", 9, role="tool", kind="tool_result", tool_name="Bash", content="ok"),
        event("step", 10, role="tool", kind="tool_result", tool_name="Task", call_key="k1"),
        event("edit", 11, key="i", text="x = 2", origin="save"),
        event("edit", 12, key="elsewhere", text="y", origin="save"),
    ]
    for offset, row in enumerate(told):
        run.send(msgspec.structs.replace(row, record_id=f"{offset:032x}"))
    run.flush()
    (row,) = trajectories(run)
    assert (row.part, row.parts) == (0, 1)
    found = [(s.call_id, s.agent, s.parent, s.corrects) for s in row.steps]
    assert found == [
        (None, None, None, None),
        ("call_1", None, None, None),
        (None, "agent_1", 1, None),
        ("call_2", "agent_1", 1, None),
        ("call_2", None, None, None),
        (None, None, None, 4),
        ("call_2", "agent_1", 1, None),
        ("call_3", None, None, None),
        ("call_3", None, None, None),
        ("call_1", None, None, None),
        (None, None, None, 4),
        (None, None, None, None),
    ]


def test_a_long_session_is_parts_that_share_the_start_of_their_id_whatever_the_arrival() -> None:
    policy = SessionPolicy(gap_us=10_000 * SECOND, part=PartLimits(steps=100))
    told = [step(at, f"{at}", at) for at in range(230)]
    told.append(event("session", 230, offset=230, state="ended"))
    run, shuffled = World(Sessions(HASHES, policy)), World(Sessions(HASHES, policy))
    for at, row in enumerate(told):
        run.send(row)
        if at in {50, 150}:
            run.flush()
    run.flush()
    for row in reversed(told):
        shuffled.send(row)
    shuffled.flush()
    rows = sorted(trajectories(run), key=lambda row: row.part or 0)
    assert run.outcome() == shuffled.outcome()
    assert [(row.part, row.parts, len(row.steps)) for row in rows] == [(0, 3, 100), (1, 3, 100), (2, 3, 30)]
    assert [s.content for row in rows for s in row.steps] == [f"{at}" for at in range(230)]
    assert [source.offset for row in rows for source in row.sources] == list(range(231))
    assert {row.record_id for row in rows} <= set(part_ids(b"s", 231))
    assert [row.record_id for row in rows] == [part_id(b"s", part) for part in range(3)]
    assert len({family(row.record_id) for row in rows}) == 1
    assert {row.closed_by for row in rows} == {"ended"}
