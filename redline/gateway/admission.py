"""How much at once, and how fast. Pure: `now` is an argument, in seconds of any steady clock."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Self

from redline.gateway.exchange import Refused

_BUSY_S = 1  # what waits is confirmed or given up within seconds


@dataclass(slots=True)
class InFlight:
    """Requests and bytes that are between their first byte and their answer."""

    most_requests: int
    most_bytes: int
    requests: int = 0
    bytes: int = 0

    def enter(self) -> Slot:
        """A place for one request.

        Raises:
            Refused: 429, all places are taken.
        """
        if self.requests >= self.most_requests:
            raise _busy()
        self.requests += 1
        return Slot(self)


@dataclass(slots=True)
class Slot:
    """One request's place; holds bytes until it is left."""

    _flight: InFlight
    _bytes: int = 0

    def grow(self, count: int) -> None:
        """Hold so many more bytes.

        Raises:
            Refused: 429, together with the others it is too much.
        """
        if self._flight.bytes + count > self._flight.most_bytes:
            raise _busy()
        self._flight.bytes += count
        self._bytes += count

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._flight.requests -= 1
        self._flight.bytes -= self._bytes
        self._bytes = 0


@dataclass(slots=True)
class _Bucket:
    level: float
    at: float


@dataclass(slots=True)
class Rates:
    """Events per second of each producer, with `burst_s` seconds' worth at once.

    A request passes while its producer owes nothing, whatever it holds: a batch larger than the burst would never pass
    otherwise. It is charged in full, and the next waits until that is paid.
    """

    burst_s: float = 10.0
    _buckets: dict[str, _Bucket] = field(default_factory=dict)

    def check(self, name: str, rate: float, now: float) -> None:
        """Let the producer in, or not.

        Raises:
            Refused: 429, with the time until the debt is paid.
        """
        level = self._at(name, rate, now).level
        if level <= 0:
            wait = math.ceil(-level / rate) + 1
            raise Refused(429, "more events than this token may send", retry_after_s=wait)

    def charge(self, name: str, rate: float, events: int, now: float) -> None:
        """Count what a producer sent."""
        self._at(name, rate, now).level -= events

    def _at(self, name: str, rate: float, now: float) -> _Bucket:
        most = max(1.0, rate * self.burst_s)
        bucket = self._buckets.setdefault(name, _Bucket(most, now))
        bucket.level = min(most, bucket.level + (now - bucket.at) * rate)
        bucket.at = now
        return bucket


def _busy() -> Refused:
    return Refused(429, "too much is waiting for Kafka", retry_after_s=_BUSY_S)
