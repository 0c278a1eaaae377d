import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.export.order import in_order, order_keys

ids = st.lists(st.integers(0, 2**128 - 1).map("{:032x}".format), unique=True, max_size=30)


@given(ids, st.integers(0, 2**64 - 1))
def test_a_key_is_the_first_8_bytes_of_a_hash_with_the_seed_as_its_key(record_ids: list[str], seed: int) -> None:
    expected = [
        int.from_bytes(
            hashlib.blake2b(i.encode(), digest_size=8, key=seed.to_bytes(8, "big"), person=b"export-order").digest()
        )
        for i in record_ids
    ]
    assert order_keys(seed, record_ids).tolist() == expected


@given(ids, st.data())
def test_the_order_does_not_depend_on_the_order_of_arrival_even_among_equal_keys(
    record_ids: list[str], data: st.DataObject
) -> None:
    keys = {i: data.draw(st.integers(0, 3)) for i in record_ids}
    expected = sorted(record_ids, key=lambda i: (keys[i], i))
    arrived = data.draw(st.permutations(record_ids))
    places = in_order(np.array([keys[i] for i in arrived], np.uint64), np.array(arrived, "S32"))
    assert [arrived[place] for place in places] == expected


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_has_64_bits(seed: int) -> None:
    with pytest.raises(OverflowError):
        order_keys(seed, ["0"])
