"""The key file: made once with mode 0600, refused if others can read it, replaced whole."""

from __future__ import annotations

import os
import secrets
import time
from typing import TYPE_CHECKING

from redline.key_ring import form
from schemas.errors import SettingsError
from sinks.parquet import sync_folder
from streams.epochs import Epoch, KeyRing

if TYPE_CHECKING:
    from pathlib import Path

NAME = "keys.json"
_BYTES = 32  # a BLAKE2b and HMAC-SHA256 key of full strength
_OWNER_ONLY = 0o077


def new_key() -> bytes:
    """A key of this machine's best randomness."""
    return secrets.token_bytes(_BYTES)


def read(path: Path, overlap_us: int) -> KeyRing:
    """The ring in the key file.

    Raises:
        SettingsError: others can read the file, or it is no key file.
        FileNotFoundError: it is gone.
    """
    for _ in range(2):  # a file that is being replaced is wiped while it may be open
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & _OWNER_ONLY:
                raise SettingsError(f"{path}: needed mode 0600, others can read it; run `chmod 600 {path}`")
            ring = form.decode(file.read(), overlap_us)
        if ring is not None:
            return ring
    raise SettingsError(f"{path}: needed a Redline key file, came something else; put it back from your backup")


def make(path: Path) -> None:
    """A key file with one epoch, unless another process was first."""
    ring = KeyRing(new_key(), (Epoch(1, time.time_ns() // 1000, new_key()),))
    temporary = _written(path, ring)
    try:
        path.hardlink_to(temporary)  # fails if another process was first: its key stands
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
    sync_folder(path.parent)


def replace(path: Path, ring: KeyRing) -> None:
    """Another ring in the key file, on the disk when this returns. What stood there before is overwritten.

    Copies that an earlier kill left beside it are removed. Copies elsewhere (backups, snapshots of the disk) are not
    known here.
    """
    temporary = _written(path, ring)
    old = os.open(path, os.O_WRONLY) if path.exists() else None
    temporary.replace(path)
    sync_folder(path.parent)
    if old is not None:
        _overwrite(old)
    # Only now: one that `make` left is the old file under a second name.
    for left in path.parent.glob(f"{path.stem}.*.part"):
        _overwrite(os.open(left, os.O_WRONLY))
        left.unlink(missing_ok=True)


def _written(path: Path, ring: KeyRing) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_suffix(f".{os.getpid()}.part")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(form.encode(ring))
        file.flush()
        os.fsync(file.fileno())
    return temporary


def _overwrite(descriptor: int) -> None:
    """Zeros in place. File systems that copy on write, and flash, may keep the old block: docs/keys.md says so."""
    try:
        os.pwrite(descriptor, b"\0" * os.fstat(descriptor).st_size, 0)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
