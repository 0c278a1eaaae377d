"""Every command stands in the README or in a page of docs/, as one would type it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from redline.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PAGES = "\n".join(path.read_text("utf-8") for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))))


def commands(group: click.Group, path: str = "redline") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


COMMANDS = dict(commands(main))


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_is_documented(command: str) -> None:
    assert command in PAGES


@pytest.mark.parametrize("command", COMMANDS)
def test_its_help_is_a_sentence(command: str) -> None:
    text = (COMMANDS[command].help or "").strip()
    assert text[:1].isupper()
    assert text.endswith(".")
