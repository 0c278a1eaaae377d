"""The work of rendering in pieces that are done or not: some row groups each, of one file or of several small ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from redline.export.scan import gone, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from redline.export.plan import Plan

UNIT_ROWS = 200_000  # of the table, wanted or not: what a kill costs, a few seconds
UNIT_BYTES = 256 << 20  # of the file, as it is in memory


class Piece(msgspec.Struct, frozen=True):
    """Row groups of one pinned file; `first` is the place of their first row in it, `rows` their number."""

    file: int
    groups: tuple[int, ...]
    first: int
    rows: int


Unit = tuple[Piece, ...]


def units(plan: Plan, wanted: Sequence[int]) -> list[Unit]:
    """All pieces of the files that have a wanted row (`wanted`: how many, by file). The same for the same plan.

    Raises:
        SinkError: a file is gone, or cannot be read.
    """
    found: list[Unit] = []
    open_: list[Piece] = []
    rows = size = 0
    for piece, weight in _pieces(plan, wanted):
        if open_ and (rows + piece.rows > UNIT_ROWS or size + weight > UNIT_BYTES):
            found.append(tuple(open_))
            open_, rows, size = [], 0, 0
        open_.append(piece)
        rows, size = rows + piece.rows, size + weight
    return [*found, tuple(open_)] if open_ else found


def _pieces(plan: Plan, wanted: Sequence[int]) -> Iterator[tuple[Piece, int]]:
    for number, pinned in enumerate(plan.files):
        if not wanted[number]:
            continue
        failure = ""
        try:
            held = pq.read_metadata(pinned.path)
        except FileNotFoundError:
            failure = "gone"
        except (OSError, pa.ArrowException) as error:
            failure = type(error).__name__
        if failure:
            raise gone(plan.table) if failure == "gone" else unreadable(Path(pinned.path), failure)
        first = 0
        for group in range(held.num_row_groups):
            of_group = held.row_group(group)
            yield Piece(number, (group,), first, of_group.num_rows), of_group.total_byte_size
            first += of_group.num_rows
