"""How long a worker may believe that its partitions are still its own, pure: `now` is an argument.

Kafka fences the offsets of a worker that it has given up, but not its records. A worker that was stopped for longer
than its session (SIGSTOP, a frozen machine, a long swap) wakes up with events in hand that someone else has done
meanwhile; what it then wrote to the changelog would stand after the new owner's values, and its RocksDB would believe
to hold what the new owner wrote in between. So state is written under a lease: two fifths of the session, counted from
the moment the last answered heartbeat was *sent*. As much is left for the write itself, which gives up after it, and
the last fifth for what a connection still holds of a write that was given up (`streams.sockets`).
"""

from __future__ import annotations


class Lease:
    """Times are seconds of a monotonic clock that goes on while the process is stopped."""

    __slots__ = ("_until", "silent_s", "term_s")

    def __init__(self, session_s: float) -> None:
        self.term_s = session_s * 2 / 5
        """How long the lease holds after a heartbeat, and the longest that a write under it may take."""
        self.silent_s = session_s / 5
        """The longest that bytes of a write may stand unacknowledged."""
        self._until = float("-inf")

    def renew(self, asked_at: float) -> None:
        """Kafka has answered that the worker is a member; it was asked at that time. Older answers change nothing."""
        self._until = max(self._until, asked_at + self.term_s)

    def holds(self, now: float) -> bool:
        """True while nobody else can have been given the partitions for as long as a write takes."""
        return now < self._until
