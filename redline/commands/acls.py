"""`redline acls`: who may do what at the broker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from redline.commands.root import bootstrap_option, data_option, main, settings_of
from schemas.errors import SettingsError

if TYPE_CHECKING:
    from redline import acls


@main.group("acls")
def acls_group() -> None:
    """The least that each role needs at the broker, as Kafka's ACLs."""


@acls_group.command("list")
@click.argument("roles", nargs=-1)
@click.option("--principal", help="Also say what this one (User:NAME) has and what it lacks, at the broker.")
@bootstrap_option
@data_option
def acls_list(roles: tuple[str, ...], principal: str | None, bootstrap: str | None, data: str | None) -> None:
    """What ROLES need (all of them if none is named)."""
    from redline import acls, acls_broker
    from redline.cluster import raw_requests
    from redline.up import running_bootstrap

    settings = settings_of(**{"kafka.bootstrap": bootstrap, "data": data})
    requests = [topic.name for topic in raw_requests(settings)]
    chosen = [_role(name) for name in roles] or list(acls.ROLES)
    for role in chosen:
        click.echo(f"{role}: {acls.MEANING[role]}")
        for operations, names in acls.table(role, requests=requests):
            click.echo(f"  {operations:24}  {names}")
    if principal is None:
        return
    bootstrap, kafka = running_bootstrap(settings), settings.kafka
    has = acls_broker.held(bootstrap, principal, config=kafka.client)
    for role in chosen:
        needed = set(acls.grants(role, requests=requests))
        lacks, more = sorted(needed - has), sorted(has - needed)
        click.echo(f"{principal} as {role}: lacks {_shown(lacks)}; has besides {_shown(more)}")


@acls_group.command("apply")
@click.argument("given", nargs=-1, required=True, metavar="ROLE=PRINCIPAL...")
@click.option("--dry-run", is_flag=True, help="Only say what would be given.")
@bootstrap_option
@data_option
def acls_apply(given: tuple[str, ...], bootstrap: str | None, data: str | None, *, dry_run: bool) -> None:
    """Give principals what their roles need, such as worker=User:redline-worker. What they have stays."""
    from redline import acls, acls_broker
    from redline.cluster import raw_requests
    from redline.up import running_bootstrap

    settings = settings_of(**{"kafka.bootstrap": bootstrap, "data": data})
    kafka, requests = settings.kafka, [topic.name for topic in raw_requests(settings)]
    asked = [(_role(role), principal) for role, _, principal in (each.partition("=") for each in given)]
    for _, principal in asked:
        if not principal.startswith("User:") or principal == "User:":
            raise SettingsError("acls: needed ROLE=User:NAME, came another form; `redline acls list` shows the roles")
    where = running_bootstrap(settings)
    for role, principal in asked:
        needed = sorted(set(acls.grants(role, requests=requests)))
        has = acls_broker.held(where, principal, config=kafka.client)
        lacks = [grant for grant in needed if grant not in has]
        if not dry_run:
            acls_broker.give(where, principal, lacks, config=kafka.client)
        said = "would be given" if dry_run else "given"
        click.echo(f"{principal} as {role}: {said} {len(lacks)} of {len(needed)}: {_shown(lacks)}")
        if more := sorted(has - set(needed)):
            click.echo(f"{principal} as {role}: has besides {_shown(more)}")


def _role(name: str) -> acls.Role:
    from redline import acls

    for role in acls.ROLES:
        if role == name:
            return role
    raise SettingsError(f"acls: needed a role, one of {', '.join(acls.ROLES)}; came another word")


def _shown(found: list[acls.Grant]) -> str:
    return ", ".join(f"{grant.operation} {grant.shown}" for grant in found) or "nothing"
