"""PagerDuty, Events API v2 (developer.pagerduty.com: Send an Alert Event)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from quality.alert import LISTED, Event, Wants
from quality.channels.post import Post
from quality.channels.wording import Voice
from schemas.verdict import Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from quality.alert import Notice

_SUMMARY = 1024  # PagerDuty's limit
_ACTIONS = {
    Event.FIRED: "trigger",
    Event.WORSE: "trigger",
    Event.DIGEST: "trigger",
    Event.TEST: "trigger",
    Event.ACKNOWLEDGED: "acknowledge",
    Event.RESOLVED: "resolve",
    Event.UNSEEN: "resolve",
}
# Its own escalation says again what nobody has acknowledged.
_EVENTS = frozenset(_ACTIONS)


class PagerDutyChannel:
    """One event for each alert: `dedup_key` ties what happens to it together, so a repeated event changes nothing.

    Args:
        url: where events are taken.
        key: gives the integration key, a secret; may raise a RedlineError.
        identity: of the book, so that two data folders may share a service.
        least: severity below which nobody is paged.
        timeout_s: longest wait.
        voice: who speaks.
    """

    name = "pagerduty"

    def __init__(
        self,
        url: str,
        key: Callable[[], str],
        *,
        identity: str = "",
        least: Severity = Severity.ERROR,
        timeout_s: float = 10.0,
        voice: Voice | None = None,
    ) -> None:
        self.wants = Wants(events=_EVENTS, one_each=True, most=LISTED, least=least)
        self._post = Post(self.name, "alerts.pagerduty and alerts.pagerduty_key", lambda: url, timeout_s=timeout_s)
        self._key = key
        self._identity = identity
        self._voice = voice or Voice()

    def __repr__(self) -> str:
        return "PagerDutyChannel(…)"

    def send(self, notice: Notice) -> str:
        """POST; raises ChannelError."""
        answer = self._post.json(body(notice, self._voice, self._key(), self._identity))
        if notice.event is Event.TEST:  # nobody is to find a test open in the morning
            over = body(notice, self._voice, self._key(), self._identity) | {"event_action": "resolve"}
            answer = f"{answer}, and resolved: {self._post.json(over)}"
        return answer

    def close(self) -> None:
        """Close connections."""
        self._post.close()


def body(notice: Notice, voice: Voice, key: str, identity: str) -> dict[str, Any]:
    """What is sent."""
    alert = notice.alerts[0]
    event: dict[str, Any] = {
        "routing_key": key,
        "event_action": _ACTIONS[notice.event],
        "dedup_key": f"redline-{identity}-{alert.key}",
    }
    if event["event_action"] != "trigger":
        return event
    page = voice.page(alert.kind)
    links = [{"href": page, "text": "What to do"}] if page.startswith(("http://", "https://")) else []
    return event | {
        "client": "Redline",
        "links": links,
        "payload": {
            "summary": voice.title(notice)[:_SUMMARY],
            "source": voice.instance or "redline",
            "severity": alert.severity.value,
            "timestamp": _timestamp(alert.since),
            "component": alert.table or "redline",
            "group": alert.subject,
            "class": alert.kind,
            "custom_details": {**dict(alert.facts()), "what to do": page},
        },
    }


def _timestamp(at: float) -> str:
    try:
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    except (OverflowError, ValueError, OSError):
        return datetime.fromtimestamp(0, UTC).isoformat(timespec="milliseconds")
