"""`redline restore`: a new data folder from a backup, which then does what it owes.

1. The backup is read whole, and every file's digest compared.
2. A copy is made beside the folder, and gets its name in one step: there is no half-restored folder.
3. What is owed since the backup is done (`redline.backup.duties`). A kill before its end leaves `state/restored/`: run
   the same command again.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from redline.backup import duties, owing
from redline.backup.manifest import CONSENT, DATA, NAME, faults, read
from schemas.errors import InputError
from sinks.parquet import sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from redline.backup.manifest import Manifest
    from redline.settings import Settings


def restore(
    settings: Settings, source: Path, *, say: Callable[[str], None], crash: Callable[[str], None] = lambda _step: None
) -> str:
    """Make the data folder of `settings` from the backup at `source`; what to say.

    Raises:
        InputError: `source` is no whole backup, or the data folder has something in it.
        SettingsError: the backup has no keys, and they are not where `keys.source` says.
        BrokerError: the broker cannot be started or reached.
        SinkError: an erasure could not be done again. Run it again.
        OSError: the disk is full or refuses.
    """
    manifest = read(source)
    target = settings.data_dir
    if not owing.owed(settings.state, manifest.taken_us):
        if target.exists() and any(target.iterdir()):
            raise InputError(f"{target}: needed a folder that is not there or empty, there is something in it")
        found = list(faults(source, manifest))
        if found:
            raise InputError(f"{source}: needed a whole backup, {len(found):,} files are not; first: {found[0]}")
        _copy(source, manifest, target, crash)
        say(f"{target}: {len(manifest.files):,} files are back")
    crash("copied")
    return duties.done(settings, manifest, say=say)


def _copy(source: Path, manifest: Manifest, target: Path, crash: Callable[[str], None]) -> None:
    fresh = target.with_name(f".{target.name}.restoring")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True, mode=0o700)
    for file in manifest.files:
        within, _, below = file.path.partition("/")
        if within == DATA:
            _file(source / file.path, fresh / below, file.mode)
    crash("half")
    for name in (CONSENT, NAME):
        _file(source / name, fresh / "state" / owing.FOLDER / name, 0o600)
    for path in sorted(fresh.rglob("*"), reverse=True):
        if path.is_dir():
            sync_folder(path)
    sync_folder(fresh)
    if target.exists():
        target.rmdir()
    fresh.rename(target)
    sync_folder(target.parent)


def _file(path: Path, to: Path, mode: int) -> None:
    to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("rb") as source, os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        shutil.copyfileobj(source, file, 1 << 20)
        file.flush()
        os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())
