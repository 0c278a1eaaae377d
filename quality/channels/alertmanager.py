"""Prometheus's Alertmanager, API v2 (prometheus.io: Alerts API): it groups, silences and routes by itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from quality.channels.post import Post
from quality.channels.wording import Voice

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from quality.alert import Standing

_BODY = 200  # alerts in one request


class AlertmanagerMirror:
    """Shown again and again what fires: what it does not hear of for its `resolve_timeout`, it takes to be over.

    Args:
        url: gives the address, such as `http://host:9093`; it may hold a password, and is a secret.
        name: differs between several.
        timeout_s: longest wait.
        voice: who speaks.
    """

    def __init__(
        self,
        url: Callable[[], str],
        *,
        name: str = "alertmanager",
        timeout_s: float = 10.0,
        voice: Voice | None = None,
    ) -> None:
        self.name = name
        self._post = Post(
            name, "alerts.alertmanager", lambda: f"{url().rstrip('/')}/api/v2/alerts", timeout_s=timeout_s
        )
        self._voice = voice or Voice()

    def __repr__(self) -> str:
        return f"AlertmanagerMirror(name={self.name!r}, …)"

    def show(self, standing: Sequence[Standing]) -> str:
        """POST what fires, and what has ended; raises ChannelError."""
        answer = "nothing fires"
        for start in range(0, len(standing), _BODY):
            answer = self._post.json([posted(one, self._voice) for one in standing[start : start + _BODY]])
        return answer

    def close(self) -> None:
        """Close connections."""
        self._post.close()


def posted(one: Standing, voice: Voice) -> dict[str, Any]:
    """One alert. Labels identify it; what changes while it fires is in annotations."""
    alert = one.alert
    labels = {
        "alertname": alert.kind,
        "severity": alert.severity.value,
        "job": "redline",
        "instance": voice.instance,
        "table": alert.table,
        "subject": alert.subject,
    }
    title = f"{alert.kind} in {alert.about}" if alert.about else alert.kind
    body: dict[str, Any] = {
        "labels": {name: text for name, text in labels.items() if text},  # an empty label is no label
        "annotations": {"summary": title, "runbook_url": voice.page(alert.kind), **dict(alert.facts())},
        "startsAt": _time(one.since),
    }
    if one.ended is not None:
        body["endsAt"] = _time(max(one.ended, one.since))
    return body


def _time(at: float) -> str:
    try:
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    except (OverflowError, ValueError, OSError):
        return datetime.fromtimestamp(0, UTC).isoformat(timespec="milliseconds")
