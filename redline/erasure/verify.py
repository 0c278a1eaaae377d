"""Is nothing left? Every data file on the disk is opened, live or not, and the state of workers is asked.

What is looked for are all record ids and raw offsets that were ever erased here, and the pseudonyms of the person who
is asked for. Whose the ids were is no longer known: nothing of anybody's may be there.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pyarrow as pa

from redline import scan
from redline.buckets import Buckets
from redline.erasure import in_flight
from redline.erasure.tables import REASON
from redline.published import seal_of
from redline.state_reader import open_events
from schemas.errors import LockedError
from schemas.rows import Source
from schemas.tables import TABLES
from sinks import location, store, tombstones
from streams.consent import decode

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from redline.erasure.people import Person
    from redline.settings import Settings
    from schemas.tables import Table
    from sinks.places import Place
    from sinks.seal import Seal

_AGAIN_S = 1.0
_ATTEMPTS = 5  # a file that a live sink is writing, or has just replaced
_BATCH = 20_000


@dataclass(slots=True)
class Verified:
    """What is left, which must be nothing; `files` and `rows` were opened; `kept` is what Kafka holds for a while."""

    left: list[str] = field(default_factory=list)
    files: int = 0
    rows: int = 0
    erased: int = 0
    kept: list[in_flight.Kept] = field(default_factory=list)


def verify(settings: Settings, person: Person) -> Verified:
    """Look everywhere. `settings` lead to a broker that answers.

    Raises:
        BrokerError: the broker does not answer.
        LedgerError: the state of workers cannot be read.
        SinkError: a table cannot be read.
    """
    found = Verified()
    places = erased_places(settings.data_dir)
    found.erased = len(places)
    _files(settings, person, places, found)
    open_ = open_members(settings, places)
    if open_:
        found.left.append(f"state of workers: {open_:,} events; they go when a worker runs")
    for key in person.keys:
        value = in_flight.consent(settings.kafka, key)
        try:
            held = value is not None and decode(value).erased_us is not None
        except msgspec.DecodeError:
            held = False
        if not held:
            found.left.append("consent: no tombstone of this person; run `redline erase` for them")
    found.kept = in_flight.kept(settings.kafka)
    return found


def erased_places(data_dir: Path) -> set[Source]:
    """Raw offsets of everybody who was erased, as `rejects` tell them."""
    found: set[Source] = set()
    for part in scan.parts(data_dir, "rejects", ["sources", "stage", "reason"]):
        for row in part.to_pylist():
            if row["reason"] == REASON and row["stage"] == "scrub":
                found.update(Source(**source) for source in row["sources"])
    return found


def open_members(settings: Settings, places: Collection[Source]) -> int:
    """How many erased events the workers' state still holds. Raises LedgerError."""
    kafka = settings.kafka
    held = open_events(kafka.bootstrap, partitions=kafka.partitions, config=kafka.client)
    return len({source for sources in held.values() for source in sources if source in places})


def leftovers(state: Path) -> bool:
    """Remove what a killed rebuild left of rows; False if one is at work and has them now. Raises OSError."""
    try:
        with Buckets(state / "rebuild", 0):
            return True
    except LockedError:
        return False


def _files(settings: Settings, person: Person, places: Collection[Source], found: Verified) -> None:
    data, seal = settings.data_dir, seal_of(settings)
    gone = {name: tombstones.load(data, name) for name in TABLES}
    if any(path.is_file() for path in (settings.state / "rebuild").rglob("*")):
        found.left.append(
            "state/rebuild: rows of a rebuild that is at work, or was killed; `redline erase` removes them"
        )
    for table, path in _all(data):
        for attempt in range(_ATTEMPTS):
            try:
                rows, hits = _search(
                    path, TABLES[table], seal, gone=gone[table], places=places, pseudonyms=person.pseudonyms
                )
            except FileNotFoundError:
                break  # replaced or moved meanwhile: its successor is listed, or was decided after the tombstones
            except (pa.ArrowException, OSError):
                if attempt + 1 == _ATTEMPTS:
                    found.left.append(f"{_name(path, data)}: cannot be read")
                time.sleep(_AGAIN_S)
            else:
                found.files += 1
                found.rows += rows
                if hits:
                    found.left.append(f"{_name(path, data)}: {hits:,} rows")
                break


def _name(path: Place, data: Path) -> str:
    return f"{path.relative_to(data)}" if isinstance(path, Path) else f"{path}"


def _all(data: Path) -> Iterator[tuple[str, Place]]:
    """Every data file and the table it is of: in the tables, in quarantine, and in staging."""
    for folder in (location.tables(data) / "dataset", location.tables(data) / "quarantine", data / "_staging"):
        for path in sorted(store.parquet_files(folder)):
            table = next((part for part in path.split("/") if part in TABLES), None)
            if table is not None:
                yield table, folder / path


def _search(
    path: Place,
    table: Table,
    seal: Seal,
    *,
    gone: Collection[str],
    places: Collection[Source],
    pseudonyms: Collection[str],
) -> tuple[int, int]:
    """Rows of a file, and how many of them should not be."""
    names = [name for name in ("record_id", "sources", "pseudonym") if name in table.schema.names]
    if table.name == "rejects":
        names.remove("sources")  # it is there that they are told
    rows = hits = 0
    with store.parquet(path) as file:
        for batch in file.iter_batches(_BATCH, columns=names):
            rows += batch.num_rows
            for row in seal.open(pa.Table.from_batches([batch]), table).to_pylist():
                hits += (
                    row["record_id"] in gone
                    or row.get("pseudonym") in pseudonyms
                    or any(Source(**source) in places for source in row.get("sources", ()))
                )
    return rows, hits
