"""A file that holds what nobody else may read, replaced in one step."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OWNER_ONLY = 0o600
_FOLDER = 0o700


def write(path: Path, content: bytes, *, mode: int = OWNER_ONLY) -> None:
    """Make the file, or put this content in place of the old one. A folder that is not there is made for the owner.

    Whoever reads it, and whoever comes after a crash of the process or of the machine, finds the old content or the
    new one whole: the content is on the disk before the name points to it, and the name when this returns.

    Args:
        path: a link here is replaced, not followed.
        content: all of it.
        mode: of the new file, whatever the old one had and whatever the umask is.

    Raises:
        OSError: the disk refuses; the old file stays.
    """
    with _fresh(path, content, mode) as fresh:
        fresh.replace(path)
    _sync(path.parent)


def make(path: Path, content: bytes) -> bool:
    """Make the file, unless there is one; False if there is, which stands. Of several who make it at once, one does.

    Raises:
        OSError: the disk refuses; there is no file.
    """
    with _fresh(path, content, OWNER_ONLY) as fresh:
        try:
            path.hardlink_to(fresh)
        except FileExistsError:
            return False
    _sync(path.parent)
    return True


@contextmanager
def _fresh(path: Path, content: bytes, mode: int) -> Iterator[Path]:
    """A file beside `path` with this content, on the disk; gone at the end, unless it has become `path`."""
    path.parent.mkdir(mode=_FOLDER, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    fresh.unlink(missing_ok=True)  # of a process of the same number that was killed
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        yield fresh
    finally:
        fresh.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
