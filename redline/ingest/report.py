"""What was read, counted: events by type, rejects by reason, what was skipped by which rule, what nobody knew."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from quality.report import table

if TYPE_CHECKING:
    from redline.ingest.source import Batch


@dataclass(slots=True)
class Report:
    """Sums over batches. Holds no text and no path of a file that could be read."""

    source: str
    files: int = 0
    lines: int = 0
    sent: int = 0
    known: int = 0
    held: set[str] = field(default_factory=set)
    unfinished: dict[str, bool] = field(default_factory=dict)
    events: Counter[str] = field(default_factory=Counter)
    rejects: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    unknown: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    unreadable: list[str] = field(default_factory=list)

    def add(self, batch: Batch) -> None:
        """Count a batch that was sent."""
        self.lines += batch.lines
        self.sent += len(batch.records)
        self.known += batch.known
        self.held = (self.held - batch.settled) | batch.held
        self.unreadable += batch.unreadable
        self.unfinished.update(batch.unfinished)
        for event in batch.reading.events:
            self.events[_kind(event)] += 1
        self.rejects.update(fault.reason for fault in batch.reading.faults)
        self.skipped.update(batch.reading.skipped)
        for drift, count in batch.reading.drift.items():
            self.unknown[drift.version, drift.kind, drift.path] += count

    def tree(self) -> dict[str, Any]:
        """For `--json`."""
        unknown = [
            {"version": version, "kind": kind, "path": path, "count": count}
            for (version, kind, path), count in sorted(self.unknown.items())
        ]
        return {
            "source": self.source,
            "files": self.files,
            "lines": self.lines,
            "records": self.sent,
            "sent_before": self.known,
            "waiting": len(self.held),
            "unfinished": sum(self.unfinished.values()),
            "events": dict(sorted(self.events.items())),
            "rejects": dict(sorted(self.rejects.items())),
            "skipped": dict(sorted(self.skipped.items())),
            "unknown": unknown,
            "unreadable": self.unreadable,
        }

    def text(self, *, dry: bool = False) -> str:
        """For people. `dry`: nothing was sent."""
        done = "records, not sent" if dry else "records confirmed"
        parts = [f"{self.source}: {self.files:,} files, {self.lines:,} new lines, {self.sent:,} {done}"]
        if self.known:
            parts.append(f"{self.known:,} events of new lines were sent before")
        if self.held:
            parts.append(f"{len(self.held):,} sessions are being written: their last text is read next time")
        if half := sum(self.unfinished.values()):
            parts.append(f"{half:,} files end in half a line: it is read when it is whole")
        for header, counts in (("event", self.events), ("reject", self.rejects), ("skipped by rule", self.skipped)):
            if counts:
                parts.append(table((header, "count"), sorted(counts.items())))
        if self.unknown:
            rows = [
                (version or "?", kind, path, count) for (version, kind, path), count in sorted(self.unknown.items())
            ]
            parts.append(table(("version", "unknown", "where", "count"), rows))
        parts += [f"could not be read: {line}" for line in self.unreadable]
        return "\n\n".join(parts)


def _kind(event: Any) -> str:
    """The type, and what tells its outcomes apart: verdict, finality, role and kind of a step."""
    name = event.type.removeprefix("redline.").removesuffix(".v1")
    data = event.data
    if name == "decision":
        return f"{name} {data.verdict}"
    if name == "edit":
        return f"{name} final" if data.final else name
    if name == "step":
        return f"{name} {data.role} {data.kind}"
    return f"{name} {data.state}" if name == "session" else name
