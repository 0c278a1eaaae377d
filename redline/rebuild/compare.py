"""Rebuilt rows against streamed ones, and what is said of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from quality import report
from redline.rebuild.events import place
from schemas.evolution import at_version

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from redline.open_keys import Waiting
    from redline.rebuild.made import Made

Row = dict[str, Any]
_LISTED = 20


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it. `rows`: rebuilt rows; `differing`: rows that are not the same on both sides."""

    text: str
    equal: bool
    rows: int
    differing: int


@dataclass(slots=True)
class Tally:
    """What became of events and rows so far; `faults`: record id -> how it differs."""

    same: int = 0
    unfinished: int = 0
    quarantined: int = 0
    left_out: int = 0
    unseen: int = 0
    destroyed: int = 0
    aged: int = 0
    rebuilt: int = 0
    faults: dict[str, str] = field(default_factory=dict)
    gone_before: dict[str, dt.date] = field(default_factory=dict)

    def fault(self, row: Row, what: str, table: str) -> None:
        """Of a row of one side. `table`: the one that may have lost rows of its day, then it is none."""
        limit = self.gone_before.get(table)
        if limit is not None and row["event_date"] < limit:
            self.aged += 1
        else:
            self.faults[row["record_id"]] = what


def compare(made: Made, rebuilt: Iterable[Row], streamed: list[Row], tally: Tally) -> None:
    """Count what is equal, and note what is not."""
    copies = Counter(row["record_id"] for row in streamed)
    there = {row["record_id"]: row for row in streamed}
    for row in rebuilt:
        name = row["record_id"]
        other = there.pop(name, None)
        if other is None:
            tally.fault(row, "not in the streamed table", made.table.name)
        elif copies[name] > 1:
            tally.faults[name] = f"{copies[name]} rows in the streamed table"
        elif columns := differing(made, row, other):
            tally.fault(row, "differs in " + ", ".join(columns), "interactions")
        else:
            tally.same += 1
    for other in there.values():
        tally.fault(other, "only in the streamed table", "interactions")


def differing(made: Made, row: Row, other: Row) -> list[str]:
    """The columns in which a rebuilt row is not the streamed one.

    What an older version published is compared as that version would have written it.
    """
    version, schema = other["schema_version"], made.table.schema
    ours, theirs = at_version(row, schema, version), at_version(other, schema, version)
    ours["schema_version"] = min(row["schema_version"], version)
    return [
        name
        for name in schema.names
        if name in ours and name not in made.unequal and _value(made, name, ours) != _value(made, name, theirs)
    ]


def _value(made: Made, name: str, row: Row) -> Any:
    if name == "sources":
        return sorted(place(source) for source in row[name])
    return made.values[name](row[name]) if name in made.values else row[name]


def result(made: Made, tally: Tally, waiting: Waiting, *, moved: bool, target: Path | None) -> Result:
    """Everything as text. Rows of keys that wait are no difference."""
    table, stage = made.table.name, made.logic.name
    still = {made.family(made.first_id(key)) for key in waiting.keys}
    faults = {name: what for name, what in tally.faults.items() if made.family(name) not in still}
    lines: list[tuple[str, int]] = [
        ("equal in both", tally.same),
        ("different", len(faults)),
        ("still open: something new since the last row", len(tally.faults) - len(faults)),
        (f"still open: {made.waits}", tally.unfinished),
        ("not compared: events or row in quarantine", tally.quarantined),
        ("not compared: older than a table keeps its rows", tally.aged),
        (f"events left out: rejected by the {stage}", tally.left_out),
        ("events left out: their epoch's key is destroyed", tally.destroyed),
    ]
    if made.seen is not None:
        lines.append((f"events left out: they came after the {stage} had closed", tally.unseen))
    parts = [report.table(("rebuilt from interactions", "count"), lines)]
    if faults:
        listed = sorted(faults.items())[:_LISTED]
        parts.append(report.table(("record_id", "rebuilt against streamed"), listed))
        if len(faults) > _LISTED:
            parts.append(f"{len(faults) - _LISTED:,} more are not listed")
        parts += [note for note in (waiting.note, _moved(moved=moved)) if note]
        parts.append("The same limits are needed as in the stream: compare `redline settings`.")
    if target is not None:
        parts.append(f"{tally.rebuilt:,} rows written to {target}")
    word = "does NOT equal" if faults else "equals"
    parts.append(f"rebuild {word} the streamed table: {tally.rebuilt:,} {table} rebuilt, {len(faults):,} differ")
    return Result("\n\n".join(parts), not faults, tally.rebuilt, len(faults))


def _moved(*, moved: bool) -> str:
    return "The tables were written to meanwhile: run it again when nothing flows." if moved else ""


def without(rows: Iterable[Row], made: Made, apart: Collection[str]) -> list[Row]:
    """The rows of no family that stands apart: of those an event or a row is in quarantine."""
    return [row for row in rows if made.family(row["record_id"]) not in apart]
