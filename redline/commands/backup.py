"""Commands that copy a data folder and put it back: backup, restore."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from redline.commands.root import bootstrap_option, data_option, main, say, settings_of


@main.command("backup")
@data_option
@bootstrap_option
@click.option("--to", "target", type=click.Path(), help="The folder to make.")
@click.option("--without-keys", is_flag=True, help="Leave the key file out: it is kept elsewhere.")
@click.option("--verify", "whole", type=click.Path(exists=True, file_okay=False), help="Copy nothing: check a backup.")
def backup_command(
    data: str | None, bootstrap: str | None, target: str | None, whole: str | None, *, without_keys: bool
) -> None:
    """Copy tables, state, keys and what people have said to a new folder, while workers and sinks go on.

    --verify exits 1 if a file of the backup is not as it was written.
    """
    from redline.backup.take import backup, verified

    if whole is not None:
        text, good = verified(Path(whole))
        click.echo(text)
        sys.exit(0 if good else 1)
    if target is None:
        raise click.UsageError("needed --to FOLDER, or --verify FOLDER")
    settings = settings_of(**{"data": data, "kafka.bootstrap": bootstrap})
    click.echo(backup(settings, Path(target), keys=not without_keys, say=say))


@main.command("restore")
@click.argument("backup", type=click.Path(exists=True, file_okay=False))
@data_option
@bootstrap_option
def restore_command(backup: str, data: str | None, bootstrap: str | None) -> None:
    """Make a new data folder from BACKUP, and do again what was erased since; run again after a kill."""
    from redline.backup.restore import restore

    settings = settings_of(**{"data": data, "kafka.bootstrap": bootstrap})
    click.echo(restore(settings, Path(backup), say=say))
