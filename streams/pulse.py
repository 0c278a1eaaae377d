"""What a worker's event loop tells other threads of itself: that it turns, that it gets on, that it is a member.

The loop writes (`streams.runtime.watchdog`), the thread that answers probes reads. Pure: `now` is an argument, in
seconds of one clock.
"""

from __future__ import annotations

LOOK_S = 5.0
"""The longest pause between two beats of a loop that turns."""
_LATE = 4  # beats that may be missed: a collection of garbage or a swapping machine is no reason to start anew


class Pulse:
    """Live for so long after the last beat, and for half of `stuck_s` after the last progress."""

    def __init__(self, stuck_s: float) -> None:
        self._stuck_s = stuck_s
        self._beat: float | None = None
        self._moved = 0.0
        self._joined = False

    @property
    def every_s(self) -> float:
        """How often to beat."""
        return min(LOOK_S, self._stuck_s / 8)

    def beat(self, now: float, *, moved: float, joined: bool) -> None:
        """The loop turns.

        Args:
            now: when.
            moved: when something was last done, or there was nothing to do.
            joined: it has the partitions that the group gave it, and their state.
        """
        self._beat, self._moved, self._joined = now, moved, joined

    def live(self, now: float) -> str:
        """Why the worker should be started anew; empty if it should not. One that has not begun is live."""
        if self._beat is None:
            return ""
        if now - self._beat > _LATE * LOOK_S:
            return f"its event loop has not turned for {now - self._beat:.0f} s"
        if now - self._moved > self._stuck_s / 2:
            return f"lag and no progress for {now - self._moved:.0f} s"
        return ""

    def ready(self) -> str:
        """What it waits for; empty if it works, or would if it had partitions."""
        return "" if self._joined else "it has no partitions yet, or their state is being read"
