"""What readers saw, per day, source and version: how many events, and what they did not know. Pure.

Each process counts what it reads (`Tally`) and sends the counts as records of the topic `redline.sources`. Records are
sums to be added: a record that is sent twice after a crash counts twice, which is harmless here. They hold names of
formats and numbers, never a value of an event.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from schemas.errors import DecodeError
from schemas.records import Outgoing
from schemas.sources.reading import safe_version

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.sources.reading import Reading

# Other paths of one day, source and version are counted together: an inventive producer must not fill memory or topic.
MOST_NAMES = 200
OTHER = "other"

OTLP = "otlp"

_LONGEST_NAME = 200
_PRODUCTS = {"claude-code": "claude_code_otel", "copilot-chat": "copilot", "otel-genai": "genai"}


class Seen(msgspec.Struct, kw_only=True):
    """What one process saw of one source and version in one day, or a sum of such."""

    day: str
    """UTC, `YYYY-MM-DD`, of the reading, not of the events: drift is about when a format changed for us."""
    source: str
    """The reader: `claude_code`, `continue_dev`, …"""
    version: str
    """The producer's own version; `?` where a reader found none."""
    events: int = 0
    faults: int = 0
    skipped: int = 0
    drift: dict[str, int] = {}
    """`<kind> <path>` of what the reader did not know, and how often."""

    @property
    def units(self) -> int:
        """What was read: events, faults and what was skipped by rule; at least as many as had one unknown thing."""
        return max(self.events + self.faults + self.skipped, *self.drift.values(), 0)

    def share(self, name: str) -> float:
        """How much of what was read had this unknown thing, from 0 to 1."""
        return min(1.0, self.drift.get(name, 0) / max(1, self.units))

    def add(self, other: Seen) -> None:
        """Add what another process, or another minute, saw."""
        self.events += other.events
        self.faults += other.faults
        self.skipped += other.skipped
        sums = Counter(self.drift)
        for name, count in other.drift.items():
            sums[name if name in sums or len(sums) < MOST_NAMES else OTHER] += count
        self.drift = dict(sums)


class Tally:
    """Counts readings until they are taken out as records."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str, str], Seen] = {}

    def __bool__(self) -> bool:
        return bool(self._seen)

    def add(self, reading: Reading, *, source: str, day: str) -> None:
        """Count one reading. `source` names its reader, `day` is the UTC day of now.

        OpenTelemetry's requests hold events of several products: their events count for the product's own reader.
        """
        drift: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for what, count in reading.drift.items():
            drift[what.source, what.version][f"{what.kind} {what.path}"[:_LONGEST_NAME]] += count
        products = _PRODUCTS if source == OTLP else {}
        events = Counter((products.get(e.source, source), _version(e.data.tool)) for e in reading.events)
        for (reader, version), count in events.items():
            self._put(Seen(day=day, source=reader, version=version, events=count))
        if reading.faults or reading.skipped:
            skipped = reading.skipped.total()
            self._put(Seen(day=day, source=source, version="?", faults=len(reading.faults), skipped=skipped))
        for (reader, version), names in drift.items():
            self._put(Seen(day=day, source=reader, version=version, drift=dict(names)))

    def merge(self, other: Tally) -> None:
        """Count what another tally has counted."""
        for seen in other._seen.values():
            self._put(seen)

    def take(self) -> list[Outgoing]:
        """What was counted, as records; counting begins anew. Give them back with `restore` if they cannot be sent."""
        taken = [encode(seen) for _, seen in sorted(self._seen.items())]
        self._seen = {}
        return taken

    def restore(self, records: Iterable[Outgoing]) -> None:
        """Count again what `take` gave."""
        for record in records:
            self._put(decode(record.value or b""))

    def _put(self, seen: Seen) -> None:
        place = (seen.day, seen.source, seen.version)
        if (known := self._seen.get(place)) is None:
            known = self._seen[place] = Seen(day=seen.day, source=seen.source, version=seen.version)
        known.add(seen)


def encode(seen: Seen) -> Outgoing:
    """A record of `redline.sources`."""
    return Outgoing(seen.source.encode(), _encode(seen))


def decode(value: bytes) -> Seen:
    """`encode` undone.

    Raises:
        DecodeError: not what `encode` writes.
    """
    try:
        return _decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        pass  # raised below, where it cannot carry the bytes along
    raise DecodeError("bad_value", "$", "a record of redline.sources")


def sums(records: Iterable[Seen]) -> list[Seen]:
    """One for each day, source and version, in this order."""
    found: dict[tuple[str, str, str], Seen] = {}
    for record in records:
        place = (record.day, record.source, record.version)
        if place not in found:
            found[place] = Seen(day=record.day, source=record.source, version=record.version)
        found[place].add(record)
    return [found[place] for place in sorted(found)]


class JumpRule(NamedTuple):
    """When drift is worth a word to people."""

    rise: float = 0.05
    """By how much the share of units with one unknown name is above that of the days before."""
    minimum: int = 20
    """Units of a source and version in one day; fewer say nothing."""


DEFAULT_RULE = JumpRule()


class Jump(NamedTuple):
    """One unknown name that became common."""

    source: str
    version: str
    name: str
    share: float
    before: float


def jumps(records: Iterable[Seen], *, day: str, rule: JumpRule = DEFAULT_RULE) -> list[Jump]:
    """What is new on `day`: compared with the source's days before, all of its versions together.

    A source without a day before has nothing to compare with and gives none.
    """
    today: list[Seen] = []
    before: dict[str, Seen] = {}
    for seen in sums(records):
        if seen.day == day:
            today.append(seen)
        elif seen.day < day:
            earlier = Seen(day="", source=seen.source, version="")
            before.setdefault(seen.source, earlier).add(seen)
    return [
        Jump(seen.source, seen.version, name, seen.share(name), before[seen.source].share(name))
        for seen in today
        if seen.source in before and seen.units >= rule.minimum
        for name in sorted(seen.drift)
        if seen.share(name) >= before[seen.source].share(name) + rule.rise
    ]


_encode = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.Decoder(Seen).decode


def _version(tool: str) -> str:
    """The version of a `tool` (`name/version`)."""
    return safe_version(tool.partition("/")[2])
