"""Record ids that were erased: sinks treat their rows as already there, so that no replay of a topic brings them back.

One file per table, ids in order, one a line: whose they were, and which were erased together, cannot be told from it.
It is replaced whole, so a reader sees the list before or the list after.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sinks.layout import Layout
from sinks.locks import exclusive
from sinks.parquet import sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class Tombstones:
    """The list of one table, read again whenever it has changed. About 100 bytes of memory for an id."""

    def __init__(self, layout: Layout, table: str) -> None:
        self._path = layout.tombstones(table)
        self._seen: tuple[int, int, int] | None = None
        self._ids: frozenset[str] = frozenset()

    def refresh(self) -> None:
        """Read the list if it is another than last time. Raises OSError."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            self._seen, self._ids = None, frozenset()
            return
        seen = (status.st_ino, status.st_mtime_ns, status.st_size)
        if seen != self._seen:
            self._ids = _read(self._path)
            self._seen = seen

    def of(self, record_ids: Iterable[str]) -> frozenset[str]:
        """Which of these were erased."""
        return self._ids.intersection(record_ids) if self._ids else self._ids


def load(data_dir: Path, table: str) -> frozenset[str]:
    """Every erased id of a table; empty if there is none. Raises OSError."""
    return _read(Layout(data_dir).tombstones(table))


def add(data_dir: Path, table: str, record_ids: Iterable[str]) -> int:
    """Add ids durably; returns how many are new. Sinks that are at work see them before their next commit's decision.

    Raises:
        OSError: the disk refuses; the list is as it was.
    """
    path = Layout(data_dir).tombstones(table)
    with exclusive(path.with_suffix(".lock")):
        before = _read(path)
        after = before.union(record_ids)
        if len(after) == len(before):
            return 0
        fresh = path.with_suffix(".new")
        with fresh.open("w", encoding="ascii") as file:
            file.writelines(f"{record_id}\n" for record_id in sorted(after))
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(path)
        sync_folder(path.parent)
        return len(after) - len(before)


def _read(path: Path) -> frozenset[str]:
    try:
        return frozenset(path.read_text("ascii").split())
    except FileNotFoundError:
        return frozenset()
