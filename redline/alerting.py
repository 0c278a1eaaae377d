"""From what a process notices to people: the alerter of this process, and the words for what it reports."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quality import kinds
from quality.alert import Alert, OffsetRange
from quality.alerting.book import Book
from quality.alerting.life import Policy
from quality.alerting.store import BOOK
from quality.alerts import Alerter, Standing
from quality.channels import (
    AlertmanagerMirror,
    KafkaChannel,
    LogChannel,
    MailChannel,
    PagerDutyChannel,
    Server,
    WebhookChannel,
)
from quality.channels.wording import Voice
from redline.sections import names_in
from schemas.errors import SettingsError
from schemas.metrics import NO_METER
from sinks import halts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from quality.alert import Channel, Mirror
    from redline.settings import Settings
    from schemas.metrics import Meter
    from schemas.sources.drift import Jump
    from schemas.verdict import Severity

_TOLD = 20  # names in one alert
_FILE = "file:"
_SECRET_BYTES = 10_000
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def alerter(settings: Settings, *, process: str, meter: Meter = NO_METER) -> Alerter:
    """The alerter of one process: to every channel of the settings. What it owes survives it.

    Raises:
        SettingsError: a channel's settings do not fit together.
    """
    alerts = settings.alerts
    with suppress(OSError):  # what the disk refuses is kept in memory
        settings.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    channels, mirrors = receivers(settings)
    return Alerter(
        channels,
        folder_of(settings),
        process=process,
        mirrors=mirrors,
        policy=Policy(
            window_s=alerts.window_s,
            stale_s=alerts.stale_s,
            repeat_s=alerts.repeat_hours * 3600,
            group_s=alerts.group_s,
            per_hour=alerts.per_hour,
        ),
        standing=Standing(frozenset({"gate_halt"}), lambda: _halted(settings)),
        meter=meter,
    )


def folder_of(settings: Settings) -> Path:
    """Where the book of a data folder is."""
    return settings.state / "alerts"


def receivers(settings: Settings) -> tuple[list[Channel], list[Mirror]]:
    """The channels of the settings, and the receivers that are shown what fires.

    Raises:
        SettingsError: a channel's settings do not fit together.
    """
    alerts, timeout_s = settings.alerts, max(0.1, settings.alerts.timeout_s)
    voice = Voice(alerts.instance or settings.data_dir.resolve().name, alerts.runbook)
    channels: list[Channel] = [LogChannel()]
    if alerts.kafka and settings.kafka.bootstrap:
        channels.append(KafkaChannel(settings.kafka.bootstrap, config=settings.kafka.client, timeout_s=timeout_s))
    if alerts.webhook:
        channels.append(WebhookChannel(secret(alerts.webhook, "alerts.webhook"), timeout_s=timeout_s, voice=voice))
    if alerts.smtp:
        channels.append(_mail(settings, timeout_s, voice))
    if alerts.pagerduty_key:
        channels.append(
            PagerDutyChannel(
                alerts.pagerduty,
                secret(alerts.pagerduty_key, "alerts.pagerduty_key"),
                identity=_identity(settings),
                least=alerts.page_from,
                timeout_s=timeout_s,
                voice=voice,
            )
        )
    urls = names_in(alerts.alertmanager)
    mirrors: list[Mirror] = [
        AlertmanagerMirror(
            secret(url, "alerts.alertmanager"),
            name="alertmanager" if len(urls) == 1 else f"alertmanager-{number}",
            timeout_s=timeout_s,
            voice=voice,
        )
        for number, url in enumerate(urls, 1)
    ]
    return channels, mirrors


def secret(text: str, setting: str) -> Callable[[], str]:
    """Gives a secret: the text itself, or what is in the file of `file:PATH` at the moment.

    What is returned raises SettingsError if the file cannot be read.
    """
    if not text.startswith(_FILE):
        return lambda: text
    path = Path(text.removeprefix(_FILE))

    def read() -> str:
        try:
            with path.open(encoding="utf-8") as file:
                found = file.read(_SECRET_BYTES).strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{setting}: needed a readable file, came {type(error).__name__}") from None
        if not found:
            raise SettingsError(f"{setting}: needed a file with a secret, came an empty one")
        return found

    return read


def alert_of(
    kind: str,
    table: str = "",
    *,
    subject: str = "",
    severity: Severity | None = None,
    expected: str = "",
    got: Mapping[str, int | float] | None = None,
    where: tuple[OffsetRange, ...] = (),
    since: float | None = None,
) -> Alert:
    """An alert of a kind of the list, in that list's words where no others are given.

    `expected`, `subject` and the names in `got` are words of the program, never of an event.
    """
    known = kinds.of(kind)
    return Alert(
        kind=kind,
        table=table,
        severity=severity or known.severity,
        expected=expected or known.expected,
        command=known.command.format(table=table).strip(),
        since=time.time() if since is None else since,
        action=known.action,
        where=where,
        got=got or {},
        subject=subject,
    )


def of_sink(kind: str, table: str, detail: Mapping[str, Any]) -> Alert:
    """What a sink reports, in the words of an alert. Only counts and places are taken over."""
    got = {n: v for n, v in detail.items() if isinstance(v, int | float) and not isinstance(v, bool)}
    got |= {f["expectation"]: f["rows"] for f in detail.get("failures", ())}
    partition = f"{detail['topic']}/{detail['partition']}" if {"topic", "partition"} <= detail.keys() else ""
    return alert_of(kind, table, subject=partition, got=got, where=_ranges(detail))


def of_drift(jumps: Sequence[Jump]) -> Alert:
    """What one source's reader does not know since today. Holds names of a format, and shares."""
    return alert_of(
        "sources_drift",
        subject=jumps[0].source,
        expected=f"from {jumps[0].source} what its reader knows",
        got={f"{jump.version} {jump.name}": round(jump.share, 3) for jump in jumps[:_TOLD]},
    )


