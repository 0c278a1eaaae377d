"""Is too much being rejected? A broken producer must not drain into `rejects` unseen. Pure: `now` is an argument."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# Not faults of a producer: people who said no, what somebody took out, and Kafka's ordinary repetitions.
EXPECTED_REASONS = frozenset(
    {"no_consent", "consent_withdrawn", "out_of_scope", "erased", "discarded", "key_destroyed", "duplicate"}
)


@dataclass(frozen=True, slots=True)
class RejectLimit:
    """At most `max_ratio` of the events of `window_s` seconds may be rejects, once there are `minimum` events."""

    max_ratio: float = 0.2
    minimum: int = 1_000
    window_s: float = 300.0
    expected_reasons: frozenset[str] = EXPECTED_REASONS


@dataclass(frozen=True, slots=True)
class Breach:
    """Counts of a window that is over the limit; `reasons` by reject reason."""

    events: int
    rejected: int
    reasons: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Slice:
    start: float
    events: int
    reasons: Mapping[str, int]


class RejectRate:
    """Counts of one window, in slices of its tenth."""

    def __init__(self, limit: RejectLimit | None = None) -> None:
        self._limit = limit or RejectLimit()
        self._slices: deque[_Slice] = deque()

    def on_events(self, events: int, rejects: Mapping[str, int], now: float) -> Breach | None:
        """Count `events` (rejects included) and their `rejects` by reason; the breach, as long as there is one.

        `now` is in seconds and never goes back by more than a slice.
        """
        faults = {r: n for r, n in rejects.items() if n and r not in self._limit.expected_reasons}
        last = self._slices[-1] if self._slices else None
        if last is not None and now - last.start < self._limit.window_s / 10:
            self._slices[-1] = _Slice(last.start, last.events + events, _sum(last.reasons, faults))
        else:
            self._slices.append(_Slice(now, events, faults))
        while self._slices[0].start <= now - self._limit.window_s:
            self._slices.popleft()
        return self._breach()

    def _breach(self) -> Breach | None:
        total = sum(s.events for s in self._slices)
        reasons: Mapping[str, int] = {}
        for one in self._slices:
            reasons = _sum(reasons, one.reasons)
        rejected = sum(reasons.values())
        if total < self._limit.minimum or rejected <= self._limit.max_ratio * total:
            return None
        return Breach(total, rejected, reasons)


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> Mapping[str, int]:
    return {reason: one.get(reason, 0) + other.get(reason, 0) for reason in sorted({*one, *other})}
