"""The few things that are done with a table's files, wherever they lie.

On this machine a file is renamed into its place, and forced to the disk by `sinks.parquet`. In an object store it is
uploaded: an object appears whole, and is durable once the store says so.
"""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from sinks import bucket

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    import pyarrow.dataset as ds

    from schemas.tables import Table
    from sinks.places import Place


_LOG = "_delta_log"
_PART = 1 << 20  # bytes


def options(place: Place) -> dict[str, str] | None:
    """What deltalake must be told of the place."""
    return None if isinstance(place, Path) else bucket.options()


def install(made: Path, to: Place) -> None:
    """Give a finished file its final place; it is gone from where it was made.

    Raises:
        OSError: it could not be done, and the file is still where it was made.
    """
    if isinstance(to, Path):
        to.parent.mkdir(parents=True, exist_ok=True)
        made.rename(to)
        return
    bucket.put(made, to)
    made.unlink()


def copy(place: Place, to: Path) -> None:
    """Copy a file, whatever its size, into a folder of this machine, and force it to the disk.

    Raises:
        FileNotFoundError: it is gone.
        OSError: the disk is full or refuses, or the store does not answer.
    """
    to.parent.mkdir(parents=True, exist_ok=True)
    with closing(_parts(place)) as parts, to.open("wb") as file:
        for part in parts:
            file.write(part)
        file.flush()
        os.fsync(file.fileno())


def _parts(place: Place) -> Generator[bytes]:
    if not isinstance(place, Path):
        yield from bucket.parts(place)
        return
    with place.open("rb") as file:
        while part := file.read(_PART):
            yield part


def read(place: Place) -> bytes:
    """All of a file. Raises FileNotFoundError, OSError."""
    return place.read_bytes() if isinstance(place, Path) else bucket.read(place)


def size(place: Place) -> int | None:
    """Bytes of a file, or None if it is not there. Raises OSError."""
    if not isinstance(place, Path):
        return bucket.size(place)
    try:
        return place.stat().st_size
    except FileNotFoundError:
        return None


def remove(place: Place) -> None:
    """Remove a file; one that is gone already is fine. Raises OSError."""
    if isinstance(place, Path):
        place.unlink(missing_ok=True)
    else:
        bucket.remove(place)


def names(folder: Place) -> list[str]:
    """Names of the files right below a folder; none if there is no folder. Raises OSError."""
    if not isinstance(folder, Path):
        return bucket.names(folder)
    return [path.name for path in folder.iterdir()] if folder.is_dir() else []


def parquet_files(root: Place) -> list[str]:
    """Every data file below a table's folder, whether a log names it or not, as the log would. Raises OSError."""
    if isinstance(root, Path):
        found = [path.relative_to(root).as_posix() for path in root.rglob("*.parquet")]
    else:
        found = [path for path, _ in bucket.below(root) if path.endswith(".parquet")]
    # Checkpoints of the log are Parquet files too.
    return [path for path in found if _LOG not in path.split("/")]


def newest(root: Place, most: int) -> list[Place]:
    """Data files below a table's folder, the last written first. Raises OSError."""
    if isinstance(root, Path):
        paths = [path for path in root.rglob("*.parquet") if _LOG not in path.parts]
        return list(sorted(paths, key=_age, reverse=True)[:most])
    found = [(at, path) for path, at in bucket.below(root) if path.endswith(".parquet") and _LOG not in path.split("/")]
    return [root / path for _, path in sorted(found, reverse=True)[:most]]


def has(folder: Place) -> bool:
    """True if there is such a folder. Raises OSError."""
    return folder.exists() if isinstance(folder, Path) else next(bucket.below(folder), None) is not None


def is_table(root: Place) -> bool:
    """True if there is a Delta log. Raises OSError."""
    return has(root / _LOG)


def parquet(place: Place) -> pq.ParquetFile:
    """A Parquet file to read from. Raises FileNotFoundError, OSError."""
    if isinstance(place, Path):
        return pq.ParquetFile(place)
    return pq.ParquetFile(place.name, filesystem=bucket.filesystem(place.parent), pre_buffer=True)


def rows(place: Place, filters: Sequence[Any]) -> pa.Table:
    """Those rows of a Parquet file that fit, without the columns of its folders' names. Raises as `parquet`."""
    if isinstance(place, Path):
        return pq.read_table(place, filters=list(filters), partitioning=None)
    inside = bucket.filesystem(place.parent)
    return pq.read_table(place.name, filters=list(filters), partitioning=None, filesystem=inside)


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0  # a sink has replaced it


def dataset(root: Place, paths: Sequence[str], table: Table) -> ds.Dataset:
    """Files of a table (paths relative to its root) as one Arrow dataset, with the columns of their folders' names.

    A file that is gone when it is read: FileNotFoundError. Columns that a file of an older version lacks are null.
    """
    import pyarrow.dataset as ds  # noqa: PLC0415 - it loads pandas, a second that most commands can do without

    folders = ds.partitioning(pa.schema([table.schema.field(name) for name in table.partition_by]), flavor="hive")
    if isinstance(root, Path):
        files = [str(root / path) for path in paths]
        return ds.dataset(files, schema=table.stored, partitioning=folders, partition_base_dir=str(root))
    return ds.dataset(
        list(paths), schema=table.stored, partitioning=folders, format="parquet", filesystem=bucket.filesystem(root)
    )
