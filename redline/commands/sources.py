"""`redline sources`."""

from __future__ import annotations

import click

from redline.commands.root import bootstrap_option, data_option, main, settings_of


@main.command("sources")
@data_option
@bootstrap_option
@click.option("--days", type=click.IntRange(1, 365), default=7, show_default=True, help="How far back.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a table.")
def sources_command(data: str | None, bootstrap: str | None, days: int, as_json: bool) -> None:
    """What each source sent by day and version, and what its reader did not know."""
    import json

    from redline import sources
    from redline.up import running_bootstrap

    settings = settings_of(**{"data": data, "kafka.bootstrap": bootstrap})
    seen = sources.read(running_bootstrap(settings), settings.kafka.client, days=days)
    day = sources.today()
    click.echo(json.dumps(sources.as_json(seen, day=day)) if as_json else sources.shown(seen, day=day))
