"""Commands that read what tools leave on a disk: redline ingest."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from redline.commands.root import bootstrap_option, data_option, main, say, settings_of

if TYPE_CHECKING:
    from collections.abc import Callable

_PLACES = {"claude-code": "~/.claude/projects", "continue": "~/.continue/dev_data", "tabby": "~/.tabby/events"}


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.argument("paths", nargs=-1, type=click.Path(path_type=Path)),
        click.option("--follow", is_flag=True, help="Go on as files grow, until Ctrl-C."),
        click.option("--subject", help="The one person whose files these are; what names another is refused."),
        click.option("--dry-run", is_flag=True, help="Only say what would be read; send and remember nothing."),
        click.option("--json", "as_json", is_flag=True, help="The report as one JSON object."),
        data_option,
        bootstrap_option,
    ):
        command = option(command)
    return command


def _ingest(
    name: str,
    *,
    paths: tuple[Path, ...],
    follow: bool,
    subject: str | None,
    dry_run: bool,
    as_json: bool,
    text: bool = False,
    **flags: Any,
) -> None:
    import msgspec

    from redline.ingest import run
    from redline.up import running_bootstrap

    if not paths and name not in _PLACES:
        raise click.UsageError("PATHS: needed the file or folder to read, came none")
    if name == "claude-code" and subject is None:
        say("no --subject: transcripts name nobody, and nobody can have agreed unless silence means yes")
    places = paths or (Path(_PLACES[name]).expanduser(),)
    if dry_run:
        report = run.dry_run(name, places, subject=subject, text=text)
    else:
        settings = settings_of(**{"data": flags["data"], "kafka.bootstrap": flags["bootstrap"]})
        kafka = msgspec.structs.replace(settings.kafka, bootstrap=running_bootstrap(settings))
        live = msgspec.structs.replace(settings, kafka=kafka)
        report = run.ingest(name, places, live, subject=subject, follow=follow, text=text, say=say)
    click.echo(json.dumps(report.tree()) if as_json else report.text(dry=dry_run))
    sys.exit(1 if report.unreadable else 0)


@main.group("ingest")
def ingest_group() -> None:
    """Files that tools leave on a disk, to the raw topic: only what is new, without loss and without doubles."""


@ingest_group.command("claude-code")
@_options
def ingest_claude_code(**options: Any) -> None:
    """Claude Code's transcripts in PATHS, files or folders (default ~/.claude/projects)."""
    _ingest("claude-code", **options)


@ingest_group.command("continue")
@_options
def ingest_continue(**options: Any) -> None:
    """Continue's development data in PATHS (default ~/.continue/dev_data)."""
    _ingest("continue", **options)


@ingest_group.command("tabby")
@_options
def ingest_tabby(**options: Any) -> None:
    """Tabby's event logs in PATHS (default ~/.tabby/events)."""
    _ingest("tabby", **options)


@ingest_group.command("otlp")
@_options
def ingest_otlp(**options: Any) -> None:
    """Logs and spans that an OpenTelemetry Collector's file exporter wrote in PATHS (JSON lines)."""
    _ingest("otlp", **options)


@ingest_group.command("traces")
@_options
def ingest_traces(**options: Any) -> None:
    """Files of traces in PATHS: Langfuse's JSON export, one OTLP request in JSON, or a span's attributes."""
    _ingest("traces", **options)


_text_option = click.option("--text", is_flag=True, help="Send what people wrote, not only who answered whom and when.")


@ingest_group.command("slack")
@_options
@_text_option
def ingest_slack(**options: Any) -> None:
    """An unpacked Slack export in PATHS: public and private channels, no direct messages."""
    _ingest("slack", **options)


@ingest_group.command("mbox")
@_options
@_text_option
def ingest_mbox(**options: Any) -> None:
    """Files of mails (mbox) in PATHS."""
    _ingest("mbox", **options)


@ingest_group.command("revisions")
@_options
def ingest_revisions(**options: Any) -> None:
    """Document revisions in PATHS: a folder for each document, a file in it for each revision."""
    _ingest("revisions", **options)
