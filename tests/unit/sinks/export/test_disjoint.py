from hypothesis import given
from hypothesis import strategies as st

from sinks.export.disjoint import Disjoint

pairs = st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29)), max_size=40)


@given(st.lists(pairs, max_size=4))
def test_sets_are_what_is_reachable_and_are_named_by_their_least_member(rounds: list[list[tuple[int, int]]]) -> None:
    sets = Disjoint(30)
    reach = {i: {i} for i in range(30)}
    for pairs_of_round in rounds:
        sets.unite([a for a, _ in pairs_of_round], [b for _, b in pairs_of_round])
        for a, b in pairs_of_round:
            both = reach[a] | reach[b]
            for member in both:
                reach[member] = both
        assert sets.find(range(30)).tolist() == [min(reach[i]) for i in range(30)]
    assert sets.sets().tolist() == [min(reach[i]) for i in range(30)]


def test_a_long_chain_is_one_set() -> None:
    sets = Disjoint(100_000)
    sets.unite(range(99_999), range(1, 100_000))
    assert not sets.sets().any()
