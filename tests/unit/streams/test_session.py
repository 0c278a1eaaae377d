"""Sessions: order, closing, what is late, and that order of arrival does not matter."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from support.world import HASHES, SECOND, World, event

from schemas.rows import Trajectory
from streams.session import SessionPolicy, Sessions

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
