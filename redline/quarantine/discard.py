"""Rows of quarantine that never get into their table: gone for good, and every raw offset of them a reject.

Of each table:

1. The journal notes which rows go.
2. Tombstones: from the next decision on, no sink lets one of them in, at any revision.
3. An older revision that was published goes as well: what is known of it now is not fit to publish. The commit makes
   sinks that decided before the tombstones decide again.
4. Every raw offset that loses its row gets its reject, `discarded`, at the table's stage.
5. The rows leave quarantine, and their bytes the disk. The journal ends.

A row of `interactions` goes once nothing else speaks for its event: while a pair or a session has it, or may get it, it
stays. A row of `rejects` is itself what its offset's fate is: a plain one takes its place. A row of `subjects` stays as
long as its event's row, which an erasure finds by it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from quality.books import ROUTES
from quality.ledger import BESIDE, STAGES
from redline.fated import Fated, retold
from redline.quarantine import journal, members
from schemas.tables import REJECTS
from sinks import reader, tombstones
from sinks.arrow import to_table
from sinks.requeue import remove, returning
from sinks.rewrite import rewrite

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from pathlib import Path

    from redline.quarantine.choice import Choice
    from schemas.rows import Source
    from schemas.tables import Table
    from sinks.release import Release

REASON = "discarded"
_EXPECTED = "a row that passes its gate"
_SCRUB = "scrub"
_KNOWN_STAGES = (_SCRUB, "dedupe", *STAGES.values(), BESIDE)
_FIRST_DAY = "2000-01-01"  # a reject of an earlier day would fail the gate itself
_NAME = "discard"  # of the writer: as a sink's


@dataclass(slots=True)
class Tally:
    """One table's rows: how many were meant, and what became of them.

    `older`: rows of the table that went with a newer revision. `offsets`: raw offsets that have their reject now.
    `why`: what keeps the others.
    """

    rows: int = 0
    discarded: int = 0
    there: int = 0
    older: int = 0
    offsets: int = 0
    why: Counter[str] = field(default_factory=Counter)


def discard(
    data_dir: Path,
    state: Path,
    table: Table,
    choice: Choice,
    *,
    publishing: Release,
    dry: bool = False,
    decided: bool = False,
    crash: Callable[[str], None] = lambda _step: None,
) -> Tally:
    """Discard one table's chosen rows; the caller holds the lock of quarantine.

    Args:
        data_dir: the data folder.
        state: its state folder.
        table: the dataset's table.
        choice: which rows.
        publishing: has the seal of coordinates.
        dry: only count.
        decided: a killed run has found that these may go; what keeps a row is not asked again.
        crash: called after each step, for tests that kill.

    Raises:
        SinkError: a table cannot be read or written.
        OSError: the disk is full or refuses. Run it again.
    """
    columns = ["record_id", "sources", "event_date", "scrub_version"]
    more = {"interactions": ["event_type"], "rejects": ["stage", "event_type"]}.get(table.name, [])
    columns += [*more, *(["revision"] if table.amendable else [])]
    rows = choice.whole(data_dir, table.name, columns, seal=publishing.seal)
    tally = Tally(rows=rows.num_rows)
    if not rows.num_rows:
        return tally
    newer = _newer(data_dir, table, rows, publishing)
    tally.there = len(newer)
    keep = {} if decided else _keeps(data_dir, table, rows, publishing)
    tally.why.update(keep.values())
    ids = [one for one in rows["record_id"].to_pylist() if one not in newer and one not in keep]
    tally.discarded = len(ids)
    if dry:
        return tally
    journal.begin(state, journal.Begun("discard", table.name, ids))
    crash("begun")
    going = rows.filter(pc.is_in(rows["record_id"], value_set=pa.array(ids, pa.string())))
    if ids and table.name != REJECTS.name:
        tombstones.add(data_dir, table.name, ids)
        crash("tombstones")
        with returning(data_dir, table, publishing, crash) as back:
            tally.older = back.withdraw(ids)
        crash("withdrawn")
    fates = _fates(data_dir, table, going)
    tally.offsets = _reject(data_dir, fates, publishing, aside=table.name != REJECTS.name)
    crash("rejects")
    if table.name == "interactions":
        _retell(data_dir, {fated.source for fated in fates})
        crash("retold")
    remove(data_dir, table, dict.fromkeys(ids) | newer, fence=True)
    crash("removed")
    if table.name in STAGES:
        journal.add_discarded(state, table.name, ids)
    journal.end(state)
    return tally


def late(data_dir: Path, state: Path, publishing: Release) -> int:
    """Rejects for events that have come to discarded rows since: a run that is continued. Returns how many.

    Raises:
        SinkError, OSError: as `discard`.
    """
    told = 0
    for table in STAGES:
        if ids := journal.discarded(state, table):
            told += _reject(data_dir, members.of_rows(data_dir, table, ids, {}), publishing)
    return told


def _newer(data_dir: Path, table: Table, rows: pa.Table, publishing: Release) -> dict[str, int | None]:
    """Rows that the table holds at this or a newer revision: they only leave quarantine."""
    ids: list[str] = rows["record_id"].to_pylist()
    own: list[int] = rows["revision"].to_pylist() if table.amendable else [0] * len(ids)
    with returning(data_dir, table, publishing) as back:
        held = back.revisions(ids)
    if table.name == REJECTS.name:
        return dict.fromkeys(held)
    return {one: revision for one, revision in zip(ids, own, strict=True) if held.get(one, -1) >= revision}


def _keeps(data_dir: Path, table: Table, rows: pa.Table, publishing: Release) -> dict[str, str]:
    """Rows that must stay, and what keeps them."""
    ids: list[str] = rows["record_id"].to_pylist()
    if table.name == "subjects":
        known: set[str] = set()
        for quarantine in (False, True):
            known.update(reader.read(data_dir, "interactions", ["record_id"], quarantine=quarantine)[0].to_pylist())
        return {one: "its event has a row in interactions" for one in ids if one in known}
    if table.name != "interactions":
        return {}
    routed = {name for name, target in ROUTES.items() if target is not None}
    types = rows["event_type"].to_pylist()
    asked = {
        one: place
        for one, (place, *_), name in zip(ids, members.sources_of(rows), types, strict=True)
        if name in routed
    }
    used = members.used(data_dir, set(asked.values()), publishing.seal)
    turned_away = members.rejected(data_dir, set(asked.values()))
    found = {}
    for one, place in asked.items():
        if place in used:
            found[one] = "a pair or a session has its event"
        elif place not in turned_away:
            found[one] = "a pair or a session may still get its event"
    return found


def _fates(data_dir: Path, table: Table, rows: pa.Table) -> list[Fated]:
    """What the reject of every raw offset of the rows says."""
    if table.name == "subjects":
        return []
    days = rows["event_date"].cast(pa.string()).to_pylist()
    stages = rows["stage"].to_pylist() if table.name == REJECTS.name else [STAGES.get(table.name, _SCRUB)] * len(days)
    types = rows["event_type"].to_pylist() if "event_type" in rows.column_names else [""] * len(days)
    found: dict[Source, Fated] = {}
    for sources, day, version, stage, kind in zip(
        members.sources_of(rows), days, rows["scrub_version"].to_pylist(), stages, types, strict=True
    ):
        known = stage if stage in _KNOWN_STAGES else _SCRUB
        kind_known = kind if kind in ROUTES else ""
        found.update({one: Fated(one, known, max(day, _FIRST_DAY), version, kind_known) for one in sources})
    if table.name in STAGES:
        return members.of_rows(data_dir, table.name, set(rows["record_id"].to_pylist()), found)
    return list(found.values())


def _reject(data_dir: Path, fates: Iterable[Fated], publishing: Release, *, aside: bool = True) -> int:
    """Rows of `rejects` for offsets that have none, nor one in quarantine; returns how many."""
    emits = [fated.as_row(REASON, expected=_EXPECTED) for fated in fates]
    if aside:
        held = set(reader.read(data_dir, REJECTS.name, ["record_id"], quarantine=True)[0].to_pylist())
        emits = [row for row in emits if row["record_id"] not in held]
    if not emits:
        return 0
    with returning(data_dir, REJECTS, publishing) as back:
        return len(back.publish(to_table(emits, REJECTS)).published)


def _retell(data_dir: Path, places: Collection[Source]) -> None:
    """Events that a join had turned away, and whose own row is gone now: they end where events are admitted."""
    said: Mapping[str, str] = {"stage": _SCRUB, "fate": "dropped", "reason": REASON, "expected": _EXPECTED}

    def change(rows: pa.Table) -> pa.Table | None:
        mine = [any(one in places for one in sources) for sources in members.sources_of(rows)]
        hit = pc.and_(pa.array(mine, pa.bool_()), pc.not_equal(rows["stage"], _SCRUB).combine_chunks())
        return retold(rows, hit, said)

    rewrite(data_dir, REJECTS, change, name=_NAME)
