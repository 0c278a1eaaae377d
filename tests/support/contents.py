"""The tables of a run as multisets of rows, to be compared with those of another run over the same records."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from support.rows import plain_ids

from schemas.records import Coordinate
from schemas.tables import TABLES
from sinks import reader
from sinks.decisions import Decisions
from sinks.layout import Layout
from sinks.release import Release

if TYPE_CHECKING:
    from pathlib import Path

    from sinks.seal import Seal


def contents(data: Path, origins: dict[Coordinate, str], seal: Seal) -> dict[str, Counter[str]]:
    """Each table as a multiset of rows, to be compared between two runs over the same records with the same keys.

    Two things may differ between equal runs, and are left out. `revision`: a run that was restarted may close its input
    more than once. Which of two copies of an event came first, if they came by different partitions: `sources` are
    compared by what was there, not by where, and of a `duplicate` only what it was a copy of.
    """
    found: dict[str, Counter[str]] = {}
    release = Release(Decisions(data), seal)
    for name, table in TABLES.items():
        rows: Counter[str] = Counter()
        columns = [*table.schema.names, *(["withheld"] if table.sealed else [])]
        part = reader.read(data, name, columns, seal=seal)
        hidden = release.revealed(part, table) if table.sealed else [None] * part.num_rows
        for row, values in zip(part.to_pylist(), hidden, strict=True):
            row["withheld"] = values
            row.pop("revision", None)
            places = [Coordinate(s["topic"], s["partition"], s["offset"]) for s in row.pop("sources")]
            row["sources"] = sorted(origins[place] for place in places)
            if row.get("reason") == "duplicate":
                del row["record_id"]  # made from its place
            rows[repr(sorted(row.items()))] += 1
        found[name] = rows
    return found


def differences(found: dict[str, Counter[str]], wanted: dict[str, Counter[str]]) -> list[str]:
    """Rows that only one side has, shortened: what to look at first."""
    return [
        f"{name}: {sign} {count}x {row[:1500]}"
        for name in wanted
        for sign, rest in (("too much", found[name] - wanted[name]), ("missing", wanted[name] - found[name]))
        for row, count in list(rest.items())[:5]
    ]


def torn(data: Path) -> list[str]:
    """Tables whose plain Parquet files are not what their Delta log says."""
    wrong = []
    for name in TABLES:
        by_log = sorted(reader.read(data, name, ["record_id"]).column(0).to_pylist())
        if plain_ids(Layout(data).dataset(name)) != by_log:
            wrong.append(name)
        if len(set(by_log)) != len(by_log):
            wrong.append(f"{name} (a record_id twice)")
    return wrong
