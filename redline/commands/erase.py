"""Commands that remove rows: erase, retain."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import click

from redline.commands.root import bootstrap_option, data_option, main, say, settings_of

_LIST, _STDIN = "list", "-"


@main.command("erase")
@click.argument("person", required=False)
@click.option("--also", "aliases", multiple=True, help="Another name of the same person, as events have it.")
@click.option("--rewrite", is_flag=True, help="Also drop the rows from exported files.")
@click.option("--verify", "prove", is_flag=True, help="Erase nothing: look if anything is left.")
@click.option("--receipt", "target", type=click.Path(dir_okay=False), help="Write the signed receipt here, too.")
@click.option("--check-receipt", "signed", type=click.Path(exists=True, dir_okay=False), help="Check a receipt.")
@click.option(
    "--wait", "wait_s", type=click.FloatRange(0), default=60.0, show_default=True, help="Seconds for workers."
)
@data_option
@bootstrap_option
def erase_command(
    person: str | None,
    aliases: tuple[str, ...],
    *,
    rewrite: bool,
    prove: bool,
    target: str | None,
    signed: str | None,
    wait_s: float,
    data: str | None,
    bootstrap: str | None,
) -> None:
    """Erase PERSON, as events' `subject` names them (- reads the name from standard input), or `list` all erasures.

    Exits 0 if nothing of them is left, 1 if something is: run it again, or do what it says.
    """
    from redline.erasure import receipt, run

    settings = settings_of(**{"data": data, "kafka.bootstrap": bootstrap})
    if signed is not None:
        good = receipt.check(receipt.read(Path(signed)), settings.state)
        click.echo("the receipt is as it was signed here" if good else "NOT a receipt of this data folder, or changed")
        sys.exit(0 if good else 1)
    if person is None:
        raise click.UsageError("needed a PERSON, `list`, or --check-receipt")
    if person == _LIST:
        click.echo(run.listing(settings))
        return
    names = [sys.stdin.readline() if person == _STDIN else person, *aliases]
    if prove:
        outcome = run.verified(settings, names, say=say)
    else:
        path = Path(target) if target else None
        outcome = run.erase(settings, names, rewrite=rewrite, say=say, target=path, wait_s=wait_s)
    click.echo(outcome.text)
    sys.exit(0 if outcome.complete else 1)


@main.command("retain")
@click.option("--dry-run", is_flag=True, help="Say what would go.")
@click.option(
    "--today",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Count from this day (UTC), whatever the newest record and row say of the clock; none that is to come.",
)
@data_option
@bootstrap_option
def retain_command(*, dry_run: bool, today: dt.datetime | None, data: str | None, bootstrap: str | None) -> None:
    """Remove rows that are older than their table keeps them (settings `retain.<table>_days`)."""
    from redline.retain import retain

    settings = settings_of(**{"data": data, "kafka.bootstrap": bootstrap})
    day = None if today is None else today.date()
    click.echo(retain(settings, dry_run=dry_run, now=dt.datetime.now(dt.UTC), today=day, say=say))
