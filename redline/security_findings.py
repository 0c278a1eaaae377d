"""What `redline doctor` finds out about copies, settings, rights and certificates at the broker. Reads only."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509

from redline import acls_broker
from redline.cluster import raw_requests, wanted_settings
from redline.finding import Finding
from redline.topic_look import copies, other_settings
from schemas.errors import BrokerError, RedlineError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from redline.acls import Role
    from redline.kafka_section import Kafka
    from redline.settings import Settings

_ANSWER_S = 5.0
# Two weeks: whoever has to ask another team for a certificate gets it within that.
SOON = dt.timedelta(days=14)
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


def certificates(kafka: Kafka, now: dt.datetime) -> Iterator[Finding]:
    """When certificates end: those of our files, and the one that each broker shows. Works with no broker, too."""
    for name, path in (("kafka.ca_file", kafka.ca_file), ("kafka.cert_file", kafka.cert_file)):
        if path:
            yield _of_file(name, path, now)
    if kafka.connection.tls:
        for address in kafka.bootstrap.split(","):
            yield _of_broker(kafka, address.strip(), now)


def _of_file(name: str, path: str, now: dt.datetime) -> Finding:
    try:
        held = x509.load_pem_x509_certificates(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        return Finding(f"certificate {name}", f"cannot be read: {type(error).__name__}", f"put a PEM file at {path}")
    # The first of our own certificate's file is ours; of several authorities the last to end keeps the door open.
    ends = [one.not_valid_after_utc for one in held]
    return _until(f"certificate {name}", ends[0] if name == "kafka.cert_file" else max(ends), now)


def _of_broker(kafka: Kafka, address: str, now: dt.datetime) -> Finding:
    what = f"certificate of {address}"
    host, _, port = address.rpartition(":")
    try:
        context = kafka.connection.ssl_context()
        if context is None:
            raise SettingsError("kafka.security: needed TLS")
        with (
            socket.create_connection((host.strip("[]"), int(port)), timeout=_ANSWER_S) as plain,
            context.wrap_socket(plain, server_hostname=host.strip("[]")) as secured,
        ):
            shown = secured.getpeercert(binary_form=True) or b""
        return _until(what, x509.load_der_x509_certificate(shown).not_valid_after_utc, now)
    except ssl.SSLCertVerificationError as error:
        return Finding(what, f"is not trusted: {error.verify_message}", "correct kafka.ca_file, or the broker's")
    except RedlineError as error:
        return Finding(what, str(error), "put that file in its place")
    except (OSError, ValueError) as error:
        return Finding(what, f"not known: {type(error).__name__}")


def _until(what: str, end: dt.datetime, now: dt.datetime) -> Finding:
    came = f"holds until {end:%Y-%m-%d %H:%M} UTC"
    if end - now > SOON:
        return Finding(what, came)
    days = (end - now) / dt.timedelta(days=1)
    came = f"{came}: {'over' if days <= 0 else f'{days:.1f} days left'}"
    return Finding(what, came, "renew it (docs/security.md#rotation)")


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
