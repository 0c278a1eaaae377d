"""Which epoch a record belongs to, and under which others it is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.epochs import Epoch, KeyRing, Keys
from streams.identity import person_key, pseudonym

IDENTITY = b"i" * 32
HOUR_MS = 3_600_000


def ring_of(starts_h: list[int], *, overlap_h: int = 48, destroyed: frozenset[int] = frozenset()) -> KeyRing:
    return KeyRing(
        IDENTITY,
        tuple(
            Epoch(number, start * HOUR_MS * 1000, None if number in destroyed else bytes([number]) * 32)
            for number, start in enumerate(starts_h, start=1)
        ),
        overlap_h * HOUR_MS * 1000,
    )


@pytest.mark.parametrize(
    ("at_h", "epoch", "beside"),
    [
        (-1, 1, []),
        (0, 1, []),
        (99, 1, []),
        (100, 2, [1]),
        (119, 2, [1]),
        (120, 3, [2, 1]),
        (147, 3, [2, 1]),
        (148, 3, [2]),
        (167, 3, [2]),
        (168, 3, []),
        (10_000, 3, []),
    ],
)
def test_a_record_has_the_epoch_of_its_timestamp_and_those_that_ended_within_the_overlap(
    at_h: int, epoch: int, beside: list[int]
) -> None:
    ring = ring_of([0, 100, 120])
    keys = ring.at(at_h * HOUR_MS)
    assert keys is not None
    assert keys.epoch == epoch
    assert [one.epoch for one in ring.beside(at_h * HOUR_MS)] == beside


STARTS = st.lists(st.integers(0, 500), min_size=1, max_size=6, unique=True).map(sorted)


@given(STARTS, st.integers(-5, 600), st.integers(0, 100))
def test_two_records_less_than_the_overlap_apart_have_an_epoch_in_common(
    starts: list[int], at: int, apart: int
) -> None:
    ring = ring_of(starts, overlap_h=101)
    first, second = ring.at(at * HOUR_MS), ring.at((at + apart) * HOUR_MS)
    assert first is not None
    assert second is not None
    assert first in (second, *ring.beside((at + apart) * HOUR_MS))


@given(STARTS, st.integers(-5, 600), st.data())
def test_a_later_rotation_and_a_destruction_change_nothing_for_other_epochs(
    starts: list[int], at: int, data: st.DataObject
) -> None:
    ring = ring_of(starts)
    gone = frozenset(data.draw(st.sets(st.integers(1, len(starts)))))
    later = ring_of([*starts, 1000], destroyed=gone)
    keys = ring.at(at * HOUR_MS)
    assert keys is not None
    assert later.at(at * HOUR_MS) == (None if keys.epoch in gone else keys)
    assert later.beside(at * HOUR_MS) == tuple(one for one in ring.beside(at * HOUR_MS) if one.epoch not in gone)


def test_pseudonyms_are_those_of_every_epoch_that_is_left() -> None:
    jane = person_key(IDENTITY, "jane@corp.com")
    ring = ring_of([0, 100, 120], destroyed=frozenset({2}))
    assert ring.pseudonyms(jane) == (pseudonym(b"\x01" * 32, 1, jane), pseudonym(b"\x03" * 32, 3, jane))
    assert ring.newest == Keys(IDENTITY, b"\x03" * 32, 3)


@pytest.mark.parametrize(
    "epochs",
    [
        (),
        (Epoch(1, 0, None),),
        (Epoch(0, 0, b"s" * 32),),
        (Epoch(1, 0, b"short"),),
        (Epoch(1, 0, b"s" * 32), Epoch(1, 5, b"t" * 32)),
        (Epoch(1, 5, b"s" * 32), Epoch(2, 5, b"t" * 32)),
    ],
)
def test_what_is_no_ring_is_refused_without_its_keys(epochs: tuple[Epoch, ...]) -> None:
    with pytest.raises(ValueError, match="needed") as refused:
        KeyRing(IDENTITY, epochs)
    assert "short" not in str(refused.value)


def test_a_ring_shows_no_key() -> None:
    shown = repr((ring_of([0]), ring_of([0]).at(0)))
    assert "iiii" not in shown
    assert "x01" not in shown
