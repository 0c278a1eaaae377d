"""Event-time watermarks of one partition, pure: `now` is an argument.

The watermark says: no event older than this is expected any more. It trails the greatest event time seen by the allowed
lateness, and while a partition is idle it moves on with the clock of whoever asks, so that the last interactions of a
quiet evening still close. It is put into the partition as a tick record; the logic reads ticks, never a clock.

Whoever asks does so every second. A clock that moves by more than `STEP_US` in between was set, or its machine slept:
that time did not pass. A tick cannot be taken back, and a day too far closes a day's work.
"""

from __future__ import annotations

from dataclasses import dataclass

STEP_US = 60_000_000  # a busy loop is late by seconds, and a worker that does nothing for a minute ends itself


@dataclass(frozen=True, slots=True)
class WatermarkPolicy:
    """Lateness allowed to events, and the silence after which a partition counts as idle (microseconds)."""

    lateness_us: int = 10_000_000  # covers the reordering of one busy producer; longer outages become late events
    idle_us: int = 5_000_000  # longer than any producer's linger, shorter than a person's patience


@dataclass(slots=True)
class Watermark:
    """The watermark of one partition. Never moves back."""

    policy: WatermarkPolicy
    seen_us: int | None = None
    arrived_us: int = 0
    emitted_us: int | None = None
    asked_us: int | None = None

    def on_event(self, event_us: int, now_us: int) -> None:
        """Take note of an event. One from the future counts as now: a wrong clock must not close everyone's work."""
        self.asked_us = now_us
        event_us = min(event_us, now_us)
        if self.seen_us is None or event_us > self.seen_us:
            self.seen_us = event_us
        self.arrived_us = now_us

    def on_tick(self, watermark_us: int, now_us: int) -> None:
        """Take over a watermark read from the partition, after a restart or another worker's turn."""
        self._pass(now_us)
        if self.emitted_us is None or watermark_us > self.emitted_us:
            self.emitted_us = watermark_us
        if self.seen_us is None:
            self.seen_us = watermark_us + self.policy.lateness_us
            self.arrived_us = now_us

    def advance(self, now_us: int) -> int | None:
        """The watermark to put into the partition now, or None if it has not moved."""
        self._pass(now_us)
        if self.seen_us is None:
            return None
        idle_for = now_us - self.arrived_us
        passed = idle_for if idle_for > self.policy.idle_us else 0
        value = min(self.seen_us + passed, now_us) - self.policy.lateness_us
        if self.emitted_us is not None and value <= self.emitted_us:
            return None
        self.emitted_us = value
        return value

    def _pass(self, now_us: int) -> None:
        """Time that did not pass is no silence of the partition."""
        passed = 0 if self.asked_us is None else now_us - self.asked_us
        if not 0 <= passed <= STEP_US:
            self.arrived_us += passed
        self.asked_us = now_us
