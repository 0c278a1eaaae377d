"""What `redline doctor` finds out about copies, settings, rights and certificates at the broker. Reads only."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from redline import acls_broker
from redline.certificates import certificates
from redline.cluster import raw_requests, wanted_settings
from redline.finding import Finding
from redline.topic_look import copies, other_settings
from schemas.errors import BrokerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from redline.acls import Role
    from redline.settings import Settings

_SHOWN = 4


def findings(settings: Settings, role: Role | None) -> Iterator[Finding]:
    """Looks at a broker that answers and has its topics."""
    yield _copies(settings)
    yield _settings(settings)
    yield rights(settings, role)


def _copies(settings: Settings) -> Finding:
    what, kafka = "copies of topics", settings.kafka
    wanted = wanted_settings(settings)
    try:
        held = {name: seen for name, seen in copies(kafka.bootstrap, config=kafka.client).items() if name in wanted}
    except BrokerError as error:
        return Finding(what, f"not known: {error}")
    if few := sorted(name for name, (replicas, _) in held.items() if replicas < kafka.replication):
        came = f"fewer than {kafka.replication}: {_some(few)}"
        return Finding(what, came, "kafka-reassign-partitions.sh (docs/security.md#topics), or set kafka.replication")
    if behind := sorted(name for name, (_, in_sync) in held.items() if in_sync < kafka.least_in_sync):
        came = f"fewer than {kafka.least_in_sync} in sync, so nothing is confirmed: {_some(behind)}"
        return Finding(what, came, "bring the brokers back that are away")
    if behind := sorted(name for name, (replicas, in_sync) in held.items() if in_sync < replicas):
        return Finding(what, f"not all in sync: {_some(behind)}", "bring the brokers back that are away")
    return Finding(what, f"{kafka.replication} or more, all in sync")


def _settings(settings: Settings) -> Finding:
    what, kafka = "settings of topics", settings.kafka
    try:
        other = other_settings(kafka.bootstrap, wanted_settings(settings), config=kafka.client)
    except BrokerError as error:
        return Finding(what, f"not known: {error}")
    if not other:
        return Finding(what, "as they would be created now")
    held = sorted(f"{name} {key} {value}" for name, keys in other.items() for key, value in keys.items())
    return Finding(what, f"other than they would be created now: {_some(held)}", "redline topics create --align")


def rights(settings: Settings, role: Role | None) -> Finding:
    """Whether the login of these settings may do what a role needs."""
    what, kafka = "rights at the broker", settings.kafka
    if role is None:
        return Finding(what, "not looked at; redline doctor --role worker, for one, looks as whom kafka.user names")
    requests = [topic.name for topic in raw_requests(settings)]
    try:
        lacks = acls_broker.lacking(kafka.bootstrap, role, requests=requests, config=kafka.client)
    except BrokerError as error:
        return Finding(what, f"not known: {error}")
    if not lacks:
        return Finding(what, f"all that the role {role} needs")
    came = f"the role {role} lacks {_some([f'{grant.operation} {grant.shown}' for grant in lacks])}"
    return Finding(what, came, f"as who may give rights: redline acls apply {role}=User:NAME")


def certificate_findings(settings: Settings, now: dt.datetime) -> Iterator[Finding]:
    """When certificates end: those of our files, and the one that each broker shows. Works with no broker, too."""
    for one in certificates(settings.kafka):
        what = f"certificate {one.name}" if one.part != "broker" else f"certificate of {one.name}"
        if one.ends is None:
            yield Finding(what, one.trouble, one.fix)
            continue
        came = f"holds until {one.ends:%Y-%m-%d %H:%M} UTC"
        days = (one.ends - now) / dt.timedelta(days=1)
        if days > settings.alerts.certificate_days:
            yield Finding(what, came)
        else:
            came = f"{came}: {'over' if days <= 0 else f'{days:.1f} days left'}"
            yield Finding(what, came, "renew it (docs/security.md#rotation)")


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
