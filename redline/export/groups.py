"""Which sessions, documents and people the rows of an export are from, and so which split each row is in.

Published rows do not say it: their record ids are derived from the keys of events in `interactions`, whose people stand
in `subjects`. Splits are decided over all events there, whatever is exported (`sinks.export.splits`), so that the pairs
and the trajectories of one session are in the same split. What is found out stays in this process, and in DuckDB's
files below the state folder while it runs; the export says counts.

Keys are compared by 64 of their bits. With ten million of a kind the chance that any two are alike is 1 in 370,000;
then two sessions count as one, which costs a few rows and separates nothing that belongs together.

A person has another pseudonym in each epoch of the keys (ADR 14), and nobody can tell that the two are one person,
unless a session or a document connects them: across a rotation a person can be in two splits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from quality.books import ROUTES
from sinks.export.splits import Links, assign, seeded
from streams.join import SUGGESTION
from streams.keyed import derived_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import duckdb

    from sinks.export.splits import Assigned, Numbers

_BATCH = 1 << 18
_HALF = 16  # hex digits of a record id; the parts of a long session share more of them
# Messages connect everybody in a channel, and are in no table of texts.
_LEFT_OUT = "redline.message.v1"
_SETTINGS = ("enable_progress_bar = false", "preserve_insertion_order = false")
_CODE = (
    "create or replace temp macro code(x) as coalesce("
    "case when length(x) = 32 then try_cast('0x' || x[17:32] as ubigint) end, md5_number_lower(x))"
)
_PERSON, _DOCUMENT, _SESSION = 1, 2, 4


class _Made(NamedTuple):
    """How a table's record ids are derived: of which column of which events."""

    kind: str
    key: str
    events: tuple[str, ...]


_MADE = {
    "pairs": _Made("pair", "interaction_key", (SUGGESTION,)),
    "trajectories": _Made("trajectory", "session_key", tuple(t for t, to in ROUTES.items() if to == "trajectories")),
    "revisions": _Made("revision", "record_id", ("redline.revision.v1",)),
}


class Groups(NamedTuple):
    """By row, in the order of the ids.

    Attributes:
        split: the number of the share, -1 where the row is cut.
        session: a number that rows of one session share, -1 where `interactions` holds the row's events no longer.
        people: how many different people the rows that are not cut are from, of one epoch, the most.
        cut: rows that are cut, by the first reason that holds: `person`, `document`, `session` (it has people or
            documents in another split) or `unknown` (the row's events are no longer there).
        components: how many groups of connected sessions were too large for one split.
    """

    split: npt.NDArray[np.int8]
    session: Numbers
    people: int
    cut: dict[str, int]
    components: int


def find(
    live: duckdb.DuckDBPyConnection,
    table: str,
    ids: npt.NDArray[np.uint64],
    *,
    seed: int,
    shares: Sequence[float],
    memory: str = "1GB",
) -> Groups:
    """Look up where rows are from.

    Args:
        live: a connection with the views `interactions` and `subjects` (`redline.sql.connection`).
        table: pairs, trajectories or revisions.
        ids: the first 64 bits of the rows' record ids.
        seed: of the export.
        shares: of the splits; with a single one nothing is cut.
        memory: what DuckDB takes at most before it spills.

    Raises:
        duckdb.Error: a file cannot be read, or the disk is full.
    """
    made = _MADE[table]
    for setting in (*_SETTINGS, f"memory_limit = '{memory}'"):
        live.execute(f"set {setting}")
    live.execute(_CODE)
    live.execute(
        "create or replace temp table person as select code(record_id) as event, code(pseudonym) as person, key_epoch "
        "from subjects"
    )
    live.execute(
        "create or replace temp table event as select "  # noqa: S608 - our own names
        f"code(i.{made.key}) as made_of, code(i.session_key) as session, code(i.document_key) as document, p.person, "
        "count(*) as events from interactions i left join person p on p.event = code(i.record_id) "
        f"where i.event_type <> '{_LEFT_OUT}' group by all"
    )
    epochs = _columns(live, "select person, min(key_epoch)::bigint as epoch from person group by all order by all")
    live.execute("drop table person")
    found = _Found(live, made, np.asarray(ids, np.uint64), epochs["person"].astype(np.uint64))
    assigned = found.assigned(seed, shares)
    groups = found.groups(assigned, epochs["epoch"].astype(np.int64), one=len(shares) == 1)
    live.execute("drop table event")
    return groups


class _Events(NamedTuple):
    """Of what rows were made: the unit, and the numbers of session, document and person, -1 where there is none."""

    unit: npt.NDArray[np.int32]
    session: npt.NDArray[np.int32]
    document: npt.NDArray[np.int32]
    person: npt.NDArray[np.int32]


