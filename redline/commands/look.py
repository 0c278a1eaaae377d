"""Commands that look, or let things go on: status, ledger, check, release, rebuild, rejects, sql, doctor."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from redline.acls import ROLES, Role
from redline.commands.root import bootstrap_option, data_option, main, say, settings_of
from redline.settings import shown


@main.command("status")
@data_option
@bootstrap_option
@click.option(
    "--watch", is_flag=True, help="A live view until Ctrl-C; where that is no terminal, a line for each look."
)
@click.option("--every", type=click.FloatRange(0.2), default=2.0, show_default=True, help="Seconds between looks.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object; with --watch one for each look.")
def status_command(data: str | None, bootstrap: str | None, watch: bool, every: float, as_json: bool) -> None:
    """How far each stage and table is, which tables are halted, which alerts fire."""
    settings = settings_of(**{"data": data, "kafka.bootstrap": bootstrap})
    if watch:
        from redline import watch as live

        (live.follow if as_json else live.watch)(settings, every_s=every)
        return
    from redline import status

    click.echo(status.as_json(settings) if as_json else status.status(settings, say))


@main.command("ledger")
@data_option
@bootstrap_option
def ledger_command(data: str | None, bootstrap: str | None) -> None:
    """Account for every raw offset; exit 1 with the coordinates if one has no fate, or two."""
    from quality import report
    from redline import cluster, ledger_note
    from redline.ledger_reader import balance
    from redline.up import attached

    settings = settings_of(**{"data": data, "kafka.bootstrap": bootstrap})
    with cluster.broker(attached(settings), say) as live:
        answer = balance(live)
        ledger_note.write(live, answer)
    click.echo(report.balance(answer))
    sys.exit(0 if answer.balanced else 1)


@main.command("check")
@data_option
@click.argument("tables", nargs=-1)
def check_command(data: str | None, tables: tuple[str, ...]) -> None:
    """Run the suites over the tables as they are on disk; exit 1 if one fails."""
    from redline.check import check

    text, passed = check(settings_of(data=data), tables)
    click.echo(text)
    sys.exit(0 if passed else 1)


@main.command("release")
@data_option
@click.argument("table")
@click.option("--quarantine", is_flag=True, help="Rows that fail again go to quarantine instead of halting the table.")
def release_command(data: str | None, table: str, quarantine: bool) -> None:
    """Let a halted TABLE go on: its waiting rows are read and checked again."""
    from redline import audit
    from sinks import halts

    settings = settings_of(data=data)
    halt = next((halt for halt in halts.halted(settings.data_dir) if halt.table == table), None)
    if halt is None:
        click.echo(f"{table} is not halted")
        sys.exit(1)
    offsets = [f"{span.topic}/{span.partition}:{span.start}-{span.end}" for span in halt.spans]
    audit.record(settings, "release", {"table": table, "quarantine": quarantine, "offsets": offsets})
    halts.release(settings.data_dir, table, quarantine=quarantine)
    click.echo(f"{table} goes on" + (", rows that fail again go to quarantine" if quarantine else ""))


@main.command("rebuild")
@data_option
@click.argument("table")
@click.option("--compare/--no-compare", default=True, show_default=True, help="Compare with the streamed table.")
@click.option(
    "--to", "target", type=click.Path(dir_okay=False), help="Also write the rebuilt rows to this Parquet file."
)
def rebuild_command(data: str | None, table: str, compare: bool, target: str | None) -> None:
    """Make a published TABLE anew from `interactions`; exit 1 if it differs from the streamed one."""
    from redline.rebuild import rebuild

    result = rebuild(settings_of(data=data), table, target=Path(target) if target else None)
    click.echo(result.text)
    sys.exit(0 if result.equal or not compare else 1)


@main.command("rejects")
@data_option
@click.option("--by", default="reason,path,expected", show_default=True, help="Columns to count by, with commas.")
def rejects_command(data: str | None, by: str) -> None:
    """How many events were rejected, and why; never whose."""
    from redline.rejects import rejects

    click.echo(rejects(settings_of(data=data), [name.strip() for name in by.split(",")]))


@main.command("sql")
@data_option
@click.argument("query")
def sql_command(data: str | None, query: str) -> None:
    """Answer one QUERY, a SELECT over the published tables, with DuckDB."""
    from quality.report import table
    from redline.sql import query as ask

    header, rows = ask(settings_of(data=data).data_dir, query)
    click.echo(table([str(name) for name in header], [list(row) for row in rows]))


@main.command("doctor")
@data_option
@bootstrap_option
@click.option("--role", type=click.Choice(ROLES), help="Also whether this login may do what that role needs at Kafka.")
@click.option("--probe", is_flag=True, help="Also write an empty record to each broker, to see its clock.")
def doctor_command(data: str | None, bootstrap: str | None, role: Role | None, *, probe: bool) -> None:
    """What is missing, and the command that fixes it; exit 1 if something is."""
    from redline.doctor import doctor

    text, healthy = doctor(settings_of(**{"data": data, "kafka.bootstrap": bootstrap}), role, probing=probe)
    click.echo(text)
    sys.exit(0 if healthy else 1)


@main.command("settings")
def settings_command() -> None:
    """The effective settings, secrets hidden, what weakens a promise marked."""
    from redline import weaker

    settings = settings_of()
    why = {one.name: f"  # WEAKER than promised: {one.meaning}" for one in weaker.found(settings)}
    for name, value in shown(settings):
        click.echo(f"{name} = {value}{why.get(name, '')}")
