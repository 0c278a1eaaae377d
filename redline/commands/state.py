"""Commands about what workers know between two events: show, rebuild, reset."""

from __future__ import annotations

import sys

import click

from redline.commands.root import bootstrap_option, data_option, main, say, settings_of


@main.group("state")
def state_group() -> None:
    """What workers know between two events: open interactions and sessions, and which events came before."""


@state_group.command("show")
@data_option
@bootstrap_option
def state_show(data: str | None, bootstrap: str | None) -> None:
    """The format and size of each stage's state; exit 1 if this version's workers cannot go on with it."""
    from redline.state.show import show

    text, ours = show(settings_of(**{"data": data, "kafka.bootstrap": bootstrap}), say=say)
    click.echo(text)
    sys.exit(0 if ours else 1)


@state_group.command("rebuild")
@data_option
@bootstrap_option
@click.option(
    "--accept-loss", is_flag=True, help="Go on although Kafka has dropped the beginning of what state is made of."
)
def state_rebuild(data: str | None, bootstrap: str | None, *, accept_loss: bool) -> None:
    """Make all state anew from `interactions` and from what Kafka holds; no worker may be at work."""
    from redline.state.rebuild import rebuild

    settings = settings_of(**{"data": data, "kafka.bootstrap": bootstrap})
    click.echo(rebuild(settings, accept_loss=accept_loss, say=say))


@state_group.command("reset")
@data_option
@bootstrap_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def state_reset(data: str | None, bootstrap: str | None, *, yes: bool) -> None:
    """Empty all topics behind the raw one, so that workers make everything again; only if no table has rows."""
    from redline.state.reset import reset

    settings = settings_of(**{"data": data, "kafka.bootstrap": bootstrap})
    if not yes:
        click.confirm("All topics but raw events, consent, alerts and sources will be emptied. Go on?", abort=True)
    click.echo(reset(settings, say=say))
