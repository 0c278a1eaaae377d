"""What an entry of the audit table is, and what is wrong with a list of them. Each holds the hash of the one before.

The hashes are keyed (HMAC-SHA256): who can rewrite every file of the table, but has not the key, cannot make one that
fits. `log` ties the Delta log in: a digest of its entries since the previous audit entry was written.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

GENESIS = "0" * 64
TROUBLE = "audit.trouble"
"""Action of an entry that the table writes of itself, when it finds that it does not end where its head says."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row. `at_us` is UTC in microseconds; `details` is JSON."""

    seq: int
    at_us: int
    who: str
    action: str
    details: str
    log: str
    previous: str
    hash: str = ""

    def sealed(self, key: bytes) -> Entry:
        """The same entry with its hash."""
        fields = (self.seq, self.at_us, self.who, self.action, self.details, self.log, self.previous)
        return Entry(*fields, hash=_mac(key, "entry", *fields))

    def fits(self, key: bytes) -> bool:
        """True if the hash is that of this content under this key."""
        return hmac.compare_digest(self.hash, self.sealed(key).hash)


@dataclass(frozen=True, slots=True)
class Head:
    """Where the table ends, kept outside of it. `landing` is the hash of the entry that was being written, or empty.

    Written before an entry (with `landing`) and after it, so that a table which ends earlier was cut, and one that ends
    later was not written by us. `version`: the Delta version of that entry; `log`: digest of the log from there on.
    """

    seq: int
    hash: str
    version: int
    log: str
    landing: str = ""

    def mac(self, key: bytes) -> str:
        """The keyed hash that stands beside the head."""
        return _mac(key, "head", self.seq, self.hash, self.version, self.log, self.landing)

    def follows(self, seq: int, digest: str) -> bool:
        """True if the table may end with this entry: the one of the head, or the one that was landing."""
        return (seq, digest) in {(self.seq, self.hash), (self.seq + 1, self.landing)}


def digest_of(parts: Sequence[bytes]) -> str:
    """SHA-256 of log entries, each with its length."""
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "big") + part)
    return total.hexdigest()


def faults(entries: Sequence[Entry], key: bytes) -> list[tuple[str, str]]:
    """(where, what is wrong) for each entry that is not what it was or not where it was, in the order of the table."""
    found: list[tuple[str, str]] = []
    expected, previous = 0, GENESIS
    for entry in entries:
        where = f"entry {entry.seq}"
        if entry.seq > expected:
            missing = f"entry {expected}" if entry.seq == expected + 1 else f"entries {expected} to {entry.seq - 1}"
            found.append((where, f"{missing} before it: missing"))
        elif entry.seq < expected:
            found.append((where, f"stands where entry {expected} is expected: out of order, or twice"))
        elif entry.previous != previous:
            found.append((where, "does not follow the entry before it"))
        if not entry.fits(key):
            found.append((where, "was changed, or written without the key"))
        elif entry.action == TROUBLE:
            found.append((where, "at that time the table did not end where its head said: entries were cut or added"))
        expected, previous = max(expected, entry.seq + 1), entry.hash
    return found


def _mac(key: bytes, *fields: str | int) -> str:
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    # A lone surrogate cannot be an OS user's name twice in different ways; surrogatepass keeps it what it is.
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
