"""The `redline` command. Each command is a few lines here; what it does lives in the file named like it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from redline import faults
from redline.settings import Settings, load, shown
from schemas.errors import InputError, RedlineError

if TYPE_CHECKING:
    from collections.abc import Callable

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}
_BUG = 3  # exit code of what should not happen


class _Group(click.Group):
    """Redline's own errors are one line and exit code 2; anything else shows its type and place, never its values."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except RedlineError as error:
            click.echo(f"redline: {error}", err=True)
            sys.exit(2)
        except (click.exceptions.Exit, click.Abort, click.ClickException, BrokenPipeError):
            raise
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            click.echo(f"redline: {where}{error.strerror or type(error).__name__}; run `redline doctor`", err=True)
            sys.exit(2)
        except Exception as error:  # noqa: BLE001 - a traceback would show values, and they may be someone's words
            click.echo(f"redline: a fault of Redline: {faults.told(error)}", err=True)
            sys.exit(_BUG)
        except KeyboardInterrupt:
            click.echo("redline: stopped", err=True)
            sys.exit(130)


def _settings(**flags: Any) -> Settings:
    config = click.get_current_context().find_root().params.get("config")
    return load(Path(config) if config else None, os.environ, flags)


def _say(text: str) -> None:
    click.echo(text, err=True)


_data = click.option("--data", "data", type=click.Path(file_okay=False), help="Data folder (default redline-data).")
_bootstrap = click.option("--bootstrap", help="Kafka to use instead of the embedded one.")
_consent_mode = click.option(
    "--consent",
    "mode",
    type=click.Choice(["opt-in", "opt-out"]),
    help="What silence means: opt-in (default) drops people without a record, opt-out reads them.",
)


@click.group(cls=_Group, context_settings=_CONTEXT)
@click.option("--config", type=click.Path(dir_okay=False), help="Settings file (default ./redline.toml).")
@click.version_option(package_name="redline")
def main(config: str | None) -> None:
    """Turn what people do with AI drafts into checked training data that is safe to train on."""
    del config
    faults.log_to_stderr()


def _lines(path: Path) -> list[str]:
    """Raises InputError if it is no text; OSError."""
    try:
        return path.read_text("utf-8").splitlines()
    except UnicodeDecodeError:
        pass
    raise InputError(f"{path}: needed UTF-8 text, one person per line; came other bytes")


def _bounded(
    emit: Callable[..., Any], settings: Settings, consent_file: str | None, consenting: list[str] | None = None
) -> None:
    from redline.run import run  # seconds of imports that other commands do not need

    people = list(consenting or [])
    if consent_file:
        people += _lines(Path(consent_file))
    outcome = run(settings, emit, consenting=people, say=_say)
    word = "complete" if outcome.ok else "NOT complete"
    _say(
        f"{word}: {outcome.records:,} records in {outcome.seconds:.1f} s,"
        f" {outcome.records / outcome.seconds:,.0f} records/s"
    )
    sys.exit(0 if outcome.ok else 1)


@main.command("run")
@click.argument("files", nargs=-1, required=True)
@click.option("--out", "data", type=click.Path(file_okay=False), help="Data folder; a second run continues it.")
@_bootstrap
@_consent_mode
@click.option(
    "--consent-file", type=click.Path(exists=True, dir_okay=False), help="People who have agreed, one per line."
)
def run_command(
    files: tuple[str, ...], data: str | None, bootstrap: str | None, mode: str | None, consent_file: str | None
) -> None:
    """Raw events from FILES (JSON lines of CloudEvents, - for standard input) to checked Parquet."""
    from redline.emit import emit
    from schemas import topics

    settings = _settings(**{"data": data, "kafka.bootstrap": bootstrap, "consent.mode": mode})

    def send(live: Settings, progress: Callable[[int], None]) -> Any:
        return emit(
            list(files),
            bootstrap=live.kafka.bootstrap,
            topic=topics.EVENTS,
            kafka_config=live.kafka.config,
            progress=progress,
        )

    _bounded(send, settings, consent_file)


@main.command("demo")
@click.option("--out", "data", type=click.Path(file_okay=False), default="redline-data", show_default=True)
@click.option("--events", type=click.IntRange(1), default=20_000, show_default=True, help="Records to generate.")
@click.option("--seed", type=int, default=7, show_default=True)
def demo_command(data: str, events: int, seed: int) -> None:
    """The main job over a generated company. An older demo in the same folder is replaced."""
    from redline import demo

    settings = _settings(data=data)
    demo.prepare(settings)
    emit, people = demo.source(seed, events)
    from redline.run import run

    outcome = run(settings, emit, consenting=people, say=_say)
    click.echo(demo.sample(settings))
    word = "complete" if outcome.ok else "NOT complete"
    click.echo(f"{word}: {outcome.records:,} records in {outcome.seconds:.1f} s on {os.cpu_count()} cores")
    sys.exit(0 if outcome.ok else 1)


