"""What people have said: grant, withdraw, import, show, repair."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from redline.commands.root import bootstrap_option, data_option, lines_of, main, say, settings_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from redline.settings import Settings

_surface = click.option("--surface", "surfaces", multiple=True, help="Only there: ide, chat, mail… Repeatable.")
_source = click.option(
    "--source", "sources", multiple=True, help="Only what comes from this CloudEvents source, or from below it."
)
_version = click.option(
    "--consent-version", "version", default="", help="Name of the text they agreed to (default: today)."
)


@main.group("consent")
def consent_group() -> None:
    """Who has agreed, to what. People are named as events' `subject` names them; only keyed hashes are stored."""


@contextmanager
def _broker(data: str | None, bootstrap: str | None) -> Iterator[Settings]:
    from redline import cluster
    from redline.up import attached

    settings = settings_of(**{"data": data, "kafka.bootstrap": bootstrap})
    with cluster.broker(attached(settings), say) as live:
        cluster.prepare_topics(live)
        yield live


def _surfaces(names: tuple[str, ...]) -> tuple[str, ...]:
    from redline.consent_words import SURFACES
    from schemas.errors import InputError

    if set(names) - set(SURFACES):
        raise InputError(f"surface: needed one of {', '.join(SURFACES)}")
    return names


@consent_group.command("grant")
@click.argument("people", nargs=-1, required=True)
@_surface
@click.option("--not-surface", "not_surfaces", multiple=True, help="Not there. Repeatable.")
@_source
@click.option("--not-source", "not_sources", multiple=True, help="Not what comes from there. Repeatable.")
@click.option("--from", "since", help="For events from this day or time on.")
@click.option("--until", help="For events until this day (its end) or before this time.")
@_version
@data_option
@bootstrap_option
def consent_grant(people: tuple[str, ...], *, data: str | None, bootstrap: str | None, **words: Any) -> None:
    """PEOPLE have agreed: to everything, or with --surface and --source to that, beside what they agreed to before."""
    from redline import consent
    from redline.consent_words import places, source_of, time_us
    from schemas.errors import InputError

    surfaces, sources = _surfaces(words["surfaces"]), [source_of(one) for one in words["sources"]]
    parts = places(surfaces, sources) if surfaces or sources else []
    without = [(one, "") for one in _surfaces(words["not_surfaces"])]
    without += [("", source_of(one)) for one in words["not_sources"]]
    since = time_us(words["since"]) if words["since"] else 0
    until = time_us(words["until"], end=True) if words["until"] else None
    if parts and (since or until is not None):
        raise InputError("--from, --until: they hold for a yes to everything; leave out --surface and --source")
    if until is not None and until <= since:
        raise InputError("--until: needed a time after --from")
    with _broker(data, bootstrap) as live:
        count = consent.grant(
            live, people, parts=parts, without=without, since_us=since, until_us=until, version=words["version"]
        )
    click.echo(f"granted: {count:,} people")


@consent_group.command("withdraw")
@click.argument("people", nargs=-1, required=True)
@_surface
@_source
@data_option
@bootstrap_option
def consent_withdraw(
    people: tuple[str, ...],
    surfaces: tuple[str, ...],
    sources: tuple[str, ...],
    data: str | None,
    bootstrap: str | None,
) -> None:
    """PEOPLE have withdrawn: nothing more of theirs is read, and what is open is dropped."""
    from redline import consent
    from redline.consent_words import places, source_of

    named = [source_of(one) for one in sources]
    parts = places(_surfaces(surfaces), named) if surfaces or sources else []
    with _broker(data, bootstrap) as live:
        count = consent.withdraw(live, people, parts=parts)
    click.echo(f"withdrawn: {count:,} people")


@consent_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@_version
@data_option
@bootstrap_option
def consent_import(file: str, version: str, data: str | None, bootstrap: str | None) -> None:
    """Everybody in FILE has agreed, one person per line; or a CSV with a column `person` says what each has said."""
    from redline import consent
    from redline.consent_file import words

    said = words(lines_of(Path("/dev/stdin" if file == "-" else file)), version or consent.today())
    with _broker(data, bootstrap) as live:
        count = consent.replace(live, said)
    yes = sum(one.granted is True for one in said.values())
    click.echo(f"granted: {yes:,} people" + (f", other words: {count - yes:,} people" if count > yes else ""))


@consent_group.command("show")
@click.argument("person", required=False)
@data_option
@bootstrap_option
def consent_show(person: str | None, data: str | None, bootstrap: str | None) -> None:
    """What holds for PERSON now; without one, how many people have said what."""
    from redline import consent

    with _broker(data, bootstrap) as live:
        click.echo(consent.totals(live) if person is None else consent.shown(live, person))


@consent_group.command("repair")
@data_option
@bootstrap_option
def consent_repair(data: str | None, bootstrap: str | None) -> None:
    """Say no for everybody whose record on the consent topic cannot be read: workers stop at such a record."""
    from redline import consent

    with _broker(data, bootstrap) as live:
        click.echo(f"withdrawn, because their records could not be read: {consent.repair(live):,} people")
