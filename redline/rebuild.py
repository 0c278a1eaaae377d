"""`redline rebuild pairs`: pairs from `interactions` by the same pure join, compared with the streamed table.

What the stream decided by arrival cannot be seen in `interactions`: an event that came after its interaction had
settled. `rejects` says which (stage join), and these are left out. Everything else is a function of the set of events,
so the rows must be equal in all columns but `revision`, which counts how often the stream published one. Of surface,
language, model and tool they show what the day's decision lets be seen.

What belongs to an epoch whose key is destroyed is neither rebuilt nor compared. Of days before those that `redline
retain` keeps a row that only one side has, or has otherwise, is no difference: what it was made of may be gone.

Memory is bounded: rows of both sides are first spread over buckets by the pair's id, on disk in the state folder.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from quality import report
from redline import scan
from redline.buckets import Buckets, Side
from redline.key_ring.traces import DESTROYED
from redline.keys import keys_of
from redline.open_interactions import Waiting, waiting
from redline.published import release_of
from redline.retain import gone_before
from redline.worker import join_policy
from schemas.errors import InputError
from schemas.rows import Interaction, Mark, Pair, Source, Variant
from schemas.tables import PAIRS
from sinks import reader
from sinks.arrow import to_table
from streams.join import Join
from streams.keyed import derived_id
from streams.marks import Hashes

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from redline.settings import Settings

_READ = [
    "record_id",
    "scrub_version",
    "sources",
    "event_date",
    "event_type",
    "event_time",
    "surface",
    "tool",
    "session_key",
    "interaction_key",
    "data",
    "marks",
    "subject_mark",
    "variants",
    "key_epoch",
    "consent_version",
]
_COMPARED = [name for name in PAIRS.schema.names if name != "revision"]
_LISTED = 20
Place = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it. `rows`: rebuilt pairs; `differing`: rows that are not the same on both sides."""

    text: str
    equal: bool
    rows: int
    differing: int


@dataclass(slots=True)
class _Tally:
    same: int = 0
    unfinished: int = 0
    quarantined: int = 0
    left_out: int = 0
    destroyed: int = 0
    aged: int = 0
    rebuilt: int = 0
    faults: dict[str, str] = field(default_factory=dict)
    gone_before: dict[str, dt.date] = field(default_factory=dict)

    def fault(self, row: dict[str, Any], what: str, table: str) -> None:
        """Of a row of one side. `table`: the one that may have lost rows of its day, then it is none."""
        limit = self.gone_before.get(table)
        if limit is not None and row["event_date"] < limit:
            self.aged += 1
        else:
            self.faults[row["record_id"]] = what


def pairs(settings: Settings, target: Path | None = None) -> Result:
    """Rebuild, compare, and write the rebuilt rows to `target` (one Parquet file, ordered by `record_id`) if given.

    Pairs whose events or rows are in quarantine are neither compared nor written. Where rows differ, the broker is
    asked whether their interactions are still open: those are no difference.

    Raises:
        SinkError: a table cannot be read, or its files are being replaced.
        InputError: there are no tables, or `target` cannot be written.
        LockedError: another rebuild works in this data folder.
        SettingsError: the key file is gone. What events told each other of names cannot be read without it.
    """
    data = settings.data_dir
    if not settings.dataset.exists():
        raise InputError(
            f"{settings.dataset}: needed tables, there are none; `redline run` makes them, --data names the folder"
        )
    keys = keys_of(settings)
    before = reader.offsets(data, "interactions")
    tally = _Tally(gone_before=gone_before(data))
    rejected = _rejected(data)
    touched = {_pair_id(key) for key in _keys(data)}
    held = {
        i for part in scan.parts(data, "pairs", ["record_id"], quarantine=True) for i in part["record_id"].to_pylist()
    }
    rows = scan.count(data, "interactions")
    with Buckets(settings.state / "rebuild", rows) as buckets, _Target(target) as written:
        events, streamed = buckets.side(), buckets.side()
        for part in scan.parts(data, "interactions", _READ):
            _spread(part, events, rejected, tally)
        release = release_of(settings)
        for part in scan.parts(data, "pairs", seal=release.seal):
            left = part.filter(pc.not_equal(part["key_epoch"], DESTROYED))
            streamed.add(left, left["record_id"].to_pylist())
        join = Join(Hashes(keys.identity), join_policy(settings))
        days = release.days(PAIRS)
        for bucket in buckets.all():
            rebuilt = _rebuild(join, events.take(bucket), tally)
            found = [row for row in rebuilt if row.record_id not in touched and row.record_id not in held]
            tally.quarantined += len(rebuilt) - len(found)
            table = release.shown(to_table([msgspec.to_builtins(row) for row in found], PAIRS), PAIRS, days)
            written.write(table)
            tally.rebuilt += table.num_rows
            _compare(table.to_pylist(), _plain(streamed.take(bucket)), touched | held, tally)
    moved = before != reader.offsets(data, "interactions")
    state = waiting(settings, join) if tally.faults else Waiting()
    return _result(tally, state, moved=moved, target=target)