class _Found:
    """What stands in `event`, as numbers: places in the sorted codes of sessions, documents, people and rows."""

    def __init__(
        self,
        live: duckdb.DuckDBPyConnection,
        made: _Made,
        ids: npt.NDArray[np.uint64],
        people: npt.NDArray[np.uint64],
    ) -> None:
        self._live, self._people = live, people
        sessions = _columns(
            live, "select session, sum(events)::bigint as events from event group by session order by session"
        )
        self._sessions, self._events = sessions["session"].astype(np.uint64), sessions["events"].astype(np.int64)
        self._documents = _columns(
            live, "select distinct document from event where document is not null order by document"
        )["document"].astype(np.uint64)
        # The parts of a session are rows of one unit.
        self._units, self._unit_of = np.unique(ids, return_inverse=True)
        self._made_of, self._unit = self._rows(made)

    def assigned(self, seed: int, shares: Sequence[float]) -> Assigned:
        """The splits of all sessions, documents and people."""
        return assign(
            seeded(self._sessions, seed),
            seeded(self._documents, seed),
            seeded(self._people, seed),
            with_document=self._links("document", self._documents),
            with_person=self._links("person", self._people),
            events=self._events,
            shares=shares,
        )

    def groups(self, assigned: Assigned, epochs: Numbers, *, one: bool) -> Groups:
        """The rows' splits."""
        events = self._of_units()
        unknown = len(self._sessions)
        session = np.full(len(self._units), unknown)
        np.minimum.at(session, events.unit, events.session)
        split = np.concatenate([assigned.sessions, np.array([0 if one else -1], np.int8)])[session]
        faults = np.zeros(len(self._units), np.uint8)
        for numbers, splits, fault in (
            (events.session, assigned.sessions, _SESSION),
            (events.document, assigned.documents, _DOCUMENT),
            (events.person, assigned.people, _PERSON),
        ):
            there = np.flatnonzero(numbers >= 0)
            unit = events.unit[there]
            faults[unit[splits[numbers[there]] != split[unit]]] |= np.uint8(fault)
        split[faults > 0] = -1
        seen = np.zeros(len(self._people), np.bool_)
        seen[events.person[(events.person >= 0) & (split[events.unit] >= 0)]] = True
        of_rows = faults[self._unit_of]
        session[session == unknown] = -1
        return Groups(
            split[self._unit_of],
            session[self._unit_of],
            int(np.bincount(epochs[seen]).max(initial=0)),
            {
                "person": int((of_rows & _PERSON > 0).sum()),
                "document": int((of_rows & (_PERSON | _DOCUMENT) == _DOCUMENT).sum()),
                "session": int((of_rows == _SESSION).sum()),
                "unknown": 0 if one else int((session[self._unit_of] < 0).sum()),
            },
            assigned.cut,
        )

    def _rows(self, made: _Made) -> tuple[npt.NDArray[np.uint64], Numbers]:
        """The codes, sorted, that units are made of, and the unit of each."""
        types = ", ".join(f"'{event}'" for event in made.events)
        distinct = "distinct" if made.kind == "trajectory" else ""  # the others have one such event each, or few
        query = (
            f"select {distinct} {made.key} as key, code({made.key}) as code from interactions "  # noqa: S608 - our own
            f"where {made.key} is not null and event_type in ({types})"
        )
        codes, units = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
        for part in _parts(self._live, query):
            keys = part.column("key").to_pylist()
            halves = bytes.fromhex("".join([derived_id(made.kind, key.encode())[:_HALF] for key in keys]))
            there, unit = _places(self._units, np.frombuffer(halves, ">u8").astype(np.uint64))
            codes.append(part.column("code").to_numpy()[there])
            units.append(unit)
        distinct_codes, first = np.unique(np.concatenate(codes), return_index=True)
        return distinct_codes, np.concatenate(units)[first]

    def _of_units(self) -> _Events:
        parts = [_Events(*(np.empty(0, np.int32) for _ in _Events._fields))]
        for part in _parts(
            self._live, "select made_of, session, document, person from event where made_of is not null"
        ):
            there, place = _places(self._made_of, part.column("made_of").to_numpy())
            mine = part.take(pa.array(there))
            numbers = [
                _numbers(mine.column(name), codes)
                for name, codes in (
                    ("session", self._sessions),
                    ("document", self._documents),
                    ("person", self._people),
                )
            ]
            parts.append(_Events(self._unit[place].astype(np.int32), *numbers))
        return _Events(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def _links(self, name: str, codes: npt.NDArray[np.uint64]) -> Links:
        found = _columns(
            self._live,
            f"select session, {name} as other, sum(events)::bigint as events from event where {name} is not null "  # noqa: S608 - ours
            "group by all",
        )
        return Links(
            np.searchsorted(self._sessions, found["session"].astype(np.uint64)),
            np.searchsorted(codes, found["other"].astype(np.uint64)),
            found["events"].astype(np.int64),
        )


def _numbers(column: pa.Array, codes: npt.NDArray[np.uint64]) -> npt.NDArray[np.int32]:
    """The place of each of the column's codes, -1 where it has none."""
    numbers = np.full(len(column), -1, np.int32)
    numbers[column.is_valid().to_numpy(zero_copy_only=False)] = np.searchsorted(codes, column.drop_null().to_numpy())
    return numbers


def _places(known: npt.NDArray[np.uint64], some: npt.NDArray[np.uint64]) -> tuple[Numbers, Numbers]:
    """Which of some codes are known, and the places of those."""
    if not len(known):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    place = np.searchsorted(known, some)
    there = np.flatnonzero(known[np.minimum(place, len(known) - 1)] == some)
    return there, place[there]


def _columns(live: duckdb.DuckDBPyConnection, query: str) -> dict[str, npt.NDArray[np.int64]]:
    found: dict[str, npt.NDArray[np.int64]] = live.execute(query).fetchnumpy()
    return found


def _parts(live: duckdb.DuckDBPyConnection, query: str) -> Iterator[pa.RecordBatch]:
    yield from live.sql(query).to_arrow_reader(_BATCH)
