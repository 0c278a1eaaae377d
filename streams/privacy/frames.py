"""The wire between the scrub pool and its children: a length, then a pickle. Both ends are this program."""

from __future__ import annotations

import pickle

LENGTH_BYTES = 8
READY = "ready"


def pack(message: object) -> bytes:
    """One message as a frame."""
    payload = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return len(payload).to_bytes(LENGTH_BYTES, "big") + payload


def length(head: bytes) -> int:
    """Bytes that follow the head of a frame."""
    return int.from_bytes(head, "big")
