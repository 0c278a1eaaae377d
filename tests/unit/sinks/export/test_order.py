import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.export.order import order_keys

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


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_has_64_bits(seed: int) -> None:
    with pytest.raises(OverflowError):
        order_keys(seed, ["0"])
