"""What a worker's event loop tells other threads of itself: that it turns, that it gets on, that it is a member.

The loop writes (`streams.runtime.watchdog`), the thread that answers probes reads. Pure: `now` is an argument, in
seconds of one clock.

Each stage has to get on with the batch it has in hand. Together they would not do: ticks go through the joins every
second, whatever hangs before them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

LOOK_S = 5.0
"""The longest pause between two looks of a loop that turns."""
_ALL = ""  # in place of a stage's name
# Handing out partitions with nothing restored meanwhile: a member that died is waited for, a coordinator that moves.
# But Faust's recovery ends without a word, for good, when a broker has not answered it for 90 s.
_REST_S = 300.0


class Pulse:
    """Live for `stuck_s` after the last look, and for half of it after the last progress of what has least of it."""

    def __init__(self, stuck_s: float) -> None:
        self._stuck_s = stuck_s
        self._looked: float | None = None
        self._done: dict[str, int] = {}
        self._moved: dict[str, float] = {}
        self._rest: tuple[int, float] | None = None
        self._joined = False

    @property
    def every_s(self) -> float:
        """How often to look."""
        return min(LOOK_S, self._stuck_s / 8)

    def look(
        self,
        now: float,
        done: Mapping[str, int],
        *,
        busy: Collection[str],
        behind: bool,
        resting: bool,
        joined: bool,
        restored: int = 0,
    ) -> float:
        """The loop turns; returns for how many seconds something has stood still that should not.

        Args:
            now: when.
            done: what each stage has done so far, any number that grows.
            busy: stages with a batch in hand.
            behind: Kafka has more for one of them, or something is in flight.
            resting: partitions are being handed out, and nothing is to be expected but that it ends.
            joined: it has the partitions that the group gave it, and their state.
            restored: any number that grows while state is being restored.
        """
        if not resting:
            self._rest = None
        elif self._rest is None or self._rest[0] != restored:
            self._rest = restored, now
        rested = now - self._rest[1] if self._rest else 0.0
        # A loop that was blocked has kept the stages from getting on: they have their time from now on.
        resting = resting or (self._looked is not None and now - self._looked > 3 * self.every_s)
        expected = {_ALL: behind, **{name: name in busy for name in done}}
        counts = {_ALL: sum(done.values()), **done}
        moved = {
            name: now if resting or not due or counts[name] != self._done.get(name) else self._moved[name]
            for name, due in expected.items()
        }
        self._looked, self._done, self._moved, self._joined = now, counts, moved, joined
        return max(now - min(moved.values()), rested if rested > max(_REST_S, self._stuck_s) else 0.0)

    def live(self, now: float) -> str:
        """Why the worker should be started anew; empty if it should not. One that has not begun is live."""
        looked, moved = self._looked, self._moved
        if looked is None:
            return ""
        if now - looked > self._stuck_s:
            return f"its event loop has not turned for {now - looked:.0f} s"
        name, since = min(moved.items(), key=lambda item: item[1])
        if looked - since > self._stuck_s / 2:
            return f"lag and no progress{f' in {name}' if name else ''} for {now - since:.0f} s"
        return ""

    def ready(self) -> str:
        """What it waits for; empty if it works, or would if it had partitions."""
        return "" if self._joined else "it has no partitions yet, or their state is being read"
