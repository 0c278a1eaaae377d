from __future__ import annotations

from collections import Counter
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import DecodeError
from schemas.events import Event, Session
from schemas.sources.drift import MOST_NAMES, OTHER, Jump, Seen, Tally, decode, encode, jumps, sums
from schemas.sources.reading import Drift, Fault, Reading


def event(tool: str) -> Event:
    data = Session(session_id="s", surface="terminal", tool=tool, state="started")
    return Event(source="t", id="1", type="redline.session.v1", time_us=0, subject="XYZZY", data=data)


def reading(**drift: int) -> Reading:
    return Reading(
        events=[event("claude-code/2.1.1"), event("claude-code/2.1.1"), event("XYZZY words"), event("x/XYZZY words")],
        faults=[Fault("not_json", "$", "JSON")],
        skipped=Counter(progress=3),
        drift=Counter({Drift("claude_code", "2.1.1", "key", f"$.{name}"): count for name, count in drift.items()}),
    )


def test_a_tally_counts_by_version_and_holds_no_text() -> None:
    tally = Tally()
    assert not tally
    for _ in range(2):
        tally.add(reading(new=2), source="claude_code", day="2026-11-21")
    records = tally.take()
    assert not tally
    assert b"XYZZY" not in b"".join(record.value or b"" for record in records)
    assert [decode(record.value or b"") for record in records] == [
        Seen(day="2026-11-21", source="claude_code", version="2.1.1", events=4, drift={"key $.new": 4}),
        Seen(day="2026-11-21", source="claude_code", version="?", events=4, faults=2, skipped=6),
    ]
    tally.restore(records)
    assert tally.take() == records


def test_a_producer_that_invents_names_fills_one_place_and_loses_no_count() -> None:
    tally = Tally()
    for part in range(5):
        drift = {f"k{part}_{i}": 1 for i in range(100)}
        tally.add(reading(**drift), source="claude_code", day="2026-11-21")
    seen = decode(tally.take()[0].value or b"")
    assert len(seen.drift) == MOST_NAMES + 1
    assert seen.drift[OTHER] == 500 - MOST_NAMES
    assert sum(seen.drift.values()) == 500


def some(day: str, version: str, events: int, drift: int, source: str = "s") -> Seen:
    return Seen(day=day, source=source, version=version, events=events, drift={"key $.n": drift} if drift else {})


@pytest.mark.parametrize(
    ("before", "today", "expected"),
    [
        ([], [("1", 100, 100)], []),  # a first day has nothing to compare with
        ([("1", 100, 0)], [("1", 100, 4)], []),
        ([("1", 100, 0)], [("1", 100, 5)], [("1", 0.05, 0.0)]),
        ([("1", 100, 50)], [("1", 100, 54)], []),
        ([("1", 100, 50)], [("1", 100, 56)], [("1", 0.56, 0.5)]),
        ([("1", 100, 0)], [("2", 19, 19)], []),  # too few
        ([("1", 100, 0)], [("1", 900, 0), ("2", 20, 20)], [("2", 1.0, 0.0)]),  # of a new version, whoever still has 1
        ([("1", 100, 0)], [("2", 0, 30)], [("2", 1.0, 0.0)]),  # nothing of it is an event any more
        ([("1", 100, 60)], [("2", 20, 10)], []),  # the versions before are taken together
        ([("1", 50, 0), ("1", 50, 50)], [("1", 100, 56)], [("1", 0.56, 0.5)]),
    ],
)
def test_a_jump_is_a_share_well_above_the_days_before(
    before: list[tuple[str, int, int]], today: list[tuple[str, int, int]], expected: list[tuple[str, float, float]]
) -> None:
    seen = [some("2026-11-20", *one) for one in before] + [some("2026-11-21", *one) for one in today]
    other = [some("2026-11-20", "1", 10, 0, "t"), some("2026-11-22", "1", 100, 100)]
    wanted = [Jump("s", version, "key $.n", share, earlier) for version, share, earlier in expected]
    for order in list(permutations(seen + other))[:50]:
        assert jumps(order, day="2026-11-21") == wanted


names = st.sampled_from(["a", "b", "c"])
seen_ones = st.builds(
    Seen,
    day=names,
    source=names,
    version=names,
    events=st.integers(0, 9),
    faults=st.integers(0, 9),
    skipped=st.integers(0, 9),
    drift=st.dictionaries(names, st.integers(1, 9), max_size=3),
)


@settings(deadline=None)
@given(st.lists(seen_ones, max_size=20))
def test_sums_do_not_depend_on_order_or_on_how_often_one_adds(ones: list[Seen]) -> None:
    found = sums(ones)
    half = len(ones) // 2
    assert sums([*sums(ones[half:]), *sums(ones[:half])]) == found
    assert [decode(encode(one).value or b"") for one in found] == found


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_what_is_no_record_is_refused_without_its_bytes(value: bytes) -> None:
    with pytest.raises(DecodeError, match=r"bad_value at \$"):
        decode(value)
