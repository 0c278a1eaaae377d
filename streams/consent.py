"""Consent, decided before content is read. Pure: the book is filled by whoever reads the consent topic.

One record holds all that a person has said: a word on everything (or none), and words on *scopes*: a surface, a source,
or a surface of a source. The most specific scope that covers an event decides it:

1. the longest source (a source covers itself and what stands behind it after a slash: `/ide` covers `/ide/cursor`)
2. of two with the same source the one that names a surface
3. no scope covers it: the word on everything, and without one what silence means
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from schemas.errors import ConsentError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_UNREADABLE = (
    "redline.consent/0: needed a consent record at offset {offset}, came something else; it is not guessed at. "
    "`redline consent repair` says no for whom it is of"
)


class ConsentMode(StrEnum):
    """What silence means."""

    OPT_IN = "opt-in"  # a person without a record has not agreed
    OPT_OUT = "opt-out"  # a person without a record has not objected


class Scope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A word on a part: a surface, a source, or a surface of a source. Empty covers any."""

    granted: bool
    surface: str = ""
    source: str = ""


class Consent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """All that one person has said. Times are microseconds since 1970 UTC.

    `granted`: the word on everything; None if there is none, and silence decides what no scope covers. A yes holds for
    events from `since_us` on and before `until_us`, in event time; a no always. `erased_us`: what arrived until then
    was erased and is never read, whatever is said later.
    """

    granted: bool | None
    version: str
    since_us: int = 0
    until_us: int | None = None
    scopes: tuple[Scope, ...] = ()
    erased_us: int | None = None


class Admitted(msgspec.Struct, frozen=True):
    """The event may be read. `version` names the consent it was admitted under."""

    version: str


class Refused(msgspec.Struct, frozen=True):
    """The event must not be read. `reason` is no_consent, consent_withdrawn, out_of_scope or erased."""

    reason: str


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Consent).decode


def encode(consent: Consent) -> bytes:
    """A consent record as the consent topic carries it."""
    return _encode(consent)


def decode(value: bytes) -> Consent:
    """A record of the consent topic. Raises msgspec.DecodeError: an unknown field could be a no."""
    return _decode(value)


def prefixes(source: str) -> Sequence[str]:
    """Every source that covers this one: `/ide/cursor` has `/ide` and itself."""
    return [source[:at] for at, letter in enumerate(source) if letter == "/" and at] + [source]


def scope_of(consent: Consent, surface: str, covers: Callable[[str], bool]) -> Scope | None:
    """The scope that decides an event of this surface. `covers` says if a scope's source covers the event's."""
    found = [
        scope
        for scope in consent.scopes
        if scope.surface in ("", surface) and (not scope.source or covers(scope.source))
    ]
    return max(found, key=lambda scope: (len(scope.source), bool(scope.surface)), default=None)


def answer(
    consent: Consent | None,
    mode: ConsentMode,
    *,
    event_us: int,
    surface: str,
    covers: Callable[[str], bool],
    arrived_ms: int,
) -> Admitted | Refused:
    """May an event of this person be read? `event_us`: when it happened; `arrived_ms`: its record's time on Kafka."""
    silence = mode is ConsentMode.OPT_OUT
    if consent is None:
        return Admitted("opt-out") if silence else Refused("no_consent")
    if consent.erased_us is not None and arrived_ms * 1000 <= consent.erased_us:
        return Refused("erased")
    scope = scope_of(consent, surface, covers) if consent.scopes else None
    word = consent.granted if scope is None else scope.granted
    if word is None and silence:
        return Admitted("opt-out")
    if not word:
        if scope is not None or any(other.granted for other in consent.scopes):
            return Refused("out_of_scope")
        return Refused("no_consent" if word is None else "consent_withdrawn")
    if event_us < consent.since_us or (consent.until_us is not None and event_us >= consent.until_us):
        return Refused("no_consent")
    return Admitted(consent.version)


class ConsentBook:
    """The latest word of each person. Keys are keyed hashes: the book names nobody.

    One thread fills it, others ask it.

    Attributes:
        people: keys of all who ever had a record, in order of their first.
        position: the offset up to which it has read the topic; -1: nothing.
        unreadable: people whose last record is none, and its offset.
        narrowed: how many records may have said less than what was said before; who holds what was admitted asks again.
    """

    def __init__(self, mode: ConsentMode) -> None:
        self.mode = mode
        self.people: list[bytes] = []
        self.position = -1
        self.narrowed = 0
        self._latest: dict[bytes, Consent | None] = {}  # None: the record was taken back
        self.unreadable: dict[bytes, int] = {}

    def __len__(self) -> int:
        return sum(consent is not None for consent in list(self._latest.values()))

    def put(self, person_key: bytes, value: bytes | None, offset: int = 0) -> None:
        """Take over one record of the consent topic; None forgets the person (a tombstone).

        A value that is no consent record counts if nothing follows it under the same key: see `check`.
        """
        self.position = max(self.position, offset)
        consent = None
        if value is not None:
            try:
                consent = _decode(value)
            except msgspec.DecodeError:
                self.unreadable[person_key] = offset
                return
        self.unreadable.pop(person_key, None)
        if person_key not in self._latest:
            self.people.append(person_key)
        self._latest[person_key] = consent
        self.narrowed += not _yes_to_everything(consent)

    def reached(self, offset: int) -> None:
        """Everything up to this offset has been read, whatever compaction has left of it."""
        self.position = max(self.position, offset)

    def check(self) -> None:
        """Raises ConsentError if somebody's last word cannot be read: going on would be guessing."""
        if self.unreadable:
            raise ConsentError(_UNREADABLE.format(offset=min(self.unreadable.values())))

    def get(self, person_key: bytes) -> Consent | None:
        """Somebody's latest word."""
        return self._latest.get(person_key)

    def decide(
        self, person_key: bytes | None, event_us: int, surface: str, source: str, arrived_ms: int
    ) -> Admitted | Refused:
        """May an event of this person be read? No person means nobody who could have agreed."""
        consent = self._latest.get(person_key) if person_key is not None else None
        return answer(
            consent,
            self.mode,
            event_us=event_us,
            surface=surface,
            covers=lambda scope: source == scope or source.startswith(f"{scope}/"),
            arrived_ms=arrived_ms,
        )


def _yes_to_everything(consent: Consent | None) -> bool:
    return consent is not None and consent == Consent(granted=True, version=consent.version)
