"""State of a stage: a Faust table's RocksDB, written only after outputs and changelog are confirmed.

The order that makes replays harmless:
    1 the batch is computed on an overlay over the partition's RocksDB
    2 its outputs are sent and confirmed
    3 its changes are sent to the changelog topic and confirmed
    4 they are written to RocksDB
    5 the inputs are acknowledged
A crash before 3 leaves no trace in state: the replay computes the same outputs, which sinks know by their ids. A crash
after 3 leaves state that knows the events: the replay changes nothing. RocksDB is never ahead of its changelog, so a
partition restored elsewhere holds what this worker held.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from rocksdict import WriteBatch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


# A kind and a key of 32 hex digits: scans of one key look at its own changes only, however many a batch has.
_START = 33


class Overlay:
    """Changes of one batch over one partition's store; reads see them, the store does not yet."""

    def __init__(self, db: Any) -> None:
        self._db = db
        self._changes: dict[bytes, bytes | None] = {}
        self._starts: defaultdict[bytes, set[bytes]] = defaultdict(set)

    def get(self, key: bytes) -> bytes | None:
        """The value as this batch sees it."""
        if key in self._changes:
            return self._changes[key]
        value: bytes | None = self._db.get(key)
        return value

    def put(self, key: bytes, value: bytes) -> None:
        """Set a value."""
        self._changes[key] = value
        self._starts[key[:_START]].add(key)

    def delete(self, key: bytes) -> None:
        """Take a key out."""
        self._changes[key] = None
        self._starts[key[:_START]].add(key)

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Every (key, value) under a prefix, as this batch sees it; in no promised order."""
        for key, value in self._db.items(from_key=prefix):
            if not key.startswith(prefix):
                break
            if key not in self._changes:
                yield key, value
        near = self._changes if len(prefix) < _START else self._starts.get(prefix[:_START], ())
        for key in list(near):
            changed = self._changes[key]
            if changed is not None and key.startswith(prefix):
                yield key, changed

    def take_changes(self) -> Mapping[bytes, bytes | None]:
        """The changes so far; hand them to `apply` once they are on the changelog."""
        return self._changes

    def apply(self) -> None:
        """Write the changes to RocksDB in one batch and start a new overlay."""
        if not self._changes:
            return
        batch = WriteBatch(raw_mode=True)
        for key, value in self._changes.items():
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        self._db.write(batch)
        self._changes, self._starts = {}, defaultdict(set)
