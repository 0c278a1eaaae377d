"""Pages to look at: `redline report`."""

from __future__ import annotations

from pathlib import Path

import click

from redline.commands.root import data_option, main, settings_of


@main.command("report")
@data_option
@click.option(
    "--to", "target", type=click.Path(dir_okay=False), help="The page (default report.html in the data folder)."
)
@click.option(
    "--days",
    type=click.IntRange(1, 3660),
    default=28,
    show_default=True,
    help="Days up to the newest one of the tables.",
)
@click.option(
    "--pdf",
    "paper",
    type=click.Path(dir_okay=False),
    help="Also print it into this file, by the Chromium of this machine.",
)
@click.option("--docs", is_flag=True, help="Also check every table and write Data Docs into the data folder.")
def report_command(data: str | None, target: str | None, days: int, paper: str | None, docs: bool) -> None:
    """Write one HTML page on what people did with suggestions and what the checks say; never about few people."""
    from redline.report.run import report

    made = report(
        settings_of(data=data),
        to=Path(target) if target else None,
        days=days,
        paper=Path(paper) if paper else None,
        docs=docs,
    )
    for path in made:
        click.echo(path)
