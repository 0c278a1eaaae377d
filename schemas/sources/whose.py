"""Whose an event is, where format and caller may both say: one rule for the gateway and `redline ingest`. Pure.

The caller is a token of the gateway with a `--subject`, or `redline ingest --subject`. It speaks for one person and for
nobody else:

- an event of nobody, or of an account or installation (a name without `@`), is the caller's;
- an event that names another person by mail address is refused: their consent is not the caller's to give.

A caller that names nobody passes on whom the format names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from schemas.sources.reading import Fault, Reading

if TYPE_CHECKING:
    from schemas.events import Event

_OTHERS = Fault("bad_value", "$.subject", "nobody, or the person that the caller speaks for")


def is_same(subject: str | None, other: str | None) -> bool:
    """One person, as consent knows people: case and space aside. Nobody is nobody's equal."""
    return subject is not None and other is not None and _known(subject) == _known(other)


def whose(named: str | None, caller: str | None) -> str | None:
    """The person of an event that the format gives to `named`; someone other than the caller if it is refused."""
    if not caller or (named is not None and "@" in named and not is_same(named, caller)):
        return named
    return caller


def bound(reading: Reading, caller: str | None) -> Reading:
    """The reading with its events given to the caller; those of other people become faults."""
    if not caller:
        return reading
    mine: list[Event] = []
    faults = list(reading.faults)
    for event in reading.events:
        person = whose(event.subject, caller)
        if is_same(person, caller):
            mine.append(msgspec.structs.replace(event, subject=person))
        else:
            faults.append(_OTHERS)
    return Reading(mine, faults, reading.skipped, reading.drift)


def _known(subject: str) -> str:
    return subject.strip().casefold()
