"""A Delta log as plain files: what deltalake does not tell.

Which transactions a table knows, what each commit added and removed, and whether the last entry is whole (delta-rs
never forces an entry to the disk, so a power cut can leave it empty). Format: the Delta transaction log protocol,
github.com/delta-io/delta PROTOCOL.md, sections "Delta Log Entries" and "Last Checkpoint File".
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

from schemas.errors import SinkError
from sinks import store

if TYPE_CHECKING:
    from pathlib import Path

    from sinks.places import Place

_ENTRY = re.compile(r"(\d{20})\.json")


@dataclass(frozen=True, slots=True)
class Commit:
    """One entry of the log. `note` is what our own commits say of themselves."""

    version: int
    adds: frozenset[str]
    removes: frozenset[str]
    txns: dict[str, int]
    note: dict[str, Any]


@overload
def folder(root: Path) -> Path: ...
@overload
def folder(root: Place) -> Place: ...
def folder(root: Place) -> Place:
    """The log's folder of a table."""
    return root / "_delta_log"


@overload
def entry(root: Path, version: int) -> Path: ...
@overload
def entry(root: Place, version: int) -> Place: ...
def entry(root: Place, version: int) -> Place:
    """The file of one version."""
    return folder(root) / f"{version:020}.json"


def check_tail(root: Place) -> None:
    """Refuse a table whose newest log entry is torn.

    Raises:
        SinkError: with what to do.
    """
    there = versions(root)
    if not there:
        return
    path = entry(root, there[-1])
    if _parse(path) is None:
        raise SinkError(
            f"{path}: needed whole lines of JSON, came a torn entry of {store.size(path)} bytes (a power cut). "
            f"Nothing was lost: that commit's rows are still in Kafka. Move it away with `mv {path} {path}.torn`, "
            "start the sink again, and it reads on from the entry before"
        )


def commits(root: Place, after: int, upto: int) -> list[Commit] | None:
    """The commits with versions in (after, upto], or None if the log no longer holds them all."""
    found = []
    for version in range(after + 1, upto + 1):
        actions = _parse(entry(root, version))
        if actions is None:
            return None
        found.append(_commit(version, actions))
    return found


def app_versions(root: Place) -> dict[str, int]:
    """Every application transaction the table knows: app id -> version. Empty if there is no table.

    Raises:
        SinkError: the log lacks entries between its checkpoint and its end.
    """
    there = versions(root)
    known: dict[str, int] = {}
    first = -1
    try:
        pointer = store.read(folder(root) / "_last_checkpoint")
    except FileNotFoundError:
        pointer = b""
    if pointer:
        first = int(json.loads(pointer)["version"])
        column = store.parquet(folder(root) / f"{first:020}.checkpoint.parquet").read(columns=["txn"]).column("txn")
        for txn in column.to_pylist():
            if txn is not None and txn.get("appId") is not None:
                known[txn["appId"]] = int(txn["version"])
    if there and there[-1] > first:
        tail = commits(root, first, there[-1])
        if tail is None:
            check_tail(root)
            raise SinkError(f"{folder(root)}: needed every entry after version {first}, came a log with holes")
        for commit in tail:
            known.update(commit.txns)
    return known


def versions(root: Place) -> list[int]:
    """Versions whose entry is still a file of its own, rising; empty if there is no log."""
    return sorted(int(match[1]) for name in store.names(folder(root)) if (match := _ENTRY.fullmatch(name)))


def _parse(path: Place) -> list[dict[str, Any]] | None:
    try:
        lines = store.read(path).splitlines()
        actions = [json.loads(line) for line in lines if line.strip()]
    except (FileNotFoundError, ValueError):
        return None
    return actions if actions and all(isinstance(action, dict) for action in actions) else None


def _commit(version: int, actions: list[dict[str, Any]]) -> Commit:
    adds: set[str] = set()
    removes: set[str] = set()
    txns: dict[str, int] = {}
    note: dict[str, Any] = {}
    for action in actions:
        if "add" in action:
            adds.add(action["add"]["path"])
        elif "remove" in action:
            removes.add(action["remove"]["path"])
        elif "txn" in action:
            txns[action["txn"]["appId"]] = int(action["txn"]["version"])
        elif "commitInfo" in action:
            said = action["commitInfo"].get("redline")
            note = said if isinstance(said, dict) else {}
    return Commit(version, frozenset(adds), frozenset(removes), txns, note)
