"""What someone is told: where, what was needed, how much came instead, what was done, what to run. Never a sample."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping  # noqa: TC003 - msgspec reads the annotations at run time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, NamedTuple, Protocol

import msgspec

from schemas.verdict import Severity  # noqa: TC001 - likewise

Action = Literal["halted", "quarantined", "none"]


class OffsetRange(NamedTuple):
    """Offsets `first` to `last`, both included, of one partition."""

    topic: str
    partition: int
    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition} {self.first}-{self.last}"


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing that went wrong.

    `kind` is a word of ours (`gate_halt`), `since` seconds since 1970 UTC, `got` counts by our own words,
    `command` what to run to look or to act. Text comes from the program, never from an event.
    """

    kind: str
    table: str
    severity: Severity
    expected: str
    command: str
    since: float
    action: Action = "none"
    where: tuple[OffsetRange, ...] = ()
    got: Mapping[str, int | float] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Equal for alerts that tell the same thing: place, time and counts do not matter."""
        parts = (self.kind, self.table, self.severity, self.expected, self.action)
        return hashlib.blake2b("\x00".join(parts).encode(), digest_size=16).hexdigest()

    def line(self, suppressed: int = 0) -> str:
        """The alert in one line."""
        since = datetime.fromtimestamp(self.since, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        got = ", ".join(f"{name} {count:g}" for name, count in self.got.items())
        more = len(self.where) - 3
        ranges = ", ".join(str(r) for r in self.where[:3]) + (f" and {more} more" if more > 0 else "")
        parts = (
            f"{self.severity.value} {self.kind}" + (f" in {self.table}" if self.table else ""),
            f"expected {self.expected}",
            f"got {got}" if got else "",
            f"at {ranges}" if ranges else "",
            f"since {since}",
            f"action: {self.action}",
            f"run: {self.command}",
            f"{suppressed} more like it were not sent" if suppressed else "",
        )
        return "; ".join(part for part in parts if part).replace("\n", " ")


@dataclass(frozen=True, slots=True)
class Notice:
    """An alert on its way. `id` is the same on every attempt: a receiver can tell a repetition by it."""

    id: str
    alert: Alert
    suppressed: int = 0


class Channel(Protocol):
    """A way to tell someone."""

    @property
    def name(self) -> str:
        """Unique among the channels of an alerter; it is kept in the outbox."""

    def send(self, notice: Notice) -> None:
        """Return once the other side has it; raise anything if it may not. Must have a time-out of its own."""

    def close(self) -> None:
        """Release what is held. Idempotent."""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Alert).decode


def encode(alert: Alert) -> bytes:
    """The alert as a JSON object."""
    return _encode(alert)


def decode(payload: bytes) -> Alert:
    """`encode` undone. Raises msgspec.DecodeError."""
    return _decode(payload)
