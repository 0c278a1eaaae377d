"""Data files that no log names: what a crash left between the move into the folder and the commit.

Collected at start, so that a reader of the plain folders sees what the log says. A file is collected only if its writer
cannot commit it any more: it is ours, or its sink is dead and its name is held while we look. Files that a crash left
after they were *replaced* may have been written by a sink that lives; for those, an intent is written before the
commit. What the dead left in staging goes too: a rewriting of the table may never come again under its name.
"""

from __future__ import annotations

import json
import shutil
import uuid
from typing import TYPE_CHECKING

from sinks import store
from sinks.layout import is_sink_name, owner
from sinks.locks import if_dead
from sinks.parquet import sync_file, sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sinks.delta import TableLog
    from sinks.parquet import Files
    from sinks.places import Place


_NOTES = "replaced-*.json"
BUILT = "built"  # folder in staging where a rewriting builds its files


def intend(staging: Path, paths: Iterable[str]) -> Path:
    """Note durably which files the next commit replaces; returns the note, to be deleted when they are gone."""
    staging.mkdir(parents=True, exist_ok=True)
    note = staging / f"replaced-{uuid.uuid4().hex}.json"
    note.write_text(json.dumps(sorted(paths)))
    sync_file(note)
    sync_folder(staging)
    return note


def collect(*, root: Place, staging: Path, locks: Path, sink: str, table: TableLog, files: Files) -> int:
    """Remove the orphans of one table; returns how many files. Call while holding `sink`'s name.

    Raises:
        SinkError: the log cannot be read.
        OSError: a file cannot be removed.
    """
    removed = files.clear_staging()
    by_owner: dict[str, list[str]] = {}
    for path in store.parquet_files(root):
        if (writer := owner(path.rpartition("/")[2])) is not None:
            by_owner.setdefault(writer, []).append(path)
    # Listed first, then the owner's lock, then the log: what was listed can no longer be committed after we looked.
    for writer, paths in by_owner.items():
        if writer == sink:
            removed += _remove(paths, table, files)
            continue
        with if_dead(locks, writer) as dead:
            if dead:
                removed += _remove(paths, table, files)
    removed += _leftovers(root, staging, table, files)
    kind, name = staging.parent.name, staging.name
    everybody = staging.parents[2]
    for other in sorted(everybody.iterdir()) if everybody.is_dir() else ():
        left = other / kind / name
        if other.name != sink and is_sink_name(other.name) and left.is_dir():
            with if_dead(locks, other.name) as dead:
                if dead:
                    removed += _leftovers(root, left, table, files)
                    shutil.rmtree(left)
    return removed


def end_lingering(*, root: Place, staging: Path, table: TableLog, files: Files) -> int:
    """Remove what others have replaced and left for readers of the version before; returns how many files.

    Whoever has taken a row out of the table calls this: its bytes must be gone from all of them.

    Raises:
        SinkError: the log cannot be read.
        OSError: a file cannot be removed.
    """
    notes = sorted(staging.parents[2].glob(f"*/{staging.parent.name}/{staging.name}/{_NOTES}"))
    return _act(root, [path for note in notes for path in _intended(note)], table, files)


def _leftovers(root: Place, staging: Path, table: TableLog, files: Files) -> int:
    """Act on the intents of one sink, and remove what it built."""
    removed = 0
    for note in staging.glob(_NOTES) if staging.is_dir() else ():
        removed += _act(root, _intended(note), table, files)
        note.unlink(missing_ok=True)
    if (staging / BUILT).is_dir():
        shutil.rmtree(staging / BUILT)
    return removed


def _intended(note: Path) -> list[str]:
    """The files that a note names; none if its writer has just done with it, or it is torn.

    The commit that a torn one was for has not happened: it comes after the note is durable.
    """
    try:
        return list(json.loads(note.read_text()))
    except (ValueError, FileNotFoundError):
        return []


def _act(root: Place, intended: list[str], table: TableLog, files: Files) -> int:
    return _remove([path for path in intended if store.size(root / path) is not None], table, files)


def _remove(paths: list[str], table: TableLog, files: Files) -> int:
    table.refresh()
    if set(paths) - table.live().keys():
        table.fence()  # a commit that a store is still at would name files that are gone
    orphans = sorted(set(paths) - table.live().keys())
    files.remove(orphans)
    return len(orphans)
