"""Which data folder has its tables in an object store, and which data folder those tables belong to.

Everything that is no table stays in a local folder: state, keys, staging, locks, indexes, the audit table. That folder
says where the tables are. A prefix of a store has one such folder: the locks of another one would not tell that a sink
is alive, and its files in flight would be taken for what a crash left.
"""

from __future__ import annotations

import json
import os
import uuid
from typing import TYPE_CHECKING

import msgspec

from schemas.errors import SettingsError, SinkError
from sinks import bucket
from sinks.parquet import sync_file, sync_folder
from sinks.places import remote

if TYPE_CHECKING:
    from pathlib import Path

    from sinks.places import Place, Remote

MARKER = "tables.json"  # in the state folder
OWNER = "redline.json"  # beside the tables
_claimed: set[tuple[str, str]] = set()


class Pointer(msgspec.Struct, frozen=True):
    """Where the tables of a folder are; `folder` is the folder's own id."""

    url: str
    folder: str


def tables(data_dir: Path) -> Place:
    """Where the tables of a data folder are: the folder itself, or a prefix in a store.

    Raises:
        SettingsError: the folder's note of it cannot be read.
    """
    pointer = _pointer(data_dir)
    return data_dir if pointer is None else remote(pointer.url)


def point(data_dir: Path, url: str) -> None:
    """Make this the local folder of the tables at `url`; a second time is fine.

    Raises:
        SettingsError: it is the folder of other tables, or has tables itself.
        OSError: the disk refuses.
    """
    place = str(remote(url))
    pointer = _pointer(data_dir)
    if pointer is None:
        if (data_dir / "dataset").exists():
            raise SettingsError(f"{data_dir}: needed a folder without tables of its own for {place}, came one with")
        state = data_dir / "state"
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o755)
        state.mkdir(exist_ok=True, mode=0o700)
        made = state / f"{MARKER}.{uuid.uuid4().hex}"
        made.write_bytes(msgspec.json.encode(Pointer(place, uuid.uuid4().hex)))
        sync_file(made)
        try:
            os.link(made, state / MARKER)  # whoever is first
        except FileExistsError:
            pass
        finally:
            made.unlink()
        sync_folder(state)
        pointer = _pointer(data_dir)
    if pointer is None or pointer.url != place:
        raise SettingsError(f"{data_dir}: needed the local folder of {place}, came that of other tables")


def is_claimed(data_dir: Path) -> bool:
    """True if this folder's processes are those that write its tables in a store. Raises OSError, SettingsError."""
    pointer = _pointer(data_dir)
    if pointer is None:
        return False
    try:
        return _folder(remote(pointer.url) / OWNER) == pointer.folder
    except FileNotFoundError:
        return False


def claim(data_dir: Path) -> None:
    """Say that this folder's processes write those tables. Called before the first write; a second time is fine.

    Raises:
        SinkError: another folder's do, or the store cannot keep two commits apart.
        OSError: the store does not answer.
    """
    pointer = _pointer(data_dir)
    if pointer is None or (pointer.url, pointer.folder) in _claimed:
        return
    owner = remote(pointer.url) / OWNER
    body = json.dumps({"folder": pointer.folder}).encode()
    bucket.create(owner, body)
    if bucket.create(owner, body):
        raise SinkError(
            f"{pointer.url}: needed a store that refuses to create what is there (If-None-Match: *), came one that "
            "writes over it: sinks would lose each other's commits. Use another store, or a newer version of it"
        )
    if _folder(owner) != pointer.folder:
        raise SinkError(
            f"{pointer.url}: needed tables that {data_dir} writes, came those of another folder, perhaps on another "
            f"machine. Reading is fine. To move them to this folder, copy that one's `state` here; if it is lost for "
            f"good and nothing of it runs any more, delete the object {owner} and start again"
        )
    _claimed.add((pointer.url, pointer.folder))


def _folder(owner: Remote) -> str:
    try:
        return str(json.loads(bucket.read(owner))["folder"])
    except (ValueError, KeyError, TypeError):
        return ""


def _pointer(data_dir: Path) -> Pointer | None:
    path = data_dir / "state" / MARKER
    try:
        return msgspec.json.decode(path.read_bytes(), type=Pointer)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        kind = type(error).__name__
    raise SettingsError(f"{path}: needed the note where the tables are, came {kind}; restore it from your backup")
