"""Groups of rows over made-up events: nobody and nothing is in two splits, whatever is asked for."""

import random
from collections import defaultdict
from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redline.export.groups import Groups, find
from streams.keyed import derived_id

SHARES = (0.6, 0.2, 0.2)
SUGGESTION, EDIT, STEP = "redline.suggestion.v1", "redline.edit.v1", "redline.step.v1"
REVISION, MESSAGE = "redline.revision.v1", "redline.message.v1"


class Event(NamedTuple):
    type: str
    session: str
    interaction: str | None
    document: str | None
    person: str | None
    epoch: int = 1


def connected(events: list[Event]) -> duckdb.DuckDBPyConnection:
    live = duckdb.connect(":memory:")
    ids = [f"{i:032x}" for i in range(len(events))]
    live.register(
        "interactions",
        pa.table(
            {
                "record_id": pa.array(ids, pa.string()),
                "event_type": pa.array([e.type for e in events], pa.string()),
                "session_key": pa.array([e.session for e in events], pa.string()),
                "interaction_key": pa.array([e.interaction for e in events], pa.string()),
                "document_key": pa.array([e.document for e in events], pa.string()),
            }
        ),
    )
    known = [i for i, e in enumerate(events) if e.person is not None]
    live.register(
        "subjects",
        pa.table(
            {
                "record_id": pa.array([ids[i] for i in known], pa.string()),
                "pseudonym": pa.array([events[i].person for i in known], pa.string()),
                "key_epoch": pa.array([events[i].epoch for i in known], pa.int32()),
            }
        ),
    )
    return live


def halves(ids: list[str]) -> np.ndarray:
    return np.array([int(i[:16], 16) for i in ids], np.uint64)


def rows_of(events: list[Event], table: str) -> dict[str, list[Event]]:
    """The events of each row of a table, by what its id is derived from."""
    rows: defaultdict[str, list[Event]] = defaultdict(list)
    for i, event in enumerate(events):
        if event.type == MESSAGE:
            continue
        if table == "pairs" and event.interaction is not None:
            rows[event.interaction].append(event)
        elif table == "trajectories":
            rows[event.session].append(event)
        elif table == "revisions" and event.type == REVISION:
            rows[f"{i:032x}"].append(event)
    needed = {"pairs": {SUGGESTION}, "trajectories": {STEP}, "revisions": {REVISION}}[table]
    return {key: found for key, found in rows.items() if needed & {e.type for e in found}}


def asked(live: duckdb.DuckDBPyConnection, table: str, keys: list[str], seed: int) -> Groups:
    kind = {"pairs": "pair", "trajectories": "trajectory", "revisions": "revision"}[table]
    return find(live, table, halves([derived_id(kind, key.encode()) for key in keys]), seed=seed, shares=SHARES)


def grouped(events: list[Event], table: str, keys: list[str], seed: int = 3) -> Groups:
    with connected(events) as live:
        return asked(live, table, keys, seed)


def company(seed: int, people: int) -> list[Event]:
    """People at work in sessions of their own and of others, in documents of their own, of a few, and of everybody."""
    rng = random.Random(seed)  # noqa: S311 - events for a test
    events = []
    for number in range(people * 12):
        person, epoch = rng.randrange(people), rng.choice([1, 1, 2])
        session = f"s{rng.randrange(people) if rng.random() < 0.01 else person * 3 + rng.randrange(3)}-{epoch}"
        document = rng.choice(
            [None, f"own{person}", f"own{rng.randrange(people)}" if rng.random() < 0.1 else None, "all"]
        )
        who = f"p{person}-{epoch}"
        shape = rng.random()
        if shape < 0.6:
            events += [
                Event(kind, session, f"i{number}", document, who, epoch)
                for kind in (SUGGESTION, *[EDIT] * rng.randrange(3))
            ]
        else:
            kind = rng.choice([STEP, REVISION, MESSAGE])
            events.append(Event(kind, "channel" if kind == MESSAGE else session, None, document, who, epoch))
    rng.shuffle(events)
    return events


