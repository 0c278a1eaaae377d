"""Which dead letters were sent again, and which are just being sent: an SQLite file of the state folder.

A batch is noted before its first record is sent, with the ends of the raw topic as they were then. Whoever finds it
there after a kill looks from these ends on for what had been sent (`redline.replay.copies.sent_since`).
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

FILE = "replay.sqlite"  # in the state folder

_TABLES = """
create table if not exists sent (part integer, place integer, copy integer, primary key (part, place)) without rowid;
create table if not exists batch (part integer, place integer, primary key (part, place)) without rowid;
create table if not exists ends (part integer primary key, high integer);
"""


class Place(NamedTuple):
    """A record of the raw topic."""

    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A batch that was begun: its dead letters, and where the raw topic's partitions ended before."""

    places: frozenset[Place]
    ends: dict[int, int]


class Journal:
    """The journal of one data folder. Every change is on the disk when it returns."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def sent(self, partition: int) -> set[int]:
        """Offsets of this partition that were sent again."""
        return {row[0] for row in self._db.execute("select place from sent where part = ?", (partition,))}

    def unfinished(self) -> Unfinished | None:
        """The batch that was begun and not finished, if there is one."""
        places = frozenset(Place(*row) for row in self._db.execute("select part, place from batch"))
        return Unfinished(places, dict(self._db.execute("select part, high from ends"))) if places else None

    def begin(self, places: Collection[Place], ends: Mapping[int, int]) -> None:
        """These are about to be sent; the raw topic ends here."""
        with self._db:
            self._db.execute("delete from ends")
            self._db.executemany("insert into batch values (?, ?)", sorted(places))
            self._db.executemany("insert into ends values (?, ?)", sorted(ends.items()))

    def finish(self, copies: Mapping[Place, int]) -> None:
        """The batch is over. `copies`: those that were sent, and the offsets of their copies."""
        with self._db:
            rows = [(*place, copy) for place, copy in sorted(copies.items())]
            self._db.executemany("insert or ignore into sent values (?, ?, ?)", rows)
            self._db.execute("delete from batch")
            self._db.execute("delete from ends")


@contextmanager
def opened(state: Path) -> Iterator[Journal]:
    """The journal, made at first use. Raises OSError or sqlite3.Error: the file cannot be used."""
    path = state / FILE
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma synchronous = full")
        connection.executescript(_TABLES)
        yield Journal(connection)


def replayed(state: Path, partition: int) -> set[int]:
    """Offsets of a raw partition that were sent again, for whoever counts dead letters. Creates nothing."""
    if not (state / FILE).exists():
        return set()
    with opened(state) as journal:
        return journal.sent(partition)
