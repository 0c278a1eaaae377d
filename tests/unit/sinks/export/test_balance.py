from collections import Counter, defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sinks.export.balance import at_most, balanced, capped

cells = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=60)


def first(rows: list[tuple[int, int]], most: dict[tuple[int, int], int]) -> list[bool]:
    seen: Counter[tuple[int, int]] = Counter()
    stays = []
    for row in rows:
        seen[row] += 1
        stays.append(seen[row] <= most.get(row, 0))
    return stays


def arrays(rows: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([k for k, _ in rows], np.int32), np.array([s for _, s in rows], np.int8)


@given(st.lists(st.integers(-1, 4), max_size=60), st.integers(1, 5))
def test_a_cap_keeps_the_first_rows_of_each_group(groups: list[int], most: int) -> None:
    stays = capped(np.array(groups, np.int64), most)
    assert stays.tolist() == [g < 0 or groups[:i].count(g) < most for i, g in enumerate(groups)]


@given(cells)
def test_equal_kinds_are_equal_in_each_split_and_as_many_as_can_be(rows: list[tuple[int, int]]) -> None:
    counts = Counter(rows)
    least = {split: min((count for (_, s), count in counts.items() if s == split), default=0) for split in range(3)}
    expected = first(rows, {(kind, split): least[split] for kind, split in counts})
    assert balanced(*arrays(rows)).tolist() == expected


@given(cells, st.integers(0, 70))
def test_so_many_rows_stay_and_each_cell_keeps_its_share_to_the_row(rows: list[tuple[int, int]], most: int) -> None:
    stays = at_most(most, *arrays(rows))
    assert stays.sum() == min(most, len(rows))
    kept: defaultdict[tuple[int, int], int] = defaultdict(int)
    for row, stay in zip(rows, stays, strict=True):
        kept[row] += int(stay)
    share = min(1.0, most / len(rows)) if rows else 0
    assert all(abs(kept[row] - count * share) < 1 for row, count in Counter(rows).items())
    assert stays.tolist() == first(rows, kept)
