"""The join as a table of cases, then as properties: any order, any duplication, any split and crash, same pairs."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.world import HASHES, SECOND, World, event

from schemas.rows import Interaction, Pair, Trajectory
from schemas.tables import PUBLISHED, TABLES
from streams.join import Join, JoinPolicy
from streams.marks import Repair, marks_of
from streams.surrogates import Surrogates

POLICY = JoinPolicy(window_us=1000 * SECOND, grace_us=10 * SECOND, keep_us=5000 * SECOND)


def suggestion(at: float = 0, **data: Any) -> dict[str, Any]:
    return {"what": "suggestion", "at_s": at, "text": "new text", "before": "old text", "task": "edit", **data}


def decision(at: float, verdict: str, **data: Any) -> dict[str, Any]:
    return {"what": "decision", "at_s": at, "verdict": verdict, **data}


def edit(at: float, text: str, *, final: bool = True) -> dict[str, Any]:
    return {"what": "edit", "at_s": at, "text": text, "final": final}


CASES: list[tuple[str, list[dict[str, Any]], str | None, str | None]] = [
    (
        "accepted and saved as it was",
        [suggestion(), decision(5, "accepted"), edit(9, "new text")],
        "accepted",
        "new text",
    ),
    ("accepted, never edited", [suggestion(), decision(5, "accepted")], "accepted", "new text"),
    ("accepted, then changed", [suggestion(), decision(5, "accepted"), edit(9, "new words")], "edited", "new words"),
    ("partly accepted", [suggestion(), decision(5, "partial", accepted_text="new")], "edited", "new"),
    ("partly accepted, kept text unknown", [suggestion(), decision(5, "partial")], "ignored", "old text"),
    ("rejected", [suggestion(), decision(5, "rejected")], "rejected", "old text"),
    ("dismissed", [suggestion(), decision(5, "dismissed")], "rejected", "old text"),
    ("rejected, own words instead", [suggestion(), decision(5, "rejected"), edit(9, "mine")], "rejected", "mine"),
    ("never decided", [suggestion()], "ignored", "old text"),
    ("never decided, text as before", [suggestion(), edit(9, "old text")], "ignored", "old text"),
    ("edited without a decision", [suggestion(), edit(9, "newer text")], "edited", "newer text"),
    (
        "saved twice, last save counts",
        [suggestion(), edit(5, "a", final=False), edit(9, "b", final=False)],
        "edited",
        "b",
    ),
    (
        "final beats a later non-final",
        [suggestion(), edit(5, "done"), edit(9, "typing", final=False)],
        "edited",
        "done",
    ),
    (
        "decision trails the final edit",
        [suggestion(), edit(5, "new text"), decision(9, "accepted")],
        "accepted",
        "new text",
    ),
    ("decided before it was offered (skewed clocks)", [suggestion(5), decision(1, "accepted")], "accepted", "new text"),
    ("empty suggestion", [suggestion(text=""), decision(5, "accepted")], "accepted", ""),
    ("no suggestion", [decision(5, "accepted")], None, None),
]


def build(case: list[dict[str, Any]]) -> list[Interaction]:
    return [event(offset=i, **e) for i, e in enumerate(case)]


@pytest.mark.parametrize(("name", "case", "label", "final"), CASES, ids=[c[0] for c in CASES])
def test_label_and_kept_text(name: str, case: list[dict[str, Any]], label: str | None, final: str | None) -> None:
    run = World(Join(HASHES, POLICY))
    for row in build(case):
        run.send(row)
    run.tick(100_000)
    pairs = [row for row in run.table.values() if isinstance(row, Pair)]
    if label is None:
        assert not pairs
        assert set(run.rejects.values()) == {"orphan"}
    else:
        assert [(p.label, p.final) for p in pairs] == [(label, final)]
        assert len(pairs[0].sources) == len(case)


def test_an_event_after_the_deadline_is_late_even_if_it_came_before_the_tick() -> None:
    run = World(Join(HASHES, POLICY))
    for row in build([suggestion(), edit(5, "done"), edit(16, "too late")]):
        run.send(row)
    run.tick(15)
    assert run.rejects == {2: "late"}


def test_an_event_after_the_interaction_settled_is_late_and_a_replay_is_nothing() -> None:
    run = World(Join(HASHES, POLICY))
    rows = build([suggestion(), edit(5, "done"), decision(6, "accepted")])
    for row in rows[:2]:
        run.send(row)
    run.tick(15)
    before = run.outcome()
    run.send(rows[0])
    assert run.outcome() == before
    run.send(rows[2])
    assert run.rejects == {2: "late"}


def test_settled_interactions_are_forgotten_after_the_keep_time() -> None:
    run = World(Join(HASHES, POLICY))
    run.send(build([suggestion()])[0])
    run.tick(1000)
    assert run.headers
    run.tick(6000)
    assert not run.headers
    assert not run.members
    run.send(build([suggestion(), suggestion(7000)])[1])
    assert run.rejects == {1: "late"}


def test_an_old_header_over_a_settled_interaction_settles_again_and_says_nothing() -> None:
    """A zombie's write may bring it back; its members are marks."""
    run = World(Join(HASHES, POLICY))
    for row in build([suggestion(), edit(5, "done")]):
        run.send(row)
    old = dict(run.headers)
    run.tick(15)
    before = run.outcome()
    run.headers.update(old)
    run.tick(15)
    assert run.outcome() == before


