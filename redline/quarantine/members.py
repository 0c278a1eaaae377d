"""Which events rows were made from, and what the reject of each says once the row is discarded.

An event belongs to a row by the row's sources, or by its key: it may have come after the row was made.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from quality.books import ROUTES
from quality.ledger import STAGES
from redline import scan
from redline.fated import Fated
from schemas.errors import SinkError
from schemas.rows import Source
from streams.keyed import derived_id
from streams.trajectory import family

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from sinks.seal import Seal

_EVENT = ("record_id", "sources", "event_date", "scrub_version", "event_type", "interaction_key", "session_key")
_MADE = {
    "pairs": ("interaction_key", "pair"),
    "trajectories": ("session_key", "trajectory"),
    "revisions": ("record_id", "revision"),
}
_ATTEMPTS = 5  # a sink may replace a file while it is read
_PAUSE_S = 0.5


def of_rows(data_dir: Path, table: str, ids: Collection[str], sources: Mapping[Source, Fated]) -> list[Fated]:
    """The events of discarded rows of `pairs`, `trajectories` or `revisions`.

    Args:
        data_dir: the data folder.
        table: which of them.
        ids: of the rows.
        sources: what the rows themselves say of their events; `interactions` know more.

    Raises:
        SinkError: files kept being replaced.
    """
    column, kind = _MADE[table]
    types = pa.array([name for name, target in ROUTES.items() if target == table])
    found = dict(sources)
    led = set(ids)
    if kind == "trajectory":  # a session of several rows: what came later may be in any of them, until one says so
        led = {family(one) for one in ids} - _families(data_dir, table, ids)
    for part in _parts(data_dir, "interactions", _EVENT):
        for row in part.filter(pc.is_in(part["event_type"], value_set=types)).to_pylist():
            own = [_source(one) for one in row["sources"]]
            key = row[column]
            if any(one in sources for one in own) or (key is not None and _name(kind, key) in led):
                day = str(row["event_date"])
                found.update(
                    {one: Fated(one, STAGES[table], day, row["scrub_version"], row["event_type"]) for one in own}
                )
    return list(found.values())


def _families(data_dir: Path, table: str, ids: Collection[str]) -> set[str]:
    """Sessions with one of these rows that have rows besides."""
    mine = {family(one) for one in ids}
    return {
        family(name)
        for part in _parts(data_dir, table, ("record_id",))
        for name in part["record_id"].to_pylist()
        if name not in ids and family(name) in mine
    }


def _name(kind: str, key: str) -> str:
    name = derived_id(kind, key.encode())
    return family(name) if kind == "trajectory" else name


def used(data_dir: Path, places: Collection[Source], seal: Seal) -> set[Source]:
    """Those of the places that are part of a row of `pairs`, `trajectories` or `revisions`. Raises SinkError."""
    found: set[Source] = set()
    for table in STAGES:
        for part in _parts(data_dir, table, ("sources",), seal):
            for listed in part["sources"].to_pylist():
                found.update(place for one in listed if (place := _source(one)) in places)
    return found


def rejected(data_dir: Path, places: Collection[Source]) -> set[Source]:
    """Those of the places that a join or a session has rejected, by rows that passed their gate. Raises SinkError."""
    found: set[Source] = set()
    stages = set(STAGES.values())
    for part in _parts(data_dir, "rejects", ("sources", "stage"), among=(False,)):
        for row in part.to_pylist():
            if row["stage"] in stages:
                found.update(place for one in row["sources"] if (place := _source(one)) in places)
    return found


def sources_of(rows: pa.Table) -> list[list[Source]]:
    """The raw coordinates of each row."""
    return [[_source(one) for one in listed] for listed in rows["sources"].to_pylist()]


def _source(one: Mapping[str, Any]) -> Source:
    return Source(one["topic"], one["partition"], one["offset"])


def _parts(
    data_dir: Path,
    table: str,
    columns: Collection[str],
    seal: Seal | None = None,
    *,
    among: tuple[bool, ...] = (False, True),
) -> Iterator[pa.Table]:
    """Parts of a table and its quarantine; what is read twice because a sink replaced a file does no harm."""
    for quarantine in among:
        for attempt in range(_ATTEMPTS):
            try:
                yield from scan.parts(data_dir, table, list(columns), quarantine=quarantine, seal=seal)
            except SinkError:
                if attempt + 1 == _ATTEMPTS:
                    raise
                time.sleep(_PAUSE_S)
            else:
                break
