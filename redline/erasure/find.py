"""The rows of a person, in every table and its quarantine, from their pseudonyms in `subjects`.

A pair or a session goes if one of the person's events is part of it, or is on its way to be: then other people's events
in it lose their row, and are told of so that they can get another fate. An event that its join had already turned away
(late, orphan) is part of none.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from quality.books import ROUTES
from quality.ledger import STAGES
from redline import scan
from redline.erasure.journal import Found
from redline.fated import Fated
from schemas.errors import SinkError
from schemas.rows import Source
from streams.keyed import derived_id
from streams.steps import TOLD
from streams.trajectory import OWN, part_ids

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from schemas.rows import Subject
    from sinks.seal import Seal

_ATTEMPTS = 10  # a sink may replace a file while it is read
_PAUSE_S = 0.5
_EVENT = ["record_id", "sources", "event_date", "scrub_version", "event_type", "interaction_key", "session_key"]


class _Made(NamedTuple):
    """Which key of an event leads to a table, and how the table's ids are derived from it."""

    key: str
    kind: str


_MADE = {
    "pairs": _Made("interaction_key", "pair"),
    "trajectories": _Made("session_key", "trajectory"),
    "revisions": _Made("record_id", "revision"),
}


def find(
    data_dir: Path,
    pseudonyms: Collection[str],
    *,
    known: Found | None = None,
    flying: Iterable[Subject] = (),
    seal: Seal | None = None,
) -> Found:
    """Everything that the tables hold of a person.

    Args:
        data_dir: the data folder.
        pseudonyms: the person's, of every epoch.
        known: what an earlier look found; the `subjects` that led to it may be gone.
        seal: opens the coordinates of published rows.
        flying: rows of `subjects` that are not in the table yet.

    Raises:
        SinkError: a table cannot be read, or its files kept changing.
    """
    wait = list(flying)
    for _ in range(_ATTEMPTS - 1):
        try:
            return _find(data_dir, pseudonyms, known or Found(), wait, seal)
        except SinkError:
            time.sleep(_PAUSE_S)
    return _find(data_dir, pseudonyms, known or Found(), wait, seal)


def _find(data: Path, pseudonyms: Collection[str], known: Found, flying: list[Subject], seal: Seal | None) -> Found:
    own = {fated.source: fated for fated in known.own}
    events = set(known.events)
    wanted = frozenset(pseudonyms)
    for subject in flying:
        if subject.pseudonym in wanted:
            events.add(subject.record_id)
            own.update({s: Fated(s, "scrub", subject.event_date, subject.scrub_version) for s in subject.sources})
    for row in _rows(data, "subjects", ["record_id", "sources", "event_date", "scrub_version"], pseudonym=wanted):
        events.add(row.record_id)
        own.setdefault(row.source, Fated(row.source, "scrub", row.event_date, row.scrub_version))
    if not events:
        return Found()

    turned_away = _turned_away(data, own.keys())
    keys: dict[str, set[str]] = defaultdict(set)
    sessions: set[str] = set()
    for row in _rows(data, "interactions", _EVENT, record_id=events):
        own[row.source] = Fated(row.source, "scrub", row.event_date, row.scrub_version, row.event_type)
        table = ROUTES.get(row.event_type)
        if table is not None and row.source not in turned_away and (key := row.keys[table]) is not None:
            keys[table].add(key)
        # A suggestion or an edit is a step of its session as well, and the session does not say if it came too late.
        if row.event_type in TOLD and (session := row.keys["trajectories"]) is not None:
            sessions.add(session)

    parts = _parts_of(data, keys["trajectories"] | sessions)
    keys["trajectories"] = set(parts)
    rows = {table: {derived_id(_MADE[table].kind, key.encode()) for key in found} for table, found in keys.items()}
    rows["trajectories"] = {name for key, events in parts.items() for name in part_ids(key.encode(), events)}
    rows = {table: rows.get(table, set()) | known.rows.get(table, set()) for table in _MADE}
    with_them: set[Source] = set()
    for table, ids in rows.items():
        for part in _parts(data, table, ["record_id", "sources"], seal):
            for record_id, sources in _touched(part, own.keys(), ids):
                ids.add(record_id)
                with_them.update(sources)
    others = _others(data, own.keys(), keys, with_them)
    return Found(events, {table: ids for table, ids in rows.items() if ids}, list(own.values()), others)