@main.command("up")
@_data
@_bootstrap
@_consent_mode
def up_command(data: str | None, bootstrap: str | None, mode: str | None) -> None:
    """Broker, workers and sinks until Ctrl-C; what dies is started again."""
    from redline.up import up

    up(_settings(**{"data": data, "kafka.bootstrap": bootstrap, "consent.mode": mode}), say=_say)


@main.command("broker")
@_data
def broker_command(data: str | None) -> None:
    """The embedded broker alone, until Ctrl-C; prints its address."""
    from redline.up import broker

    broker(_settings(data=data), say=_say)


@main.group("topics")
def topics_group() -> None:
    """Topics of the pipeline."""


@topics_group.command("create")
@_bootstrap
@_data
def topics_create(bootstrap: str | None, data: str | None) -> None:
    """Create every topic that is missing; refuse a partition count that does not fit."""
    from redline import cluster
    from redline.up import attached

    settings = attached(_settings(**{"kafka.bootstrap": bootstrap, "data": data}))
    with cluster.broker(settings, _say) as live:
        created = cluster.prepare_topics(live)
    click.echo(f"created {len(created)}: {', '.join(created)}" if created else "all topics are there")


@main.command("worker")
@_data
@_bootstrap
@_consent_mode
@click.option("--name", default="worker-1", show_default=True, help="Unique on this machine: names its state folder.")
def worker_command(data: str | None, bootstrap: str | None, mode: str | None, name: str) -> None:
    """Scrub, join and sessionise until told to stop."""
    from redline.up import attached
    from redline.worker import run

    run(attached(_settings(**{"data": data, "kafka.bootstrap": bootstrap, "consent.mode": mode})), name=name)


@main.command("sink")
@_data
@_bootstrap
@click.option("--name", default="sink-1", show_default=True, help="Unique on this machine.")
def sink_command(data: str | None, bootstrap: str | None, name: str) -> None:
    """Check and publish batches until told to stop."""
    from redline.sink import run
    from redline.up import attached

    run(attached(_settings(**{"data": data, "kafka.bootstrap": bootstrap})), name=name)


@main.command("emit")
@click.argument("files", nargs=-1, required=True)
@_bootstrap
@_data
def emit_command(files: tuple[str, ...], bootstrap: str | None, data: str | None) -> None:
    """Send events from FILES (JSON lines, - for standard input) to the raw topic and wait for every confirmation."""
    from redline.emit import emit
    from redline.up import running_bootstrap
    from schemas import topics

    settings = _settings(**{"kafka.bootstrap": bootstrap, "data": data})
    result = emit(
        list(files),
        bootstrap=running_bootstrap(settings),
        topic=topics.EVENTS,
        kafka_config=settings.kafka.config,
        progress=lambda _count: None,
    )
    click.echo(f"{result.records:,} records confirmed, {result.bytes:,} bytes, {result.refused:,} too large to send")


@main.command("status")
@_data
@_bootstrap
def status_command(data: str | None, bootstrap: str | None) -> None:
    """How far each stage and table is, and which tables are halted."""
    from redline.status import status

    click.echo(status(_settings(**{"data": data, "kafka.bootstrap": bootstrap}), _say))


@main.command("ledger")
@_data
@_bootstrap
def ledger_command(data: str | None, bootstrap: str | None) -> None:
    """Account for every raw offset; exit 1 with the coordinates if one has no fate, or two."""
    from quality import report
    from redline import cluster
    from redline.ledger_reader import balance
    from redline.up import attached

    settings = _settings(**{"data": data, "kafka.bootstrap": bootstrap})
    with cluster.broker(attached(settings), _say) as live:
        answer = balance(live)
    click.echo(report.balance(answer))
    sys.exit(0 if answer.balanced else 1)


@main.command("check")
@_data
@click.argument("tables", nargs=-1)
def check_command(data: str | None, tables: tuple[str, ...]) -> None:
    """Run the suites over the tables as they are on disk; exit 1 if one fails."""
    from redline.check import check

    text, passed = check(_settings(data=data), tables)
    click.echo(text)
    sys.exit(0 if passed else 1)


