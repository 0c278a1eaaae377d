"""Text of people: scrub."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import click

from redline.commands.root import data_option, main, settings_of


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
