"""Commands that run the whole path: run, demo, up."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from redline.commands.root import (
    bootstrap_option,
    consent_option,
    data_option,
    lines_of,
    main,
    say,
    settings_of,
    weaker_option,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from redline.settings import Settings


def _bounded(
    emit: Callable[..., Any], settings: Settings, consent_file: str | None, consenting: list[str] | None = None
) -> None:
    from redline.run import run  # seconds of imports that other commands do not need

    people = list(consenting or [])
    if consent_file:
        people += lines_of(Path(consent_file))
    outcome = run(settings, emit, consenting=people, say=say)
    word = "complete" if outcome.ok else "NOT complete"
    say(
        f"{word}: {outcome.records:,} records in {outcome.seconds:.1f} s,"
        f" {outcome.records / outcome.seconds:,.0f} records/s"
    )
    sys.exit(0 if outcome.ok else 1)


@main.command("run")
@click.argument("files", nargs=-1, required=True)
@click.option(
    "--out", "--data", "data", type=click.Path(file_okay=False), help="Data folder; a second run continues it."
)
@bootstrap_option
@consent_option
@weaker_option
@click.option(
    "--consent-file", type=click.Path(exists=True, dir_okay=False), help="People who have agreed, one per line."
)
def run_command(
    *,
    files: tuple[str, ...],
    data: str | None,
    bootstrap: str | None,
    mode: str | None,
    accepted: str | None,
    consent_file: str | None,
) -> None:
    """Raw events from FILES (JSON lines of CloudEvents, - for standard input) to checked Parquet."""
    from redline import weaker
    from redline.emit import emit
    from schemas import topics

    settings = settings_of(
        **{"data": data, "kafka.bootstrap": bootstrap, "consent.mode": mode, "privacy.accept_weaker": accepted}
    )
    settings = weaker.said(settings, mode)
    weaker.require_accepted(settings)

    def send(live: Settings, progress: Callable[[int], None]) -> Any:
        return emit(
            list(files),
            bootstrap=live.kafka.bootstrap,
            topic=topics.EVENTS,
            kafka_config=live.kafka.client,
            progress=progress,
        )

    _bounded(send, settings, consent_file)


@main.command("demo")
@click.option("--out", "data", type=click.Path(file_okay=False), default="redline-data", show_default=True)
@click.option("--events", type=click.IntRange(1), default=20_000, show_default=True, help="Records to generate.")
@click.option("--seed", type=int, default=7, show_default=True)
def demo_command(data: str, events: int, seed: int) -> None:
    """The main job over a generated company. An older demo in the same folder is replaced."""
    from redline import demo, weaker

    settings = weaker.accepting_all(settings_of(data=data))  # its people are invented
    demo.prepare(settings)
    emit, people = demo.source(seed, events)
    from redline.run import run

    outcome = run(settings, emit, consenting=people, say=say)
    click.echo(demo.sample(settings))
    word = "complete" if outcome.ok else "NOT complete"
    click.echo(f"{word}: {outcome.records:,} records in {outcome.seconds:.1f} s on {os.cpu_count()} cores")
    sys.exit(0 if outcome.ok else 1)


@main.command("up")
@data_option
@bootstrap_option
@consent_option
@weaker_option
def up_command(data: str | None, bootstrap: str | None, mode: str | None, accepted: str | None) -> None:
    """Broker, workers and sinks until Ctrl-C; what dies is started again."""
    from redline import weaker
    from redline.up import up

    settings = settings_of(
        **{"data": data, "kafka.bootstrap": bootstrap, "consent.mode": mode, "privacy.accept_weaker": accepted}
    )
    settings = weaker.said(settings, mode)
    weaker.require_accepted(settings)
    up(settings, say=say)
