"""`redline alerts`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from redline.commands.root import bootstrap_option, data_option, main, settings_of

if TYPE_CHECKING:
    from redline.settings import Settings


@main.group("alerts")
def alerts_group() -> None:
    """What is wrong now, who has it in hand, and whether people can be told."""


@alerts_group.command("list")
@data_option
@click.option("--all", "resolved", is_flag=True, help="Also what has ended in the last 30 days.")
def alerts_list(data: str | None, *, resolved: bool) -> None:
    """What fires, newest first."""
    from redline.alert_desk import listing

    click.echo(listing(settings_of(data=data), resolved=resolved))


@alerts_group.command("ack")
@data_option
@bootstrap_option
@click.argument("key")
def alerts_ack(data: str | None, bootstrap: str | None, key: str) -> None:
    """Say that somebody has the alert of KEY in hand: it is not said again, unless it gets worse."""
    from redline.alert_desk import acknowledge

    click.echo(acknowledge(_live(data, bootstrap), key))


@alerts_group.command("resolve")
@data_option
@bootstrap_option
@click.argument("key")
def alerts_resolve(data: str | None, bootstrap: str | None, key: str) -> None:
    """Say that the alert of KEY is over. If it is not, it fires again."""
    from redline.alert_desk import resolve

    click.echo(resolve(_live(data, bootstrap), key))


@alerts_group.command("silence")
@data_option
@bootstrap_option
@click.option("--kind", default="", help="Alerts of this kind; without it, of every kind.")
@click.option("--table", "about", default="", help="About this table; without it, about any.")
@click.option("--subject", default="", help="About this subject, as `redline alerts list` shows it.")
@click.option("--for", "span", required=True, metavar="TIME", help="For so long: 30m, 4h, 2d.")
def alerts_silence(*, data: str | None, bootstrap: str | None, kind: str, about: str, subject: str, span: str) -> None:
    """Tell nobody of some alerts for a time; they are still counted and listed."""
    from redline.alert_desk import silence

    click.echo(silence(_live(data, bootstrap), kind=kind, about=about, subject=subject, span=span))


@alerts_group.command("silences")
@data_option
def alerts_silences(data: str | None) -> None:
    """What is silenced, and until when."""
    from redline.alert_desk import silences

    click.echo(silences(settings_of(data=data)))


@alerts_group.command("unsilence")
@data_option
@bootstrap_option
@click.argument("silence")
def alerts_unsilence(data: str | None, bootstrap: str | None, silence: str) -> None:
    """End the SILENCE of this id: what still fires is told."""
    from redline.alert_desk import unsilence

    click.echo(unsilence(_live(data, bootstrap), silence))


@alerts_group.command("test")
@data_option
@bootstrap_option
def alerts_test(data: str | None, bootstrap: str | None) -> None:
    """Send one notice through each channel and say what came back; exit 1 if one failed."""
    from redline.alert_desk import try_channels

    text, passed = try_channels(_live(data, bootstrap))
    click.echo(text)
    sys.exit(0 if passed else 1)


def _live(data: str | None, bootstrap: str | None) -> Settings:
    """With the address of the broker that runs over the folder, if one does: the topic is a channel too."""
    from redline.up import attached

    return attached(settings_of(**{"data": data, "kafka.bootstrap": bootstrap}))