def _rejected(data: Path) -> set[Place]:
    found: set[Place] = set()
    for quarantine in (False, True):
        for part in scan.parts(data, "rejects", ["sources", "stage"], quarantine=quarantine):
            for sources in part.filter(pc.equal(part["stage"], "join"))["sources"].to_pylist():
                found.update(_place(source) for source in sources)
    return found


def _keys(data: Path) -> set[str]:
    """Interactions with an event in quarantine: the stream has joined it, nobody may rebuild from it."""
    found: set[str] = set()
    for part in scan.parts(data, "interactions", ["interaction_key"], quarantine=True):
        found.update(key for key in part["interaction_key"].to_pylist() if key is not None)
    return found


def _pair_id(key: str) -> str:
    return derived_id("pair", key.encode())


def _place(source: dict[str, Any]) -> Place:
    return source["topic"], source["partition"], source["offset"]


def _spread(part: pa.Table, events: Side, rejected: set[Place], tally: _Tally) -> None:
    part = part.filter(pc.is_valid(part["interaction_key"]))
    whole = part.num_rows
    part = part.filter(pc.not_equal(part["key_epoch"], DESTROYED))
    tally.destroyed += whole - part.num_rows
    if rejected:
        late = [any(_place(s) in rejected for s in sources) for sources in part["sources"].to_pylist()]
        tally.left_out += sum(late)
        part = part.filter(pc.invert(pa.array(late, pa.bool_())))
    keys = part["interaction_key"].combine_chunks().dictionary_encode()
    keys = keys.combine_chunks() if isinstance(keys, pa.ChunkedArray) else keys
    ids = [_pair_id(key) for key in keys.dictionary.to_pylist()]
    events.add(part, [ids[i] for i in keys.indices.to_pylist()])


def _rebuild(join: Join, part: pa.Table | None, tally: _Tally) -> list[Pair]:
    """The bucket's pairs in order of their ids. Interactions that give none yet are counted."""
    groups: dict[bytes, list[Interaction]] = defaultdict(list)
    for row in _interactions(part):
        key = join.key_of(row)
        if key is not None:
            groups[key].append(row)
    found = []
    for key, members in groups.items():
        header: bytes | None = None
        for row in members:
            header = join.admit(key, header, row, known=False).header or header
        # Not final: an interaction without its suggestion is still open. One that has settled as an orphan is in
        # rejects with all its events, and so not here.
        settled = () if header is None else join.settle(key, header, members, final=False).emits
        row_of = [emit.row for emit in settled if isinstance(emit.row, Pair)]
        found += row_of
        tally.unfinished += not row_of
    return sorted(found, key=lambda row: row.record_id)


def _interactions(part: pa.Table | None) -> Iterator[Interaction]:
    if part is None:
        return
    place = part.schema.get_field_index("event_time")
    part = part.set_column(place, "event_time", part["event_time"].cast(pa.int64()))
    place = part.schema.get_field_index("event_date")
    part = part.set_column(place, "event_date", part["event_date"].cast(pa.string()))
    for row in part.to_pylist():
        sources = [Source(*_place(source)) for source in row["sources"]]
        variants = [Variant(**{**one, "marks": _marks(one["marks"])}) for one in row["variants"] or ()]
        yield Interaction(**{**row, "sources": sources, "marks": _marks(row["marks"]), "variants": variants})


