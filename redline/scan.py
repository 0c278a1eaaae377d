"""All live rows of a table, a part at a time: for commands that look at every row in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from schemas.errors import SinkError
from schemas.tables import TABLES
from sinks import reader
from sinks.quarantine import quarantine_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from schemas.tables import Table
    from sinks.seal import Seal

ROWS = 50_000  # of a table with texts some 100 MB, and enough that the gate's fixed cost does not count


def count(data_dir: Path, name: str, *, quarantine: bool = False) -> int:
    """How many live rows there are, from the files' footers alone. Raises SinkError."""
    source = reader.dataset(data_dir, name, quarantine=quarantine)
    try:
        return 0 if source is None else int(source.count_rows())
    except FileNotFoundError:
        raise _moved(name) from None


def parts(
    data_dir: Path,
    name: str,
    columns: Sequence[str] | None = None,
    *,
    quarantine: bool = False,
    rows: int = ROWS,
    seal: Seal | None = None,
    day: str | None = None,
) -> Iterator[pa.Table]:
    """Tables of about `rows` rows with the table's own schema, in no order; none if nothing was written.

    `seal` opens the coordinates of a table that has them sealed. `day`: only rows of that `event_date`.

    Raises:
        SinkError: there is no such table, or a sink replaced a file meanwhile (run again).
    """
    source = reader.dataset(data_dir, name, quarantine=quarantine, day=day)
    if source is None:
        return
    names = list(columns) if columns is not None else _table(name, quarantine=quarantine).schema.names
    schema = pa.schema([source.schema.field(column) for column in names])

    def opened(part: pa.Table) -> pa.Table:
        return part if seal is None else seal.open(part, TABLES[name])

    # Read-ahead is a matter of memory here, not of speed: by default 16 batches of 4 files are held.
    scanner = source.scanner(columns=names, batch_size=rows, batch_readahead=1, fragment_readahead=1)
    waiting: list[pa.RecordBatch] = []
    try:
        for batch in scanner.to_batches():
            waiting.append(batch)
            if sum(b.num_rows for b in waiting) >= rows:
                yield opened(pa.Table.from_batches(waiting).cast(schema))
                waiting = []
    except FileNotFoundError:
        raise _moved(name) from None
    if sum(b.num_rows for b in waiting):
        yield opened(pa.Table.from_batches(waiting).cast(schema))


def _table(name: str, *, quarantine: bool) -> Table:
    return quarantine_of(TABLES[name]) if quarantine else TABLES[name]


def _moved(name: str) -> SinkError:
    return SinkError(
        f"table {name}: needed files that stay while they are read, one was replaced; run the command again"
    )