def _identity(settings: Settings) -> str:
    book = Book(folder_of(settings) / BOOK)
    try:
        return book.identity()
    finally:
        book.close()


def _halted(settings: Settings) -> list[Alert]:
    """Tables that stand still, whoever halted them."""
    return [
        alert_of("gate_halt", halt.table, got={failed.expectation: failed.rows for failed in halt.failed})
        for halt in halts.halted(settings.data_dir)
    ]


def _mail(settings: Settings, timeout_s: float, voice: Voice) -> MailChannel:
    alerts = settings.alerts
    host, _, port = alerts.smtp.rpartition(":")
    recipients = names_in(alerts.smtp_to)
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:  # noqa: PLR2004 - TCP's
        raise SettingsError("alerts.smtp: needed host:port, such as mail.corp.example:587, came something else")
    if "@" not in alerts.smtp_from or not recipients or not all("@" in name for name in recipients):
        raise SettingsError(
            "alerts.smtp_from and alerts.smtp_to: needed mail addresses, came something else or nothing"
        )
    if alerts.smtp_tls == "none" and alerts.smtp_user and host not in _LOOPBACK:
        raise SettingsError("alerts.smtp_tls: needed starttls or tls where a password is sent, came none")
    if alerts.smtp_ca and not Path(alerts.smtp_ca).is_file():
        raise SettingsError("alerts.smtp_ca: needed a file with certificates, there is none of this name")
    server = Server(
        host.strip("[]"),
        int(port),
        alerts.smtp_tls,
        alerts.smtp_user,
        secret(alerts.smtp_password, "alerts.smtp_password"),
        alerts.smtp_ca,
    )
    return MailChannel(server, sender=alerts.smtp_from, recipients=recipients, timeout_s=timeout_s, voice=voice)


def _ranges(detail: Mapping[str, Any]) -> tuple[OffsetRange, ...]:
    """Offsets of a batch, as the sink gives them: `topic/partition` to [first, after the last]."""
    found = []
    for place, (first, after) in detail.get("offsets", {}).items():
        topic, _, partition = place.rpartition("/")
        found.append(OffsetRange(topic, int(partition), first, after - 1))
    return tuple(found)
