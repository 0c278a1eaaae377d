"""Pages on this machine: `redline serve`."""

from __future__ import annotations

import click

from redline.commands.root import data_option, main, settings_of


@main.command("serve")
@data_option
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8470, show_default=True, help="Where to listen; 0: any free one."
)
def serve_command(data: str | None, port: int) -> None:
    """Show report, Data Docs, status and metrics in a browser on this machine, to whoever has the address it prints."""
    from redline.serve.run import run

    run(settings_of(data=data), port, click.echo)
