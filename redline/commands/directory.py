"""Commands about the company's directory: import, check, show."""

from __future__ import annotations

from pathlib import Path

import click

from redline.commands.root import data_option, main, settings_of

_FILE = click.argument("source", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@main.group("directory")
def directory_group() -> None:
    """The company's people, whom scrubbing finds in every spelling."""


@directory_group.command("import")
@data_option
@_FILE
def directory_import(data: str | None, source: Path) -> None:
    """Compile a CSV of people and put it in use; running workers see it within a second."""
    from redline import directory_command as command

    for line in command.import_people(source, settings_of(data=data).state).lines():
        click.echo(line)


@directory_group.command("check")
@_FILE
def directory_check(source: Path) -> None:
    """Say what an import of FILE would take in and leave out; write nothing."""
    from redline import directory_command as command

    for line in command.check_people(source).lines():
        click.echo(line)


@directory_group.command("show")
@data_option
def directory_show(data: str | None) -> None:
    """Say how many people the directory in use holds; names nobody."""
    from redline import directory_command as command

    for line in command.show(settings_of(data=data).state):
        click.echo(line)
