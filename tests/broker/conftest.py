"""Commands that end with their test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.command import Command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def redline(tmp_path: Path) -> Iterator[Callable[..., Command]]:
    """Starts commands, and ends those that a failed test leaves."""
    made: list[Command] = []

    def start(*arguments: str, stdin: bytes | None = None, **settings: str) -> Command:
        made.append(Command(tmp_path / f"command-{len(made)}.log", *arguments, stdin=stdin, **settings))
        return made[-1]

    yield start
    for command in made:
        if command.process.poll() is None:
            command.process.kill()
            command.process.wait()
