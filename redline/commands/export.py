"""`redline export`: datasets for training."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from redline.commands.root import data_option, main, say, settings_of


class _Formats(click.Group):
    """`redline export NAME` is `redline export to NAME` for the name of a format."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """A first word that is no command is a format."""
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            args = ["to", *args]
        return super().resolve_command(ctx, args)


@main.group("export", cls=_Formats)
def export_group() -> None:
    """Datasets for training: `redline export FORMAT --to DIR`; no person in two splits, nothing twice, all counted."""


@export_group.command("to")
@click.argument("kind", metavar="FORMAT")
@click.option("--to", "target", required=True, type=click.Path(file_okay=False), help="Folder, empty or begun before.")
@data_option
@click.option(
    "--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Decides order and splits."
)
@click.option(
    "--where", default="", metavar="SQL", help="Condition on columns: \"label = 'edited' and similarity < 0.9\"."
)
@click.option("--surface", multiple=True, help="Only this surface; may be given several times.")
@click.option("--language", multiple=True, help="Only this language; may be given several times.")
@click.option("--model", multiple=True, help="Only suggestions of this model; may be given several times.")
@click.option("--label", multiple=True, help="Only this label: accepted, edited, rejected, ignored; several times.")
@click.option("--licence", multiple=True, help="Only code of repositories with this kind of licence; several times.")
@click.option("--since", default="", metavar="DAY", help="First day, such as 2026-01-31.")
@click.option("--until", default="", metavar="DAY", help="Last day.")
@click.option("--min-similarity", type=click.FloatRange(0, 1), help="Least similarity of suggestion and final text.")
@click.option("--max-similarity", type=click.FloatRange(0, 1), help="Greatest similarity of suggestion and final text.")
@click.option("--dedupe/--no-dedupe", default=True, show_default=True, help="Drop rows with the texts of another row.")
@click.option("--near-duplicates", type=click.FloatRange(0.5, 1), help="Also those as similar as this: 0.85, say.")
@click.option(
    "--decontaminate",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False),
    help="File of benchmark prompts that no row may hold; may be given several times.",
)
@click.option("--balance", default="", metavar="COLUMN", help="As many of each value, split by split.")
@click.option("--cap-per-session", type=click.IntRange(1), help="At most so many rows of one session.")
@click.option("--splits", default="", metavar="NAME=SHARE,…", help="Default train=0.9,validation=0.05,test=0.05.")
@click.option("--max-rows", type=click.IntRange(1), help="At most so many examples in all.")
@click.option(
    "--as", "form", type=click.Choice(["jsonl", "parquet"]), default="jsonl", show_default=True, help="Files."
)
@click.option("--shard-rows", type=click.IntRange(1), default=100_000, show_default=True, help="Most rows of a file.")
@click.option("--option", "options", multiple=True, metavar="NAME=VALUE", help="Of the format; several times.")
@click.option("--with-record-ids", is_flag=True, help="Lists of record ids beside the files: they lead to the tables.")
@click.option("--restart", is_flag=True, help="Forget what was begun there, and begin anew.")
@click.option("--processes", type=click.IntRange(1), help="At most so many (default: one per core).")
def to_command(
    *,
    kind: str,
    target: str,
    data: str | None,
    near_duplicates: float | None,
    cap_per_session: int | None,
    max_rows: int | None,
    splits: str,
    options: tuple[str, ...],
    restart: bool,
    processes: int | None,
    **asked: Any,
) -> None:
    """Export examples in FORMAT; see `redline export formats`. A command that was stopped goes on where it was."""
    from redline.export import progress
    from redline.export.plan import SPLITS, Asked, options_of, splits_of
    from redline.export.run import export

    wanted = Asked(
        format=kind,
        near_duplicates=near_duplicates or 0.0,
        cap_per_session=cap_per_session or 0,
        max_rows=max_rows or 0,
        options=options_of(options),
        splits=splits_of(splits) if splits else dict(SPLITS),
        **asked,
    )
    with progress.steps() as steps:
        made = export(
            settings_of(data=data), wanted, Path(target), restart=restart, processes=processes or 0, steps=steps
        )
    counts = ", ".join(f"{split} {count:,}" for split, count in made.counts.splits.items())
    click.echo(f"{made.counts.written:,} examples of {made.counts.read:,} rows ({counts}) in {target}")


@export_group.command("list")
@data_option
def list_command(data: str | None) -> None:
    """What was exported from this data folder, and where to."""
    from redline.export.listing import listing

    click.echo(listing(settings_of(data=data)))


@export_group.command("formats")
def formats_command() -> None:
    """The formats there are, and what each is."""
    from redline.export.listing import formats

    click.echo(formats())


@export_group.command("verify")
@click.argument("target", metavar="DIR", type=click.Path(exists=True, file_okay=False))
@data_option
@click.option("--render/--no-render", default=True, show_default=True, help="Also make the files again and compare.")
def verify_command(target: str, data: str | None, *, render: bool) -> None:
    """Check an export against its manifest, and make it again from the same files where they are still there."""
    from redline.export import progress
    from redline.export.run import row_key
    from redline.export.verify import verify

    settings = settings_of(data=data)
    with progress.steps() as steps:
        found = verify(settings, Path(target), key=row_key(settings), render=render, steps=steps)
    for line in found.lines:
        click.echo(line)
    if found.broken:
        say("NOT as it was written")
        sys.exit(1)
    click.echo("as it was written" + (", but for what was erased" if found.erased else ""))
