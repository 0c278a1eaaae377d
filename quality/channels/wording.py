"""A notice in words: a title, a line, a text. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from quality import kinds
from quality.alert import PAGE, Alert, Event, utc

if TYPE_CHECKING:
    from quality.alert import Notice

_BEGIN = {
    Event.WORSE: "worse: ",
    Event.AGAIN: "still: ",
    Event.ACKNOWLEDGED: "acknowledged: ",
    Event.RESOLVED: "over: ",
    Event.UNSEEN: "no longer seen: ",
    Event.DIGEST: "held back: ",
    Event.TEST: "test: ",
}
_ENDS = frozenset({Event.RESOLVED, Event.UNSEEN})
_STANDS = frozenset({Event.FIRED, Event.WORSE, Event.AGAIN})
SHOWN = 8
"""Digits of a key that are shown: of 10,000 alerts, two share them by a chance of 1 %."""
_NAMED = 3  # tables and subjects in a title


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks: the name of this Redline, and where its page of alerts is."""

    instance: str = ""
    runbook: str = PAGE

    def title(self, notice: Notice) -> str:
        """What has happened, in a few words."""
        who = f"[{self.instance}] " if self.instance else ""
        return f"{who}{_title(notice)}"

    def meaning(self, notice: Notice) -> str:
        """What this kind of alert means; empty if it is over, or nobody wrote it down."""
        return "" if notice.event in _ENDS else kinds.of(notice.kind).meaning

    def page(self, kind: str) -> str:
        """Where it is said what to do."""
        return f"{self.runbook}#{kind}"

    def blocks(self, notice: Notice) -> list[tuple[str, list[tuple[str, str]]]]:
        """Title and facts of each alert; of a single one the title is empty, as the notice's says it."""
        alone = len(notice.alerts) + notice.more == 1
        return [("" if alone else _about(alert), _facts(notice, alert)) for alert in notice.alerts]

    def tail(self, notice: Notice) -> list[str]:
        """What stands below: how many more, how often, since when, the page."""
        return [
            *([f"and {notice.more:,} more: redline alerts list"] if notice.more else []),
            *([f"seen {notice.times:,} times"] if notice.times > 1 else []),
            *([f"Yours: redline alerts ack {notice.alerts[0].key[:SHOWN]}"] if self._can_ack(notice) else []),
            f"What to do: {self.page(notice.kind)}",
        ]

    def _can_ack(self, notice: Notice) -> bool:
        return notice.event in _STANDS and len(notice.alerts) + notice.more == 1

    def text(self, notice: Notice) -> str:
        """All of it as plain text."""
        parts = [self.title(notice), self.meaning(notice), ""]
        for title, facts in self.blocks(notice):
            parts += [title, *(f"  {name:<9} {text}" for name, text in facts), ""]
        return "\n".join([part for n, part in enumerate(parts) if part or parts[n - 1]] + self.tail(notice)) + "\n"


def line(notice: Notice) -> str:
    """The notice in one line."""
    said = " | ".join(alert.line() for alert in notice.alerts)
    more = f" | and {notice.more} more" if notice.more else ""
    times = f"; seen {notice.times} times" if notice.times > 1 else ""
    return f"{_BEGIN.get(notice.event, '')}{said}{more}{times}"


def _title(notice: Notice) -> str:
    count = len(notice.alerts) + notice.more
    begin = f"{_BEGIN.get(notice.event, '')}{notice.severity.value} {notice.kind}"
    if count == 1:
        about = notice.alerts[0].about
        return f"{begin} in {about}" if about else begin
    names = list(dict.fromkeys(_about(alert) for alert in notice.alerts))
    rest = count - _NAMED
    return f"{begin}, {count:,} of them: " + "; ".join(names[:_NAMED]) + (f" and {rest:,} more" if rest > 0 else "")


def _about(alert: Alert) -> str:
    return alert.about or alert.kind


def _facts(notice: Notice, alert: Alert) -> list[tuple[str, str]]:
    """An end does not say again what to do."""
    if notice.event not in _ENDS:
        return alert.facts()
    return [*(fact for fact in alert.facts() if fact[0] in {"expected", "since"}), ("until", utc(notice.at))]
