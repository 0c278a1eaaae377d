"""Alerts of one kind into notices for one channel: grouped, and no more than it wants. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quality.alert import LISTED, Alert, Event, Notice, weight, worst

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from quality.alert import Wants

CHANNEL_FAILING = "channel_failing"
# What ends or quietens an incident elsewhere must arrive, or the incident stays open.
_MUST_PASS = frozenset({Event.ACKNOWLEDGED, Event.RESOLVED, Event.UNSEEN})
_DIGEST = "redline alerts list"


def notices(
    event: Event, alerts: Sequence[Alert], *, channel: str, wants: Wants, name: str, now: float, times: int = 1
) -> list[Notice]:
    """What `channel` is to be sent of alerts of one kind; `name` begins the notices' ids.

    A channel is not told through itself that it fails.
    """
    if event not in wants.events:
        return []
    wanted = [
        alert
        for alert in alerts
        if weight(alert.severity) >= weight(wants.least)
        and not (alert.kind == CHANNEL_FAILING and alert.subject == channel)
    ]
    wanted.sort(key=lambda alert: (-weight(alert.severity), alert.table, alert.subject))
    if not wanted:
        return []
    if wants.one_each:
        # Ends of all: who was told only of some ignores the end of what it never saw.
        chosen = wanted if event in _MUST_PASS else wanted[: wants.most]
        return [Notice(f"{name}-{n}", event, (alert,), now, times=times) for n, alert in enumerate(chosen)]
    return [Notice(name, event, tuple(wanted[:LISTED]), now, max(0, len(wanted) - LISTED), times)]


def passes(notice: Notice, wants: Wants, spent: int, per_hour: int) -> bool:
    """Whether a channel that was sent `spent` notices this hour is sent this one now."""
    if not wants.limited or per_hour == 0 or spent < per_hour:
        return True
    if notice.severity == "critical" or notice.event is Event.DIGEST:
        return True
    return wants.one_each and notice.event in _MUST_PASS


def digest(held: Mapping[tuple[str, Event], int], alerts: Sequence[Alert], *, name: str, now: float) -> Notice:
    """What was held back from a channel: how many by kind and event. `alerts` are examples, for severity and since."""
    alert = Alert(
        kind="digest",
        table="",
        severity=worst([alert.severity for alert in alerts]),
        expected="fewer notices an hour than alerts.per_hour",
        command=_DIGEST,
        since=min((alert.since for alert in alerts), default=now),
        got={f"{kind} {event}": count for (kind, event), count in sorted(held.items())},
    )
    return Notice(name, Event.DIGEST, (alert,), now)
