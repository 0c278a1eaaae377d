"""`redline rebuild collaboration`: each day's messages to the facts of its threads, and these to the rows of its units.

A day is made and compared by itself: memory is that of its messages without their texts. A unit's day is not compared
while it, or a thread's day that leads to it, is still open.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow.compute as pc

from redline import scan
from redline.key_ring.traces import DESTROYED
from redline.open_keys import Waiting, waiting
from redline.rebuild.compare import Result, Tally, compare, result
from redline.rebuild.events import COLUMNS, interactions, place
from redline.rebuild.made import Made
from redline.rebuild.target import Target
from redline.retain import gone_before
from redline.worker import collaboration_policy, thread_policy
from schemas.rows import Interaction, Reject
from schemas.tables import COLLABORATION
from sinks import reader
from sinks.arrow import to_table
from streams.collaboration import KIN_DIGITS, Collaboration, rows_of, window_id
from streams.threads import MESSAGE, STAGE, Threads, day_end, facts, plain

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from redline.rebuild.events import Place
    from redline.settings import Settings

Row = dict[str, Any]


def collaboration(settings: Settings, target: Path | None) -> Result:
    """Rebuild, compare, and write the rows to `target` if given. Raises what `rebuild` raises."""
    data = settings.data_dir
    stages = Threads(thread_policy(settings)), Collaboration(collaboration_policy(settings))
    made = Made(
        table=COLLABORATION,
        logic=stages[1],
        types=frozenset({MESSAGE}),
        key="thread_key",
        first_id=window_id,
        kin=KIN_DIGITS,
        waits="nobody",
        unequal=frozenset(),
    )
    before = reader.offsets(data, "interactions")
    tally = Tally(gone_before=gone_before(data))
    rejected = _rejected(data)
    leads: dict[bytes, set[bytes]] = defaultdict(set)  # a thread's day -> its units' days
    with Target(target, COLLABORATION.schema) as written:
        for day in sorted(_days(data, "interactions") | _days(data, COLLABORATION.name)):
            table = to_table(_day(settings, day, rejected, leads, tally), COLLABORATION).sort_by("record_id")
            written.write(table)
            tally.rebuilt += table.num_rows
            there = [row for part in scan.parts(data, COLLABORATION.name, day=day) for row in part.to_pylist()]
            compare(made, table.to_pylist(), there, tally)
    moved = before != reader.offsets(data, "interactions")
    state = waiting(settings, COLLABORATION.name, *stages) if tally.faults else Waiting()
    open_ = state.keys.union(*(leads[key] for key in state.keys if key in leads))
    return result(made, tally, Waiting(frozenset(open_), state.note), moved=moved, target=target)


def _day(
    settings: Settings, day: str, rejected: Collection[Place], leads: dict[bytes, set[bytes]], tally: Tally
) -> list[Row]:
    threads, units = Threads(), Collaboration()
    by_thread: dict[bytes, list[Interaction]] = defaultdict(list)
    for part in scan.parts(settings.data_dir, "interactions", COLUMNS, day=day):
        messages = part.filter(pc.equal(part["event_type"], MESSAGE))
        left = messages.filter(pc.not_equal(messages["key_epoch"], DESTROYED))
        tally.destroyed += messages.num_rows - left.num_rows
        for row in interactions(left):
            if any((one.topic, one.partition, one.offset) in rejected for one in row.sources):
                tally.left_out += 1
            elif (key := threads.key_of(row)) is not None:
                by_thread[key].append(plain(row))
    by_unit: dict[bytes, list[Interaction]] = defaultdict(list)
    for key, members in by_thread.items():
        for emit in facts(key, members, day_end(members[0].event_time)):
            if isinstance(emit.row, Interaction) and (unit := units.key_of(emit.row)) is not None:
                by_unit[unit].append(emit.row)
                leads[key].add(unit)
    rows = [emit.row for members in by_unit.values() for emit in rows_of(members, settings.privacy.k)]
    return [msgspec.to_builtins(row) for row in rows if not isinstance(row, Reject)]


def _rejected(data: Any) -> set[Place]:
    """Messages that were not counted."""
    found: set[Place] = set()
    for quarantine in (False, True):
        for part in scan.parts(data, "rejects", ["sources", "stage"], quarantine=quarantine):
            for sources in part.filter(pc.equal(part["stage"], STAGE))["sources"].to_pylist():
                found.update(place(source) for source in sources)
    return found


def _days(data: Any, name: str) -> set[str]:
    """Days with live files, by the names of their folders."""
    found = (path.partition("/event_date=")[2].partition("/")[0] for path in reader.files(data, name))
    return {day for day in found if day}
