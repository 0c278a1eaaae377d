"""`redline directory`: the company's people, as commands. What they do lives in `directory_command`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from redline import directory_command as command
from redline.settings import load

_FILE = click.argument("source", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_DATA = click.option("--data", "data", type=click.Path(file_okay=False), help="Data folder (default redline-data).")


def _state(data: str | None) -> Path:
    config = click.get_current_context().find_root().params.get("config")
    return load(Path(config) if config else None, os.environ, {"data": data}).state


def _say(lines: object) -> None:
    for line in lines if isinstance(lines, list) else [lines]:
        click.echo(line)


@click.group("directory")
def directory() -> None:
    """The company's people, whom scrubbing finds in every spelling."""


@directory.command("import")
@_FILE
@_DATA
def import_(source: Path, data: str | None) -> None:
    """Compile a CSV of people and put it in use; running workers see it within a second."""
    _say(list(command.import_people(source, _state(data)).lines()))


@directory.command("check")
@_FILE
def check(source: Path) -> None:
    """Say what an import of FILE would take in and leave out; write nothing."""
    _say(list(command.check_people(source).lines()))


@directory.command("show")
@_DATA
def show(data: str | None) -> None:
    """Say how many people the directory in use holds; names nobody."""
    _say(command.show(_state(data)))
