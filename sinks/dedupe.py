"""Which rows of a batch are new, which replace a row, and which are replays. Pure.

A stage before us runs at least once, so the same row may come again at another offset. Its `record_id` is derived from
its inputs: the same id at the same or a lower revision is a replay and nothing happens; a higher revision of an
amendable table replaces the row. The classical bug is to compare a batch with the table only: a replay may stand in the
same batch as its first copy.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

NO_DIGEST = bytes(8)


class Identity(NamedTuple):
    """What makes two rows the same: id, revision (0 where the table has none), and a digest of `sources` (or none)."""

    record_id: str
    revision: int
    digest: bytes


class Known(NamedTuple):
    """A row that is in the table: its revision, digest, and the data file (relative path) that holds it."""

    revision: int
    digest: bytes
    file: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with a batch.

    Attributes:
        keep: positions of the rows to publish, ascending.
        replays: rows dropped because they are there already.
        conflicts: rows dropped because their id is there with other `sources` (never right: two inputs, one id).
        erased: rows dropped because they were erased.
    """

    keep: tuple[int, ...]
    replays: int
    conflicts: int
    erased: int = 0


def digest(places: Sequence[str]) -> bytes:
    """8 bytes of BLAKE2b (RFC 7693) over coordinates `topic/partition/offset`, whatever their order."""
    joined = places[0] if len(places) == 1 else "\n".join(sorted(places))
    return hashlib.blake2b(joined.encode(), digest_size=8).digest()


def plan(
    rows: Sequence[Identity],
    known: Mapping[str, Known],
    held: Mapping[str, Known],
    *,
    amendable: bool,
    erased: Collection[str] = frozenset(),
) -> Plan:
    """Decide on every row of a batch.

    Args:
        rows: the batch, in the order it was read.
        known: what the table holds of these ids.
        held: what its quarantine holds of them; those rows have had their gate and are not offered again.
        amendable: whether a higher revision replaces a row.
        erased: ids of rows that must never be there (again), at any revision.
    """
    if not known and not held and not erased and len({row.record_id for row in rows}) == len(rows):
        return Plan(keep=tuple(range(len(rows))), replays=0, conflicts=0)  # as nearly always
    winners: dict[str, int] = {}
    replays = conflicts = gone = 0
    for position, row in enumerate(rows):
        if row.record_id in erased:
            gone += 1
            continue
        rivals = [entry for entry in (known.get(row.record_id), held.get(row.record_id)) if entry is not None]
        first = winners.get(row.record_id)
        if first is not None:
            rivals.append(Known(rows[first].revision, rows[first].digest, ""))
        newer = all(row.revision > rival.revision for rival in rivals)
        if not rivals or (amendable and newer):
            replays += first is not None  # the lower revision in this batch gives way
            winners[row.record_id] = position
        elif not amendable and any(rival.digest not in (NO_DIGEST, row.digest) for rival in rivals):
            conflicts += 1
        else:
            replays += 1
    return Plan(keep=tuple(sorted(winners.values())), replays=replays, conflicts=conflicts, erased=gone)


def displaced(rows: Iterable[Identity], known: Mapping[str, Known]) -> dict[str, frozenset[str]]:
    """Data file -> ids of the rows that must leave it, in the same commit that adds `rows`.

    Asked after the gate: a newer row that fails it displaces nothing.
    """
    files: dict[str, set[str]] = {}
    for row in rows if known else ():
        if (entry := known.get(row.record_id)) is not None:
            files.setdefault(entry.file, set()).add(row.record_id)
    return {file: frozenset(ids) for file, ids in files.items()}
