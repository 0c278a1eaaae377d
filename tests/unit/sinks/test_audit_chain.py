from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.audit_chain import GENESIS, TROUBLE, Entry, Head, digest_of, faults

KEY, OTHER = b"k" * 32, b"o" * 32


def chain(count: int, key: bytes = KEY) -> list[Entry]:
    made: list[Entry] = []
    for seq in range(count):
        previous = made[-1].hash if made else GENESIS
        made.append(Entry(seq, seq, "root", "consent.grant", f'{{"people": {seq}}}', "0" * 64, previous).sealed(key))
    return made


def test_a_chain_as_it_was_written_has_no_fault() -> None:
    assert faults([], KEY) == faults(chain(5), KEY) == []
    assert len(faults(chain(5), OTHER)) == 5


@given(st.integers(0, 4), st.sampled_from([field.name for field in fields(Entry)]))
def test_a_change_of_any_field_is_found(place: int, name: str) -> None:
    entries = chain(5)
    value = getattr(entries[place], name)
    entries[place] = replace(entries[place], **{name: value + 1 if isinstance(value, int) else value + "1"})
    assert faults(entries, KEY)


@given(st.permutations(range(6)), st.integers(0, 6))
def test_any_other_order_and_any_gap_is_found(order: list[int], left: int) -> None:
    entries = chain(6)
    kept = [entries[i] for i in order][:left]
    whole = [entry.seq for entry in kept] == list(range(left))
    assert (faults(kept, KEY) == []) is whole  # a cut tail is the head's to find


def test_an_entry_hashed_anew_without_the_key_does_not_fit() -> None:
    entries = chain(3)
    entries[1] = replace(entries[1], details="{}").sealed(b"")
    assert {where for where, _ in faults(entries, KEY)} == {"entry 1", "entry 2"}
    assert {where for where, _ in faults([*entries[:1], replace(entries[2], seq=1)], KEY)} == {"entry 1"}


def test_a_missing_entry_is_named() -> None:
    entries = chain(5)
    assert faults([entries[0], *entries[2:]], KEY) == [("entry 2", "entry 1 before it: missing")]
    assert faults(entries[3:], KEY) == [("entry 3", "entries 0 to 2 before it: missing")]
    assert ("entry 1", "stands where entry 3 is expected: out of order, or twice") in faults(
        [*entries[:3], entries[1]], KEY
    )


def test_trouble_that_was_written_down_stays_a_fault() -> None:
    [first] = chain(1)
    assert len(faults([first, Entry(1, 1, "root", TROUBLE, "{}", "", first.hash).sealed(KEY)], KEY)) == 1


@pytest.mark.parametrize("name", [field.name for field in fields(Head)])
def test_a_head_is_bound_to_all_it_says(name: str) -> None:
    head = Head(3, "a" * 64, 4, "b" * 64, "c" * 64)
    value = getattr(head, name)
    other = replace(head, **{name: value + 1 if isinstance(value, int) else "d" * 64})
    assert len({head.mac(KEY), other.mac(KEY), head.mac(OTHER)}) == 3


def test_a_head_knows_its_entry_and_the_one_that_was_landing() -> None:
    head = Head(3, "a", 4, "b", "c")
    assert [head.follows(*end) for end in ((3, "a"), (4, "c"), (3, "c"), (4, "a"), (2, "a"), (4, ""))] == [
        True, True, False, False, False, False,
    ]  # fmt: skip
    assert not Head(3, "a", 4, "b").follows(4, "x")


@given(st.lists(st.binary(max_size=3), max_size=4), st.lists(st.binary(max_size=3), max_size=4))
def test_a_digest_tells_where_one_log_entry_ends(one: list[bytes], other: list[bytes]) -> None:
    assert (digest_of(one) == digest_of(other)) is (one == other)
