"""Consent, decided before content is read. Pure: the book is filled by whoever reads the consent topic."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class ConsentMode(StrEnum):
    """What silence means."""

    OPT_IN = "opt-in"  # a person without a record has not agreed
    OPT_OUT = "opt-out"  # a person without a record has not objected


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """One person's latest word. `since_us`: it holds for events from this time on (microseconds, UTC)."""

    granted: bool
    version: str
    since_us: int = 0


class Admitted(msgspec.Struct, frozen=True):
    """The event may be read. `version` names the consent it was admitted under."""

    version: str


class Refused(msgspec.Struct, frozen=True):
    """The event must not be read. `reason` is `no_consent` or `consent_withdrawn`."""

    reason: str


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Consent).decode


def encode(consent: Consent) -> bytes:
    """A consent record as the consent topic carries it."""
    return _encode(consent)


class ConsentBook:
    """The latest word of each person. Keys are keyed hashes: the book names nobody."""

    def __init__(self, mode: ConsentMode) -> None:
        self.mode = mode
        self._latest: dict[bytes, Consent] = {}

    def __len__(self) -> int:
        return len(self._latest)

    def put(self, person_key: bytes, value: bytes | None) -> None:
        """Take over one record of the consent topic; None forgets the person (a tombstone).

        Raises:
            msgspec.DecodeError: the value is no consent record. The caller must stop: guessing would break a promise.
        """
        if value is None:
            self._latest.pop(person_key, None)
        else:
            self._latest[person_key] = _decode(value)

    def decide(self, person_key: bytes | None, event_us: int) -> Admitted | Refused:
        """May an event of this person, at this event time, be read? No person means nobody who could have agreed."""
        consent = self._latest.get(person_key) if person_key is not None else None
        if consent is None:
            return Admitted("opt-out") if self.mode is ConsentMode.OPT_OUT else Refused("no_consent")
        if not consent.granted:
            return Refused("consent_withdrawn")
        if event_us < consent.since_us:
            return Refused("no_consent")
        return Admitted(consent.version)