@main.command("release")
@_data
@click.argument("table")
@click.option("--quarantine", is_flag=True, help="Rows that fail again go to quarantine instead of halting the table.")
def release_command(data: str | None, table: str, quarantine: bool) -> None:
    """Let a halted TABLE go on: its waiting rows are read and checked again."""
    from sinks import halts

    settings = _settings(data=data)
    if not any(halt.table == table for halt in halts.halted(settings.data_dir)):
        click.echo(f"{table} is not halted")
        sys.exit(1)
    halts.release(settings.data_dir, table, quarantine=quarantine)
    click.echo(f"{table} goes on" + (", rows that fail again go to quarantine" if quarantine else ""))


@main.command("scrub")
@_data
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--plain", is_flag=True, help="Lines are text, not JSON objects with a field `text`.")
@click.option("--spans", is_flag=True, help="Also give what was found, as code-point offsets.")
def scrub_command(data: str | None, file: Any, plain: bool, spans: bool) -> None:
    """Scrub lines of FILE (default standard input)."""
    from redline.keys import keys_of
    from redline.scrub_command import scrub_lines

    settings = _settings(data=data)
    keys = keys_of(settings)
    for line in scrub_lines(file, plain=plain, spans=spans, keys=keys):
        click.echo(line)


@main.group("consent")
def consent_group() -> None:
    """Who has agreed. People are named as events' `subject` names them; only keyed hashes are stored."""


def _consent(people: tuple[str, ...], settings: Settings, *, granted: bool, version: str) -> None:
    from redline import cluster, consent
    from redline.up import attached

    with cluster.broker(attached(settings), _say) as live:
        cluster.prepare_topics(live)
        count = consent.record(live, people, granted=granted, version=version)
    click.echo(f"{'granted' if granted else 'withdrawn'}: {count:,} people")


@consent_group.command("grant")
@click.argument("people", nargs=-1, required=True)
@click.option("--consent-version", "version", default="", help="Name of the text they agreed to (default: today).")
@_data
@_bootstrap
def consent_grant(people: tuple[str, ...], version: str, data: str | None, bootstrap: str | None) -> None:
    """PEOPLE have agreed."""
    _consent(people, _settings(**{"data": data, "kafka.bootstrap": bootstrap}), granted=True, version=version)


@consent_group.command("withdraw")
@click.argument("people", nargs=-1, required=True)
@_data
@_bootstrap
def consent_withdraw(people: tuple[str, ...], data: str | None, bootstrap: str | None) -> None:
    """PEOPLE have withdrawn: their events are dropped from now on."""
    _consent(people, _settings(**{"data": data, "kafka.bootstrap": bootstrap}), granted=False, version="")


@consent_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--consent-version", "version", default="", help="Name of the text they agreed to (default: today).")
@_data
@_bootstrap
def consent_import(file: str, version: str, data: str | None, bootstrap: str | None) -> None:
    """Everybody in FILE has agreed, one person per line."""
    people = tuple(line.strip() for line in _lines(Path("/dev/stdin" if file == "-" else file)) if line.strip())
    _consent(people, _settings(**{"data": data, "kafka.bootstrap": bootstrap}), granted=True, version=version)


@main.group("rebuild")
def rebuild_group() -> None:
    """Make a table anew from `interactions`."""


@rebuild_group.command("pairs")
@_data
@click.option("--compare/--no-compare", default=True, show_default=True, help="Compare with the streamed table.")
@click.option(
    "--to", "target", type=click.Path(dir_okay=False), help="Also write the rebuilt rows to this Parquet file."
)
def rebuild_pairs(data: str | None, compare: bool, target: str | None) -> None:
    """Pairs from `interactions` by the same join; exit 1 if they differ from the streamed table."""
    from redline.rebuild import pairs

    result = pairs(_settings(data=data), target=Path(target) if target else None)
    click.echo(result.text)
    sys.exit(0 if result.equal or not compare else 1)


@main.command("sql")
@_data
@click.argument("query")
def sql_command(data: str | None, query: str) -> None:
    """Answer one QUERY over the tables with DuckDB."""
    from quality.report import table
    from redline.sql import query as ask

    header, rows = ask(_settings(data=data).data_dir, query)
    click.echo(table([str(name) for name in header], [list(row) for row in rows]))


@main.command("doctor")
@_data
@_bootstrap
def doctor_command(data: str | None, bootstrap: str | None) -> None:
    """What is missing, and the command that fixes it; exit 1 if something is."""
    from redline.doctor import doctor

    text, healthy = doctor(_settings(**{"data": data, "kafka.bootstrap": bootstrap}))
    click.echo(text)
    sys.exit(0 if healthy else 1)


@main.command("settings")
def settings_command() -> None:
    """The effective settings, secrets hidden."""
    for name, value in shown(_settings()):
        click.echo(f"{name} = {value}")
