"""One SQLite file for all processes of a data folder, and memory while the disk refuses.

A full disk is itself something to alert of, so a disk that refuses silences nothing: the file is copied into memory as
far as it can be read, and its changes are carried back once the disk takes them again. Processes do not see each
other's changes meanwhile, and a kill loses them.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

BOOK = "book.sqlite"
_T = TypeVar("_T")

_log = logging.getLogger(__name__)

_BUSY_S = 20.0  # another process may be slow to write; a stopped one must not hold everybody up
_AGAIN_S = 30.0  # between two tries of a disk that refused

SCHEMA = """
create table if not exists states (
  key text primary key, kind text, state text, entry blob, open integer, ended real
);
create index if not exists by_open on states (open, kind);
create table if not exists waiting (
  kind text, event text, key text, alert blob, at real, primary key (kind, event, key)
);
create index if not exists by_key on waiting (key);
create table if not exists notices (
  place integer primary key autoincrement, id text, owner text, channel text, body blob, attempts integer default 0,
  due real, made real, line text
);
create index if not exists by_owner on notices (owner, channel);
create index if not exists by_line on notices (channel, line);
create unique index if not exists by_id on notices (channel, id);
create table if not exists silences (id text primary key, kind text, name text, subject text, made real, until real);
create table if not exists channels (name text primary key, seen real);
create table if not exists spent (channel text, hour integer, count integer, primary key (channel, hour));
create table if not exists held (channel text, hour integer, kind text, event text, alert blob, count integer,
  primary key (channel, hour, kind, event));
create table if not exists shown (channel text primary key, at real, version integer);
create table if not exists numbers (name text primary key, value integer);
"""

# What is carried back besides states: key and columns of each table.
_KEYS = {
    "notices": (("channel", "id"), ("id", "owner", "channel", "body", "attempts", "due", "made", "line")),
    "waiting": (("kind", "event", "key"), ("kind", "event", "key", "alert", "at")),
    "silences": (("id",), ("id", "kind", "name", "subject", "made", "until")),
    "channels": (("name",), ("name", "seen")),
}


class Store:
    """A connection that several threads may use."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.RLock()
        self._tried = clock()
        self._copied: dict[str, set[tuple[object, ...]]] = {}
        self._changed: set[str] = set()
        self.on_disk = True
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._db = _connect(str(path))
        except (OSError, sqlite3.Error) as error:
            self._to_memory(None, error)

    def read(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows; waits for nobody who writes. Raises sqlite3.ProgrammingError as `write`."""
        return self._with_db(lambda db: db.execute(query, values).fetchall())

    def write(self, run: Callable[[sqlite3.Connection], _T]) -> _T:
        """Run one transaction; all of it holds, or nothing. On the disk, or in memory if the disk refuses.

        Raises:
            sqlite3.ProgrammingError: the store is closed.
        """
        return self._with_db(lambda db: _transaction(db, run))

    def _with_db(self, run: Callable[[sqlite3.Connection], _T]) -> _T:
        with self._lock:
            if not self.on_disk and self._clock() - self._tried >= _AGAIN_S:
                self._to_disk()
            try:
                return run(self._db)
            except sqlite3.ProgrammingError:
                raise
            except sqlite3.Error as error:
                if not self.on_disk:
                    raise
                self._to_memory(self._db, error)
                return run(self._db)

    def touched(self, key: str) -> None:
        """A state was written: one to carry back, if it was written to memory."""
        if not self.on_disk:
            self._changed.add(key)

    def close(self) -> None:
        """Close the file. Memory is carried back first, if the disk takes it."""
        with self._lock:
            if not self.on_disk:
                self._to_disk()
            self._db.close()

    def _to_memory(self, disk: sqlite3.Connection | None, error: Exception) -> None:
        _log.warning("alerts: the disk refused (%s); they are kept in memory until it does not", type(error).__name__)
        memory = _connect(":memory:")
        if disk is not None:
            try:
                disk.backup(memory)
            except sqlite3.Error:
                memory.close()
                memory = _connect(":memory:")
            disk.close()
        self._copied = {table: _keys(memory, table) for table in _KEYS}
        self._changed.clear()
        self._db = memory
        self.on_disk = False
        self._tried = self._clock()

    def _to_disk(self) -> None:
        """Carry back what was written to memory: states, silences, notices made, notices delivered."""
        self._tried = self._clock()
        memory = self._db
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            disk = _connect(str(self._path))
        except (OSError, sqlite3.Error):
            return
        states = [row for row in memory.execute("select * from states") if row[0] in self._changed]

        def carry(db: sqlite3.Connection) -> None:
            db.executemany("insert or replace into states values (?, ?, ?, ?, ?, ?)", states)
            db.execute("insert into numbers values ('version', 1) on conflict (name) do update set value = value + 1")
            for table, (key, columns) in _KEYS.items():
                where = " and ".join(f"{name} = ?" for name in key)
                for gone in self._copied[table] - _keys(memory, table):
                    db.execute(f"delete from {table} where {where}", gone)  # noqa: S608 - our own words
                names, marks = ", ".join(columns), ", ".join("?" * len(columns))
                insert = f"insert or replace into {table} ({names}) values ({marks})"  # noqa: S608 - likewise
                for row in memory.execute(f"select {names} from {table} order by rowid").fetchall():  # noqa: S608 - likewise
                    if tuple(row[columns.index(name)] for name in key) not in self._copied[table]:
                        db.execute(insert, row)

        try:
            _transaction(disk, carry)
        except sqlite3.Error:
            disk.close()
            return
        memory.close()
        self._db = disk
        self.on_disk = True
        _log.warning("alerts: the disk takes them again")


def _keys(db: sqlite3.Connection, table: str) -> set[tuple[object, ...]]:
    return set(db.execute(f"select {', '.join(_KEYS[table][0])} from {table}").fetchall())  # noqa: S608 - our own words


def _connect(path: str) -> sqlite3.Connection:
    db = sqlite3.connect(path, check_same_thread=False, timeout=_BUSY_S, isolation_level=None)
    try:
        db.execute("pragma journal_mode = wal")
        # A kill loses nothing. A power cut may lose the last moments, states and notices alike: they are raised anew.
        db.execute("pragma synchronous = normal")
        db.executescript(SCHEMA)
    except sqlite3.Error:
        db.close()
        raise
    return db


def _transaction(db: sqlite3.Connection, run: Callable[[sqlite3.Connection], _T]) -> _T:
    # Immediate: a transaction that reads before it writes is refused at once if somebody wrote in between.
    db.execute("begin immediate")
    try:
        result = run(db)
        db.execute("commit")
    except BaseException:
        if db.in_transaction:
            db.execute("rollback")
        raise
    return result


def number(rows: Sequence[tuple[object, ...]]) -> int:
    """The only number of the first row; 0 if there is none."""
    return int(str(rows[0][0])) if rows else 0
