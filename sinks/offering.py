"""Files of a table offered to a change: their rows read whole, and what is answered written as new files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from schemas.errors import SinkError
from sinks import store
from sinks.parquet import REWRITTEN, identities_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from schemas.tables import Table
    from sinks.parquet import DataFile, Files
    from sinks.places import Place

Change = Callable[[pa.Table], pa.Table | None]

MERGE_ROWS = 100_000  # rows of one merged file: of a table with texts some 200 MB in memory


@dataclass(frozen=True, slots=True)
class Piece:
    """Files that were offered together, and what replaces them; `left`: nothing does, they stay."""

    paths: Mapping[str, Mapping[str, str]]
    adds: tuple[DataFile, ...] = ()
    before: int = 0
    left: bool = False


class Offering:
    """Offers files of the table at `root` to `change`; `builder` writes what it answers, `merge`: in chunks by id."""

    def __init__(self, root: Place, table: Table, builder: Files, change: Change, *, merge: bool) -> None:
        self._root, self._table, self._builder, self._change, self._merge = root, table, builder, change, merge

    def offer(self, paths: Mapping[str, Mapping[str, str]]) -> Piece:
        """Offer the rows of these files together; what replaces them is built.

        Raises:
            FileNotFoundError: one of them is gone.
            SinkError: an answer has not the table's columns.
            OSError: the disk is full or refuses. Nothing that was built is left.
        """
        adds: list[DataFile] = []
        before, left = 0, True
        try:
            for rows in self._chunks(paths) if self._merge else self._read(paths):
                before += rows.num_rows
                answer = self._change(rows)
                left &= answer is None
                adds += self._write(rows if answer is None else answer, kept=answer is None)
        except BaseException:
            self._builder.remove(file.path for file in adds)
            raise
        if left:
            self._builder.remove(file.path for file in adds)
            return Piece(paths, left=True)
        return Piece(paths, tuple(adds), before)

    def _write(self, rows: pa.Table, *, kept: bool) -> list[DataFile]:
        """`kept`: an answer of None, which is written only because its neighbours of a merge may change."""
        if not rows.num_rows or (kept and not self._merge):
            return []
        fitting = self._fitting(rows)
        return self._builder.write(fitting, identities_of(fitting, amendable=self._table.amendable), REWRITTEN)

    def _read(self, paths: Mapping[str, Mapping[str, str]]) -> Iterator[pa.Table]:
        for path, partition in paths.items():
            yield self._whole(store.parquet(self._root / path).read(), partition)

    def _chunks(self, paths: Mapping[str, Mapping[str, str]]) -> Iterator[pa.Table]:
        """All rows of the files in the order of their ids, `MERGE_ROWS` at a time.

        More rows than that are read once for each chunk: what is held at a time stays bounded.
        """
        ids: list[str] = []
        for path in paths:
            ids += store.parquet(self._root / path).read(columns=["record_id"]).column(0).to_pylist()
        ids.sort()
        starts = ids[::MERGE_ROWS]
        for place, start in enumerate(starts):
            own = [("record_id", ">=", start)]
            if place + 1 < len(starts):
                own.append(("record_id", "<", starts[place + 1]))
            parts = [self._whole(store.rows(self._root / path, own), partition) for path, partition in paths.items()]
            yield pa.concat_tables(parts).sort_by("record_id")

    def _whole(self, body: pa.Table, partition: Mapping[str, str]) -> pa.Table:
        """Rows of a file with every column of the table: partition columns from the folder, newer columns empty."""
        columns = []
        for field in self._table.stored:
            if field.name in partition:
                columns.append(pa.repeat(pa.scalar(partition[field.name]), body.num_rows).cast(field.type))
            elif field.name in body.column_names:
                columns.append(body.column(field.name).cast(field.type))
            else:
                columns.append(pa.nulls(body.num_rows, field.type))
        return pa.Table.from_arrays(columns, schema=self._table.stored)

    def _fitting(self, rows: pa.Table) -> pa.Table:
        schema = self._table.stored
        came = "other columns"
        if rows.column_names == schema.names:
            empty = [field.name for field in schema if not field.nullable and rows.column(field.name).null_count]
            came = f"null in {', '.join(empty)}" if empty else "other types"
            try:
                return rows.cast(schema)
            except (pa.ArrowException, ValueError):
                pass  # Arrow's message quotes the value
        raise SinkError(f"{self._root}: needed rows of table {self._table.name} from a rewriting, came {came}")
