"""Files that are there whole or not at all, and what JSON pages say."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

import msgspec

from schemas.errors import InputError
from sinks.parquet import sync_folder

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

_Page = TypeVar("_Page")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file in one step, durably. Raises OSError."""
    fresh = path.with_name(f".{path.name}.new")
    with fresh.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(path)
    sync_folder(path.parent)


def write_json(path: Path, page: Any) -> None:
    """Write a page in one step, durably. Raises OSError."""
    write_whole(path, msgspec.json.format(msgspec.json.encode(page)) + b"\n")


def read_json(path: Path, kind: type[_Page]) -> _Page | None:
    """A page, or None if it is not there.

    Raises:
        InputError: it is something else.
        OSError: it cannot be read.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    raise InputError(f"{path}: needed a page that `redline export` wrote, came something else")
