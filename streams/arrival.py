"""When a raw record came to Kafka first. Pure.

The broker's time of a raw record decides its epoch and what an erasure covers. No producer can choose it: the topic has
`message.timestamp.type=LogAppendTime`. A record that Redline sends again gets a new one, by which what was erased
would be read after all. So it carries its first time in a header, under a MAC of the identity key over all of the
record. A header that nobody with the key made is not believed.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from typing import TYPE_CHECKING

from schemas import topics
from streams.identity import keyed_id

if TYPE_CHECKING:
    from schemas.records import Record

_OURS = frozenset({topics.HEADER_ARRIVED, topics.HEADER_REPLAY_OF})
_MOST_DIGITS = 15  # of milliseconds: the year 33658


def header(identity_key: bytes, record: Record) -> tuple[str, bytes]:
    """The header that a copy of this record carries: when the record came first. `record` is as it was read.

    Raises:
        ValueError: the key is shorter than 16 or longer than 64 bytes.
    """
    arrived_ms = first(identity_key, record).timestamp_ms
    return topics.HEADER_ARRIVED, f"{arrived_ms}.{_mac(identity_key, record, arrived_ms)}".encode()


def first(identity_key: bytes, record: Record) -> Record:
    """The record with the time of its first coming; itself if it does not carry one that this key made."""
    said = next((value for name, value in record.headers if name == topics.HEADER_ARRIVED), None)
    if said is None:
        return record
    digits, _, mac = said.partition(b".")
    if not digits.isdigit() or len(digits) > _MOST_DIGITS:
        return record
    arrived_ms = int(digits)
    whole = hmac.compare_digest(mac, _mac(identity_key, record, arrived_ms).encode())
    return replace(record, timestamp_ms=arrived_ms) if whole else record


def _mac(identity_key: bytes, record: Record, arrived_ms: int) -> str:
    digest = hashlib.blake2b()
    parts = [record.key, record.value]
    for name, value in record.headers:
        if name not in _OURS:
            parts += [name.encode("utf-8", "surrogatepass"), value]
    for part in parts:
        digest.update(b"-" if part is None else b"+" + len(part).to_bytes(8, "big") + part)
    return keyed_id(identity_key, "arrived", arrived_ms, digest.hexdigest())
