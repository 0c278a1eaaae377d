"""Tokens instead of coordinates: what goes in comes out, in order, and nothing else of them does."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import SinkError
from schemas.tables import PAIRS, REJECTS, SOURCE, TABLES, TRAJECTORIES
from schemas.topics import EVENTS
from sinks.quarantine import quarantine_of
from sinks.seal import Seal

KEY = bytes(range(32))
SEAL = Seal(KEY, (EVENTS, "other"))
PLACES = st.tuples(
    st.sampled_from([EVENTS, "other"]),
    st.integers(0, 2**31 - 1),
    st.one_of(st.integers(0, 99), st.integers(0, 2**63 - 1)),
)


def rows(*lists: list[tuple[str, int, int]]) -> pa.Table:
    values = [[dict(zip(("topic", "partition", "offset"), place, strict=True)) for place in one] for one in lists]
    column = pa.array(values, pa.list_(SOURCE))
    return pa.table([column, pa.array(range(len(lists)))], names=["sources", "n"])


def places(table: pa.Table) -> list[list[tuple[Any, ...]]]:
    return [[tuple(place.values()) for place in one] for one in table["sources"].to_pylist()]


@given(st.lists(st.lists(PLACES, max_size=5), max_size=8))
def test_what_is_sealed_is_opened_again(lists: list[list[tuple[str, int, int]]]) -> None:
    sealed = SEAL.close(rows(*lists), PAIRS)
    assert sealed.schema.field("sources").equals(PAIRS.stored.field("sources"))
    assert [sorted(one) for one in places(SEAL.open(sealed, PAIRS))] == [sorted(one) for one in lists]
    tokens = sealed["sources"].to_pylist()
    assert all(one == sorted(one) and all(len(token) == 16 for token in one) for one in tokens)
    assert len({token for one in tokens for token in one}) == len({place for one in lists for place in one})
    assert SEAL.close(rows(*lists).slice(1), PAIRS)["sources"].to_pylist() == tokens[1:]
    assert places(SEAL.open(sealed.slice(1), PAIRS)) == places(SEAL.open(sealed, PAIRS))[1:]


def test_order_of_a_row_does_not_tell_the_order_of_arrival() -> None:
    lists = [[(EVENTS, 0, 2 * n), (EVENTS, 0, 2 * n + 1)] for n in range(2_000)]
    [first, second] = np.array(SEAL.close(rows(*lists), PAIRS)["sources"].to_pylist()).T
    earlier = set(
        SEAL.close(rows(*[[one[0]] for one in lists]), PAIRS)["sources"].combine_chunks().flatten().to_pylist()
    )
    assert 900 < sum(token in earlier for token in first) < 1_100
    assert len(set(first) | set(second)) == 4_000


def test_tokens_of_two_tables_or_of_two_keys_have_nothing_in_common() -> None:
    one = rows([(EVENTS, 3, n) for n in range(50)])
    seals = [(SEAL, PAIRS), (SEAL, TRAJECTORIES), (Seal(KEY[::-1], (EVENTS,)), PAIRS)]
    tokens = [set(seal.close(one, table)["sources"].to_pylist()[0]) for seal, table in seals]
    assert len(set.union(*tokens)) == 150
    byte = Counter(token[-1] for token in set.union(*tokens))
    assert max(byte.values()) < 10, "neighbouring offsets have no byte in common"


def test_what_the_key_does_not_open_is_left_out_and_nothing_breaks() -> None:
    sealed = SEAL.close(rows([(EVENTS, 0, 1)], [(EVENTS, 0, 2), (EVENTS, 1, 3)]), PAIRS)
    assert places(Seal(KEY[::-1]).open(sealed, PAIRS)) == [[], []]
    assert places(SEAL.open(sealed, TRAJECTORIES)) == [[], []]
    [[one], [two, three]] = sealed["sources"].to_pylist()
    strange = pa.table({"sources": pa.array([[b"", one, os.urandom(15)], [], [three, b"x" * 17, two]])})
    assert places(SEAL.open(strange, PAIRS)) == [[(EVENTS, 0, 1)], [], [(EVENTS, 0, 2), (EVENTS, 1, 3)]]


def test_restricted_tables_and_what_has_no_sources_stay_as_they_are() -> None:
    assert SEAL.close(rows([(EVENTS, 0, 1)]), REJECTS).schema.field("sources").type == pa.list_(SOURCE)
    assert SEAL.open(pa.table({"n": [1]}), PAIRS).column_names == ["n"]
    assert [table.name for table in TABLES.values() if table.sealed] == ["pairs", "trajectories", "revisions"]
    assert quarantine_of(PAIRS).stored.field("sources") == PAIRS.stored.field("sources")


def test_another_topic_is_refused_because_nobody_could_open_it() -> None:
    with pytest.raises(SinkError, match="came 1 other topics"):
        SEAL.close(rows([("someone@corp.example", 0, 1)]), PAIRS)
    assert KEY.hex() not in repr(SEAL)
    assert "bytes" not in repr(vars(SEAL).keys())
