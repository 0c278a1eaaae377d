"""The rows of one session, pure: its steps in order, in as many parts as its length needs.

A name that one step gave away is replaced in all steps; those of an interaction are a circle of their own, as their
surrogates are (`streams.marks`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.rows import Trajectory
from streams.keyed import derived_id, event_order
from streams.marks import Hashes, Union, in_one_epoch, scope_of
from streams.parts import PartLimits, cuts, most_parts
from streams.steps import STEP, TOLD, links, payload, step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.rows import Interaction, Source, TrajectoryStep
    from streams.steps import Link, Payload

SESSION = "redline.session.v1"
OWN = frozenset({STEP, SESSION})
"""Events whose fate the session decides; that of suggestions, decisions and edits is the join's."""
KIN_DIGITS = 24
"""Digits at the start of a record id that all parts of a session have in common, and no two sessions."""
_PARTS = 16 ** (32 - KIN_DIGITS)


def part_id(key: bytes, part: int) -> str:
    """The record id of a part, from 0, of the session with this re-keyed id."""
    first = derived_id("trajectory", key)
    return f"{first[:KIN_DIGITS]}{(int(first[KIN_DIGITS:], 16) + part) % _PARTS:0{32 - KIN_DIGITS}x}"


def family(record_id: str) -> str:
    """What the record ids of all parts of a session have in common."""
    return record_id[:KIN_DIGITS]


def part_ids(key: bytes, events: int) -> list[str]:
    """The record ids that rows of a session with at most so many events can have."""
    return [part_id(key, part) for part in range(most_parts(events))]


def trajectories(
    key: bytes, members: Sequence[Interaction], hashes: Hashes, limits: PartLimits, *, revision: int, closed_by: str
) -> list[Trajectory]:
    """The parts of one session, the first one first. At least one event is its own."""
    arrived = sorted(members, key=event_order)
    rows = in_one_epoch(arrived, next(m for m in arrived if m.event_type in OWN))
    own = [m for m in rows if m.event_type in OWN]
    told = _told(rows, hashes)
    tied, spans = links([(m, data) for m, data, _ in told])
    # As they arrived: under which epoch's key they are read may change with every event that comes.
    starts = [0, *cuts([len(m.data) for m in arrived if m.event_type in TOLD], spans, limits)]
    sources = _sources(rows, [told[at][0] if at else None for at in starts])
    return [
        Trajectory(
            record_id=part_id(key, part),
            scrub_version=own[0].scrub_version,
            sources=sorted(sources[part]),
            event_date=min(m.event_date for m in own),
            revision=revision,
            surface=own[0].surface,
            tool=own[0].tool,
            closed_by=closed_by,
            steps=_steps(told, tied, start, end),
            key_epoch=own[0].key_epoch,
            part=part,
            parts=len(starts),
        )
        for part, (start, end) in enumerate(zip(starts, [*starts[1:], len(told)], strict=True))
    ]


def told(members: Sequence[Interaction], hashes: Hashes) -> list[tuple[Interaction, TrajectoryStep]]:
    """The step of each event that is one, in order, without its links; a proposal that is told again is there again."""
    arrived = sorted(members, key=event_order)
    rows = in_one_epoch(arrived, next(m for m in arrived if m.event_type in OWN))
    return [(m, one) for m, _, one in _told(rows, hashes)]


def _told(rows: Sequence[Interaction], hashes: Hashes) -> list[tuple[Interaction, Payload, TrajectoryStep]]:
    scopes: dict[str, list[Interaction]] = {}
    for m in rows:
        scopes.setdefault(scope_of(m), []).append(m)
    unions = {scope: Union(of_scope, hashes) for scope, of_scope in scopes.items()}
    found = [(m, payload(m.data)) for m in rows if m.event_type in TOLD]
    return [(m, data, step(m, data, unions[scope_of(m)].of(m))) for m, data in found]


def _sources(rows: Sequence[Interaction], firsts: Sequence[Interaction | None]) -> list[list[Source]]:
    """The coordinates of the session's own events, by part; a mark without a step goes where it stands."""
    found: list[list[Source]] = [[] for _ in firsts]
    part = 0
    for m in rows:
        if part + 1 < len(firsts) and m is firsts[part + 1]:
            part += 1
        if m.event_type in OWN:
            found[part] += m.sources
    return found


def _steps(
    told: Sequence[tuple[Interaction, Payload, TrajectoryStep]], tied: Sequence[Link], start: int, end: int
) -> list[TrajectoryStep]:
    """The steps of one part. Several channels may tell the same proposal: of those the first counts."""
    places: dict[int, int] = {}
    once: dict[tuple[str, str], int] = {}
    found: list[TrajectoryStep] = []
    for at in range(start, end):
        m, _, one = told[at]
        place = len(found)
        if one.kind == "suggestion":
            place = once.setdefault((scope_of(m), one.content), place)
        places[at] = place
        if place == len(found):
            one.index, one.call_id, one.agent = place, tied[at].call, tied[at].agent
            found.append(one)
    for at in range(start, end):
        link, one = tied[at], found[places[at]]
        if one.parent is None and link.started_by is not None:
            one.parent = places.get(link.started_by)
        if one.corrects is None and link.about is not None:
            one.corrects = places.get(link.about)
    return found
