"""What the metadata of a Parquet file must say: any reader sees it, and some show it before they read a row. Pure.

* the columns of its table, but for those that are folders, with their types
* every column chunk in zstd
* what the rows are for, under `schemas.tables.PURPOSE_KEY`
* no row group without rows, or of more rows than a reader can be asked to hold
* no statistics of columns that hold text: the smallest and the largest text of a chunk would stand in plain sight
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schemas.evolution import added, later
from schemas.tables import PURPOSE_KEY

if TYPE_CHECKING:
    import pyarrow as pa

    from schemas.tables import Table

# Texts of a million rows would be gigabytes in memory; ours are of one batch each.
MOST_ROWS = 1 << 20
CODEC = "ZSTD"

SCHEMA = "columns or types that are not the table's"
CODECS = "column chunks that are not zstd"
PURPOSE = "files that do not say what they are for"
GROUPS = f"row groups of no rows, or of more than {MOST_ROWS:,}"
STATISTICS = "column chunks with a text in their statistics"


def faults(metadata: Any, table: Table) -> dict[str, int]:
    """What is wrong with one file's metadata (`pyarrow.parquet.FileMetaData`), and how often; empty if nothing is."""
    found = dict.fromkeys((SCHEMA, CODECS, PURPOSE, GROUPS, STATISTICS), 0)
    found[SCHEMA] = _columns(metadata.schema.to_arrow_schema(), table)
    found[PURPOSE] = (metadata.metadata or {}).get(PURPOSE_KEY.encode()) != table.purpose.encode()
    open_to_all = set(table.plain)
    for place in range(metadata.num_row_groups):
        group = metadata.row_group(place)
        found[GROUPS] += not 0 < group.num_rows <= MOST_ROWS
        for column in range(group.num_columns):
            chunk = group.column(column)
            found[CODECS] += chunk.compression != CODEC
            found[STATISTICS] += chunk.path_in_schema not in open_to_all and _tells(chunk)
    return {what: int(count) for what, count in found.items() if count}


def _columns(came: pa.Schema, table: Table) -> int:
    wanted = {field.name: field for field in table.stored if field.name not in table.partition_by}
    held = {field.name: field for field in came}
    shared = held.keys() & wanted.keys()
    wrong = [name for name in shared if added([held[name]], [wanted[name]]) is None]
    # A file of an earlier version lacks the columns that came later.
    return len(wrong) + len(wanted.keys() - shared - later(table.stored)) + len(held.keys() - shared)


def _tells(chunk: Any) -> bool:
    statistics = chunk.statistics
    return statistics is not None and bool(statistics.has_min_max)
