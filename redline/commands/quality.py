"""`redline quality`: what happens over time."""

from __future__ import annotations

import sys

import click

from redline.commands.root import bootstrap_option, data_option, main, say, settings_of


@main.group("quality")
def quality_group() -> None:
    """What happens over time: volumes, shares and mixes by the hour, and whether they are as usual."""


@quality_group.command("run")
@data_option
@bootstrap_option
@click.option("--once", is_flag=True, help="Look once, deliver the alerts, and end (the default).")
@click.option("--every", type=click.FloatRange(min=1), help="Go on: again after so many seconds, until told to stop.")
def run_command(*, data: str | None, bootstrap: str | None, once: bool, every: float | None) -> None:
    """Measure what came since the last look, keep it, and alert if it is not as usual."""
    from redline.quality import run
    from redline.up import attached, stop_event

    if once and every is not None:
        raise click.UsageError("one of --once and --every")
    settings = attached(settings_of(**{"data": data, "kafka.bootstrap": bootstrap}))
    if not settings.data_dir.is_dir():
        click.echo(f"redline: no data folder {settings.data}; `redline run` makes one", err=True)
        sys.exit(2)
    if every is None:
        run.once(settings, say=say)
    else:
        run.keep_looking(settings, every, stop_event().wait)


@quality_group.command("show")
@data_option
@click.option("--series", multiple=True, metavar="NAME", help="Only this series; may be given several times.")
@click.option("--hours", type=click.IntRange(1, 24 * 400), default=24, show_default=True, help="How far back.")
@click.option(
    "--of", default="", metavar="NAME", help="Only one tool, source or name, as an alert has it: tool:1a2b3c4d."
)
def show_command(data: str | None, series: tuple[str, ...], hours: int, of: str) -> None:
    """Recent points, newest first. What fewer than privacy.k events of one tool make up is not shown."""
    from redline.quality.show import show

    click.echo(show(settings_of(data=data), series, hours=hours, of=of))
