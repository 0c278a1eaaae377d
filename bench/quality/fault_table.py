"""The table of docs/monitoring.md about faults in real streams, from the results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_HEAD = """| fault | first check for it | seconds | events since, of the source | of all | alerts | notices | others |
|---|---|---|---|---|---|---|---|"""
# The checks that are meant to find a fault; what else speaks up is told beside it.
_MEANT = {
    "stops": ("silence", "volume"),
    "doubles": ("volume",),
    "changes a field's type": ("rejects",),
    "sends another language": ("language_mix", "text_language"),
    "accepts everything": ("label_mix", "match_rate"),
    "clock off by a day": ("late_events",),
    "tenfold burst": ("burst",),
    "leaks a name": ("gate_halt",),
}


def of(faults: Mapping[str, Any]) -> str:
    """Markdown, a row for each fault."""
    return "\n".join([_HEAD, *(_row(name, one) for name, one in faults.items())])


def _row(name: str, one: Mapping[str, Any]) -> str:
    fired = one["fired"]
    first = next((alert for alert in fired if alert["check"] in _MEANT.get(name, ())), None)
    others = ", ".join(f"`{alert['check']}` {_about(alert)}".rstrip() for alert in fired if alert is not first)
    sent = len(one["sent"]["fired"]) if "sent" in one else ""
    if first is None:
        cells: tuple[object, ...] = (name, "none", "", "", "", one["alerts"], sent, others)
    elif "seconds" not in first:
        published, leaking = one["published_rows_with_the_name"], one["leaking_events"]
        where = f"`{first['check']}` of `{first['table']}`, in the gate"
        cells = (name, where, "the batch", f"{published} of {leaking} published", "", one["alerts"], sent, others)
    else:
        since = f"{first['events_of_the_source']:,}", f"{first['events_of_all']:,}"
        cells = (name, f"`{first['check']}`", f"{first['seconds']:,}", *since, one["alerts"], sent, others)
    return f"| {' | '.join(map(str, cells))} |"


def _about(alert: Mapping[str, Any]) -> str:
    return alert["about"] if isinstance(alert["about"], str) else ", ".join(alert["about"])
