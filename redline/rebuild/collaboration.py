"""`redline rebuild collaboration`: each day's messages to the facts of its threads, and these to the rows of its units.

A day is made and compared by itself: memory is that of its messages without their texts. A unit's day is not compared
while it, or a thread's day that leads to it, is still open.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
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
from schemas.rows import Interaction
from schemas.tables import COLLABORATION
from sinks import reader
from sinks.arrow import to_table
from streams.collaboration import KIN_DIGITS, Collaboration, left_out, rows_of, window_id
from streams.days import day_end
from streams.threads import MESSAGE, STAGE, Threads, facts, plain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    import pyarrow as pa

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
    look = _Look(settings, _rejected(data), tally)
    with Target(target, COLLABORATION.schema) as written:
        for day in sorted(_days(data, "interactions") | _days(data, COLLABORATION.name)):
            table = to_table(look.day(day), COLLABORATION).sort_by("record_id")
            written.write(table)
            tally.rebuilt += table.num_rows
            there = [row for part in scan.parts(data, COLLABORATION.name, day=day) for row in part.to_pylist()]
            compare(made, table.to_pylist(), there, tally)
    moved = before != reader.offsets(data, "interactions")
    state = waiting(settings, COLLABORATION.name, *stages) if tally.faults else Waiting()
    open_ = state.keys.union(*(look.leads[key] for key in state.keys if key in look.leads))
    found = result(made, tally, Waiting(frozenset(open_), state.note), moved=moved, target=target)
    few = f"{look.few:,} messages are in no row: too few people wrote in their hours"
    return replace(found, text=f"{few}\n\n{found.text}")


@dataclass(slots=True)
class _Look:
    """One look over all days, and what it adds up: which units' days a thread's day leads to, messages in no row."""

    settings: Settings
    rejected: Collection[Place]
    tally: Tally
    leads: dict[bytes, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    few: int = 0

    def day(self, day: str) -> list[Row]:
        """The rows of one day."""
        by_unit: dict[bytes, list[Interaction]] = defaultdict(list)
        units = Collaboration()
        for key, members in self._threads(day).items():
            for emit in facts(key, members, day_end(members[0].event_time)):
                if isinstance(emit.row, Interaction) and (unit := units.key_of(emit.row)) is not None:
                    by_unit[unit].append(emit.row)
                    self.leads[key].add(unit)
        k = self.settings.privacy.k
        self.few += sum(left_out(members, k) for members in by_unit.values())
        return [msgspec.to_builtins(emit.row) for members in by_unit.values() for emit in rows_of(members, k)]

    def _threads(self, day: str) -> dict[bytes, list[Interaction]]:
        found: dict[bytes, list[Interaction]] = defaultdict(list)
        threads = Threads()
        for part in self._parts(day):
            messages = part.filter(pc.equal(part["event_type"], MESSAGE))
            left = messages.filter(pc.not_equal(messages["key_epoch"], DESTROYED))
            self.tally.destroyed += messages.num_rows - left.num_rows
            for row in interactions(left):
                if any((one.topic, one.partition, one.offset) in self.rejected for one in row.sources):
                    self.tally.left_out += 1
                elif (key := threads.key_of(row)) is not None:
                    found[key].append(plain(row))
        return found

    def _parts(self, day: str) -> Iterator[pa.Table]:
        """Events of the day. Those in quarantine were counted too, and hold what counts."""
        for quarantine in (False, True):
            yield from scan.parts(self.settings.data_dir, "interactions", COLUMNS, quarantine=quarantine, day=day)


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