def test_the_window_closes_what_was_never_decided_and_not_earlier() -> None:
    run = World(Join(HASHES, POLICY))
    run.send(build([suggestion()])[0])
    run.tick(999)
    assert not run.table
    run.tick(1000)
    assert [row.label for row in run.table.values() if isinstance(row, Pair)] == ["ignored"]


def test_a_regenerated_suggestion_replaces_the_first() -> None:
    run = World(Join(HASHES, POLICY))
    for row in build([suggestion(), suggestion(3, text="second"), decision(5, "accepted")]):
        run.send(row)
    run.flush()
    assert [(p.suggestion, p.final) for p in run.table.values() if isinstance(p, Pair)] == [("second", "second")]


FULL = {"prompt": "please", "model": "m", "before": "old text"}


@pytest.mark.parametrize(
    ("case", "offsets"),
    [
        ([suggestion(1, **FULL), suggestion(2), decision(3, "accepted")], "transcript first"),
        ([suggestion(2), decision(3, "accepted"), suggestion(1, **FULL)], "hook first"),
        ([suggestion(2), decision(3, "accepted"), edit(4, "new words"), suggestion(6, **FULL)], "after the decision"),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_a_proposal_that_two_channels_tell_is_one_pair_with_what_the_fuller_says(
    case: list[dict[str, Any]], offsets: str
) -> None:
    del offsets
    run = World(Join(HASHES, POLICY))
    for row in build(case):
        run.send(row)
    run.tick(100_000)
    (pair,) = run.table.values()
    assert isinstance(pair, Pair)
    assert (pair.prompt, pair.model) == ('[{"role":"user","content":"please"}]', "m")
    assert len(pair.sources) == len(case)
    assert not run.rejects


def test_a_fuller_suggestion_of_another_text_does_not_displace_the_last() -> None:
    run = World(Join(HASHES, POLICY))
    for row in build([suggestion(**FULL), suggestion(3, text="second")]):
        run.send(row)
    run.flush()
    assert [(p.suggestion, p.model) for p in run.table.values() if isinstance(p, Pair)] == [("second", "")]


events = st.lists(
    st.one_of(
        st.integers(0, 20).map(suggestion),
        st.integers(0, 20).map(lambda at: suggestion(at, **FULL)),
        st.tuples(st.integers(0, 40), st.sampled_from(["accepted", "rejected", "dismissed", "partial"])).map(
            lambda x: decision(x[0], x[1])
        ),
        st.tuples(st.integers(0, 40), st.sampled_from(["new text", "old text", "other"]), st.booleans()).map(
            lambda x: edit(x[0], x[1], final=x[2])
        ),
    ),
    min_size=1,
    max_size=7,
)


@settings(max_examples=300, deadline=None)
@given(events, st.randoms(use_true_random=False))
def test_any_order_and_duplication_give_the_same_pairs(case: list[dict[str, Any]], random: Any) -> None:
    rows = build(case)
    straight = World(Join(HASHES, POLICY))
    for row in rows:
        straight.send(row)
    straight.tick(100_000)
    shuffled = rows + random.choices(rows, k=3)
    random.shuffle(shuffled)
    other = World(Join(HASHES, POLICY))
    for row in shuffled:
        other.send(row)
    other.tick(100_000)
    assert other.outcome() == straight.outcome()


@settings(max_examples=300, deadline=None)
@given(events, st.randoms(use_true_random=False), st.integers(0, 7))
def test_runs_that_were_split_anywhere_end_in_the_same_pairs(case: list[dict[str, Any]], random: Any, cut: int) -> None:
    rows = build(case)
    random.shuffle(rows)
    whole = World(Join(HASHES, POLICY))
    for row in rows:
        whole.send(row)
    whole.flush()
    split = World(Join(HASHES, POLICY))
    for row in rows[:cut]:
        split.send(row)
    split.flush()
    for row in rows[cut:]:
        split.send(row)
    split.flush()
    assert split.outcome() == whole.outcome()


@settings(max_examples=200, deadline=None)
@given(events, st.integers(0, 7), st.integers(0, 7))
def test_a_crash_anywhere_and_the_replay_change_nothing(case: list[dict[str, Any]], crash: int, back: int) -> None:
    """State may be ahead of the acknowledged offset: the replay starts `back` events before the crash."""
    rows = build(case)
    straight = World(Join(HASHES, POLICY))
    for row in rows:
        straight.send(row)
    straight.flush()
    crashed = World(Join(HASHES, POLICY))
    for row in rows[:crash]:
        crashed.send(row)
    for row in rows[max(0, crash - back) :]:
        crashed.send(row)
    crashed.flush()
    assert crashed.outcome() == straight.outcome()


@settings(max_examples=200, deadline=None)
@given(events, st.lists(st.integers(0, 60), max_size=4))
def test_every_event_has_exactly_one_fate(case: list[dict[str, Any]], ticks: list[int]) -> None:
    run = World(Join(HASHES, POLICY))
    rows = build(case)
    for index, row in enumerate(rows):
        run.send(row)
        if index < len(ticks):
            run.tick(ticks[index])
    run.tick(100_000)
    joined = [s.offset for row in run.table.values() if isinstance(row, Pair) for s in row.sources]
    assert sorted([*joined, *run.rejects]) == [row.sources[0].offset for row in rows]


def knowing(rows: list[Interaction], *which: int) -> list[Interaction]:
    """The same events about a person; only these of them know the name, and hold it no more."""
    made = marks_of(["Oluwaseun"], HASHES.within("i"), Surrogates(b"s" * 32, 1, b"i"), lambda _name: False)
    repair = Repair(made, HASHES.within("i"))
    named = [msgspec.structs.replace(row, data=row.data.replace(' text"', ' Oluwaseun"')) for row in rows]
    return [
        msgspec.structs.replace(row, data=repair.text(row.data), marks=made) if at in which else row
        for at, row in enumerate(named)
    ]


@settings(max_examples=200, deadline=None)
@given(events, st.randoms(use_true_random=False), st.integers(0, 7), st.sets(st.integers(0, 6)))
def test_names_are_masked_alike_in_any_order_and_split(
    case: list[dict[str, Any]], random: Any, cut: int, which: set[int]
) -> None:
    rows = knowing([row for row in build(case) if row.event_time <= 10 * SECOND], *which)
    whole, other = World(Join(HASHES, POLICY)), World(Join(HASHES, POLICY))
    for row in rows:
        whole.send(row)
    whole.flush()
    shuffled = [*rows]
    random.shuffle(shuffled)
    for row in shuffled[:cut]:
        other.send(row)
    other.flush()
    for row in [*shuffled[cut:], *shuffled[:2]]:
        other.send(row)
    other.flush()
    assert other.outcome() == whole.outcome()
    for pair in whole.table.values():
        if isinstance(pair, Pair):
            assert ("Oluwaseun" in f"{pair.before}{pair.suggestion}{pair.final}") is not bool(
                which & set(range(len(rows)))
            )


def test_a_late_event_tells_nothing() -> None:
    case = [suggestion(), edit(5, "new text"), edit(100, "new text")]
    for which, kept in ((1, False), (2, True)):
        run = World(Join(HASHES, POLICY))
        for row in knowing(build(case), which):
            run.send(row)
        run.tick(100_000)
        (pair,) = (row for row in run.table.values() if isinstance(row, Pair))
        assert pair.label == "accepted"
        assert ("Oluwaseun" in pair.final) is kept


def test_no_published_row_has_a_column_for_marks() -> None:
    assert not {"marks", "subject_mark"} & {name for table in PUBLISHED for name in TABLES[table].schema.names}
    assert not {"marks", "subject_mark"} & {*Pair.__struct_fields__, *Trajectory.__struct_fields__}
