"""What one erasure has found and done so far: one JSON file per person, named by a keyed hash of them.

What was found stands in it only while the erasure is at work: once it is done, which rows belonged together is
forgotten, and the counts stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from redline import private_file
from redline.fated import Fated
from schemas.errors import InputError
from streams.trajectory import family

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FOLDER = "erasures"  # in the state folder


class Found(msgspec.Struct):
    """Everything that goes.

    Attributes:
        events: record ids of `interactions` and `subjects`.
        rows: record ids of `pairs`, `trajectories` and `revisions`, by table.
        own: the person's raw offsets.
        others: raw offsets of other people whose pair or session goes with them.
    """

    events: set[str] = msgspec.field(default_factory=set)
    rows: dict[str, set[str]] = msgspec.field(default_factory=dict)
    own: list[Fated] = []
    others: list[Fated] = []

    def grown(self, more: Found) -> bool:
        """Take over what is new; True if anything is."""
        before = self._size()
        self.events |= more.events
        for table, ids in more.rows.items():
            self.rows[table] = self.rows.get(table, set()) | ids
        own = {fated.source for fated in self.own}
        self.own += [fated for fated in _unique(more.own) if fated.source not in own]
        own = {fated.source for fated in self.own}
        others = {fated.source for fated in self.others}
        self.others += [fated for fated in _unique(more.others) if fated.source not in own | others]
        self.others = [fated for fated in self.others if fated.source not in own]
        return self._size() != before

    @property
    def sessions(self) -> int:
        """How many sessions the ids of trajectories are of: each has those of all parts that it can have."""
        return len({family(name) for name in self.rows.get("trajectories", ())})

    def _size(self) -> tuple[int, ...]:
        return len(self.events), sum(map(len, self.rows.values())), len(self.own), len(self.others)


def _unique(fates: Iterable[Fated]) -> list[Fated]:
    return list({fated.source: fated for fated in fates}.values())


class Counts(msgspec.Struct):
    """Rows and raw offsets that were erased, all times of one person together. `exports`: rows of exported files."""

    events: int = 0
    pairs: int = 0
    trajectories: int = 0
    revisions: int = 0
    own_offsets: int = 0
    other_offsets: int = 0
    exports: int = 0


class Journal(msgspec.Struct):
    """One person's erasure. Times are UTC, ISO 8601; `finished` is empty while it is at work."""

    name: str
    started: str
    finished: str = ""
    times: int = 0
    counts: Counts = msgspec.field(default_factory=Counts)
    found: Found = msgspec.field(default_factory=Found)

    def settle(self, now: str) -> None:
        """It is done: add up, and forget which rows belonged together."""
        counts, found = self.counts, self.found
        counts.events += len(found.events)
        counts.pairs += len(found.rows.get("pairs", ()))
        counts.trajectories += found.sessions
        counts.revisions += len(found.rows.get("revisions", ()))
        counts.own_offsets += len(found.own)
        counts.other_offsets += len(found.others)
        self.found, self.finished, self.times = Found(), now, self.times + 1


def load(state: Path, name: str) -> Journal | None:
    """A person's journal; None if there was no erasure. Raises InputError if it cannot be read."""
    path = state / FOLDER / f"{name}.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Journal)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError:
        pass
    raise InputError(f"{path}: needed the journal of an erasure, came something else; move it away and erase again")


def everything(state: Path) -> list[Journal]:
    """All erasures, in the order of their beginnings."""
    folder = state / FOLDER
    names = [path.stem for path in folder.glob("*.json")] if folder.is_dir() else []
    found = [journal for name in names if (journal := load(state, name)) is not None]
    return sorted(found, key=lambda journal: (journal.started, journal.name))


def save(state: Path, journal: Journal) -> None:
    """Write it durably: a kill finds the journal before or after. Raises OSError."""
    private_file.write(state / FOLDER / f"{journal.name}.json", msgspec.json.encode(journal, order="deterministic"))
