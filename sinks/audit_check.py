"""Whether the audit table is as it was written: every entry, their order, the Delta log around them, the head."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sinks import delta_table, log
from sinks.audit_chain import digest_of, faults
from sinks.audit_table import UNREADABLE, head, read_entry, sha256
from sinks.layout import Layout
from sinks.locks import exclusive

if TYPE_CHECKING:
    from pathlib import Path

    from sinks.audit_chain import Entry, Head

Fault = tuple[str, str]
"""Where, and what is wrong."""


@dataclass(slots=True)
class _Walk:
    """What the entries of the Delta log tell, oldest first."""

    entries: list[Entry] = field(default_factory=list)
    versions: dict[int, int] = field(default_factory=dict)
    """Number of an entry -> version of the Delta log that added it."""
    named: set[str] = field(default_factory=set)
    since: list[bytes] = field(default_factory=list)
    """Log entries from the one of the last audit entry on."""
    wrong: list[Fault] = field(default_factory=list)


def verify(data_dir: Path, key: bytes) -> tuple[list[Entry], list[Fault]]:
    """Every entry that can be read, and everything that is not as it was written.

    Waits for a writer, and changes nothing. Raises OSError if the disk refuses.
    """
    layout = Layout(data_dir)
    if not layout.audit.exists() and not layout.audit_head.exists():
        return [], []
    with exclusive(layout.audit_head.with_suffix(".lock")):
        end = head(data_dir, key)
        walk = _walked(layout.audit)
        wrong = [*walk.wrong, *faults(walk.entries, key), *_at_the_end(layout, end, walk)]
        try:
            live = set(delta_table.live_files(layout.audit))
        except Exception as error:  # noqa: BLE001 - a forged log makes the library raise anything
            wrong.append(("Delta log", f"cannot be read as a table: {type(error).__name__}"))
        else:
            if live != walk.named:
                wrong.append(("Delta log", "its checkpoint names other files than its entries"))
    return walk.entries, wrong


def _walked(root: Path) -> _Walk:
    walk = _Walk()
    there = log.versions(root)
    gone = sorted(set(range(max(there, default=-1) + 1)) - set(there))
    walk.wrong += [(f"log entry {version}", "is gone") for version in gone]
    for version in there:
        body = log.entry(root, version).read_bytes()
        where = f"log entry {version}"
        for commit in _commits(root, version, walk.wrong):
            if commit.removes or len(commit.adds) > 1:
                walk.wrong.append((where, "removes files, or adds more than one"))
            for path in sorted(commit.adds):
                walk.named.add(path)
                try:
                    entry, digest = read_entry(root / path), sha256(root / path)
                except UNREADABLE as error:
                    came = "is gone" if isinstance(error, FileNotFoundError) else "is not one entry"
                    walk.wrong.append((where, f"its file {came}"))
                    continue
                if entry.log != digest_of(walk.since):
                    walk.wrong.append((f"entry {entry.seq}", "the Delta log before it is not what it was"))
                if digest != commit.note.get("sha256"):
                    walk.wrong.append((f"entry {entry.seq}", "its file is not the one that was committed"))
                walk.entries.append(entry)
                walk.versions[entry.seq] = version
                walk.since.clear()
        walk.since.append(body)
    return walk


def _commits(root: Path, version: int, wrong: list[Fault]) -> list[log.Commit]:
    """The one commit of a version; none, and a fault, if its entry is no longer one."""
    try:
        found = log.commits(root, version - 1, version)
    except UNREADABLE:
        found = None
    if found is None:
        wrong.append((f"log entry {version}", "cannot be read"))
    return found or []


def _at_the_end(layout: Layout, end: Head | None, walk: _Walk) -> list[Fault]:
    if end is None:
        return [("head", "was changed" if layout.audit_head.exists() else "is gone")] if walk.entries else []
    if not walk.entries:
        return [("table", f"has no entry, its head is entry {end.seq}: its tail was cut")] if end.seq >= 0 else []
    last = walk.entries[-1]
    if not end.follows(last.seq, last.hash):
        came = "its tail was cut" if last.seq < end.seq else "the head is older, or the last entry not ours"
        return [("table", f"ends with entry {last.seq}, its head is entry {end.seq}: {came}")]
    if (last.seq, last.hash) == (end.seq, end.hash) and (walk.versions[last.seq], digest_of(walk.since)) != (
        end.version,
        end.log,
    ):
        return [("Delta log", "its end is not what it was")]
    return []
