"""Commands about keys: list, rotate, destroy."""

from __future__ import annotations

import click

from redline.commands.root import data_option, main, settings_of


@main.group("keys")
def keys_group() -> None:
    """Epochs of the secret keys that surrogates and pseudonyms are made with."""


@keys_group.command("list")
@data_option
def keys_list(data: str | None) -> None:
    """The epochs: when each starts, and whether its key is still there."""
    from redline.key_ring.listing import listing

    click.echo(listing(settings_of(data=data)))


@keys_group.command("rotate")
@data_option
@click.option("--after", "after_s", type=click.FloatRange(5.0), default=60.0, help="Seconds until it starts (60).")
def keys_rotate(data: str | None, after_s: float) -> None:
    """Begin a new epoch, a minute from now; workers go on."""
    from redline.key_ring.listing import listing
    from redline.key_ring.rotation import rotate

    settings = settings_of(data=data)
    rotate(settings, after_s=after_s)
    click.echo(listing(settings))


@keys_group.command("destroy")
@data_option
@click.argument("epoch", type=click.IntRange(1))
@click.option("--yes", is_flag=True, help="Do not ask.")
def keys_destroy(data: str | None, epoch: int, *, yes: bool) -> None:
    """Destroy the key of EPOCH for ever: nobody can link or erase its rows by person afterwards."""
    from redline.key_ring.destruction import destroy

    settings = settings_of(data=data)
    if not yes:
        click.confirm(
            f"The key of epoch {epoch} of {settings.data} will be gone. Its rows stay, and nobody can tell any more"
            " whose they are: they cannot be erased by person, nor rebuilt. Copies of the key file in backups are"
            " yours to delete. Destroy it?",
            abort=True,
        )
    done = destroy(settings, epoch)
    for table, files in done.files.items():
        click.echo(f"{table}: {files:,} files written anew")
    click.echo(f"epoch {epoch} is destroyed; {done.spanning:,} interactions and sessions that it shared went with it")
