"""The ledger over worlds that are right but for one injected fault."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quality.books import EVENT_TYPES, ROUTES, Book, Cause, Rejects, Typed
from quality.ledger import BESIDE, STAGES, Fate, reconcile
from schemas.records import Coordinate, Partition

PART = Partition("redline.events", 3)
CAUSES = (
    Cause("scrub", "dead_lettered", "not_json"),
    Cause("dedupe", "dropped", "duplicate"),
    Cause("join", "dropped", "late"),
    Cause("session", "dropped", "late"),
    Cause("scrub", "dropped", "no_consent"),
    Cause("revisions", "dropped", "late"),
    Cause(BESIDE, "dropped", "late"),
)
LATE = {"pairs": 2, "trajectories": 3, "revisions": 5, None: 6}
LOW = 1000
COUNTED = {"redline.message.v1": ("published", "late")}  # some come too late to be counted

# One offset's life: rejected early, or an event of some type and what became of it.
FATES = (
    "not_json",
    "duplicate",
    *(
        f"{t}/{end}"
        for t, name in enumerate(EVENT_TYPES)
        for end in (("joined", "late", "open", "quarantined") if ROUTES[name] else COUNTED.get(name, ("published",)))
    ),
)
worlds = st.lists(st.sampled_from(FATES), min_size=1, max_size=60)


def ints(values: list[int]) -> np.ndarray:
    return np.asarray(values, dtype=np.int64)


def book_of(world: list[str]) -> Book:
    interactions: list[tuple[int, int]] = []
    rejects: list[tuple[int, int]] = []
    ends: dict[str, dict[str, list[int]]] = {e: {t: [] for t in STAGES} for e in ("joined", "open", "quarantined")}
    for offset, fate in enumerate(world, LOW):
        if "/" not in fate:
            rejects.append((offset, 0 if fate == "not_json" else 1))
            continue
        place, end = fate.split("/")
        interactions.append((offset, int(place)))
        table = ROUTES[EVENT_TYPES[int(place)]]
        if end == "late":
            rejects.append((offset, LATE[table]))
        elif table:
            ends[end][table].append(offset)
    return Book(
        PART,
        LOW,
        LOW + len(world),
        interactions=Typed(ints([o for o, _ in interactions]), ints([t for _, t in interactions])),
        rejects=Rejects(ints([o for o, _ in rejects]), ints([c for _, c in rejects]), CAUSES),
        joined={t: ints(v) for t, v in ends["joined"].items()},
        open={t: ints(v) for t, v in ends["open"].items()},
        quarantined={t: ints(v) for t, v in ends["quarantined"].items()},
    )


def without(book: Book, offset: int) -> Book:
    """The book after the last thing known of this offset was lost."""

    def cut(offsets: np.ndarray) -> np.ndarray:
        return offsets[offsets != offset]

    kept = book.rejects.offsets != offset
    lost = replace(
        book,
        rejects=Rejects(book.rejects.offsets[kept], book.rejects.codes[kept], CAUSES),
        joined={t: cut(v) for t, v in book.joined.items()},
        open={t: cut(v) for t, v in book.open.items()},
        quarantined={t: cut(v) for t, v in book.quarantined.items()},
    )
    here = book.interactions.offsets == offset
    if here.any() and ROUTES[EVENT_TYPES[int(book.interactions.types[here][0])]] is None:
        lost = replace(lost, interactions=Typed(cut(book.interactions.offsets), book.interactions.types[~here]))
    return lost


@given(worlds)
def test_a_right_world_balances_and_every_offset_is_in_one_fate(world: list[str]) -> None:
    balance = reconcile([book_of(world)])
    assert balance.balanced
    assert balance.problems == ()
    assert sum(balance.fates.values()) == balance.offsets == len(world)


@given(worlds, st.data())
def test_a_lost_offset_is_missing_and_nothing_else_is(world: list[str], data: st.DataObject) -> None:
    offset = LOW + data.draw(st.integers(0, len(world) - 1))
    balance = reconcile([without(book_of(world), offset)])
    assert (balance.missing, balance.duplicated, balance.conflicting) == (1, 0, 0)
    assert [p.coordinate for p in balance.problems] == [Coordinate(*PART, offset)]
    assert sum(balance.fates.values()) == len(world) - 1


@given(worlds, st.data())
def test_an_offset_twice_in_a_table_is_duplicated(world: list[str], data: st.DataObject) -> None:
    book = book_of(world)
    tables = {"interactions": book.interactions.offsets, "rejects": book.rejects.offsets, **book.joined}
    name = data.draw(st.sampled_from(sorted(n for n, v in tables.items() if len(v)) or ["none"]))
    if name == "none":
        return
    place = data.draw(st.integers(0, len(tables[name]) - 1))
    offset = int(tables[name][place])
    twice = np.append(tables[name], offset)
    if name == "interactions":
        book = replace(
            book, interactions=Typed(twice, np.append(book.interactions.types, book.interactions.types[place]))
        )
    elif name == "rejects":
        book = replace(book, rejects=Rejects(twice, np.append(book.rejects.codes, book.rejects.codes[place]), CAUSES))
    else:
        book = replace(book, joined={**book.joined, name: twice})
    balance = reconcile([book])
    assert (balance.missing, balance.duplicated, balance.conflicting) == (0, 1, 0)
    assert [(p.kind, p.coordinate) for p in balance.problems] == [("duplicated", Coordinate(*PART, offset))]
    assert sum(balance.fates.values()) == len(world)


@given(worlds, st.data())
def test_a_second_fate_is_a_conflict(world: list[str], data: st.DataObject) -> None:
    book = book_of(world)
    offset = LOW + data.draw(st.integers(0, len(world) - 1))
    known = {int(c) for o, c in zip(book.rejects.offsets, book.rejects.codes, strict=True) if o == offset}
    # `no_consent` is a fate that none of these offsets has.
    rejects = Rejects(np.append(book.rejects.offsets, offset), np.append(book.rejects.codes, 4), CAUSES)
    balance = reconcile([replace(book, rejects=rejects)])
    assert balance.conflicting == 1
    assert balance.missing == 0
    assert balance.duplicated == len(known)
    assert {p.coordinate for p in balance.problems} == {Coordinate(*PART, offset)}
    assert sum(balance.fates.values()) == len(world) - 1


def test_an_offset_that_is_not_in_kafka_has_no_fate_to_ask_for() -> None:
    book = without(book_of(["not_json", "6/published", "duplicate"]), LOW + 1)
    first = reconcile([book])
    assert first.candidates[PART].tolist() == [LOW + 1]
    second = reconcile([book], nonexistent={Coordinate(*PART, LOW + 1)})
    assert second.balanced
    assert second.offsets == 2


def test_an_offset_beyond_the_end_is_a_conflict_and_one_below_the_start_is_history() -> None:
    book = book_of(["0/joined"])
    beyond = replace(book, joined={"pairs": ints([LOW, LOW + 7])})
    assert reconcile([beyond]).conflicting == 1
    assert reconcile([beyond]).problems[0].coordinate.offset == LOW + 7
    below = replace(book, joined={"pairs": ints([LOW, LOW - 7])})
    assert reconcile([below]).balanced


def test_a_step_in_pairs_is_a_conflict_even_if_its_own_fate_is_right() -> None:
    book = book_of(["3/joined"])
    balance = reconcile([replace(book, joined={**book.joined, "pairs": ints([LOW])})])
    assert (balance.conflicting, balance.missing) == (1, 0)


def test_state_that_stays_open_behind_a_published_row_is_joined() -> None:
    book = book_of(["0/joined"])
    balance = reconcile([replace(book, open={"pairs": ints([LOW])})])
    assert balance.fates == {Fate("joined", "pairs"): 1}


def test_a_later_revision_in_quarantine_does_not_take_back_the_published_one() -> None:
    book = book_of(["0/joined"])
    balance = reconcile([replace(book, quarantined={"pairs": ints([LOW, LOW])})])
    assert balance.fates == {Fate("joined", "pairs"): 1}
    assert balance.balanced


def test_an_interaction_in_quarantine_still_has_to_reach_its_pair() -> None:
    held = Typed(ints([LOW]), ints([0]))
    lost = reconcile([Book(PART, LOW, LOW + 1, held=held)])
    assert (lost.missing, lost.problems[0].where) == (1, "pairs")
    there = reconcile([Book(PART, LOW, LOW + 1, held=held, joined={"pairs": ints([LOW])})])
    assert there.fates == {Fate("joined", "pairs"): 1}
    unknown = reconcile([Book(PART, LOW, LOW + 1, held=Typed(ints([LOW]), ints([-1])))])
    assert unknown.fates == {Fate("quarantined", "interactions"): 1}


def test_an_empty_partition_balances() -> None:
    assert reconcile([Book(PART, 0, 0), Book(PART, 5, 5)]).balanced


def test_a_million_offsets_take_less_than_two_seconds() -> None:
    n = 1_000_000
    offsets = np.random.default_rng(1).permutation(n).astype(np.int64)
    early, rest = offsets[: n // 10], offsets[n // 10 :]
    types = (rest % 3).astype(np.int64)
    book = Book(
        PART,
        0,
        n,
        interactions=Typed(rest, types),
        rejects=Rejects(early, early % 2, CAUSES),
        joined={"pairs": rest},
    )
    start = time.perf_counter()
    balance = reconcile([book])
    assert balance.balanced
    assert balance.offsets == n
    assert time.perf_counter() - start < 2
