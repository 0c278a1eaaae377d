"""`backup.json`: what a backup holds. It is written last, so a folder without one is no backup."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "backup.json"
CONSENT = "consent.msgpack"  # pairs of a person's key and their last word, as the consent topic has them
DATA = "data"
KINDS = ("dataset", "quarantine")  # of tables: what may lie in an object store
FORMAT = 1


class File(msgspec.Struct, frozen=True):
    """One file below the backup; `mode` is its permissions."""

    path: str
    bytes: int
    sha256: str
    mode: int


class Manifest(msgspec.Struct, frozen=True):
    """One backup. `taken_us`: when it began, UTC; `tables`: name -> Delta version; `people`: words of consent."""

    format: int
    redline: str
    taken_us: int
    keys: bool
    tables: dict[str, int]
    people: int
    files: list[File]


def described(root: Path) -> list[File]:
    """Every file below a folder but the manifest. Raises OSError."""
    return [
        File(path.relative_to(root).as_posix(), path.stat().st_size, _digest(path), path.stat().st_mode & 0o777)
        for path in sorted(root.rglob("*"))
        if path.is_file() and path != root / NAME
    ]


def read(root: Path) -> Manifest:
    """Raises InputError: there is no backup, or one of another format."""
    try:
        found = msgspec.json.decode((root / NAME).read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise InputError(f"{root}: needed a backup, there is no {NAME}; `redline backup --to` makes one") from None
    except msgspec.MsgspecError:
        raise InputError(f"{root / NAME}: needed the list of a backup, came something else") from None
    if found.format != FORMAT:
        raise InputError(f"{root / NAME}: needed format {FORMAT}, came {found.format}: restore it with that version")
    if any(part in {"", ".", ".."} for file in found.files for part in file.path.split("/")):
        raise InputError(f"{root / NAME}: needed paths below the backup, came others")
    return found


def faults(root: Path, manifest: Manifest) -> Iterator[str]:
    """What is missing, changed, or there without being listed."""
    for file in manifest.files:
        path = root / file.path
        if not path.is_file():
            yield f"{file.path}: missing"
        elif path.stat().st_size != file.bytes or _digest(path) != file.sha256:
            yield f"{file.path}: changed"
    listed = {file.path for file in manifest.files} | {NAME}
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.relative_to(root).as_posix() not in listed:
            yield f"{path.relative_to(root).as_posix()}: not of this backup"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
