"""`redline restore`: a new data folder from a backup, which then does what it owes.

1. The backup is read whole, and every file's digest compared.
2. A copy is made beside the folder: all of it, or all but the tables if those belong into an object store.
3. Into a store: the copy claims the prefix, so that no other folder's sink writes there; the tables are uploaded.
4. The copy gets the folder's name in one step: there is no half-restored folder.
5. What is owed since the backup is done (`redline.backup.duties`). A kill before its end leaves `state/restored/`.

Killed anywhere, run the same command again: it goes on with what it finds.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from redline.backup import duties, owing
from redline.backup.manifest import CONSENT, DATA, KINDS, NAME, faults, read
from schemas.errors import InputError
from sinks import location, store
from sinks.parquet import sync_folder
from sinks.pinned import put_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from redline.backup.manifest import Manifest
    from redline.settings import Settings
    from sinks.places import Place, Remote


def restore(
    settings: Settings, source: Path, *, say: Callable[[str], None], crash: Callable[[str], None] = lambda _step: None
) -> str:
    """Make the data folder of `settings` from the backup at `source`; what to say.

    Raises:
        InputError: `source` is no whole backup, or the data folder or the prefix of its tables has something in it.
        SettingsError: the backup has no keys, and they are not where `keys.source` says.
        BrokerError: the broker cannot be started or reached.
        SinkError: an erasure could not be done again, or another folder writes to the prefix. Run it again.
        OSError: the disk is full or refuses, or the store does not answer.
    """
    manifest = read(source)
    target = settings.data_dir
    if not owing.owed(settings.state, manifest.taken_us):
        where = location.tables(target)
        _require_new(target, where)
        found = list(faults(source, manifest))
        if found:
            raise InputError(f"{source}: needed a whole backup, {len(found):,} files are not; first: {found[0]}")
        fresh = _begun(target, where, source, manifest)
        _copy(source, manifest, fresh, crash, tables=isinstance(where, Path))
        if not isinstance(where, Path):
            _upload(source, manifest, fresh, where, crash)
        _install(fresh, target)
        say(f"{target}: {len(manifest.files):,} files are back")
    crash("copied")
    return duties.done(settings, manifest, say=say)


def _require_new(target: Path, where: Place) -> None:
    """Nothing is there, or only the note that the tables will be in a store."""
    note = set() if isinstance(where, Path) else {target / "state", target / "state" / location.MARKER}
    if target.exists() and set(islice(target.rglob("*"), len(note) + 1)) - note:
        raise InputError(f"{target}: needed a folder that is not there or empty, there is something in it")


def _begun(target: Path, where: Place, source: Path, manifest: Manifest) -> Path:
    """The folder that becomes the target: that of an earlier try of the same, or a new one."""
    fresh = target.with_name(f".{target.name}.restoring")
    same = owing.owed(fresh / "state", manifest.taken_us)
    if not same or location.tables(fresh) != (fresh if isinstance(where, Path) else where):
        shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True, mode=0o700, exist_ok=True)
    _file(source / NAME, fresh / "state" / owing.FOLDER / NAME, 0o600)
    return fresh


def _copy(source: Path, manifest: Manifest, fresh: Path, crash: Callable[[str], None], *, tables: bool) -> None:
    for file in manifest.files:
        within, _, below = file.path.partition("/")
        if within == DATA and (tables or below.partition("/")[0] not in KINDS):
            _file(source / file.path, fresh / below, file.mode)
    crash("half")
    _file(source / CONSENT, fresh / "state" / owing.FOLDER / CONSENT, 0o600)


def _upload(source: Path, manifest: Manifest, fresh: Path, where: Remote, crash: Callable[[str], None]) -> None:
    location.point(fresh, str(where))
    if store.has(where) and not location.is_claimed(fresh):
        raise InputError(f"{where}: needed a prefix with nothing below it, there is something; name another one")
    location.claim(fresh)
    crash("claimed")
    for name in manifest.tables:
        if name.partition("/")[0] in KINDS:
            put_table(source / DATA / name, where / name)
            crash("table")


def _install(fresh: Path, target: Path) -> None:
    for path in sorted(fresh.rglob("*"), reverse=True):
        if path.is_dir():
            sync_folder(path)
    sync_folder(fresh)
    if target.exists():
        (target / "state" / location.MARKER).unlink(missing_ok=True)  # the next command makes it again
        with suppress(FileNotFoundError):
            (target / "state").rmdir()
        target.rmdir()
    fresh.rename(target)
    sync_folder(target.parent)


def _file(path: Path, to: Path, mode: int) -> None:
    to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("rb") as source, os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        shutil.copyfileobj(source, file, 1 << 20)
        file.flush()
        os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())
