"""One kind of alert: how bad, what it means, what to do, who raises it, how it ends. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from quality.alert import Action
    from schemas.verdict import Severity

# said: who raised it says that it is over. unseen: it is over once nobody has seen it for alerts.stale_s (so is `said`,
# should nobody be left to say it). hand: only by `redline alerts resolve`.
Ends = Literal["said", "unseen", "hand"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind. Severity, `expected`, `action` and `command` are what its alerts say, unless a raiser knows more."""

    name: str
    severity: Severity
    expected: str
    command: str
    stage: str
    meaning: str
    remedy: str
    ends: Ends = "unseen"
    action: Action = "none"


_ENDS = {
    "said": "when it is over",
    "unseen": "once it was not seen for `alerts.stale_s`",
    "hand": "by `redline alerts resolve`",
}


def described(kind: Kind) -> str:
    """The section of docs/alerts.md about a kind."""
    return (
        f"### {kind.name}\n\n"
        f"{kind.severity.value}, raised by: {kind.stage}; ends {_ENDS[kind.ends]}. {kind.meaning}\n\n"
        f"{kind.remedy} [Runbook](runbook.md#{kind.name}).\n"
    )