def _marks(values: list[dict[str, Any]] | None) -> list[Mark]:
    return [Mark(**mark) for mark in values or ()]


def _plain(part: pa.Table | None) -> list[dict[str, Any]]:
    return [] if part is None else part.to_pylist()


def _compare(rebuilt: list[dict[str, Any]], streamed: list[dict[str, Any]], apart: set[str], tally: _Tally) -> None:
    copies = Counter(row["record_id"] for row in streamed)
    there = {row["record_id"]: row for row in streamed}
    for row in rebuilt:
        name = row["record_id"]
        other = there.pop(name, None)
        if other is None:
            tally.fault(row, "not in the streamed table", "pairs")
        elif copies[name] > 1:
            tally.faults[name] = f"{copies[name]} rows in the streamed table"
        elif columns := _differing(row, other):
            tally.fault(row, "differs in " + ", ".join(columns), "interactions")
        else:
            tally.same += 1
    for name in there.keys() - apart:
        tally.fault(there[name], "only in the streamed table", "interactions")


def _differing(row: dict[str, Any], other: dict[str, Any]) -> list[str]:
    return [name for name in _COMPARED if _value(name, row) != _value(name, other)]


def _value(name: str, row: dict[str, Any]) -> Any:
    return sorted(_place(source) for source in row[name]) if name == "sources" else row[name]


def _result(tally: _Tally, state: Waiting, *, moved: bool, target: Path | None) -> Result:
    faults = {name: what for name, what in tally.faults.items() if name not in state.pairs}
    lines: Iterable[tuple[str, int]] = (
        ("equal in both", tally.same),
        ("different", len(faults)),
        ("still open: something new since the last row", len(tally.faults) - len(faults)),
        ("still open: no suggestion or no kept text yet", tally.unfinished),
        ("not compared: events or row in quarantine", tally.quarantined),
        ("not compared: older than a table keeps its rows", tally.aged),
        ("events left out: rejected by the join", tally.left_out),
        ("events left out: their epoch's key is destroyed", tally.destroyed),
    )
    parts = [report.table(("rebuilt from interactions", "count"), lines)]
    if faults:
        listed = sorted(faults.items())[:_LISTED]
        parts.append(report.table(("record_id", "rebuilt against streamed"), listed))
        if len(faults) > _LISTED:
            parts.append(f"{len(faults) - _LISTED:,} more are not listed")
        parts += [note for note in (state.note, _moved(moved=moved)) if note]
        parts.append("The same join limits are needed as in the stream: compare `redline settings`.")
    if target is not None:
        parts.append(f"{tally.rebuilt:,} rows written to {target}")
    word = "does NOT equal" if faults else "equals"
    parts.append(f"rebuild {word} the streamed table: {tally.rebuilt:,} pairs rebuilt, {len(faults):,} differ")
    return Result("\n\n".join(parts), not faults, tally.rebuilt, len(faults))


def _moved(*, moved: bool) -> str:
    return "The tables were written to meanwhile: run it again when nothing flows." if moved else ""


class _Target:
    """A Parquet file that appears whole, or not at all; does nothing without a path."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._partial = None if path is None else path.with_name(f".{path.name}.partial")
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> Self:
        if self._partial is not None:
            try:
                self._writer = pq.ParquetWriter(self._partial, PAIRS.schema, compression="zstd")
            except OSError as error:
                raise InputError(
                    f"{self._path}: needed a file that can be written, came {type(error).__name__}"
                ) from None
        return self

    def write(self, table: pa.Table) -> None:
        if self._writer is not None and table.num_rows:
            self._writer.write_table(table)

    def __exit__(self, kind: object, error: object, at: object) -> None:
        if self._writer is None or self._partial is None or self._path is None:
            return
        self._writer.close()
        if kind is None:
            self._partial.replace(self._path)
        else:
            self._partial.unlink(missing_ok=True)
