"""Which files there are to read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def files(paths: Sequence[Path], suffixes: tuple[str, ...]) -> list[Path]:
    """Every regular file named, and every one below a folder named whose name has one of the suffixes; each once.

    A name that a rotation has numbered (`events.jsonl.1`) counts too. Links to folders are not followed.

    Raises:
        InputError: a path is not there.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            for file in sorted(_below(path, suffixes)):
                found[file.absolute()] = None
        elif path.is_file():
            found[path.absolute()] = None
        else:
            raise InputError(f"{path}: needed a file or a folder, came none; nothing was read")
    return list(found)


def told(path: Path) -> str:
    """A path as text that can be written anywhere: a name need not be UTF-8 on a disk."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def roots(paths: Sequence[Path]) -> list[Path]:
    """The folders to watch for files that grow or come."""
    return sorted({path if path.is_dir() else path.absolute().parent for path in paths})


def _below(folder: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    for place, _folders, names in os.walk(folder):
        for name in names:
            stem = name.rpartition(".")[0] if name.rpartition(".")[2].isdigit() else name
            if stem.endswith(suffixes) and (file := Path(place, name)).is_file():
                yield file
