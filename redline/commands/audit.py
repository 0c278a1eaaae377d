"""`redline audit`."""

from __future__ import annotations

import sys

import click

from redline.commands.root import data_option, main, settings_of


@main.group("audit")
def audit_group() -> None:
    """Who ran what, and when: consent, keys, erasures, releases, weakened promises. No content, no people."""


@audit_group.command("list")
@data_option
@click.option("--last", type=click.IntRange(0), default=50, show_default=True, help="So many; 0: all.")
@click.option("--action", default="", help="Only actions that begin so, such as `consent`.")
def audit_list(data: str | None, last: int, action: str) -> None:
    """The newest entries, oldest first."""
    from redline.audit import listing

    click.echo(listing(settings_of(data=data), last=last, action=action))


@audit_group.command("verify")
@data_option
@click.option("--head", "heads", multiple=True, help="NUMBER:HASH that was noted earlier; may be given several times.")
def audit_verify(data: str | None, heads: tuple[str, ...]) -> None:
    """Find anything that was changed, removed, reordered or cut; exit 1 if there is something."""
    from redline.audit import verify

    text, whole = verify(settings_of(data=data), known=heads)
    click.echo(text)
    sys.exit(0 if whole else 1)
