from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sinks.dedupe import NO_DIGEST, Identity, Known, digest, displaced, plan

A, B = b"a" * 8, b"b" * 8


def new(record_id: str, revision: int = 0, digest_: bytes = A) -> Identity:
    return Identity(record_id, revision, digest_)


def old(revision: int = 0, digest_: bytes = A, file: str = "f") -> Known:
    return Known(revision, digest_, file)


def test_new_rows_are_kept_in_order() -> None:
    decided = plan([new("a"), new("b")], {}, {}, amendable=False)
    assert (decided.keep, decided.replays, decided.conflicts) == ((0, 1), 0, 0)


def test_a_row_that_is_there_is_a_replay() -> None:
    assert plan([new("a")], {"a": old()}, {}, amendable=False).replays == 1
    assert plan([new("a", 1)], {"a": old(1)}, {}, amendable=True).replays == 1
    assert plan([new("a", 0)], {"a": old(1)}, {}, amendable=True).replays == 1


def test_a_replay_in_the_same_batch_is_one_too() -> None:
    decided = plan([new("a"), new("b"), new("a")], {}, {}, amendable=False)
    assert (decided.keep, decided.replays) == ((0, 1), 1)


def test_a_row_in_quarantine_had_its_gate() -> None:
    decided = plan([new("a"), new("b")], {}, {"a": old()}, amendable=False)
    assert (decided.keep, decided.replays) == ((1,), 1)


def test_a_higher_revision_is_kept_wherever_the_lower_one_is() -> None:
    assert plan([new("a", 1)], {"a": old()}, {}, amendable=True).keep == (0,)
    assert plan([new("a", 1)], {}, {"a": old()}, amendable=True).keep == (0,)
    assert plan([new("a"), new("a", 2), new("a", 1)], {}, {}, amendable=True).keep == (1,)


def test_a_table_that_is_not_amendable_ignores_revisions() -> None:
    assert plan([new("a", 1)], {"a": old()}, {}, amendable=False).keep == ()


def test_one_id_of_other_sources_is_a_conflict() -> None:
    assert plan([new("a", 0, B)], {"a": old()}, {}, amendable=False).conflicts == 1
    assert plan([new("a"), new("a", 0, B)], {}, {}, amendable=False).conflicts == 1
    assert plan([new("a", 0, B)], {"a": old()}, {}, amendable=True).conflicts == 0


def test_displaced_rows_are_grouped_by_their_file() -> None:
    known = {"a": old(file="f"), "b": old(file="g"), "c": old(file="f")}
    rows = [new("a", 1), new("c", 1), new("d", 1)]
    assert displaced(rows, known) == {"f": frozenset({"a", "c"})}


def test_a_digest_does_not_depend_on_the_order_of_sources() -> None:
    one, two = "t/0/1", "t/1/0"
    assert digest([one, two]) == digest([two, one])
    assert digest([one]) != digest([two])
    assert len(digest([])) == len(NO_DIGEST)


@given(
    rows=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 3)), max_size=40),
    cuts=st.lists(st.integers(0, 40), max_size=4),
    repeat=st.booleans(),
)
def test_any_cut_and_any_repetition_give_the_highest_revision_of_each_id(
    rows: list[tuple[int, int]], cuts: list[int], repeat: bool
) -> None:
    """The table as a dict: batches at any limits, the whole input once more or not."""
    table: dict[str, Known] = {}
    identities = [new(str(number), revision, NO_DIGEST) for number, revision in rows]
    edges = sorted({0, len(rows), *(min(cut, len(rows)) for cut in cuts)})
    batches = [identities[a:b] for a, b in pairwise(edges)]
    for batch in batches * (2 if repeat else 1):
        decided = plan(batch, table, {}, amendable=True)
        assert len(decided.keep) + decided.replays == len(batch)
        kept = [batch[i] for i in decided.keep]
        assert len({row.record_id for row in kept}) == len(kept)
        assert all(table[i].revision < row.revision for row in kept for i in [row.record_id] if i in table)
        table.update({row.record_id: old(row.revision, NO_DIGEST) for row in kept})
    best: dict[str, int] = {}
    for row in identities:
        best[row.record_id] = max(best.get(row.record_id, 0), row.revision)
    assert {record_id: entry.revision for record_id, entry in table.items()} == best
