"""Halted tables: which, why, over which offsets, and whether they were released. One JSON file per table; no values.

A halt ends in one of two ways. Deleting the file lets the same batch be read and checked again (the fault was the
suite's). A release to quarantine keeps the file until the table has passed the halted offsets, so that it holds across
restarts, other sinks and other batch limits.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from schemas.errors import SinkError
from schemas.records import Partition
from sinks.layout import Layout
from sinks.locks import exclusive
from sinks.parquet import sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from schemas.verdict import Failure
    from sinks.batch import Batch, Range


class Failed(msgspec.Struct, frozen=True):
    """An expectation that did not hold; `rows` is how many rows failed it, 0 where it speaks of the whole batch."""

    expectation: str
    column: str | None
    severity: str
    rows: int


class Span(msgspec.Struct, frozen=True):
    """Half-open range of offsets of one partition."""

    topic: str
    partition: int
    start: int
    end: int


class Halt(msgspec.Struct, frozen=True):
    """One halted table. `since` is UTC, ISO 8601; `quarantine` is True once it was released to quarantine."""

    table: str
    since: str
    failed: list[Failed]
    spans: list[Span]
    quarantine: bool = False

    def covers(self, batch: Batch) -> bool:
        """True if the batch holds an offset that was halted."""
        return any(batch.overlaps(Partition(s.topic, s.partition), s.start, s.end) for s in self.spans)


def halted(data_dir: Path) -> list[Halt]:
    """The halts that wait for a release, by table name."""
    folder = Layout(data_dir).halts
    halts = [_read(path) for path in sorted(folder.glob("*.json"))] if folder.is_dir() else []
    return [halt for halt in halts if halt is not None and not halt.quarantine]


def load(data_dir: Path, table: str) -> Halt | None:
    """A table's halt, released to quarantine or not; None if there is none."""
    return _read(_path(data_dir, table))


def release(data_dir: Path, table: str, *, quarantine: bool = False) -> None:
    """Let a halted table go on; running sinks notice within seconds.

    Args:
        data_dir: the data folder.
        table: name of the table.
        quarantine: send the failing rows of the halted offsets to quarantine instead of checking them again (the
            whole batch, where the gate could not say which rows failed).

    Raises:
        SinkError: the table is not halted.
    """
    with exclusive(_lock(data_dir)):
        halt = load(data_dir, table)
        if halt is None:
            raise SinkError(f"table {table}: needed a halted table, came one that is not; see `redline status`")
        if quarantine:
            _write(data_dir, msgspec.structs.replace(halt, quarantine=True))
        else:
            _path(data_dir, table).unlink()


def record(data_dir: Path, table: str, failures: tuple[Failure, ...], ranges: Mapping[Partition, Range]) -> Halt:
    """Write down that a gate halted a table, adding to a halt that is there already. Raises OSError."""
    with exclusive(_lock(data_dir)):
        before = load(data_dir, table)
        failed = [Failed(f.expectation, f.column, f.severity.value, len(f.rows)) for f in failures]
        spans = [Span(p.topic, p.index, r.start, r.end) for p, r in sorted(ranges.items())]
        if before is not None:
            failed = before.failed + [f for f in failed if f not in before.failed]
            spans = before.spans + [s for s in spans if s not in before.spans]
        since = before.since if before is not None else datetime.now(UTC).isoformat(timespec="seconds")
        halt = Halt(table, since, failed, spans)
        _write(data_dir, halt)
        return halt


def settle(data_dir: Path, table: str, offset: Callable[[Partition], int | None]) -> bool:
    """Forget a halt that was released to quarantine, once the table has passed all its offsets."""
    with exclusive(_lock(data_dir)):
        halt = load(data_dir, table)
        if halt is None or not halt.quarantine:
            return False
        if any((offset(Partition(s.topic, s.partition)) or 0) < s.end for s in halt.spans):
            return False
        _path(data_dir, table).unlink()
        return True


def _path(data_dir: Path, table: str) -> Path:
    return Layout(data_dir).halts / f"{table}.json"


def _lock(data_dir: Path) -> Path:
    return Layout(data_dir).halts / ".lock"


def _read(path: Path) -> Halt | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Halt)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError:
        pass
    raise SinkError(
        f"{path}: needed a halt as JSON, came something else; fix it, or delete it to check the batch again"
    )


def _write(data_dir: Path, halt: Halt) -> None:
    path = _path(data_dir, halt.table)
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(halt)))
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)
    sync_folder(path.parent)
