"""Where long sessions are cut: bounded, whole, and never fewer parts for more events."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.parts import LEAST_BYTES, LEAST_STEPS, PartLimits, cuts, most_parts

LEAST = PartLimits(steps=LEAST_STEPS, bytes=LEAST_BYTES)
sizes = st.lists(st.sampled_from([10, 300_000, 1_048_576, 5_000_000]) | st.integers(0, 2_000), max_size=400)


@settings(max_examples=200, deadline=None)
@given(sizes, st.data())
def test_parts_are_bounded_and_more_events_never_make_fewer(events: list[int], data: st.DataObject) -> None:
    pairs = st.tuples(st.integers(0, max(0, len(events) - 1)), st.integers(0, max(0, len(events) - 1)))
    spans = data.draw(st.lists(pairs, max_size=20))
    found = cuts(events, spans, LEAST)
    assert found == sorted(set(found))
    assert len(found) + 1 <= most_parts(len(events))
    for start, end in zip([0, *found], [*found, len(events)], strict=True):
        assert end - start <= LEAST_STEPS * 5 // 4
        assert sum(min(size, 1_048_576) for size in events[start:end]) <= LEAST_BYTES * 5 // 4
    kept = data.draw(st.lists(st.booleans(), min_size=len(events), max_size=len(events)))
    fewer = [size for size, keep in zip(events, kept, strict=True) if keep]
    assert len(cuts(fewer, [], LEAST)) <= len(found)


def test_a_cut_goes_back_to_where_no_call_waits_for_its_result_and_no_further_than_a_quarter() -> None:
    events = [1] * 150
    assert cuts(events, [], LEAST) == [100]
    assert cuts(events, [(98, 101)], LEAST) == [98]
    assert cuts(events, [(98, 101), (90, 98)], LEAST) == [90]
    assert cuts(events, [(60, 120)], LEAST) == [100]
    assert cuts(events, [(100, 101), (120, 90)], LEAST) == [100]
