"""Keyed hashes: what stands in tables and keys instead of ids and people. Pure.

BLAKE2b in its keyed mode (RFC 7693, section 2.9) is a MAC of itself; parts are length-prefixed and typed, so that no
two different lists of parts give the same bytes ("ab", "c" is not "a", "bc"; 1 is not "1").
"""

from __future__ import annotations

import hashlib

KEY_BYTES_MIN = 16  # less is guessable; 64 is BLAKE2b's limit
KEY_BYTES_MAX = 64
_DIGEST_BYTES = 16  # 32 hex digits: at 10^12 rows the chance of one collision is about 10^-15


def keyed_id(key: bytes, *parts: str | int) -> str:
    """32 hex digits that depend on the key and on every part; the same for equal input, for ever.

    Raises:
        ValueError: the key is shorter than 16 or longer than 64 bytes.
    """
    if not KEY_BYTES_MIN <= len(key) <= KEY_BYTES_MAX:
        raise ValueError(f"identity key: needed {KEY_BYTES_MIN} to {KEY_BYTES_MAX} bytes, came {len(key)}")
    digest = hashlib.blake2b(key=key, digest_size=_DIGEST_BYTES)
    for part in parts:
        kind, text = (b"i", str(part)) if isinstance(part, int) else (b"s", part)
        encoded = text.encode("utf-8", "surrogatepass")
        digest.update(kind + len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()


def person(subject: str) -> str:
    """The one spelling of a person under which all keyed hashes of them are made: outer space off, any case."""
    return subject.strip().casefold()


def person_key(identity_key: bytes, subject: str) -> bytes:
    """A person for as long as the tables live: the key of their record on the consent topic."""
    return keyed_id(identity_key, "consent", person(subject)).encode()


def pseudonym(surrogate_key: bytes, epoch: int, person_key: bytes) -> str:
    """The same person within one epoch. Made of their key, not their name: who knows consent records can compute it."""
    return keyed_id(surrogate_key, "subject", epoch, person_key.decode())


def event_id(identity_key: bytes, source: str, id_: str) -> str:
    """An event for as long as the tables live: copies of it have the same."""
    return keyed_id(identity_key, "event", source, id_)
