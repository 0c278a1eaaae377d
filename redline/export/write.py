"""One shard: its lines out of the runs, in order, into a file; and what a later look at the file needs to know."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from redline.export import runs, shards
from redline.export.files import write_json, write_whole
from redline.export.plan import Plan
from schemas.errors import SinkError
from schemas.tables import PURPOSE_KEY, TABLES
from sinks.export.example import options
from sinks.export.formats import FORMATS
from sinks.parquet import sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from redline.export.shards import Shard

DIGEST = 8  # bytes of a row's keyed hash
_ROWS = 4096  # of a Parquet file that are Python objects at a time
_encode = msgspec.json.Encoder().encode


class Written(msgspec.Struct, frozen=True):
    """A finished file: its bytes and their SHA-256 (hex)."""

    name: str
    split: str
    rows: int
    bytes: int
    sha256: str


class Job(msgspec.Struct, frozen=True):
    """All that writing needs to know. `work`: runs and selection; `target`: where files wait for being moved.

    `key` is that of the rows' hashes; it comes from the data folder's own and is never written.
    """

    plan: Plan
    work: str
    target: str
    runs: tuple[str, ...]
    key: bytes

    def __repr__(self) -> str:
        return "Job()"


class Writer:
    """Writes shards of one selection."""

    def __init__(self, job: Job) -> None:
        self._work, self._target, self._key = Path(job.work), Path(job.target), job.key
        self._runs = [self._work / name for name in job.runs]
        self._selection = shards.load(self._work / "selection")
        self._table = TABLES[job.plan.table]
        asked = job.plan.asked
        self._schema: pa.Schema | None = None
        if asked.form == "parquet":
            self._schema = FORMATS[asked.format].schema(options(asked.options))

    def write(self, shard: Shard) -> Written:
        """Write a file, the hashes of its rows, and its page, which says that it is done.

        Raises:
            SinkError: an example does not fit the format's columns: a fault of the format.
            OSError: the disk is full or refuses.
        """
        path = self._target / shard.name
        lines = self._lines(shard)
        if self._schema is None:
            with path.open("wb") as out:
                out.writelines(part for line in lines for part in (line, b"\n"))
                out.flush()
                os.fsync(out.fileno())
            rows: Iterable[bytes] = lines
        else:
            self._parquet(path, lines)
            rows = rows_of(path, "parquet")
        write_whole(self._work / f"{shard.name}.rows", row_hashes(self._key, rows))
        sync_folder(self._target)
        done = Written(shard.name, shard.split, len(lines), path.stat().st_size, sha256_of(path))
        write_json(self._work / f"{shard.name}.json", done)
        return done

    def _lines(self, shard: Shard) -> list[bytes]:
        inside = slice(shard.start, shard.stop)
        run, place = np.asarray(self._selection.run[inside]), np.asarray(self._selection.place[inside])
        found: list[bytes] = [b""] * len(run)
        for number in np.unique(run).tolist():
            where = np.flatnonzero(run == number)
            lines = runs.lines(self._runs[number], place[where].astype(np.intp))
            for i, line in zip(where.tolist(), lines, strict=True):
                found[i] = line
        return found

    def _parquet(self, path: Path, lines: Sequence[bytes]) -> None:
        failure = ""
        # The table's purpose goes with its rows.
        schema = (self._schema or pa.schema([])).with_metadata({PURPOSE_KEY: self._table.purpose})
        with path.open("wb") as out, pq.ParquetWriter(out, schema, compression="zstd") as writer:
            for start in range(0, len(lines), _ROWS):
                rows = [msgspec.json.decode(line) for line in lines[start : start + _ROWS]]
                try:
                    writer.write_table(pa.Table.from_pylist(rows, schema=schema))
                except (pa.ArrowException, TypeError) as error:
                    failure = type(error).__name__
                    break
        if failure:
            raise SinkError(
                f"{path.name}: needed examples that fit the columns of the format, came {failure}: a fault of Redline; "
                "export it with --as jsonl"
            )
        with path.open("rb") as file:
            os.fsync(file.fileno())


def writer(job: Job) -> Callable[[Shard], Written]:
    """What writes shards, wherever it runs."""
    return Writer(job).write


def rows_of(path: Path, form: str) -> Iterator[bytes]:
    """The rows of a file as lines of JSON, as they are hashed. Raises OSError; pa.ArrowException."""
    if form == "jsonl":
        with path.open("rb") as lines:
            for line in lines:
                yield line.removesuffix(b"\n")
        return
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(_ROWS):
            rows: list[dict[str, Any]] = batch.to_pylist()
            yield from map(_encode, rows)


def row_hashes(key: bytes, rows: Iterable[bytes]) -> bytes:
    """Keyed hashes of rows, one after the other: which rows a file had, for whoever has the key."""
    copy = hashlib.blake2b(digest_size=DIGEST, key=key, person=b"export-row").copy
    out = bytearray()
    for row in rows:
        digest = copy()
        digest.update(row)
        out += digest.digest()
    return bytes(out)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
