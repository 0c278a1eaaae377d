"""The rebuild: both sides spread over buckets, each bucket made anew and compared."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from redline import scan
from redline.buckets import Buckets, Side
from redline.key_ring.traces import DESTROYED
from redline.keys import keys_of
from redline.open_keys import Waiting, waiting
from redline.published import release_of
from redline.rebuild.collaboration import collaboration
from redline.rebuild.compare import Result, Row, Tally, compare, differing, result, without
from redline.rebuild.events import COLUMNS, Place, interactions, place
from redline.rebuild.made import KINDS, Made
from redline.rebuild.target import Target
from redline.retain import gone_before
from schemas.errors import InputError
from schemas.rows import Reject
from schemas.tables import COLLABORATION
from sinks import reader, store
from sinks.arrow import to_table
from streams.marks import Hashes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from redline.settings import Settings
    from schemas.rows import Interaction

TABLES: tuple[str, ...] = (*KINDS, COLLABORATION.name)


def pairs(settings: Settings, target: Path | None = None) -> Result:
    """`rebuild` of pairs."""
    return rebuild(settings, "pairs", target)


def trajectories(settings: Settings, target: Path | None = None) -> Result:
    """`rebuild` of trajectories."""
    return rebuild(settings, "trajectories", target)


def rebuild(settings: Settings, name: str, target: Path | None = None) -> Result:
    """Rebuild, compare, and write the rebuilt rows to `target` (one Parquet file, ordered by `record_id`) if given.

    Rows whose events, or that themselves, are in quarantine are neither compared nor written. Where rows differ, the
    broker is asked whether their keys are still open: those are no difference.

    Raises:
        SinkError: a table cannot be read, or its files are being replaced.
        InputError: there is no such table, or no tables at all, or `target` cannot be written.
        LockedError: another rebuild works in this data folder.
        SettingsError: the key file is gone. What events told each other of names cannot be read without it.
    """
    data = settings.data_dir
    if name not in TABLES:
        raise InputError(f"rebuild: needed one of {', '.join(TABLES)}, came another word; `redline rebuild pairs`")
    if not store.has(settings.dataset):
        raise InputError(
            f"{settings.dataset}: needed tables, there are none; `redline run` makes them, --data names the folder"
        )
    if name == COLLABORATION.name:
        return collaboration(settings, target)
    made = KINDS[name](settings, Hashes(keys_of(settings).identity))
    before = reader.offsets(data, "interactions")
    tally = Tally(gone_before=gone_before(data))
    rejected, apart = _rejected(data, made), _apart(data, made)
    with (
        Buckets(settings.state / "rebuild", scan.count(data, "interactions")) as buckets,
        Target(target, made.table.schema) as written,
    ):
        events, streamed = buckets.side(), buckets.side()
        for part in scan.parts(data, "interactions", COLUMNS):
            _spread(made, part, events, rejected, tally)
        release = release_of(settings)
        for part in scan.parts(data, name, seal=release.seal):
            left = part.filter(pc.not_equal(part["key_epoch"], DESTROYED))
            streamed.add(left, left["record_id"].to_pylist())
        days = release.days(made.table)

        def shown(rows: list[Row]) -> pa.Table:
            return release.shown(to_table(rows, made.table), made.table, days)

        maker = _Maker(made, apart, shown, tally)
        for bucket in buckets.all():
            there = without(_plain(streamed.take(bucket)), made, apart)
            table = shown(maker.rows(events.take(bucket), there))
            written.write(table)
            tally.rebuilt += table.num_rows
            compare(made, table.to_pylist(), there, tally)
    moved = before != reader.offsets(data, "interactions")
    state = waiting(settings, name, *([made.logic] if made.stateful else [])) if tally.faults else Waiting()
    return result(made, tally, state, moved=moved, target=target)


def _rejected(data: Path, made: Made) -> set[Place]:
    found: set[Place] = set()
    for quarantine in (False, True):
        for part in scan.parts(data, "rejects", ["sources", "stage"], quarantine=quarantine):
            for sources in part.filter(pc.equal(part["stage"], made.logic.name))["sources"].to_pylist():
                found.update(place(source) for source in sources)
    return found


def _apart(data: Path, made: Made) -> set[str]:
    """Families with an event in quarantine, which the stream has seen and nobody may rebuild from, or with a row."""
    found: set[str] = set()
    for part in scan.parts(data, "interactions", [made.key, "event_type"], quarantine=True):
        found.update(made.family(made.first_id(key.encode())) for key in _of_types(made, part)[made.key].to_pylist())
    for part in scan.parts(data, made.table.name, ["record_id"], quarantine=True):
        found.update(made.family(name) for name in part["record_id"].to_pylist())
    return found


def _of_types(made: Made, part: pa.Table) -> pa.Table:
    taken = pc.is_in(part["event_type"], value_set=pa.array(sorted(made.types)))
    return part.filter(pc.and_(taken, pc.is_valid(part[made.key])))


def _spread(made: Made, part: pa.Table, events: Side, rejected: set[Place], tally: Tally) -> None:
    part = _of_types(made, part)
    whole = part.num_rows
    part = part.filter(pc.not_equal(part["key_epoch"], DESTROYED))
    tally.destroyed += whole - part.num_rows
    if rejected:
        late = [any(place(s) in rejected for s in sources) for sources in part["sources"].to_pylist()]
        tally.left_out += sum(late)
        part = part.filter(pc.invert(pa.array(late, pa.bool_())))
    keys = part[made.key].combine_chunks().dictionary_encode()
    keys = keys.combine_chunks() if isinstance(keys, pa.ChunkedArray) else keys
    ids = [made.first_id(key.encode()) for key in keys.dictionary.to_pylist()]
    events.add(part, [ids[i] for i in keys.indices.to_pylist()])


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes the rows of one bucket after the other. `shown`: rows as a reader of the table sees them."""

    made: Made
    apart: set[str]
    shown: Callable[[list[Row]], pa.Table]
    tally: Tally

    def rows(self, part: pa.Table | None, streamed: Iterable[Row]) -> list[Row]:
        """The bucket's rows in order of their ids. Keys that give none yet are counted, and those that stand apart."""
        made = self.made
        groups: dict[bytes, list[Interaction]] = defaultdict(list)
        for row in interactions(part):
            key = made.logic.key_of(row)
            if key is not None:
                groups[key].append(row)
        there: dict[str, list[Row]] = defaultdict(list)
        for other in streamed:
            there[made.family(other["record_id"])].append(other)
        found: list[Row] = []
        for key, members in groups.items():
            family = made.family(made.first_id(key))
            rows = _settled(made, key, members)
            self.tally.unfinished += not rows
            if family in self.apart:
                self.tally.quarantined += len(rows)
            else:
                found += self._seen(key, members, rows, there[family])
        return sorted(found, key=lambda row: row["record_id"])

    def _seen(self, key: bytes, members: list[Interaction], rows: list[Row], streamed: list[Row]) -> list[Row]:
        """The rows; or those of the events that the stream can have seen, if with them they are equal."""
        if self.made.seen is None or not rows or self._same(rows, streamed):
            return rows
        left = self.made.seen(members, streamed)
        again = _settled(self.made, key, left)
        if not self._same(again, streamed):
            return rows
        self.tally.unseen += len(members) - len(left)
        return again

    def _same(self, rebuilt: list[Row], streamed: list[Row]) -> bool:
        there = {row["record_id"]: row for row in streamed}
        return len(rebuilt) == len(streamed) == len(there) and all(
            row["record_id"] in there and not differing(self.made, row, there[row["record_id"]])
            for row in self.shown(rebuilt).to_pylist()
        )


def _settled(made: Made, key: bytes, members: list[Interaction]) -> list[Row]:
    header: bytes | None = None
    for row in members:
        header = made.logic.admit(key, header, row, known=False).header or header
    # Not final: an interaction without its suggestion is still open. One that has settled as an orphan is in rejects
    # with all its events, and so not here.
    emits = () if header is None else made.logic.settle(key, header, members, final=False).emits
    return [msgspec.to_builtins(emit.row) for emit in emits if not isinstance(emit.row, Reject)]


def _plain(part: pa.Table | None) -> list[dict[str, Any]]:
    return [] if part is None else part.to_pylist()