def _parts_of(data: Path, sessions: set[str]) -> Counter[str]:
    """How many events each of the sessions has; those without a step of their own have no row, and are left out."""
    events: Counter[str] = Counter()
    own: set[str] = set()
    for row in _rows(data, "interactions", _EVENT, session_key=sessions) if sessions else ():
        key = row.keys["trajectories"] or ""
        events[key] += 1
        if row.event_type in OWN:
            own.add(key)
    return Counter({key: number for key, number in events.items() if key in own})


def _others(data: Path, own: Collection[Source], keys: dict[str, set[str]], with_them: set[Source]) -> list[Fated]:
    """Other people's events that lose their row."""
    found: dict[Source, Fated] = {}
    if not keys and not with_them:
        return []
    for part in _parts(data, "interactions", _EVENT):
        for row in _events(part):
            table = ROUTES.get(row.event_type)
            if table is None or row.source in own:
                continue
            if row.keys[table] in keys.get(table, ()) or row.source in with_them:
                stage = STAGES[table]
                found[row.source] = Fated(row.source, stage, row.event_date, row.scrub_version, row.event_type)
    return list(found.values())


def _turned_away(data: Path, own: Collection[Source]) -> set[Source]:
    """The person's events that a join or session stage has rejected."""
    found: set[Source] = set()
    stages = pa.array(sorted(STAGES.values()))
    for part in _parts(data, "rejects", ["record_id", "sources", "stage"]):
        part = part.filter(pc.is_in(part["stage"], value_set=stages))  # noqa: PLW2901 - the same part, less of it
        for _, sources in _touched(part, own, ()):
            found.update(sources)
    return found


@dataclass(frozen=True, slots=True)
class _Row:
    """One event's row, as far as an erasure looks at it."""

    record_id: str
    source: Source
    event_date: str
    scrub_version: str
    event_type: str
    keys: dict[str, str | None]


def _rows(data: Path, table: str, columns: list[str], **among: Collection[str]) -> Iterator[_Row]:
    """Rows of a table and its quarantine whose column is one of the values."""
    (name, values), *_ = among.items()
    choice = pa.array(sorted(values), pa.string())
    asked = columns if name in columns else [*columns, name]
    for part in _parts(data, table, asked):
        yield from _events(part.filter(pc.is_in(part[name], value_set=choice)))


def _events(part: pa.Table) -> Iterator[_Row]:
    for row in part.to_pylist():
        for source in row["sources"]:
            yield _Row(
                row["record_id"],
                Source(**source),
                str(row["event_date"]),
                row["scrub_version"],
                row.get("event_type", ""),
                {table: row.get(made.key) for table, made in _MADE.items()},
            )


def _touched(part: pa.Table, own: Collection[Source], ids: Collection[str]) -> Iterator[tuple[str, list[Source]]]:
    """Rows with one of these ids, or with one of these offsets in their sources."""
    for record_id, listed in zip(part["record_id"].to_pylist(), part["sources"].to_pylist(), strict=True):
        sources = [_source(one) for one in listed]
        if record_id in ids or any(source in own for source in sources):
            yield record_id, sources


def _source(one: dict[str, Any]) -> Source:
    return Source(one["topic"], one["partition"], one["offset"])


def _parts(data: Path, table: str, columns: list[str], seal: Seal | None = None) -> Iterator[pa.Table]:
    for quarantine in (False, True):
        yield from scan.parts(data, table, columns, quarantine=quarantine, seal=seal)
