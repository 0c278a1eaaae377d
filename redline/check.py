"""`redline check`: the tables as they lie on disk, against their suites, against each other, and against plain readers.

A batch is checked before it is published; this checks what no batch can show: ids over the whole table, rows of which
no event is known, files that no log names, and rows that a newer suite would not let pass.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from quality import footers, report
from quality.gate import Gate
from redline import scan, sql
from redline.gates import gates_of
from redline.published import seal_of
from schemas.errors import InputError
from schemas.tables import AUDIT, QUALITY_HISTORY, TABLES
from schemas.verdict import Severity
from sinks import audit_table, halts, history, reader, store
from sinks.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from redline.settings import Settings
    from schemas.verdict import Verdict
    from sinks.places import Place
    from sinks.seal import Seal

_MADE_OF = ("pairs", "trajectories", "revisions")
_LISTED = 20
_HEX = re.compile(r"[0-9a-f]{32}")
# A sink moves its files into place some milliseconds before its commit names them: only what stays is an orphan.
_LOOKS = 3
_LOOK_S = 0.5

# One fault: the table, what is wrong, how many, and what to do about it.
Fault = tuple[str, str, int, str]


def check(settings: Settings, names: Sequence[str] = ()) -> tuple[str, bool]:
    """Everything there is to say of these tables (all if none is named), and whether all is well.

    A warning of a suite, or a table that is halted before its next batch, is told and is no failure: what is on disk is
    in order.

    Raises:
        InputError: there are no tables.
        SettingsError: an expectation of one's own is none.
        SinkError: no table has such a name, or one cannot be read.
    """
    data = settings.data_dir
    for name in names:
        if name not in _KEPT:
            reader.files(data, name)
    if not store.has(settings.dataset):
        raise InputError(
            f"{settings.dataset}: needed tables, there are none; `redline run` makes them, --data names the folder"
        )
    chosen = [name for name in TABLES if name in names or not names]
    kept = {
        name: part for name, read in _KEPT.items() if (name in names or not names) and (part := read(data)).num_rows
    }
    bad: list[tuple[str, str, str]] = []
    rows: dict[str, int] = dict.fromkeys(chosen, 0)
    seal = seal_of(settings)
    verdicts = [*_verdicts(data, seal, gates_of(settings, chosen), rows, bad), *_of_kept(kept, rows, bad)]
    parts = ["suites over the tables as they are\n\n" + report.verdicts(verdicts)]
    if bad:
        parts.append(report.table(("table", "expectation that failed", "record_id"), bad[:_LISTED]))
    faults = [fault for name in chosen for fault in (*_files(data, name, rows[name]), *_copies(data, name))]
    faults += [fault for name in chosen for fault in _footers(data, name)]
    faults += [fault for name in chosen if name in _MADE_OF for fault in _unknown_sources(data, seal, name)]
    if faults:
        parts.append(report.table(("table", "fault", "count", "what to do"), faults))
    parts += [_halt(halt) for halt in halts.halted(data) if halt.table in chosen]
    word = "failed" if bad or faults else "passed"
    parts.append(f"check {word}: {sum(rows.values()):,} rows of {len(rows)} tables")
    return "\n\n".join(parts), not bad and not faults


def _verdicts(
    data: Path, seal: Seal, gates: Mapping[str, Gate], rows: dict[str, int], bad: list[tuple[str, str, str]]
) -> Iterator[Verdict]:
    """The gate's verdict of every part of every table; notes the rows and what failed on the way."""
    for name, gate in gates.items():
        for part in scan.parts(data, name, seal=seal):
            rows[name] += part.num_rows
            verdict = gate(part)
            for failure in verdict.failures:
                if failure.severity is not Severity.WARNING:
                    first = failure.rows[: _LISTED - len(bad)] if len(bad) < _LISTED else ()
                    bad += [(name, failure.expectation, _id(part, row)) for row in first]
                    bad += [] if failure.rows else [(name, failure.expectation, "all rows")]
            yield verdict


def _of_kept(kept: Mapping[str, pa.Table], rows: dict[str, int], bad: list[tuple[str, str, str]]) -> Iterator[Verdict]:
    """The verdicts of what Redline itself writes: entries and points, which have no ids."""
    for name, part in kept.items():
        rows[name] = part.num_rows
        verdict = Gate(_KEPT_AS[name])(part)
        bad += [
            (name, failure.expectation, f"{len(failure.rows) or 'all'} rows")
            for failure in verdict.failures
            if failure.severity is not Severity.WARNING
        ]
        yield verdict


def _entries(data: Path) -> pa.Table:
    """The audit table. `redline audit verify` asks for more: whether anybody changed it."""
    rows = [asdict(entry) for entry in audit_table.entries(data)]
    return pa.Table.from_pylist([{**row, "at": row.pop("at_us")} for row in rows], schema=AUDIT.schema)


