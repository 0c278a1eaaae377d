"""Whose event it is, as far as the stages behind the scrubber may know. Pure.

Each scrubbed event carries a tag: the person's pseudonym of the event's epoch, and what the rules of consent look at.
Sources stand in it as hashes under the epoch's key. A stage that holds events asks from their tags whether consent
still covers them; it never learns a name, and a tag of an epoch whose key was destroyed leads to nobody.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from schemas.errors import SettingsError
from streams.consent import Refused, answer, prefixes
from streams.identity import keyed_id, pseudonym

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.consent import ConsentBook
    from streams.epochs import KeyRing

_MOST_PREFIXES = 16  # a source with more slashes is covered by its first ones and by itself
_MOST_CACHED = 10_000


class Tag(msgspec.Struct, array_like=True, frozen=True):
    """Whose event it is. `consent` is the place of the last consent record that was known when it was admitted."""

    epoch: int
    person: bytes
    event_us: int
    arrived_ms: int
    consent: int
    surface: str
    sources: tuple[bytes, ...]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Tag).decode


class Tags:
    """Makes the tags of one epoch."""

    def __init__(self, surrogate_key: bytes, epoch: int) -> None:
        self._key = surrogate_key
        self._epoch = epoch
        self._sources: dict[str, tuple[bytes, ...]] = {}

    def of(
        self, person_key: bytes, *, event_us: int, arrived_ms: int, surface: str, source: str, consent: int
    ) -> bytes:
        """The tag of one event, as a header carries it."""
        return _encode(
            Tag(
                self._epoch,
                bytes.fromhex(pseudonym(self._key, self._epoch, person_key)),
                event_us,
                arrived_ms,
                consent,
                surface,
                self._hashes(source),
            )
        )

    def _hashes(self, source: str) -> tuple[bytes, ...]:
        known = self._sources.get(source)
        if known is None:
            places = prefixes(source)
            places = places if len(places) <= _MOST_PREFIXES else [*places[: _MOST_PREFIXES - 1], places[-1]]
            known = tuple(_source(self._key, self._epoch, place) for place in places)
            if len(self._sources) >= _MOST_CACHED:  # a producer that invents sources must not fill memory
                self._sources.clear()
            self._sources[source] = known
        return known


def _source(key: bytes, epoch: int, source: str) -> bytes:
    return bytes.fromhex(keyed_id(key, "source", epoch, source))[:8]


@dataclass(slots=True)
class _People:
    """Everybody with a consent record, by the pseudonym of one epoch."""

    key: bytes
    of: dict[bytes, bytes] = field(default_factory=dict)
    known: int = 0
    sources: dict[str, bytes] = field(default_factory=dict)


class Owners:
    """Asks consent about events that were admitted before.

    Args:
        book: what people have said.
        ring: the keys, as they are now.
    """

    def __init__(self, book: ConsentBook, ring: Callable[[], KeyRing]) -> None:
        self._book = book
        self._ring = ring
        self._known: KeyRing | None = None
        self._epochs: dict[int, _People] = {}
        self._covered: set[bytes] = set()
        self._as_of = (book.position, book.narrowed)

    @property
    def narrowed(self) -> int:
        """Changes when what was admitted should be asked about again: consent was narrowed, or a key destroyed."""
        return self._book.narrowed + sum(epoch.destroyed for epoch in self._ring().epochs)

    def refusal(self, tag: bytes) -> str | None:
        """Why an event that was admitted may no longer be used; None if it may.

        A word that this book has not read yet is not held against the event: who admitted it knew more.

        Raises:
            SettingsError: the key ring does not know the epoch.
        """
        ring = self._ring()
        as_of = (self._book.position, self._book.narrowed)
        if ring is not self._known or as_of != self._as_of or len(self._covered) >= _MOST_CACHED:
            self._renew(ring)
        if tag in self._covered:  # an event is asked about by each stage that holds it, when it comes and when it goes
            return None
        owner = _decode(tag)
        key = _key(ring, owner.epoch)
        if key is None:
            return "key_destroyed"
        if self._book.position < owner.consent:
            return None
        people = self._people(owner.epoch, key)
        person = people.of.get(owner.person)

        def covers(scope: str) -> bool:
            hashed = people.sources.get(scope)
            if hashed is None:
                hashed = people.sources[scope] = _source(key, owner.epoch, scope)
            return hashed in owner.sources

        found = answer(
            None if person is None else self._book.get(person),
            self._book.mode,
            event_us=owner.event_us,
            surface=owner.surface,
            covers=covers,
            arrived_ms=owner.arrived_ms,
        )
        if isinstance(found, Refused):
            return found.reason
        self._covered.add(tag)
        return None

    def _renew(self, ring: KeyRing) -> None:
        """What was answered held for another ring, or for another word of consent."""
        if ring is not self._known:  # nothing may hold on to the key of an epoch that was destroyed
            there = {epoch.surrogate for epoch in ring.epochs}
            self._known, self._epochs = ring, {n: one for n, one in self._epochs.items() if one.key in there}
        self._covered.clear()
        self._as_of = (self._book.position, self._book.narrowed)

    def _people(self, epoch: int, key: bytes) -> _People:
        people = self._epochs.get(epoch)
        if people is None or people.key != key:
            people = self._epochs[epoch] = _People(key)
        new = self._book.people[people.known :]
        for person in new:
            people.of[bytes.fromhex(pseudonym(key, epoch, person))] = person
        people.known += len(new)
        return people


def _key(ring: KeyRing, number: int) -> bytes | None:
    for epoch in ring.epochs:
        if epoch.number == number:
            return epoch.surrogate
    raise SettingsError(f"keys: needed epoch {number}, of which there are open events; the ring does not have it")
