"""What a person says now, put together with what they have said before. Pure.

The last word on a part holds in all of that part and changes nothing beside it, though rules of more than one earlier
word may meet there (`streams.consent` says which rule decides).
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, get_args

import msgspec

from schemas.errors import InputError
from schemas.events import Surface
from streams.consent import Consent, Scope

if TYPE_CHECKING:
    from collections.abc import Iterable

SURFACES: tuple[str, ...] = get_args(Surface)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
Place = tuple[str, str]
"""A part of everything: surface and source, each empty for any."""


def places(surfaces: Iterable[str], sources: Iterable[str]) -> list[Place]:
    """Every surface of every source; all sources where none is named, and all surfaces likewise."""
    return [(surface, source) for source in list(sources) or [""] for surface in list(surfaces) or [""]]


def on_everything(before: Consent | None, *, granted: bool, version: str) -> Consent:
    """A word on everything: earlier words are void, an erasure is not."""
    return Consent(granted=granted, version=version, erased_us=before.erased_us if before else None)


def on_part(before: Consent | None, place: Place, *, granted: bool, version: str) -> Consent:
    """A word on a part. `version` stands for all words of the person from now on."""
    consent = before or Consent(granted=None, version=version)
    kept = {place: Scope(granted=granted, surface=place[0], source=place[1])}
    for scope in consent.scopes:
        here = scope.surface, scope.source
        both = _meeting(here, place)
        if both != here:
            kept[here] = scope  # it is not inside of the part
        if both is not None and scope.granted != granted:
            kept[both] = Scope(granted=granted, surface=both[0], source=both[1])
    scopes = tuple(kept[here] for here in sorted(kept))
    return msgspec.structs.replace(consent, version=version, scopes=scopes)


def _meeting(one: Place, other: Place) -> Place | None:
    """The part that is in both; None if there is none."""
    (surface, source), (other_surface, other_source) = one, other
    if surface and other_surface and surface != other_surface:
        return None
    short, long = sorted((source, other_source), key=len)
    if short not in ("", long) and not long.startswith(f"{short}/"):
        return None
    return surface or other_surface, long


def erased(before: Consent | None, at_us: int, version: str) -> Consent:
    """What an erasure leaves: no word but no, and nothing that arrived until `at_us` is ever read."""
    last = max(at_us, (before.erased_us or 0) if before else 0)
    return Consent(granted=False, version=before.version if before else version, erased_us=last)


def source_of(text: str) -> str:
    """A source as a scope names it. Raises InputError: it is empty, or cannot stand in a list of scopes."""
    source = text.strip().rstrip("/")
    if not source or re.search(r"[\s;,]", source):
        raise InputError("source: needed a source without spaces, commas and semicolons")
    return source


def scope_of(text: str) -> Scope:
    """One scope as lists and `show` write it: `ide=yes`, `@/slack=no`, `chat@/slack=no`. Raises InputError."""
    place, _, word = text.strip().rpartition("=")
    surface, at, source = place.partition("@")
    if word not in {"yes", "no"} or (surface and surface not in SURFACES) or not (surface or at):
        raise InputError(
            "scopes: needed SURFACE=yes, SURFACE=no, @SOURCE=… or SURFACE@SOURCE=…, with semicolons between them, and "
            f"a surface of {', '.join(SURFACES)}"
        )
    return Scope(granted=word == "yes", surface=surface, source=source_of(source) if at else "")


def scope_text(scope: Scope) -> str:
    """The same, the other way round."""
    source = f"@{scope.source}" if scope.source else ""
    return f"{scope.surface}{source}={'yes' if scope.granted else 'no'}"


def time_us(text: str, *, end: bool = False) -> int:
    """A UTC day, or a time in RFC 3339, as microseconds since 1970. `end`: a day counts as a whole, its end is meant.

    Raises InputError.
    """
    try:
        if _DAY.fullmatch(text.strip()):
            moment = datetime.combine(date.fromisoformat(text.strip()), time(), UTC) + timedelta(days=end)
        else:
            moment = datetime.fromisoformat(text.strip())
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    except (ValueError, OverflowError):
        raise InputError("time: needed YYYY-MM-DD, or a time such as 2026-01-31T12:00:00Z") from None


def time_text(at_us: int) -> str:
    """Microseconds since 1970 for people: to the second, in UTC."""
    try:
        return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us):%Y-%m-%d %H:%M:%S} UTC"
    except OverflowError:
        return "beyond all dates"
