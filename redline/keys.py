"""The key file of a data folder: made once with mode 0600, refused when it is lost or open to others.

Issue 6 brings epochs, rotation and destruction; the file already names its epoch, and every row carries it.
"""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

import msgspec

from schemas.errors import SettingsError
from streams.scrub import Keys

if TYPE_CHECKING:
    from pathlib import Path

    from redline.settings import Settings

_BYTES = 32  # a BLAKE2b and HMAC-SHA256 key of full strength
_OWNER_ONLY = 0o077


class _File(msgspec.Struct, forbid_unknown_fields=True):
    identity: str
    surrogate: str
    epoch: int = 1


def keys_of(settings: Settings) -> Keys:
    """The keys of a data folder; see `load_keys`. Tables that are still empty do not count: a sink makes them first."""
    return load_keys(settings.state, has_tables=has_rows(settings.dataset))


def has_rows(dataset: Path) -> bool:
    """True once any table has a data file."""
    return any("_delta_log" not in path.parts for path in dataset.rglob("*.parquet"))


def load_keys(state: Path, *, has_tables: bool) -> Keys:
    """The keys of this data folder; made on first use.

    Raises:
        SettingsError: the folder holds tables and no key file (a new key would split every identity in two), or the
            file is readable by others, or is not a key file.
    """
    path = state / "keys.json"
    if not path.exists():
        if has_tables:
            raise SettingsError(
                f"{path}: needed the key file of these tables, it is gone."
                " Put it back; a new key would not fit the data."
            )
        _make(path)
    if path.stat().st_mode & _OWNER_ONLY:
        raise SettingsError(f"{path}: needed mode 0600, others can read it; run `chmod 600 {path}`")
    try:
        file = msgspec.json.decode(path.read_bytes(), type=_File)
        return Keys(identity=bytes.fromhex(file.identity), surrogate=bytes.fromhex(file.surrogate), epoch=file.epoch)
    except (msgspec.MsgspecError, ValueError):
        raise SettingsError(f"{path}: needed a Redline key file, came something else") from None


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(_File(secrets.token_hex(_BYTES), secrets.token_hex(_BYTES))))
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(temporary)  # fails if another process was first: its key stands
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
