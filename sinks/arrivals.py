"""Which files brought new rows since a version of a table. Reads only, creates nothing.

A file whose rows the table had before brings none: what a rewriting made, and copies beside amended rows. Such files
are known by their names (`sinks.parquet`). What was there before the oldest log entry is taken from the checkpoint, if
nobody has looked before; if somebody has and came back after that entry was dropped, what came in between is not told.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from schemas.errors import SinkError
from sinks import log, store
from sinks.parquet import MOVED, REWRITTEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sinks.places import Place

_AT_ONCE = 200  # log entries that are held at a time


@dataclass(frozen=True, slots=True)
class Arrival:
    """One file of new rows, and when it came. It may be gone by now: then its rows are in a file written anew."""

    path: Place
    rows: int
    at_us: int


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What came up to and with `version`. Remember that version once they are dealt with."""

    version: int
    files: tuple[Arrival, ...]


def table_id(root: Place) -> str | None:
    """The table's own id, or None if there is no table: another table in the same folder has another.

    Raises:
        SinkError: the log does not say.
    """
    there = log.versions(root)
    if not there:
        return None
    pointer = _checkpoint(root)
    entries = [pointer] if pointer is not None else there[:1]
    for version in entries:
        found = _of_checkpoint(root, version, "metaData") if pointer is not None else _of_entry(root, version)
        for action in found:
            meta = action.get("metaData")
            if meta is not None and meta.get("id"):
                return str(meta["id"])
    raise SinkError(f"{log.folder(root)}: needed the table's id, came a log without it; run `redline doctor`")


def newest(root: Place) -> int:
    """The newest version, -1 if there is no table."""
    return max(log.versions(root), default=-1)


def since(root: Place, after: int) -> Iterator[Arrivals]:
    """What came after a version (-1: ever), oldest first, in parts. Stops before an entry that is torn.

    Raises:
        SinkError: the log has holes.
    """
    there = log.versions(root)
    if not there or after >= there[-1]:
        return
    if after + 1 < there[0]:  # older entries are gone: a checkpoint has what they left
        version = _checkpoint(root)
        if version is None or version < there[0] - 1:
            raise SinkError(f"{log.folder(root)}: needed every entry after version {after}, came a log with holes")
        # Who looked before has counted some of its files, and nothing tells which: then they are left out.
        adds = [action["add"] for action in _of_checkpoint(root, version, "add") if action.get("add") and after < 0]
        yield Arrivals(version, tuple(_arrivals(root, adds)))
        after = version
    for first in range(after + 1, there[-1] + 1, _AT_ONCE):
        last = min(first + _AT_ONCE - 1, there[-1])
        files: list[Arrival] = []
        for version in range(first, last + 1):
            actions = _of_entry(root, version)
            if not actions and version == there[-1]:  # torn: not there yet
                last = version - 1
                break
            if not actions:
                raise SinkError(f"{log.folder(root)}: needed entry {version}, came none; run `redline doctor`")
            files += _arrivals(root, [action["add"] for action in actions if "add" in action])
        if last >= first:
            yield Arrivals(last, tuple(files))


def rows_of(root: Place) -> int:
    """Rows of the table as of now, as its log counts them.

    Raises:
        SinkError: the log has holes.
    """
    version = _checkpoint(root)
    live: dict[str, int] = {}
    if version is not None:
        adds = [action["add"] for action in _of_checkpoint(root, version, "add") if action.get("add")]
        live = {str(add["path"]): _rows(add) for add in adds}
    for at in log.versions(root):
        if version is not None and at <= version:
            continue
        for action in _of_entry(root, at):
            if "add" in action:
                live[str(action["add"]["path"])] = _rows(action["add"])
            elif "remove" in action:
                live.pop(str(action["remove"]["path"]), None)
    return sum(live.values())


def _arrivals(root: Place, adds: list[dict[str, Any]]) -> Iterator[Arrival]:
    for add in adds:
        path = root / str(add["path"])
        if not path.name.startswith((MOVED, REWRITTEN)):
            yield Arrival(path, _rows(add), int(add["modificationTime"]) * 1000)


def _rows(add: dict[str, Any]) -> int:
    try:
        return int(json.loads(add.get("stats") or "{}").get("numRecords", 0))
    except (ValueError, TypeError):
        return 0


def _checkpoint(root: Place) -> int | None:
    try:
        return int(json.loads(store.read(log.folder(root) / "_last_checkpoint"))["version"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        kind = type(error).__name__
    raise SinkError(f"{log.folder(root)}: needed a readable _last_checkpoint, came {kind}; run `redline doctor`")


def _of_checkpoint(root: Place, version: int, column: str) -> list[dict[str, Any]]:
    try:
        rows = store.parquet(log.folder(root) / f"{version:020}.checkpoint.parquet").read(columns=[column])
    except (OSError, ValueError) as error:
        kind = type(error).__name__
    else:
        return list(rows.to_pylist())
    raise SinkError(f"{log.folder(root)}: needed the checkpoint of version {version}, came {kind}")


def _of_entry(root: Place, version: int) -> list[dict[str, Any]]:
    """The entry's actions; none if it is not there or torn."""
    try:
        actions = [json.loads(line) for line in store.read(log.entry(root, version)).splitlines() if line.strip()]
    except (FileNotFoundError, ValueError):
        return []
    return actions if all(isinstance(action, dict) for action in actions) else []
