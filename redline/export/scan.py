"""The first look at a table: Polars reads the columns that the filters need, file by file, and says which rows stay."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa

from redline.export.rows import Rows, ordered, packed
from schemas.errors import SinkError
from schemas.tables import TABLES
from sinks.export.order import order_keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from redline.export.plan import Pinned, Plan
    from redline.export.where import Condition
    from schemas.tables import Table

_PLACE = "__place__"


class Scanned(NamedTuple):
    """What the filters left, and the names behind `Rows.kind`, in order; versions are those of the rows."""

    rows: Rows
    kinds: tuple[str, ...]
    counts: dict[str, int]
    scrub_versions: tuple[str, ...]
    schema_versions: tuple[int, ...]


def scan(plan: Plan, condition: Condition, on_rows: Callable[[int], None]) -> Scanned:
    """Every file of the pinned version, through the filters.

    Raises:
        SinkError: a file is gone, or cannot be read.
    """
    table, asked = TABLES[plan.table], plan.asked
    balanced = asked.balance if asked.balance in table.schema.names else ""
    parts: dict[str, list[np.ndarray]] = {name: [] for name in ("keys", "ids", "file", "place")}
    kinds: list[pl.Series] = []
    scrubs: set[str] = set()
    schemas: set[int] = set()
    read = withheld = 0
    for number, pinned in enumerate(plan.files):
        found = _file(pinned, table, condition, balanced)
        read += pinned.rows
        withheld += int(found.get_column("__withheld__").sum())
        found = found.filter(~pl.col("__withheld__"))
        ids = found.get_column("record_id").to_list()
        parts["keys"].append(order_keys(asked.seed, ids))
        parts["ids"].append(packed(ids, plan.table))
        parts["file"].append(np.full(len(ids), number, np.int32))
        parts["place"].append(found.get_column(_PLACE).to_numpy().astype(np.uint32))
        if balanced:
            kinds.append(found.get_column("__kind__"))
        scrubs.update(found.get_column("scrub_version").unique())
        schemas.update(found.get_column("schema_version").unique())
        on_rows(pinned.rows)
    names, codes = _coded(kinds)
    keys = np.concatenate([np.empty(0, np.uint64), *parts["keys"]])
    rows, collided = ordered(
        keys,
        np.concatenate([np.empty((0, 2), ">u8"), *parts["ids"]]),
        np.concatenate([np.empty(0, np.int32), *parts["file"]]),
        np.concatenate([np.empty(0, np.uint32), *parts["place"]]),
        codes if balanced else np.zeros(len(keys), np.int32),
    )
    counts = {"read": read, "withheld": withheld, "filtered_out": read - withheld - len(keys), "same_key": collided}
    return Scanned(rows, names, counts, tuple(sorted(scrubs)), tuple(sorted(schemas)))


def _file(pinned: Pinned, table: Table, condition: Condition, balanced: str) -> pl.DataFrame:
    """Of one file: id and place of the rows that the filters keep, and whether a column they ask for is withheld."""
    kind = pl.col(balanced).cast(pl.String).fill_null("") if balanced else pl.lit("")
    path = Path(pinned.path)
    failure = ""
    try:
        return (
            lazy(pinned, table)
            .with_columns((~condition.shown).fill_null(value=False).alias("__withheld__"))
            .filter(pl.col("__withheld__") | condition.keep)
            .select("record_id", _PLACE, "__withheld__", "scrub_version", "schema_version", kind.alias("__kind__"))
            .collect(engine="streaming")
        )
    except FileNotFoundError:
        failure = "gone"
    except (pl.exceptions.PolarsError, OSError) as error:
        failure = "gone" if not path.exists() else type(error).__name__
    raise gone(table.name) if failure == "gone" else unreadable(path, failure)


def lazy(pinned: Pinned, table: Table) -> pl.LazyFrame:
    """A file with all columns of the table: those of its folder, those it lacks as nulls, and its rows' places."""
    inside = pa.schema([field for field in table.stored if field.name not in table.partition_by])
    empty = pl.from_arrow(inside.empty_table())
    folders = [
        pl.lit(dt.date.fromisoformat(value) if pa.types.is_date(table.schema.field(name).type) else value).alias(name)
        for name, value in sorted(pinned.partition.items())
    ]
    return pl.scan_parquet(
        pinned.path,
        schema=empty.schema if isinstance(empty, pl.DataFrame) else None,
        glob=False,
        hive_partitioning=False,
        missing_columns="insert",
        extra_columns="ignore",
        row_index_name=_PLACE,
    ).with_columns(folders)


def gone(table: str) -> SinkError:
    """What to say when a pinned file is not there any more."""
    return SinkError(
        f"table {table}: needed the files of the version that this export began with, came a rewritten table (an "
        "erasure, `redline retain`, `disclose` or `compact` ran meanwhile): run the same command with --restart"
    )


def unreadable(path: Path, kind: str) -> SinkError:
    """What to say of a file that is there and cannot be read."""
    return SinkError(f"{path}: needed a readable Parquet file, came {kind}; run `redline check`")


def _coded(series: list[pl.Series]) -> tuple[tuple[str, ...], np.ndarray]:
    """Values as numbers in the order of their names, whatever order they came in."""
    if not series:
        return (), np.zeros(0, np.int32)
    whole = pl.concat(series)
    names = whole.unique().sort()
    codes = whole.replace_strict(names, pl.Series(range(len(names)), dtype=pl.Int32), return_dtype=pl.Int32)
    return tuple(names.to_list()), codes.to_numpy()
