"""What a reader of a foreign format gives back. Pure values, shared by every reader.

A reader never raises for what is in its input and never drops a thing silently: each unit of input (a line, an OTLP
record, a request body) ends as events, as a fault, or as skipped under the name of the rule that skips it; what the
reader did not know on the way is drift.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from schemas.errors import DecodeError
    from schemas.events import Event

_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_.\-$/]{0,63}", re.ASCII)
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+_-]{0,31}", re.ASCII)

MOST_DRIFT = 500  # a producer that invents names must not fill memory
DriftKind = Literal["key", "type", "version", "value", "no_text"]


class Drift(NamedTuple):
    """One thing a reader did not know, or (`no_text`) one event about a text that its source never sends.

    Holds names of a format, never a value of an event.
    """

    source: str
    """The reader: `claude_code`, `continue_dev`, …"""
    version: str
    """The producer's own version, as `safe_version` lets it through."""
    kind: DriftKind
    path: str
    """Where: a JSON path of keys, or the name of a line type; `?` for what could be someone's data."""


class Fault(NamedTuple):
    """One unit of input that is no event: becomes a reject. `reason` is one of `schemas.rows.REASONS`."""

    reason: str
    path: str
    expected: str

    @classmethod
    def of(cls, error: DecodeError) -> Fault:
        """The same refusal as a value."""
        return cls(error.reason, error.path, error.expected)


@dataclass(slots=True)
class Reading:
    """What became of some input. `events` hold raw text: never log them."""

    events: list[Event] = field(default_factory=list, repr=False)
    faults: list[Fault] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    """Units that are noise by a rule, counted by the rule's name."""
    drift: Counter[Drift] = field(default_factory=Counter)

    def extend(self, other: Reading) -> None:
        """Add what another reading found, behind what is here."""
        self.events += other.events
        self.faults += other.faults
        self.skipped.update(other.skipped)
        for what, count in other.drift.items():
            notice(self.drift, what, count)


def notice(drift: Counter[Drift], what: Drift, count: int = 1) -> None:
    """Count one unknown thing. Behind `MOST_DRIFT` different ones, what is new is counted without its name."""
    drift[what if what in drift or len(drift) < MOST_DRIFT else what._replace(path="?")] += count


def safe_name(name: object) -> str:
    """A key or type name as drift may show it; `?` where it is no identifier, as it may be someone's data."""
    return name if isinstance(name, str) and _NAME.fullmatch(name) else "?"


def safe_version(version: object) -> str:
    """A producer's version as drift may show it; `?` where it is none."""
    return version if isinstance(version, str) and _VERSION.fullmatch(version) else "?"
