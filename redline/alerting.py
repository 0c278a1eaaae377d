"""From what a process notices to people: the alerter of this process, and the words for what a sink reports."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from quality.alert import Action, Alert, Channel, OffsetRange
from quality.alerts import Alerter
from quality.channels import KafkaChannel, LogChannel, WebhookChannel
from schemas.verdict import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from redline.settings import Settings
    from schemas.sources.drift import Jump

_TOLD = 20  # names in one alert
_KINDS: Mapping[str, tuple[Severity, str, Action, str]] = {
    "gate_halt": (
        Severity.CRITICAL,
        "rows that pass the privacy and schema checks",
        "halted",
        "redline release {table}",
    ),
    "gate_failed": (Severity.ERROR, "rows that pass their suite", "quarantined", "redline check {table}"),
    "offset_gap": (Severity.CRITICAL, "records that Kafka still holds", "halted", "redline ledger"),
    "offset_hole": (Severity.WARNING, "offsets without holes", "none", "redline ledger"),
    "bad_row": (Severity.CRITICAL, "rows of the table's own schema", "halted", "redline doctor"),
    "conflict": (Severity.ERROR, "one row per record id", "none", "redline ledger"),
    "sink_retry": (Severity.ERROR, "a batch made durable", "none", "redline doctor"),
    "fenced": (Severity.WARNING, "one sink per partition", "none", "redline status"),
}
_OTHER: tuple[Severity, str, Action, str] = (Severity.ERROR, "nothing to tell", "none", "redline status")


def alerter(settings: Settings, *, process: str) -> Alerter:
    """The alerter of one process: log, Kafka topic, webhook; its outbox survives the process."""
    channels: list[Channel] = [LogChannel()]
    if settings.alerts.kafka and settings.kafka.bootstrap:
        channels.append(KafkaChannel(settings.kafka.bootstrap, config=settings.kafka.config))
    if settings.alerts.webhook:
        channels.append(WebhookChannel(settings.alerts.webhook))
    folder = settings.state / "alerts"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Alerter(channels, folder / f"{process}.sqlite", window_s=settings.alerts.window_s)


def of_sink(kind: str, table: str, detail: Mapping[str, Any]) -> Alert:
    """What a sink reports, in the words of an alert. Only counts and places are taken over."""
    severity, expected, action, command = _KINDS.get(kind, _OTHER)
    got = {n: v for n, v in detail.items() if isinstance(v, int | float) and not isinstance(v, bool)}
    got |= {f["expectation"]: f["rows"] for f in detail.get("failures", ())}
    return Alert(
        kind=kind,
        table=table,
        severity=severity,
        expected=expected,
        command=command.format(table=table),
        since=time.time(),
        action=action,
        where=_ranges(detail),
        got=got,
    )


def of_drift(jumps: Sequence[Jump]) -> Alert:
    """What one source's reader does not know since today. Holds names of a format, and shares."""
    return Alert(
        kind="sources_drift",
        table="",
        severity=Severity.WARNING,
        expected=f"from {jumps[0].source} what its reader knows",
        command="redline sources",
        since=time.time(),
        got={f"{jump.version} {jump.name}": round(jump.share, 3) for jump in jumps[:_TOLD]},
    )


def _ranges(detail: Mapping[str, Any]) -> tuple[OffsetRange, ...]:
    """Offsets of a batch, as the sink gives them: `topic/partition` to [first, after the last]."""
    found = []
    for place, (first, after) in detail.get("offsets", {}).items():
        topic, _, partition = place.rpartition("/")
        found.append(OffsetRange(topic, int(partition), first, after - 1))
    return tuple(found)
