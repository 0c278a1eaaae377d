"""The order of an export's rows: a keyed hash of their ids, so it says nothing of when or where they arrived. Pure.

A row's order key is the first 8 bytes of BLAKE2b over its record id, keyed with the seed (RFC 7693).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterable

Keys = npt.NDArray[np.uint64]
_PURPOSE = b"export-order"


def order_keys(seed: int, record_ids: Iterable[str]) -> Keys:
    """The order keys of rows, in the order they come; half a microsecond each.

    Raises:
        OverflowError: the seed is negative or has more than 64 bits.
    """
    # Copying a hash that holds its key costs half of what a new one does.
    copy = hashlib.blake2b(digest_size=8, key=seed.to_bytes(8, "big"), person=_PURPOSE).copy
    out = bytearray()
    for record_id in record_ids:
        digest = copy()
        digest.update(record_id.encode())
        out += digest.digest()
    return np.frombuffer(out, ">u8").astype(np.uint64)
