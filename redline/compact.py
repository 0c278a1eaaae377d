"""`redline compact`: many small files of a partition become few large ones, while sinks and readers go on.

A sink commits a file for each batch and partition: a busy day has thousands. What is small is merged, in the order of
record ids; a file of half the good size or more is left alone, so that a partition which goes on growing is not written
anew each time. Rows, and the offsets in the log, stay as they are.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quality import report
from schemas.errors import InputError
from schemas.tables import TABLES
from sinks import reader
from sinks.offering import MERGE_ROWS
from sinks.rewrite import rewrite

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pyarrow as pa

    from sinks.delta_table import FileFact

NAME = "compact"  # of the writer: as a sink's
GOOD_BYTES = 128_000_000  # a merged file has at most MERGE_ROWS rows, and about as many bytes as readers like
LINGER_S = 30.0  # who has listed the version before opens its files in that time
_FEWEST = 4


@dataclass(frozen=True, slots=True)
class Compacted:
    """One table: small files of how many partitions, how many files they were, and are now."""

    table: str
    partitions: int
    before: int
    after: int
    rows: int


def compact(
    data_dir: Path,
    names: Sequence[str] = (),
    *,
    good_bytes: int = GOOD_BYTES,
    fewest: int = _FEWEST,
    linger_s: float = LINGER_S,
    wait: Callable[[float], object] = time.sleep,
    dry_run: bool = False,
    crash: Callable[[int], None] = lambda _step: None,
) -> list[Compacted]:
    """Merge small files, table by table, one commit each. Killed anywhere, nothing is lost and it can be run again.

    Args:
        data_dir: the data folder.
        names: which tables; default all.
        good_bytes: files of half this or more are left alone.
        fewest: small files of a partition that are worth a merge.
        linger_s: seconds that merged files stay for readers of the version before. Who reads the plain folders
            instead of the log sees rows twice for so long. An erasure ends it.
        wait: waits so many seconds; or less, and says True, if it should stop. Then the table at hand is the last.
        dry_run: only say what would be merged; `after` is then 0.
        crash: as of `sinks.rewrite.rewrite`.

    Raises:
        InputError: there is no such table.
        SinkError: a table cannot be read or rewritten.
        OSError: the disk is full or refuses; the table is as it was.
    """
    unknown = [name for name in names if name not in TABLES]
    if unknown:
        raise InputError(f"table: needed some of {', '.join(TABLES)}, came another name")
    done: list[Compacted] = []
    stopped = False

    def linger() -> None:
        nonlocal stopped
        stopped = bool(wait(linger_s))

    for name in names or TABLES:
        if stopped:
            break
        chosen = _small(data_dir, name, good_bytes, max(fewest, 2))
        if not chosen:
            continue
        paths = frozenset(file.path for files in chosen.values() for file in files)
        rows = sum(file.rows for files in chosen.values() for file in files)
        if dry_run:
            done.append(Compacted(name, len(chosen), len(paths), 0, rows))
            continue
        made = rewrite(data_dir, TABLES[name], _as_it_is, name=NAME, only=paths, merge=True, linger=linger, crash=crash)
        done.append(Compacted(name, len(chosen), made.files, made.added, made.rows_after))
    return done


def shown(done: Sequence[Compacted], *, dry_run: bool = False) -> str:
    """What was merged, by table."""
    if not done:
        return "every table has files of a good size"
    header = ("table", "partitions", "small files", "would be merged" if dry_run else "files now", "rows")
    return report.table(
        header, [(one.table, one.partitions, one.before, "yes" if dry_run else one.after, one.rows) for one in done]
    )


def _small(
    data_dir: Path, name: str, good_bytes: int, fewest: int
) -> dict[tuple[tuple[str, str], ...], list[FileFact]]:
    """Small files of those partitions that have enough of them."""
    by_partition: dict[tuple[tuple[str, str], ...], list[FileFact]] = defaultdict(list)
    for file in reader.facts(data_dir, name)[1]:
        if 2 * file.size < good_bytes and 2 * file.rows < MERGE_ROWS:
            by_partition[tuple(sorted(file.partition.items()))].append(file)
    return {partition: files for partition, files in by_partition.items() if len(files) >= fewest}


def _as_it_is(rows: pa.Table) -> pa.Table:
    return rows
