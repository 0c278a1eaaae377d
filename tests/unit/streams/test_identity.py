from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.identity import keyed_id, person, person_key, pseudonym

KEY = b"k" * 32


@given(st.lists(st.text() | st.integers(), max_size=4), st.lists(st.text() | st.integers(), max_size=4))
def test_different_parts_give_different_ids(one: list[str | int], other: list[str | int]) -> None:
    assert (keyed_id(KEY, *one) == keyed_id(KEY, *other)) == (
        [(type(p), p) for p in one] == [(type(p), p) for p in other]
    )


def test_id_is_32_hex_digits_and_stays_the_same_for_ever() -> None:
    assert re.fullmatch("[0-9a-f]{32}", keyed_id(KEY, "event", "a"))
    assert keyed_id(KEY, "event", "a", 1) == "f4e7fdbf81394f06f124cd52e1512cc4"


def test_another_key_gives_another_id() -> None:
    assert keyed_id(KEY, "a") != keyed_id(b"l" * 32, "a")


@pytest.mark.parametrize("key", [b"", b"short", b"k" * 65])
def test_weak_and_overlong_keys_are_refused_without_being_quoted(key: bytes) -> None:
    with pytest.raises(ValueError, match="needed 16 to 64 bytes") as refused:
        keyed_id(key, "a")
    assert "short" not in str(refused.value)


def test_a_person_is_the_same_in_any_case_and_spacing() -> None:
    assert person(" Jane.Doe@Corp.com ") == person("jane.doe@corp.com")
    assert person_key(KEY, " Jane.Doe@Corp.com ") == person_key(KEY, "jane.doe@corp.com")


def test_consent_records_of_earlier_versions_keep_their_keys() -> None:
    assert person_key(KEY, "jane@corp.com") == keyed_id(KEY, "consent", "jane@corp.com").encode()


def test_a_pseudonym_is_another_in_each_epoch_and_under_each_key() -> None:
    jane = person_key(KEY, "jane@corp.com")
    assert len({pseudonym(key, epoch, jane) for key in (b"a" * 32, b"b" * 32) for epoch in (1, 2)}) == 4
