"""Where an export that is not finished keeps what it has done: below the state folder, as restricted as that.

One folder for each target, found by the target's path. Whoever erases removes those that nobody is at work in.
"""

from __future__ import annotations

import hashlib
import shutil
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from redline.erasure import exports
from redline.export.files import read_json, write_json
from redline.export.manifest import NAME, PARTIAL
from redline.export.plan import Plan
from redline.lock import DataLock
from schemas.errors import InputError, LockedError

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOCK = "export.lock"
_PAGE = "begun.json"


class Begun(msgspec.Struct, frozen=True):
    """An export that began: its plan, where to, and the name it will be registered by."""

    plan: Plan
    target: str
    name: str


def folder_of(state: Path, target: Path) -> Path:
    """The work folder of an export into `target`."""
    return state / exports.FOLDER / f"work-{hashlib.blake2b(str(target).encode(), digest_size=8).hexdigest()}"


def lock_of(folder: Path) -> DataLock:
    """Held by the process that works there."""
    return DataLock(folder, name=_LOCK)


def begun(folder: Path) -> Begun | None:
    """What was begun there, if anything. Raises InputError, OSError."""
    return read_json(folder / _PAGE, Begun)


def begin(folder: Path, plan: Plan, target: Path) -> Begun:
    """Note the plan, durably, before anything is done. Raises OSError."""
    page = Begun(plan, str(target), f"{plan.asked.format}-{uuid.uuid4().hex[:12]}")
    (target / PARTIAL).mkdir(parents=True, exist_ok=True)
    write_json(folder / _PAGE, page)
    return page


def require_empty(target: Path) -> None:
    """A folder that holds something may hold somebody's work. Raises InputError, OSError."""
    if target.exists() and not target.is_dir():
        raise InputError(f"{target}: needed a folder, came a file")
    if (target / NAME).exists():
        raise InputError(f"{target}: needed an empty folder, came a finished export; `redline export verify` checks it")
    if target.exists() and any(target.iterdir()):
        raise InputError(
            f"{target}: needed an empty folder, or one with an export that was begun with the same arguments, came "
            "another; choose another folder, or add --restart if an export was begun here"
        )


def forget(folder: Path) -> None:
    """Remove what was begun, in the work folder and in the target, unless it is registered. Raises OSError."""
    page = begun(folder)
    if page is not None:
        target = Path(page.target)
        shutil.rmtree(target / PARTIAL, ignore_errors=True)
        if all(one.name != page.name for one in exports.registered(folder.parent.parent)):
            for written in folder.glob("*.rows"):
                (target / written.name.removesuffix(".rows")).unlink(missing_ok=True)
    finish(folder)


def finish(folder: Path) -> None:
    """Remove a work folder, but for its lock. Raises OSError."""
    # First what says that there is something to continue.
    (folder / _PAGE).unlink(missing_ok=True)
    for path in list(folder.iterdir()):
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != _LOCK:
            path.unlink()


def forget_all(state: Path) -> list[str]:
    """Remove all that was begun and is not finished; the targets of exports that are at work now, and keep it.

    Raises:
        InputError: a page cannot be read.
        OSError: the disk refuses.
    """
    busy = []
    for folder in _folders(state):
        lock = lock_of(folder)
        try:
            lock.acquire()
        except LockedError:
            page = begun(folder)
            busy.append(page.target if page is not None else str(folder))
            continue
        try:
            forget(folder)
        finally:
            lock.release()
    return busy


def unfinished(state: Path) -> list[Begun]:
    """All exports that were begun and are not finished. Raises InputError, OSError."""
    pages = [begun(folder) for folder in _folders(state)]
    return [page for page in pages if page is not None]


def _folders(state: Path) -> Iterator[Path]:
    yield from sorted((state / exports.FOLDER).glob("work-*"))
