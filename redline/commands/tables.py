"""Commands that show what there is to read: tables, describe, head; and compact."""

from __future__ import annotations

import click

from redline.commands.root import data_option, main, settings_of

_json_option = click.option("--json", "as_json", is_flag=True, help="JSON instead of text for people.")


@main.command("tables")
@data_option
@_json_option
def tables_command(data: str | None, as_json: bool) -> None:
    """Every table: rows, days, files, size, version, who may read it, what one row is."""
    from redline import catalogue

    folder = settings_of(data=data).data_dir
    click.echo(catalogue.tables_json(folder) if as_json else catalogue.tables(folder))


@main.command("describe")
@data_option
@_json_option
@click.argument("table")
def describe_command(data: str | None, as_json: bool, table: str) -> None:
    """What TABLE is for, and what each of its columns means."""
    from redline import catalogue

    folder = settings_of(data=data).data_dir
    click.echo((catalogue.describe_json if as_json else catalogue.describe)(folder, table))


@main.command("head")
@data_option
@_json_option
@click.option("-n", "--rows", type=click.IntRange(1, 10_000), default=3, show_default=True, help="How many rows.")
@click.option("--columns", default="", help="Which columns, with commas; default all.")
@click.argument("table")
def head_command(data: str | None, as_json: bool, rows: int, columns: str, table: str) -> None:
    """The first rows of a published TABLE."""
    from redline import catalogue

    wanted = [name.strip() for name in columns.split(",") if name.strip()]
    header, found = catalogue.head(settings_of(data=data).data_dir, table, rows, wanted)
    click.echo((catalogue.head_json if as_json else catalogue.head_text)(header, found))


@main.command("compact")
@data_option
@click.option("--dry-run", is_flag=True, help="Only say what would be merged.")
@click.option(
    "--good-mb", type=click.FloatRange(1), default=128.0, show_default=True, help="Files of half this size are left."
)
@click.option(
    "--linger",
    type=click.FloatRange(0),
    default=30.0,
    show_default=True,
    help="Seconds that merged files stay, for readers of the version before.",
)
@click.argument("tables", nargs=-1)
def compact_command(data: str | None, dry_run: bool, good_mb: float, linger: float, tables: tuple[str, ...]) -> None:
    """Merge small files of TABLES (default all), while sinks and readers go on."""
    from redline import compact

    done = compact.compact(
        settings_of(data=data).data_dir,
        tables,
        good_bytes=int(good_mb * 1_000_000),
        linger_s=linger,
        dry_run=dry_run,
    )
    click.echo(compact.shown(done, dry_run=dry_run))