_KEPT: Mapping[str, Callable[[Path], pa.Table]] = {AUDIT.name: _entries, QUALITY_HISTORY.name: history.read}
_KEPT_AS = {table.name: table for table in (AUDIT, QUALITY_HISTORY)}


def _id(part: pa.Table, row: int) -> str:
    value = str(part["record_id"][row])
    return value if _HEX.fullmatch(value) else "not an id"


def _files(data: Path, name: str, rows: int) -> list[Fault]:
    """Whether any reader of `dataset/<table>/**/*.parquet` gets the rows that Delta's log names."""
    root = Layout(data).dataset(name)
    orphans, lost = _strays(data, name, root)
    if orphans:
        return [
            (
                name,
                "files that no commit names (a crash left them)",
                len(orphans),
                "redline up: a sink's start removes them",
            )
        ]
    if lost:
        return [(name, "files of the log that are gone", len(lost), "redline doctor")]
    if not store.has(root):
        return []
    # As a stranger would read it: any file below the folder, Hive names for columns.
    plain = (
        ds.dataset(str(root), format="parquet", partitioning="hive", schema=TABLES[name].stored)
        if isinstance(root, Path)
        else store.dataset(root, store.parquet_files(root), TABLES[name])
    ).count_rows()
    if plain == rows or rows != scan.count(data, name):  # it grew while we looked
        return []
    return [(name, "rows more or less to a plain Parquet reader than in the log", abs(plain - rows), "redline doctor")]


def _footers(data: Path, name: str) -> list[Fault]:
    """What the files say of themselves. One that a sink replaces meanwhile is passed over."""
    found: Counter[str] = Counter()
    for path in reader.places(data, name):
        try:
            with store.parquet(path) as file:
                found.update(footers.faults(file.metadata, TABLES[name]))
        except FileNotFoundError:
            continue
        except (OSError, pa.ArrowException):
            found["files that are no Parquet"] += 1
    return [
        (name, what, count, "restore the file from your backup, or redline rebuild") for what, count in found.items()
    ]


def _strays(data: Path, name: str, root: Place) -> tuple[set[str], set[str]]:
    """Files on disk and not in the log, and the reverse, that stay so over a few looks."""
    orphans: set[str] = set()
    lost: set[str] = set()
    for look in range(_LOOKS):
        if look:
            time.sleep(_LOOK_S)
        found = {str(root / path) for path in store.parquet_files(root)}
        live = set(reader.files(data, name))
        orphans = (found - live) & orphans if look else found - live
        lost = (live - found) & lost if look else live - found
        if not orphans and not lost:
            break
    return orphans, lost


def _copies(data: Path, name: str) -> list[Fault]:
    """Ids that stand in more than one row; a batch's gate sees only its own."""
    counted = f"select coalesce(sum(n - 1), 0) from (select count(*) as n from {name} group by record_id having n > 1)"  # noqa: S608 - our own names
    with sql.connection(data, [name]) as live:
        found = live.execute(counted).fetchone()
    more = int(found[0]) if found else 0
    return [(name, "rows whose record_id stands in the table already", more, "redline ledger")] if more else []


def _unknown_sources(data: Path, seal: Seal, name: str) -> list[Fault]:
    """Sources in no row of `interactions`, nor of its quarantine; and rows whose seal does not open."""
    with sql.connection(data) as live:
        live.register("_held", reader.read(data, "interactions", ["sources"], quarantine=True))
        live.execute('create temp table _used (place struct(topic varchar, partition integer, "offset" bigint))')
        closed = 0
        for part in scan.parts(data, name, ["sources"], seal=seal):
            live.register("_part", part)
            live.execute("insert into _used select distinct unnest(sources) from _part")
            closed += pc.sum(pc.equal(pc.list_value_length(part["sources"]), 0)).as_py() or 0
        found = live.execute(
            "select count(*) from (select distinct place from _used) as used"
            " anti join (select unnest(sources) as place from interactions"
            " union all select unnest(sources) from _held) as known on used.place = known.place"
        ).fetchone()
    count = found[0] if found else 0
    waits = (
        "its rows wait in Kafka: redline release interactions" if halts.load(data, "interactions") else "redline ledger"
    )
    faults = [(name, "events that are not in interactions", count, waits)] if count else []
    if closed:
        faults.append((name, "rows whose sources this key does not open", closed, "put the folder's own keys back"))
    return faults


def _halt(halt: halts.Halt) -> str:
    failed = [(f.expectation, f.column or "*", f.severity, f.rows) for f in halt.failed]
    spans = [(f"{span.topic}/{span.partition}", f"{span.start}", f"{span.end - 1}") for span in halt.spans]
    return "\n\n".join(
        (
            f"HALTED since {halt.since}: {halt.table}. What is on disk is in order; these batches wait in Kafka.",
            report.table(("expectation that failed", "column", "severity", "rows"), failed),
            report.table(("partition", "first offset", "last offset"), spans),
            f"go on: redline release {halt.table} [--quarantine]",
        )
    )
