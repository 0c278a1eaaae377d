"""Dead letters sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from redline.commands.root import bootstrap_option, data_option, main, say, settings_of

if TYPE_CHECKING:
    import datetime as dt

_DAY = click.DateTime(["%Y-%m-%d"])


@main.command("replay")
@data_option
@bootstrap_option
@click.option(
    "--rejects", is_flag=True, required=True, help="Dead letters of the table of rejects: all there is to replay."
)
@click.option("--reason", "reasons", multiple=True, required=True, help="Those of this reason; several by repeating.")
@click.option("--path", "paths", multiple=True, metavar="JSONPATH", help="Those whose fault was at this path.")
@click.option("--since", type=_DAY, help="Those of this day and later.")
@click.option("--until", type=_DAY, help="Those of this day and earlier.")
@click.option("--go", is_flag=True, help="Send them. Without it, only say which would be sent.")
def replay_command(
    *,
    data: str | None,
    bootstrap: str | None,
    rejects: bool,
    reasons: tuple[str, ...],
    paths: tuple[str, ...],
    since: dt.datetime | None,
    until: dt.datetime | None,
    go: bool,
) -> None:
    """Send dead letters again from the raw topic, once what was wrong is mended; a dry run without --go."""
    from redline.replay.find import Wanted
    from redline.replay.run import replay

    del rejects
    wanted = Wanted(reasons, paths, since and since.date(), until and until.date())
    settings = settings_of(**{"data": data, "kafka.bootstrap": bootstrap})
    click.echo(replay(settings, wanted, go=go, say=say))
