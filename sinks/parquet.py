"""Data files: staged, forced to the disk, moved into their Hive folder, checked, rewritten, removed.

A file has its final name only when its bytes are on the disk (or in the object store), and is part of the table only
once the log names it.
"""

from __future__ import annotations

import errno
import os
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas.errors import SinkError
from schemas.tables import PURPOSE_KEY
from sinks import store
from sinks.arrow import split
from sinks.dedupe import NO_DIGEST, Identity, digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from schemas.tables import Table
    from sinks.places import Place

COMPRESSION = {"compression": "zstd", "compression_level": 3}  # zstd's own default
# How names of files begin that hold rows the table had before: copied beside new ones, or written anew.
MOVED, REWRITTEN = "moved-", "rewritten"


@dataclass(frozen=True, slots=True)
class DataFile:
    """One file of a table. `path` is relative to the table's root, with `/`."""

    path: str
    size: int
    rows: int
    partition: Mapping[str, str]
    identities: tuple[Identity, ...] = field(default=(), repr=False)


class Files:
    """Writes and removes the data files of one table for one sink.

    `root` is the table's folder; `staging` is this sink's own folder, on the same file system if the table is local.
    """

    def __init__(self, *, root: Place, staging: Path, sink: str, table: Table) -> None:
        self._root = root
        self._staging = staging
        self._sink = sink
        self._partition_by = table.partition_by
        self._amendable = table.amendable
        # In the order of their ids, which are hashes: what stands side by side did not arrive so.
        self._ordered = table.published
        # The least and the greatest text of a file would stand in plain sight, out of reach of who reads rows.
        self._statistics = table.plain
        self._purpose = {PURPOSE_KEY: table.purpose}

    def write(self, rows: pa.Table, ids: Sequence[Identity], label: str) -> list[DataFile]:
        """Write rows (with partition columns) durably into their folders; `label` becomes part of the names.

        `ids[i]` is the identity of row `i`.

        Either all files have their final names afterwards, or none is left and the error is raised.

        Raises:
            OSError: the disk is full or refuses.
            SinkError: a partition value cannot be a folder name.
        """
        done: list[DataFile] = []
        order = pc.sort_indices(rows.column("record_id")) if self._ordered else None
        try:
            for partition, body, positions in split(rows, self._partition_by, order):
                done.append(self._write_one(body, [ids[i] for i in positions], partition, label))
            sync_folders(self._root, [file.path for file in done])
        except BaseException:
            self.remove(file.path for file in done)
            raise
        return done

    def without(
        self, path: str, partition: Mapping[str, str], record_ids: frozenset[str], label: str
    ) -> list[DataFile]:
        """A copy of a file without some rows: one file, or none if nothing is left. The old file stays.

        Raises:
            OSError: as `write`; FileNotFoundError if another sink has replaced the file already.
        """
        body = store.parquet(self._root / path).read()
        gone = pc.is_in(body.column("record_id"), value_set=pa.array(sorted(record_ids), pa.string()))
        rest = body.filter(pc.invert(gone))
        if rest.num_rows == 0:
            return []
        file = self._write_one(rest, identities_of(rest, amendable=self._amendable), partition, label)
        try:
            sync_folders(self._root, [file.path])
        except BaseException:
            self.remove([file.path])
            raise
        return [file]

    def verify(self, files: Iterable[DataFile]) -> None:
        """Delta would accept an entry without a file, and the table would be unreadable: look first.

        Raises:
            SinkError: a file is not there with its size.
            OSError: the object store does not say.
        """
        for file in files:
            size = store.size(self._root / file.path)
            if size != file.size:
                came = "no file" if size is None else f"{size} bytes"
                raise SinkError(f"{file.path}: needed {file.size} bytes before the commit, came {came}")

    def identities(self, path: str) -> list[Identity]:
        """Identities of a file's rows. Raises FileNotFoundError."""
        return identities_of(
            store.parquet(self._root / path).read(
                columns=["record_id", "revision"] if self._amendable else ["record_id", "sources"]
            ),
            amendable=self._amendable,
        )

    def remove(self, paths: Iterable[str]) -> None:
        """Remove files that no log names (any more); those that are gone already are fine."""
        for path in paths:
            store.remove(self._root / path)

    def clear_staging(self) -> int:
        """Remove what a crash left in staging; returns how many files."""
        leftovers = (
            [path for path in self._staging.glob("*.parquet") if path.is_file()] if self._staging.is_dir() else []
        )
        for path in leftovers:
            path.unlink(missing_ok=True)
        return len(leftovers)

    def _write_one(self, body: pa.Table, ids: Sequence[Identity], partition: Mapping[str, str], label: str) -> DataFile:
        name = f"{label}--{self._sink}--{uuid.uuid4().hex[:12]}.parquet"
        folder = "/".join(f"{column}={partition[column]}" for column in self._partition_by)
        self._staging.mkdir(parents=True, exist_ok=True)
        staged = self._staging / name
        target = self._root / folder / name
        try:
            with staged.open("wb") as out:
                pq.write_table(
                    body.replace_schema_metadata(self._purpose), out, write_statistics=self._statistics, **COMPRESSION
                )
                out.flush()
                os.fsync(out.fileno())
            size = staged.stat().st_size
            store.install(staged, target)
        except BaseException:
            staged.unlink(missing_ok=True)
            raise
        return DataFile(f"{folder}/{name}", size, body.num_rows, dict(partition), tuple(ids))


def identities_of(rows: pa.Table, *, amendable: bool) -> list[Identity]:
    """Identities of an Arrow table's rows."""
    ids: list[str] = rows.column("record_id").to_pylist()
    if amendable:
        revisions: list[int] = rows.column("revision").to_pylist()
        return [Identity(i, r, NO_DIGEST) for i, r in zip(ids, revisions, strict=True)]
    if pa.types.is_binary(rows.schema.field("sources").type.value_type):
        return [Identity(i, 0, NO_DIGEST) for i in ids]  # sealed: it is not told here what they are
    return [Identity(i, 0, d) for i, d in zip(ids, _digests(rows.column("sources")), strict=True)]


def _digests(sources: pa.ChunkedArray) -> Iterator[bytes]:
    """The digest of each row's sources."""
    column = sources.combine_chunks()
    parts = (pc.struct_field(pc.list_flatten(column), name) for name in ("topic", "partition", "offset"))
    texts = pc.binary_join_element_wise(*(part.cast(pa.string()) for part in parts), "/").to_pylist()
    end = 0
    for count in pc.list_value_length(column).to_pylist():
        end += count
        yield digest(texts[end - count : end])


def sync_folders(root: Place, paths: Iterable[str]) -> None:
    """Force the folders of files to the disk, up to and with `root`: a name is as durable as its folder.

    An object store has none: what it has taken is durable.
    """
    if not isinstance(root, Path):
        return
    folders = {root}
    for path in paths:
        folder = (root / path).parent
        while folder != root:
            folders.add(folder)
            folder = folder.parent
    for folder in folders:
        sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Force one folder's entries to the disk. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems cannot sync a folder and say so; they are no less safe for our asking.
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Force one file's bytes to the disk. Raises OSError."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
