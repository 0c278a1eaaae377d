"""The ledger's shell: tables, quarantine, state and Kafka's offsets in; a balance out."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from quality.books import EARLIER_REVISION, MADE, ROUTES, of_tables
from quality.ledger import Balance, reconcile
from redline.admin import watermarks
from redline.key_ring.presumed import joined
from redline.published import seal_of
from redline.state_reader import existing, open_events
from schemas import topics
from schemas.records import Coordinate, Partition
from schemas.rows import Source
from sinks import reader
from streams.revisions import REVISION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from redline.settings import Settings

_COLUMNS = {
    "interactions": ["sources", "event_type", "key_epoch", "schema_version"],
    "rejects": ["sources", "stage", "fate", "reason"],
    "pairs": ["sources"],
    "trajectories": ["sources"],
    "revisions": ["sources"],
}
_STATE_TABLE = {"join": "pairs", "session": "trajectories"}
_SINCE = 2  # the schema version with which `revisions` came
_LOOKED_FOR = 100_000  # offsets to look for in Kafka one by one; more than that are missing for another reason


def balance(settings: Settings) -> Balance:
    """Every raw offset against its fates. Offsets that Kafka does not hold (transaction markers) are left out.

    Raises:
        BrokerError: the broker cannot be reached.
        LedgerError: state could not be read.
        SettingsError: the keys are gone that open the coordinates of published rows.
        SinkError: a table could not be read.
    """
    kafka = settings.kafka
    data = settings.data_dir
    held = open_events(kafka.bootstrap, partitions=kafka.partitions, config=kafka.client)
    seal = seal_of(settings)
    tables = {name: reader.read(data, name, columns, seal=seal) for name, columns in _COLUMNS.items()}
    quarantine = {
        name: reader.read(data, name, columns, quarantine=True, seal=seal) for name, columns in _COLUMNS.items()
    }
    ends = watermarks(kafka.bootstrap, topics.EVENTS, config=kafka.client)
    # At the end of a bounded run an interaction is published and its state stays open: what was published of it is
    # joined, what was rejected of it is late, and neither is open.
    refused = _published(tables["rejects"], quarantine["rejects"])
    events = pa.concat_tables(t["interactions"].select(_COLUMNS["interactions"]) for t in (tables, quarantine))
    for name in MADE:
        presumed = joined(events, refused, ROUTES, name, tables[name])
        tables[name] = pa.concat_tables([tables[name], presumed])
    made = _published(tables["revisions"], quarantine["revisions"]) | refused
    tables["interactions"] = _with_earlier(tables["interactions"], made)
    done = {name: _published(tables[name], quarantine[name]) | refused for name in _STATE_TABLE.values()}
    open_ = {
        _STATE_TABLE[state]: _by_partition([s for s in sources if s not in done[_STATE_TABLE[state]]])
        for state, sources in held.items()
        if state in _STATE_TABLE  # a message ends in `interactions`, whether it was counted or not yet
    }
    books = of_tables(ends, tables, quarantine=quarantine, open_=open_)
    first = reconcile(books)
    if not first.candidates:
        return first
    wanted = {p.index: offsets.tolist()[:_LOOKED_FOR] for p, offsets in first.candidates.items()}
    there = existing(kafka.bootstrap, wanted, topic=topics.EVENTS, config=kafka.client)
    absent = [
        Coordinate(topics.EVENTS, index, offset)
        for index, offsets in wanted.items()
        for offset in offsets
        if (index, offset) not in there
    ]
    return reconcile(books, absent)


def _with_earlier(events: pa.Table, made: set[Source]) -> pa.Table:
    """Revisions of the first schema that led nowhere, by that name: they came before the table `revisions` did."""
    older = pc.and_(pc.equal(events["event_type"], REVISION), pc.less(events["schema_version"], _SINCE))
    if not pc.any(older).as_py():
        return events
    led = [
        not old or any(Source(s["topic"], s["partition"], s["offset"]) in made for s in sources)
        for old, sources in zip(older.to_pylist(), events["sources"].to_pylist(), strict=True)
    ]
    place = events.schema.get_field_index("event_type")
    kinds = pc.if_else(pa.array(led, pa.bool_()), events["event_type"].combine_chunks(), EARLIER_REVISION)
    return events.set_column(place, events.schema.field(place), kinds)


def _published(*tables: object) -> set[Source]:
    return {
        Source(source["topic"], source["partition"], source["offset"])
        for table in tables
        for sources in table.column("sources").to_pylist()  # type: ignore[attr-defined]  # pyarrow ships no types
        for source in sources
    }


def _by_partition(sources: list[Source]) -> Mapping[Partition, npt.NDArray[np.int64]]:
    found: dict[Partition, list[int]] = defaultdict(list)
    for source in sources:
        found[Partition(source.topic, source.partition)].append(source.offset)
    return {partition: np.asarray(offsets, dtype=np.int64) for partition, offsets in found.items()}
