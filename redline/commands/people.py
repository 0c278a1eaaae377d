"""Commands about people: scrub, consent."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from redline.commands.root import bootstrap_option, data_option, lines_of, main, say, settings_of

if TYPE_CHECKING:
    from redline.settings import Settings


@main.command("scrub")
@data_option
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--plain", is_flag=True, help="Lines are text, not JSON objects with a field `text`.")
@click.option("--spans", is_flag=True, help="Also give what was found, as code-point offsets.")
@click.option(
    "--eval", "measure", is_flag=True, help="FILE has `spans` with start, end and type: how well they are found."
)
@click.option("--json", "as_json", is_flag=True, help="With --eval: one JSON object instead of a table.")
@click.option("--threshold", type=click.FloatRange(0, 1), help="Score from which a finding counts.")
@click.option("--stock", is_flag=True, help="Presidio's own default, and nothing of ours: for comparison.")
def scrub_command(
    *,
    data: str | None,
    file: Any,
    plain: bool,
    spans: bool,
    measure: bool,
    as_json: bool,
    threshold: float | None,
    stock: bool,
) -> None:
    """Scrub lines of FILE (default standard input)."""
    from redline import scrub_eval
    from redline.keys import keys_of
    from redline.scrub_command import engine, scrub_lines

    settings = settings_of(**{"data": data, "scrub.threshold": threshold})
    find = engine(dataclasses.replace(settings.scrub_options, stock=stock))
    if measure:
        report = scrub_eval.evaluate(file, find).report()
        click.echo(json.dumps(report) if as_json else scrub_eval.table(report))
        return
    keys, style = keys_of(settings), settings.scrub.style
    for line in scrub_lines(file, plain=plain, spans=spans, keys=keys, style=style, analyze=find):
        click.echo(line)


@main.group("consent")
def consent_group() -> None:
    """Who has agreed. People are named as events' `subject` names them; only keyed hashes are stored."""


def _consent(people: tuple[str, ...], settings: Settings, *, granted: bool, version: str) -> None:
    from redline import cluster, consent
    from redline.up import attached

    with cluster.broker(attached(settings), say) as live:
        cluster.prepare_topics(live)
        count = consent.record(live, people, granted=granted, version=version)
    click.echo(f"{'granted' if granted else 'withdrawn'}: {count:,} people")


@consent_group.command("grant")
@click.argument("people", nargs=-1, required=True)
@click.option("--consent-version", "version", default="", help="Name of the text they agreed to (default: today).")
@data_option
@bootstrap_option
def consent_grant(people: tuple[str, ...], version: str, data: str | None, bootstrap: str | None) -> None:
    """PEOPLE have agreed."""
    _consent(people, settings_of(**{"data": data, "kafka.bootstrap": bootstrap}), granted=True, version=version)


@consent_group.command("withdraw")
@click.argument("people", nargs=-1, required=True)
@data_option
@bootstrap_option
def consent_withdraw(people: tuple[str, ...], data: str | None, bootstrap: str | None) -> None:
    """PEOPLE have withdrawn: their events are dropped from now on."""
    _consent(people, settings_of(**{"data": data, "kafka.bootstrap": bootstrap}), granted=False, version="")


@consent_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--consent-version", "version", default="", help="Name of the text they agreed to (default: today).")
@data_option
@bootstrap_option
def consent_import(file: str, version: str, data: str | None, bootstrap: str | None) -> None:
    """Everybody in FILE has agreed, one person per line."""
    people = tuple(line.strip() for line in lines_of(Path("/dev/stdin" if file == "-" else file)) if line.strip())
    _consent(people, settings_of(**{"data": data, "kafka.bootstrap": bootstrap}), granted=True, version=version)
