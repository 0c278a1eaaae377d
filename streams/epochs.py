"""Which key an event is scrubbed under: epochs of keys, one after the other. Pure.

The epoch of an event is decided by the timestamp of its Kafka record, so that a replay gives the same bytes whenever it
comes. For a while after an epoch's start events are also written under the ones before it (`KeyRing.beside`): what
began before a rotation and ends after it is joined in one epoch.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from streams.identity import KEY_BYTES_MAX, KEY_BYTES_MIN, pseudonym


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one epoch: `identity` for ids, for as long as the tables live; `surrogate` until it is destroyed."""

    identity: bytes = field(repr=False)
    surrogate: bytes = field(repr=False)
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class Epoch:
    """One epoch, from `starts_us` (microseconds, UTC) until the next one starts. A destroyed one has no key."""

    number: int
    starts_us: int = 0
    surrogate: bytes | None = field(default=None, repr=False)

    @property
    def destroyed(self) -> bool:
        """True if nobody can derive its surrogates and pseudonyms any more."""
        return self.surrogate is None


@dataclass(frozen=True, slots=True)
class KeyRing:
    """All epochs in order, the newest last.

    Args:
        identity: the key of ids.
        epochs: numbers from 1 on and starts, both rising; the newest is not destroyed.
        overlap_us: how long after an epoch's start events are also written under the ones before.

    Raises:
        ValueError: the epochs are none of that, or a key is shorter than 16 or longer than 64 bytes.
    """

    identity: bytes = field(repr=False)
    epochs: tuple[Epoch, ...]
    overlap_us: int = 0
    _by_place: tuple[Keys | None, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for key in (self.identity, *(one.surrogate for one in self.epochs)):
            if key is not None and not KEY_BYTES_MIN <= len(key) <= KEY_BYTES_MAX:
                raise ValueError(f"key: needed {KEY_BYTES_MIN} to {KEY_BYTES_MAX} bytes, came {len(key)}")
        if not self.epochs or self.epochs[-1].destroyed or self.epochs[0].number < 1:
            raise ValueError("epochs: needed numbers from 1 on, and a key of the newest")
        for one, other in zip(self.epochs, self.epochs[1:], strict=False):
            if one.number >= other.number or one.starts_us >= other.starts_us:
                raise ValueError("epochs: needed rising numbers and starts")
        every = (None if e.surrogate is None else Keys(self.identity, e.surrogate, e.number) for e in self.epochs)
        object.__setattr__(self, "_by_place", tuple(every))

    @classmethod
    def of(cls, keys: Keys) -> KeyRing:
        """A ring of one epoch, which has no beginning and no end."""
        return cls(keys.identity, (Epoch(keys.epoch, 0, keys.surrogate),))

    def place(self, timestamp_us: int) -> int:
        """Index of the epoch of a record; what is older than the first belongs to the first."""
        if timestamp_us >= self.epochs[-1].starts_us:
            return len(self.epochs) - 1
        return max(0, bisect_right(self.epochs, timestamp_us, key=lambda epoch: epoch.starts_us) - 1)

    def at(self, timestamp_ms: int) -> Keys | None:
        """The keys of a record with this timestamp; None if they are destroyed."""
        return self._by_place[self.place(timestamp_ms * 1000)]

    def beside(self, timestamp_ms: int) -> tuple[Keys, ...]:
        """The keys of the epochs that ended less than the overlap before the record, newest first, destroyed left out.

        Empty at most times.
        """
        here = self.place(timestamp_ms * 1000)
        if here == 0 or timestamp_ms * 1000 >= self.epochs[here].starts_us + self.overlap_us:
            return ()
        found = []
        for earlier in range(here - 1, -1, -1):
            if timestamp_ms * 1000 >= self.epochs[earlier + 1].starts_us + self.overlap_us:
                break
            keys = self._by_place[earlier]
            if keys is not None:
                found.append(keys)
        return tuple(found)

    @property
    def newest(self) -> Keys:
        """Keys of the last epoch, which may not have started."""
        return self.live[-1]

    @property
    def live(self) -> tuple[Keys, ...]:
        """Keys of every epoch that is not destroyed, the newest last."""
        return tuple(keys for keys in self._by_place if keys is not None)

    def pseudonyms(self, person_key: bytes) -> tuple[str, ...]:
        """A person's pseudonym in every epoch that is not destroyed, the newest last."""
        return tuple(pseudonym(keys.surrogate, keys.epoch, person_key) for keys in self.live)
