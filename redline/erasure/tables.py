"""What an erasure does to the tables, in an order that can be killed anywhere and run again: nothing is done twice.

1. Tombstones: from the next decision on, no sink lets one of the rows in.
2. Every raw offset that loses its row gets a row of `rejects`. The person's own say `erased` at the stage scrub,
   whatever they said before.
3. Pairs, trajectories and revisions go, then interactions, from the tables and from quarantine.
4. `subjects` go last: they are what the others are found by.

Each table gets a commit even where nothing is to go: a sink that decided before the tombstones decides again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from quality.books import MADE
from redline.fated import retold
from schemas.rows import Source
from schemas.tables import REJECTS, TABLES
from sinks import tombstones
from sinks.arrow import to_table
from sinks.layout import Layout
from sinks.parquet import identities_of
from sinks.rewrite import rewrite, writing
from sinks.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from redline.erasure.journal import Found

NAME = "erase"  # of the writer: as a sink's
REASON = "erased"
_PATH = "$.subject"
_EXPECTED = "data of a person who has not asked for its erasure"
KINDS = ("dataset", "quarantine")


def erase(data_dir: Path, found: Found, crash: Callable[[str], None] = lambda _step: None) -> None:
    """Take everything that was found out of the tables, for good.

    Raises:
        SinkError: a table cannot be rewritten.
        OSError: the disk is full or refuses. Run it again.
    """
    ids = {"interactions": found.events, "subjects": found.events, **found.rows}
    for table, gone in ids.items():
        tombstones.add(data_dir, table, gone)
    crash("tombstones")
    _reject(data_dir, found)
    crash("rejects")
    _own_rejects(data_dir, {fated.source for fated in found.own}, {fated.source for fated in found.others})
    crash("own rejects")
    for table in (*MADE, "interactions", "subjects"):
        change = _without(pa.array(sorted(ids.get(table, ())), pa.string()))
        for kind in KINDS:
            rewrite(data_dir, TABLES[table], change, kind=kind, name=NAME, fence=True)
        crash(table)


def _reject(data_dir: Path, found: Found) -> None:
    """Rows of `rejects` for offsets that have none yet."""
    emits = [fated.as_row(REASON, expected=_EXPECTED, path=_PATH) for fated in (*found.own, *found.others)]
    if not emits:
        return
    rows = to_table(emits, REJECTS)
    layout = Layout(data_dir)
    with writing(layout, NAME):
        shelf = Shelf(layout=layout, kind="dataset", table=REJECTS, sink=NAME)
        try:
            shelf.collect_orphans()
            shelf.publish(rows, identities_of(rows, amendable=REJECTS.amendable), {}, REASON, {"rewrite": NAME})
        finally:
            shelf.close()


def _own_rejects(data_dir: Path, own: Collection[Source], others: Collection[Source]) -> None:
    """The person's offsets that were rejected earlier (late, withdrawn) are erased like the rest, in one table only."""
    said = {"stage": "scrub", "fate": "dropped", "reason": REASON, "path": _PATH, "expected": _EXPECTED}

    def change(rows: pa.Table) -> pa.Table | None:
        mine = pa.array([_any(sources, own) for sources in rows.column("sources").to_pylist()], pa.bool_())
        changed = pc.or_(pc.not_equal(rows.column("stage"), "scrub"), pc.not_equal(rows.column("reason"), REASON))
        hit = pc.and_(mine, changed.combine_chunks())
        return retold(rows, hit, said)

    def kept_aside(rows: pa.Table) -> pa.Table | None:
        keep = [not (_any(s, own) or _any(s, others)) for s in rows.column("sources").to_pylist()]
        return None if all(keep) else rows.filter(pa.array(keep, pa.bool_()))

    rewrite(data_dir, REJECTS, change, name=NAME, fence=True)
    rewrite(data_dir, REJECTS, kept_aside, kind="quarantine", name=NAME, fence=True)


def _any(sources: list[dict[str, object]], among: Collection[Source]) -> bool:
    return any(msgspec.convert(source, Source) in among for source in sources)


def _without(gone: pa.Array) -> Callable[[pa.Table], pa.Table | None]:
    def change(rows: pa.Table) -> pa.Table | None:
        hit = pc.is_in(rows.column("record_id"), value_set=gone)
        return rows.filter(pc.invert(hit)) if pc.any(hit).as_py() else None

    return change
