"""Commands over rows that failed their gate: list, show, release, discard."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from redline.commands.root import bootstrap_option, data_option, main, say, settings_of

if TYPE_CHECKING:
    from collections.abc import Callable

_DAY = click.DateTime(["%Y-%m-%d"])
_CHOICE = (
    click.option("--table", "tables", multiple=True, metavar="TABLE", help="Rows of this table; several by repeating."),
    click.option(
        "--reason", "reasons", multiple=True, help="Rows that failed this expectation, with or without :column."
    ),
    click.option("--id", "ids", multiple=True, metavar="RECORD_ID", help="This row."),
    click.option("--since", type=_DAY, help="Rows of this day (event_date) and later."),
    click.option("--until", type=_DAY, help="Rows of this day and earlier."),
)


def _choice_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_CHOICE):
        command = option(command)
    return command


@main.group("quarantine")
def quarantine_group() -> None:
    """Rows that failed their gate, until somebody decides."""


@quarantine_group.command("list")
@data_option
@_choice_options
def quarantine_list(data: str | None, **chosen: Any) -> None:
    """How many rows there are, by table, reason and day."""
    from redline.quarantine.choice import chosen as choice
    from redline.quarantine.look import listing

    click.echo(listing(settings_of(data=data), choice(**chosen)))


@quarantine_group.command("show")
@data_option
@_choice_options
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Rows to show.")
@click.option("--text", is_flag=True, help="Whole rows with their texts, as JSON lines; recorded in the audit table.")
def quarantine_show(*, data: str | None, limit: int, text: bool, **chosen: Any) -> None:
    """Rows one by one: id, day, reason, raw coordinates and lengths; no text without --text."""
    from redline.quarantine.choice import chosen as choice
    from redline.quarantine.look import showing

    click.echo(showing(settings_of(data=data), choice(**chosen), limit=limit, text=text))


@quarantine_group.command("release")
@data_option
@bootstrap_option
@_choice_options
@click.option(
    "--accept",
    multiple=True,
    metavar="EXPECTATION",
    help="Let rows pass that fail this one, if it is no critical one; recorded.",
)
@click.option("--dry-run", "dry", is_flag=True, help="Check them, and only say what would go.")
def quarantine_release(
    *, data: str | None, bootstrap: str | None, accept: tuple[str, ...], dry: bool, **chosen: Any
) -> None:
    """Check rows again by the suite of now, and put those that pass into their table; exit 1 if some stay.

    Consent is asked again: a row with an event of somebody who has said no since stays.
    """
    from redline import cluster
    from redline.consent import book_of
    from redline.gates import gates_of
    from redline.keys import ring_of
    from redline.quarantine import said_no
    from redline.quarantine.choice import chosen as choice
    from redline.quarantine.run import release
    from redline.up import attached

    settings, meant = settings_of(**{"data": data, "kafka.bootstrap": bootstrap}), choice(**chosen)
    gates = gates_of(settings, meant.tables)
    with cluster.broker(attached(settings), say) as live:
        cluster.prepare_topics(live)
        done = release(
            live,
            meant,
            gate=lambda table: gates[table.name],
            refused=lambda: said_no.places(live.data_dir, book_of(live), ring_of(live)),
            accept=accept,
            dry=dry,
        )
    click.echo(done.text)
    sys.exit(1 if done.left else 0)


@quarantine_group.command("discard")
@data_option
@_choice_options
@click.option("--all", "everything", is_flag=True, help="All rows of the tables: needed if nothing else is chosen.")
@click.option("--dry-run", "dry", is_flag=True, help="Only say what would go.")
def quarantine_discard(*, data: str | None, everything: bool, dry: bool, **chosen: Any) -> None:
    """Remove rows for good; their events become rejects, `discarded`. Exit 1 if some stay."""
    from redline.quarantine.choice import chosen as choice
    from redline.quarantine.run import discard

    meant = choice(**chosen)
    if meant.everything and not everything:
        raise click.UsageError("needed --reason, --id, --since or --until, or --all for every row of the tables")
    done = discard(settings_of(data=data), meant, dry=dry)
    click.echo(done.text)
    sys.exit(1 if done.left else 0)