def one_split_each(events: list[Event], seed: int) -> dict[str, float]:
    """Checks that nothing is in two splits of any table; says how many rows of each are cut."""
    where: defaultdict[tuple[str, str | None], set[int]] = defaultdict(set)
    cut = {}
    live = connected(events)
    for table in ("pairs", "trajectories", "revisions"):
        rows = rows_of(events, table)
        keys = sorted(rows)
        found = asked(live, table, keys, seed)
        cut[table] = float((found.split < 0).mean()) if keys else 0.0
        assert sum(found.cut.values()) == (found.split < 0).sum()
        for key, split, session in zip(keys, found.split.tolist(), found.session.tolist(), strict=True):
            assert session >= 0
            if split >= 0:
                for event in rows[key]:
                    where["session", event.session].add(split)
                    where["document", event.document].add(split)
                    where["person", event.person].add(split)
    live.close()
    where.pop(("document", None), None)
    where.pop(("person", None), None)
    assert all(len(splits) == 1 for splits in where.values())
    return cut


def test_no_session_document_or_person_is_in_two_splits_of_any_table() -> None:
    cut = one_split_each(company(1, 150), seed=3)
    assert all(share < 0.4 for share in cut.values())  # a document in three is everybody's
    assert all(cut.values())


event = st.builds(
    Event,
    st.sampled_from([SUGGESTION, EDIT, STEP, REVISION, MESSAGE]),
    st.sampled_from("stuvw"),
    st.sampled_from([None, "i", "j", "k", "l"]),
    st.sampled_from([None, "d", "e", "f"]),
    st.sampled_from([None, "p", "q", "r"]),
    st.sampled_from([1, 2]),
)


@settings(max_examples=20, deadline=None)
@given(st.lists(event, max_size=25), st.integers(0, 2**64 - 1))
def test_nor_with_any_events_at_all(events: list[Event], seed: int) -> None:
    one_split_each(events, seed)


def test_a_rows_split_depends_on_no_other_row_that_is_asked_for() -> None:
    events = company(2, 60)
    keys = sorted(rows_of(events, "pairs"))
    every = dict(zip(keys, grouped(events, "pairs", keys).split.tolist(), strict=True))
    some = keys[::7][::-1]
    assert grouped(events, "pairs", some).split.tolist() == [every[key] for key in some]
    assert grouped(events[::-1], "pairs", keys).split.tolist() == list(every.values())
    assert grouped(events, "pairs", keys, seed=4).split.tolist() != list(every.values())


def test_parts_of_a_session_are_of_one_group() -> None:
    ids = [derived_id("trajectory", b"s")[:16] + tail * 16 for tail in "01"]
    with connected([Event(STEP, "s", None, None, "p"), Event(STEP, "t", None, None, "p")]) as live:
        found = find(live, "trajectories", halves(ids), seed=1, shares=SHARES)
    assert found.session.tolist() == [0, 0] or found.session.tolist() == [1, 1]
    assert found.split[0] == found.split[1] >= 0


def test_rows_whose_events_are_gone_are_in_no_split_unless_there_is_one_only() -> None:
    ids = halves([derived_id("pair", b"i"), derived_id("pair", b"gone")])
    with connected([Event(SUGGESTION, "s", "i", None, "p")]) as live:
        found = find(live, "pairs", ids, seed=1, shares=SHARES)
        assert (found.split.tolist()[1], found.session.tolist(), found.cut["unknown"]) == (-1, [0, -1], 1)
        whole = find(live, "pairs", ids, seed=1, shares=(1.0,))
        assert (whole.split.tolist(), whole.cut, whole.people) == (
            [0, 0],
            {"person": 0, "document": 0, "session": 0, "unknown": 0},
            1,
        )


@pytest.mark.parametrize("table", ["pairs", "trajectories", "revisions"])
def test_an_empty_folder_has_no_groups(table: str) -> None:
    with connected([]) as live:
        found = find(live, table, halves([derived_id("pair", b"i")]), seed=1, shares=SHARES)
        assert (found.split.tolist(), found.session.tolist(), found.people) == ([-1], [-1], 0)
        assert len(find(live, table, halves([]), seed=1, shares=SHARES).split) == 0


def test_people_are_those_of_the_rows_and_of_one_epoch() -> None:
    events = [Event(SUGGESTION, f"s{i}", f"i{i}", None, f"p{i}", 1 + i % 2) for i in range(7)]
    events += [Event(EDIT, "s0", "i0", None, "p0")]
    with connected(events) as live:
        ids = halves([derived_id("pair", f"i{i}".encode()) for i in range(6)])
        assert find(live, "pairs", ids, seed=1, shares=(1.0,)).people == 3
