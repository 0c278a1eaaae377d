"""What a person is called where nobody is named: their keys, and their pseudonyms of every epoch that has a key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from redline.keys import ring_of
from schemas.errors import InputError
from streams.identity import keyed_id, person, person_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from redline.settings import Settings


@dataclass(frozen=True, slots=True)
class Person:
    """One person, under all the names that were given. `name` is that of the journal."""

    name: str
    keys: tuple[bytes, ...] = field(repr=False)
    pseudonyms: frozenset[str] = field(repr=False)


def person_of(settings: Settings, names: Sequence[str]) -> Person:
    """The person that events' `subject` names so; the first name is the one their journal goes by.

    Raises:
        InputError: a name is empty.
        SettingsError: the key file is missing or open to others.
    """
    if not names or not all(name.strip() for name in names):
        raise InputError("erase: needed a person as events' `subject` names them, came an empty name")
    ring = ring_of(settings)
    keys = tuple(person_key(ring.identity, name) for name in names)
    pseudonyms = {pseudonym for key in keys for pseudonym in ring.pseudonyms(key)}
    # Rows that were written before pseudonyms were made of a person's key.
    pseudonyms |= {keyed_id(own.surrogate, "subject", own.epoch, person(name)) for own in ring.live for name in names}
    return Person(keyed_id(ring.identity, "erasure", keys[0].decode()), keys, frozenset(pseudonyms))
