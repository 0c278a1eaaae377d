"""What someone is told: where, what was needed, how much came instead, what was done, what to run. Never a sample."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping  # noqa: TC003 - msgspec reads the annotations at run time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

import msgspec

from schemas.verdict import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

Action = Literal["halted", "quarantined", "none"]

LISTED = 20
"""Alerts that one notice lists; of the others it says how many they are."""

PAGE = "docs/runbook.md"
_RANGES = 3  # offset ranges in one line
_WEIGHT = {Severity.WARNING: 0, Severity.ERROR: 1, Severity.CRITICAL: 2}


class Event(StrEnum):
    """What has happened to an alert, or to a channel."""

    FIRED = "fired"
    WORSE = "worse"  # its severity rose
    AGAIN = "again"  # it still fires
    ACKNOWLEDGED = "acknowledged"  # somebody has it in hand
    RESOLVED = "resolved"  # who raised it says that it is over
    UNSEEN = "unseen"  # nobody has seen it for so long that it counts as over
    DIGEST = "digest"  # what was held back
    TEST = "test"


class OffsetRange(NamedTuple):
    """Offsets `first` to `last`, both included, of one partition."""

    topic: str
    partition: int
    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition} {self.first}-{self.last}"


def key_of(kind: str, table: str = "", subject: str = "") -> str:
    """What identifies an alert: 32 hexadecimal digits."""
    return hashlib.blake2b(f"{kind}\x00{table}\x00{subject}".encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing that is wrong.

    `kind` is one of `quality.kinds`, `since` seconds since 1970 UTC, `got` counts by our own words, `command` what to
    run to look or to act. `subject`: what within kind and table it is about, such as a series or a stage. Text comes
    from the program, never from an event.
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
    subject: str = ""

    @property
    def key(self) -> str:
        """Equal for alerts that tell the same thing: severity, offsets, time and counts do not matter."""
        return key_of(self.kind, self.table, self.subject)

    @property
    def page(self) -> str:
        """Where it is said what to do."""
        return f"{PAGE}#{self.kind}"

    @property
    def about(self) -> str:
        """Table and subject, as far as it has them, in one line."""
        return " ".join(", ".join(part for part in (self.table, self.subject) if part).split())

    def facts(self) -> list[tuple[str, str]]:
        """Name and text of what there is to say, in the order in which somebody reads."""
        got = ", ".join(f"{name} {count:g}" for name, count in self.got.items())
        more = len(self.where) - _RANGES
        ranges = ", ".join(str(r) for r in self.where[:_RANGES]) + (f" and {more} more" if more > 0 else "")
        said = (
            ("expected", self.expected),
            ("got", got),
            ("at", ranges),
            ("since", utc(self.since)),
            ("action", self.action),
            ("run", self.command),
        )
        return [(name, " ".join(text.split())) for name, text in said if text]

    def line(self) -> str:
        """The alert in one line."""
        told = {"expected": "expected {}", "got": "got {}", "at": "at {}", "since": "since {}"}
        title = " ".join((f"{self.severity.value} {self.kind}" + (f" in {self.about}" if self.about else "")).split())
        return "; ".join([title, *(told.get(name, f"{name}: {{}}").format(text) for name, text in self.facts())])


@dataclass(frozen=True, slots=True)
class Notice:
    """Alerts of one kind on their way to people. `id` is the same on every attempt: a repetition is known by it."""

    id: str
    event: Event
    alerts: tuple[Alert, ...]
    at: float = 0.0
    more: int = 0
    """So many more are not in `alerts`."""
    times: int = 1
    """How often they were seen since they fired."""

    @property
    def kind(self) -> str:
        """Of all its alerts."""
        return self.alerts[0].kind

    @property
    def severity(self) -> Severity:
        """The worst of them."""
        return worst([alert.severity for alert in self.alerts])


@dataclass(frozen=True, slots=True)
class Standing:
    """An alert that fires (`ended` None), or did so until a moment ago."""

    alert: Alert
    since: float
    ended: float | None = None


@dataclass(frozen=True, slots=True)
class Wants:
    """What a channel is sent.

    `one_each`: one alert in a notice, at most `most` of a group. `limited`: at most so many an hour as settings say.
    `least`: only alerts of this severity and worse.
    """

    events: frozenset[Event] = frozenset(Event) - {Event.ACKNOWLEDGED}
    one_each: bool = False
    most: int = LISTED
    limited: bool = True
    least: Severity = Severity.WARNING


class Channel(Protocol):
    """A way to tell someone."""

    @property
    def name(self) -> str:
        """Unique among the channels of an alerter; it is kept in the book."""

    @property
    def wants(self) -> Wants:
        """Which notices it is for."""

    def send(self, notice: Notice) -> str:
        """Return once the other side has it, with what that said; raise anything if it may not have it.

        Must have a time-out of its own.
        """

    def close(self) -> None:
        """Release what is held. Idempotent."""


class Mirror(Protocol):
    """A receiver that wants to be told again and again what fires."""

    @property
    def name(self) -> str:
        """As `Channel.name`."""

    def show(self, standing: Sequence[Standing]) -> str:
        """As `Channel.send`, of all that fires or has just ended."""

    def close(self) -> None:
        """As `Channel.close`."""


def weight(severity: Severity) -> int:
    """Greater for worse."""
    return _WEIGHT[severity]


def worst(severities: Sequence[Severity]) -> Severity:
    """The worst of them; a warning if there is none."""
    return max(severities, key=weight, default=Severity.WARNING)


def utc(at: float) -> str:
    """Seconds since 1970 as people write them."""
    try:
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    except (OverflowError, ValueError, OSError):
        return "no time"


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Alert).decode
_decode_notice = msgspec.json.Decoder(Notice).decode


def encode(alert: Alert | Notice) -> bytes:
    """The alert, or the notice, as a JSON object."""
    return _encode(alert)


def decode(payload: bytes) -> Alert:
    """`encode` of an alert undone. Raises msgspec.DecodeError."""
    return _decode(payload)


def decode_notice(payload: bytes) -> Notice:
    """`encode` of a notice undone. Raises msgspec.DecodeError."""
    return _decode_notice(payload)
