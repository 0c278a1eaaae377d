from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.export.splits import LARGEST, Assigned, Links, assign, seeded, split_of

SHARES = (0.5, 0.3, 0.2)
Events = list[tuple[int, int, int]]  # of a session, a document (-1: none) and a person (-1: nobody)


def links(pairs: Sequence[tuple[int, int]]) -> Links:
    counted = sorted(Counter(pairs).items())
    return (
        Links(*(np.array(column, np.int64) for column in zip(*[(a, b, n) for (a, b), n in counted], strict=True)))
        if (counted)
        else Links(*(np.empty(0, np.int64) for _ in range(3)))
    )


def assigned(events: Events, shares: Sequence[float] = SHARES, seed: int = 5) -> Assigned:
    """Codes are numbers, so that another run with more events knows the same people by the same codes."""
    most = [max([row[i] for row in events], default=-1) + 1 for i in range(3)]
    codes = [seeded(np.arange(n, dtype=np.uint64) + np.uint64(1000 * i), seed) for i, n in enumerate(most)]
    return assign(
        *codes,
        with_document=links([(s, d) for s, d, _ in events if d >= 0]),
        with_person=links([(s, p) for s, _, p in events if p >= 0]),
        events=np.bincount([s for s, _, _ in events], minlength=most[0]) if events else np.empty(0, np.int64),
        shares=shares,
    )


few = st.lists(st.tuples(st.integers(0, 12), st.integers(-1, 6), st.integers(-1, 8)), max_size=40)


@given(few, st.integers(0, 2**64 - 1))
def test_without_anything_too_large_connected_things_are_in_one_split(events: Events, seed: int) -> None:
    found = assigned([(s, -1, -1) for s in range(2100)] + [(s + 2100, d, p) for s, d, p in events], seed=seed)
    assert found.cut == 0
    for session, document, person in events:
        assert document < 0 or found.documents[document] == found.sessions[session + 2100]
        assert person < 0 or found.people[person] == found.sessions[session + 2100]


@given(few)
def test_with_one_split_everything_is_in_it(events: Events) -> None:
    found = assigned(events, (1.0,))
    assert found.cut == 0
    assert not found.sessions.any()
    assert not found.documents.any()
    assert not found.people.any()


@given(st.lists(st.integers(-1, 6), min_size=1, max_size=40))
def test_a_document_of_everybody_is_where_most_of_its_events_are(people: list[int]) -> None:
    found = assigned([(i, 0, person) for i, person in enumerate(people)])
    where = Counter(found.sessions.tolist())
    assert where[found.documents[0]] == max(where.values())
    assert [found.people[p] for p in people if p >= 0] == [found.sessions[i] for i, p in enumerate(people) if p >= 0]


def test_a_session_of_everybody_is_where_most_of_its_events_are_and_people_are_drawn_one_by_one() -> None:
    people = 900
    found = assigned([(0, -1, i) for i in range(people)] + [(i + 1, -1, i) for i in range(people) for _ in range(3)])
    assert found.cut == 2
    assert found.sessions[0] == Counter(found.people.tolist()).most_common(1)[0][0]
    assert found.sessions[1:].tolist() == found.people.tolist()
    shares = np.bincount(found.people) / people
    assert shares == pytest.approx(SHARES, abs=0.06)


def company(seed: int, people: int, shared: float) -> Events:
    """Everybody has sessions of their own, some of them in documents of others."""
    rng = np.random.default_rng(seed)
    return [
        (
            person * 10 + session,
            int(rng.zipf(1.5) % people) if rng.random() < shared else person + people,
            person,
        )
        for person in range(people)
        for session in range(10)
        for _ in range(int(rng.integers(1, 6)))
    ]


def test_when_data_grows_most_people_stay_and_those_who_move_were_connected() -> None:
    before, after = company(1, 3000, 0.02), company(1, 3100, 0.02)
    shares = (0.9, 0.05, 0.05)
    one, other = assigned(before, shares), assigned(after, shares)
    moved = (one.people != other.people[:3000]).mean()
    assert moved < 0.02
    whole = assigned(company(2, 3000, 0.0), shares)
    assert whole.people.tolist() == assigned(company(3, 3100, 0.0), shares).people[:3000].tolist()


def test_few_rows_are_cut_where_documents_connect_everybody() -> None:
    events = company(4, 3000, 0.3)
    found = assigned(events, (0.9, 0.05, 0.05))
    assert found.cut
    kept = [(s, d, p) for s, d, p in events if found.sessions[s] == found.people[p] == found.documents[d]]
    assert len(kept) > 0.95 * len(events)
    seen: dict[tuple[int, int], set[int]] = defaultdict(set)
    for session, document, person in kept:
        for kind, one in enumerate((session, document, person)):
            seen[kind, one].add(int(found.sessions[session]))
    assert all(len(splits) == 1 for splits in seen.values())
    shares = np.bincount([found.sessions[s] for s, _, _ in kept]) / len(kept)
    assert (shares > (0.85, 0.025, 0.025)).all()


@given(few, st.randoms(use_true_random=False))
def test_nothing_depends_on_the_order_of_the_links(events: Events, rng: object) -> None:
    found = assigned(events)
    assert [part.tolist() for part in found[:3]] == [part.tolist() for part in assigned(events[::-1])[:3]]


def test_hashes_draw_splits_by_their_shares_and_seeds_differ() -> None:
    codes = np.arange(100_000, dtype=np.uint64)
    one, other = (split_of(seeded(codes, seed), SHARES) for seed in (1, 2))
    assert np.bincount(one) / len(codes) == pytest.approx(SHARES, abs=0.01)
    assert (one == other).mean() == pytest.approx(sum(share**2 for share in SHARES), abs=0.01)
    assert 0 < LARGEST < 1
