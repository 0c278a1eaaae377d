"""Commit offsets: property tests against the plain definition, and the cases Faust gets wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.offsets import CommitTracker


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    steps = draw(st.lists(st.integers(1, 3), min_size=1, max_size=40))
    first = draw(st.integers(0, 100))
    offsets = [first]
    for step in steps:
        offsets.append(offsets[-1] + step)  # holes are transaction markers or compacted records
    return offsets, draw(st.permutations(offsets))


@given(deliveries())
def test_never_commits_past_an_offset_that_is_not_done_and_reaches_the_end(case: tuple[list[int], list[int]]) -> None:
    offsets, order = case
    tracker = CommitTracker()
    for offset in offsets:
        tracker.delivered(offset)
    done: set[int] = set()
    for offset in order:
        tracker.done(offset)
        done.add(offset)
        prefix = next((i for i, o in enumerate(offsets) if o not in done), len(offsets))
        expected = offsets[prefix - 1] + 1 if prefix else None
        assert tracker.committable() == expected
    assert tracker.committable() == offsets[-1] + 1
    assert tracker.in_flight == 0


@pytest.mark.parametrize(
    ("delivered", "done", "expected"),
    [
        ([0, 1, 2, 3], [1, 2, 3], None),  # fresh group, 0 in flight: Faust commits 4
        ([31, 32, 33], [32, 33], None),  # 31 in flight: Faust commits 34
        ([0, 1, 2, 3, 4, 5], [5], None),  # committed offset 0 is falsy: Faust commits 6
        ([2, 4, 5], [2, 5], 3),  # marker at 3, 4 in flight: Faust commits 6
        ([2, 4, 5], [2, 4, 5], 6),  # marker at 3 is no gap
    ],
)
def test_the_cases_faust_gets_wrong(delivered: list[int], done: list[int], expected: int | None) -> None:
    tracker = CommitTracker()
    for offset in delivered:
        tracker.delivered(offset)
    for offset in done:
        tracker.done(offset)
    assert tracker.committable() == expected


def test_twenty_transactions_of_ten_commit_at_once() -> None:
    tracker = CommitTracker()
    offsets = [base * 11 + i for base in range(20) for i in range(10)]
    for offset in offsets:
        tracker.delivered(offset)
        tracker.done(offset)
    assert tracker.committable() == offsets[-1] + 1


def test_a_seek_back_forgets_what_was_pending() -> None:
    tracker = CommitTracker()
    for offset in (5, 6, 7):
        tracker.delivered(offset)
    tracker.done(7)
    tracker.delivered(5)
    assert tracker.committable() is None
    tracker.done(5)
    assert tracker.committable() == 6


def test_an_offset_of_an_older_assignment_is_ignored() -> None:
    tracker = CommitTracker()
    tracker.delivered(10)
    tracker.done(3)
    assert tracker.committable() is None
