"""The generated company's weeks as JSON lines with their time of arrival, and what can be planted in them.

The faulty source is the editor plug-in, a fifth of all events: `FAULTY`. What is planted begins at `BEGIN_US`, on a
working day's morning in the third week.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from redline.company import Company

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
START_US = 1_767_600_000_000_000  # Monday 2026-01-05, 08:00 UTC
TUESDAY_US = START_US + 15 * DAY
BEGIN_US = TUESDAY_US + 2 * HOUR
END_US = TUESDAY_US + 9 * HOUR
FAULTY = "vscode-assist"
CANARY = "w_ndiaye_1987"
_BURST_HOURS = 2
_GERMAN = (
    "Bitte die Tabelle der offenen Bestellungen noch einmal prüfen und die Summe nicht vor dem Wochenende buchen. "
)


class Line(NamedTuple):
    """One event as it is sent, and when it arrives (microseconds since 1970)."""

    arrival_us: int
    event: dict[str, Any] | None
    raw: bytes

    @property
    def faulty(self) -> bool:
        """It comes from the source that something happens to, after it has."""
        data = (self.event or {}).get("data")
        tool = data.get("tool", "") if isinstance(data, dict) else ""
        return self.arrival_us >= BEGIN_US and isinstance(tool, str) and tool.startswith(FAULTY)


def weeks(seed: int, events: int) -> list[Line]:
    """Two working weeks, and the Monday and Tuesday of a third, in order of arrival."""
    return [
        line
        for number in range(3)
        for line in _lines(Company(seed + number, events, START_US + number * 7 * DAY, lines=True))
        if line.arrival_us < END_US
    ]


def _lines(company: Company) -> Iterator[Line]:
    """Arrival is the latest time that an event said so far: most take seconds."""
    arrival = 0
    for record in company:
        raw = record.value or b""
        try:
            event = json.loads(raw)
        except ValueError:
            event = None
        if not isinstance(event, dict):
            event = None
        time = event.get("time") if event is not None else None
        at = micros(time) if isinstance(time, str) else 0
        if at < arrival + DAY or not arrival:  # else it is one of the planted broken ones
            arrival = max(arrival, at)
        yield Line(arrival, event, raw)


def micros(time: str) -> int:
    """RFC 3339 in UTC as microseconds; 0 if it is none."""
    try:
        return int(dt.datetime.fromisoformat(time).timestamp() * SECOND)
    except ValueError:
        return 0


def _line(arrival_us: int, event: dict[str, Any]) -> Line:
    return Line(arrival_us, event, json.dumps(event).encode())  # ASCII: some are planted with half a surrogate


def _changed(lines: Iterable[Line], change: Callable[[dict[str, Any]], Iterable[dict[str, Any]]]) -> Iterator[Line]:
    for line in lines:
        if line.faulty and line.event is not None:
            for event in change(json.loads(line.raw)):
                yield _line(line.arrival_us, event)
        else:
            yield line


def _copy(event: dict[str, Any], number: int, tool: str = "") -> dict[str, Any]:
    """The same work of somebody else: other ids everywhere."""
    data = dict(event["data"])
    for name in ("interaction_id", "session_id", "thread_id", "document_id"):
        if name in data:
            data[name] = f"{data[name]}-{number}"
    return event | {"id": f"{event.get('id')}-{number}", "data": data | ({"tool": tool} if tool else {})}


def _typed(event: dict[str, Any]) -> list[dict[str, Any]]:
    data = event["data"]
    return [event | {"data": data | {"text": [data["text"]]}}] if "text" in data else [event]


def _german(event: dict[str, Any]) -> list[dict[str, Any]]:
    data = dict(event["data"])
    if "language" in data:
        data["language"] = "german"
    return [event | {"data": data | {name: _GERMAN + data[name] for name in ("text",) if name in data}}]


def _leak(event: dict[str, Any]) -> list[dict[str, Any]]:
    data = event["data"]
    return [event | {"data": data | {"text": f"{data['text']} (assigned to {CANARY})"}}] if "text" in data else [event]


def _yesterday(event: dict[str, Any]) -> list[dict[str, Any]]:
    at = dt.datetime.fromisoformat(event["time"]) - dt.timedelta(days=1)
    return [event | {"time": at.isoformat()}]


def _accepting(lines: Iterable[Line]) -> Iterator[Line]:
    """Everything that is decided is accepted, and kept as it was proposed."""
    proposed: dict[str, str] = {}
    for line in lines:
        data = (line.event or {}).get("data", {})
        if not line.faulty or line.event is None or "interaction_id" not in data:
            yield line
            continue
        key, kind = data["interaction_id"], line.event["type"]
        if kind == "redline.suggestion.v1":
            proposed[key] = data["text"]
        elif key in proposed:
            changes = {"verdict": "accepted", "accepted_text": None} if "decision" in kind else {"text": proposed[key]}
            event = line.event | {"data": data | changes}
            changed = _line(line.arrival_us, event)
            yield changed
            if "decision" in kind:
                kept = {name: data[name] for name in ("session_id", "surface", "tool", "interaction_id")}
                kept |= {"text": proposed[key], "final": True, "origin": "editor"}
                event = line.event | {"id": f"{event['id']}-kept", "type": "redline.edit.v1", "data": kept}
                yield _line(line.arrival_us, event)
            continue
        yield line


def _burst(lines: Iterable[Line]) -> Iterator[Line]:
    """Ten times as much of everything, a third of it by tools that nobody has seen, for some hours; then it is cut."""
    for line in lines:
        if line.arrival_us >= BEGIN_US + _BURST_HOURS * HOUR:
            return
        yield line
        data = (line.event or {}).get("data")
        if line.arrival_us >= BEGIN_US and line.event is not None and isinstance(data, dict) and line.event.get("id"):
            for number in range(9):
                event = _copy(line.event, number, f"new-tool-{number}/1" if number % 3 == 0 else "")
                yield _line(line.arrival_us, event)


PLANTED: dict[str, Callable[[list[Line]], Iterable[Line]]] = {
    "nothing (control)": lambda lines: lines,
    "stops": lambda lines: _changed(lines, lambda _event: []),
    "doubles": lambda lines: _changed(lines, lambda event: [event, _copy(event, 1)]),
    "changes a field's type": lambda lines: _changed(lines, _typed),
    "sends another language": lambda lines: _changed(lines, _german),
    "accepts everything": _accepting,
    "clock off by a day": lambda lines: _changed(lines, _yesterday),
    "tenfold burst": _burst,
    "leaks a name": lambda lines: _changed(lines, _leak),
}
