"""A disk that is full when a test wants it to be."""

from __future__ import annotations

import contextlib
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Disk:
    """A disk that can be filled to its last byte and freed again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        block = b"x" * 65_536
        with self._ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(block):
                pass

    def free(self) -> None:
        self._ballast.unlink()


@contextmanager
def small_disk(folder: Path, *, megabytes: int) -> Iterator[Disk]:
    """A disk of its own at `folder`; the test is skipped where mounting is not permitted."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("mounting a small tmpfs is not permitted here")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", str(folder)], check=True)
