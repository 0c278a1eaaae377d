"""Entries of alerts as the book has them, for who writes it and for who only looks."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from quality.alerting.life import Entry

if TYPE_CHECKING:
    from pathlib import Path

OPEN = "select entry from states where open = 1"
_BUSY_S = 1.0
_entry_of = msgspec.json.Decoder(Entry).decode


class Glance(NamedTuple):
    """What fires, and notices that wait by channel. `strange`: entries that another version of Redline has written."""

    entries: tuple[Entry, ...]
    owed: dict[str, int]
    strange: int


def glance(path: Path) -> Glance:
    """A look at a book beside the processes that write it: without a lock, and nothing is made or changed.

    Raises:
        sqlite3.Error: it cannot be read.
    """
    if not path.exists():
        return Glance((), {}, 0)
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_BUSY_S)) as db:
        found = [decoded(blob) for (blob,) in db.execute(OPEN).fetchall()]
        owed = dict(db.execute("select channel, count(*) from notices group by channel").fetchall())
    entries = tuple(entry for entry in found if entry is not None)
    return Glance(entries, owed, len(found) - len(entries))


def opened(db: sqlite3.Connection) -> list[Entry]:
    """Of the alerts that fire."""
    return [entry for (blob,) in db.execute(OPEN).fetchall() if (entry := decoded(blob)) is not None]


def of(db: sqlite3.Connection, key: str) -> Entry | None:
    """Of the alert of this key."""
    row = db.execute("select entry from states where key = ?", (key,)).fetchone()
    return None if row is None else decoded(row[0])


def decoded(blob: bytes) -> Entry | None:
    """An entry as it is stored; None if another version has written it."""
    try:
        return _entry_of(blob)
    except msgspec.DecodeError:
        return None
