"""`redline backup`: a copy of a data folder while workers and sinks go on.

1. The audit table says that there is a backup from now on.
2. Tables, what is made before what it is made of: a row in the copy has its events in the copy. One version each, from
   this disk or out of an object store.
3. State: keys (unless they are kept elsewhere), decisions, tombstones, journals, the alert book, the audit's head.
   What is made anew by itself (RocksDB, indexes, metrics, logs, the embedded broker) stays behind.
4. What people have said, from the consent topic: last, so that an erasure during the copy is in it.
5. The list of all files, with their digests. The folder gets its name.

A kill before 5 leaves a folder with a point before its name, which the next try replaces.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from contextlib import closing
from importlib.metadata import version
from typing import TYPE_CHECKING

import msgspec

from redline import audit, cluster
from redline.backup.manifest import CONSENT, DATA, FORMAT, KINDS, NAME, Manifest, described, faults, read
from redline.partition_reader import reader
from redline.state_reader import latest
from redline.up import attached
from schemas import topics
from schemas.errors import InputError
from schemas.tables import TABLES
from sinks import location, store
from sinks.layout import Layout
from sinks.locks import exclusive
from sinks.parquet import sync_folder
from sinks.pinned import copy_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from redline.settings import Settings

_FIRST = ("pairs", "trajectories", "revisions", "collaboration", "rejects")  # made of what the others hold
_ORDER = (*_FIRST, *(name for name in TABLES if name not in _FIRST))
_MADE_ANEW = frozenset({"kafka", "rocksdb", "index", "logs", "metrics", "rebuild", "sinks", "serve"})
_OF_NOW = frozenset({"bootstrap", "bootstrap.folder", location.MARKER})
_LEFT = (".lock", ".part", ".new", "-wal", "-shm", "-journal")
_KEYS = "keys.json"
_SQLITE = b"SQLite format 3\0"


def backup(
    settings: Settings,
    to: Path,
    *,
    keys: bool,
    say: Callable[[str], None],
    crash: Callable[[str], None] = lambda _step: None,
) -> str:
    """Copy the data folder to the new folder `to`; what to say. `keys`: the key file too.

    Raises:
        InputError: `to` is there, or there are no tables.
        BrokerError: the consent topic cannot be read.
        SinkError: a table cannot be copied.
        OSError: the disk is full or refuses, or an object store does not answer.
    """
    data = settings.data_dir
    if to.exists():
        raise InputError(f"{to}: needed a folder that is not there yet, it is")
    if not store.has(settings.dataset):
        raise InputError(f"{settings.dataset}: needed tables, there are none; --data names the folder")
    taken_us = time.time_ns() // 1000
    audit.record(settings, "backup", {"keys": keys})
    fresh = to.with_name(f".{to.name}.unfinished")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True, mode=0o700)
    copied = {}
    where = location.tables(data)
    for kind in KINDS:
        for name in _ORDER:
            at = copy_table(where / kind / name, fresh / DATA / kind / name)
            if at >= 0:
                copied[f"{kind}/{name}"] = at
                crash("table")
    layout = Layout(data)
    with exclusive(layout.audit_head.with_suffix(".lock")):
        for root in (layout.audit, layout.history):
            copied[root.name] = copy_table(root, fresh / DATA / root.name)
        for path in _state(settings.state, keys=keys):
            _copy(path, fresh / DATA / "state" / path.relative_to(settings.state))
    crash("state")
    with cluster.broker(attached(settings), say) as live:
        cluster.prepare_topics(live)
        with reader(live.kafka.bootstrap, live.kafka.client, name="redline-backup") as consumer:
            words = latest(consumer, topics.CONSENT, 0)
    (fresh / CONSENT).write_bytes(msgspec.msgpack.encode(sorted(words.items())))
    crash("consent")
    files = described(fresh)
    manifest = Manifest(FORMAT, version("redline"), taken_us, keys, copied, len(words), files)
    (fresh / NAME).write_bytes(msgspec.json.encode(manifest))
    _sync(fresh)
    crash("list")
    fresh.rename(to)
    sync_folder(to.parent)
    size = sum(file.bytes for file in files)
    held = "with its keys: whoever has it can link and erase people's rows" if keys else "without the key file"
    return f"{to}: {len(files):,} files, {size:,} bytes, {held}. It is not encrypted: that is yours to do"


def verified(root: Path) -> tuple[str, bool]:
    """Whether a backup is as it was written. Raises InputError."""
    manifest = read(root)
    found = list(faults(root, manifest))
    if found:
        return "\n".join([*found[:20], f"NOT whole: {len(found):,} files are not as they were written"]), False
    return f"{root}: {len(manifest.files):,} files as they were written", True


def _state(state: Path, *, keys: bool) -> Iterator[Path]:
    for path in sorted(state.rglob("*")):
        inside = path.relative_to(state)
        if (
            path.is_file()
            and inside.parts[0] not in _MADE_ANEW | _OF_NOW
            and not path.name.endswith(_LEFT)
            and (keys or inside.as_posix() != _KEYS)
        ):
            yield path


def _copy(path: Path, to: Path) -> None:
    """A file of state, as it is at one moment; one that goes away meanwhile is left out."""
    to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with path.open("rb") as file:
            is_book = file.read(len(_SQLITE)) == _SQLITE
        if is_book:
            with closing(sqlite3.connect(path, timeout=30.0)) as own, closing(sqlite3.connect(to)) as copy:
                own.backup(copy)
        else:
            shutil.copyfile(path, to)
        shutil.copymode(path, to)
    except FileNotFoundError:
        to.unlink(missing_ok=True)


def _sync(root: Path) -> None:
    for path in (root, *root.rglob("*")):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
