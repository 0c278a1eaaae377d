"""What anybody would write first: scan, filter, write JSON lines. `python -m bench.export.plain FOLDER OUT`."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

from sinks import reader


def main(data: str, out: str) -> None:
    """The rows that trl-kto has, as one file of columns: no splits, no duplicates dropped, in the table's order."""
    rows = pl.scan_parquet(reader.files(Path(data), "pairs"), hive_partitioning=True)
    rows.filter(pl.col("label") != "ignored").select("prompt", "suggestion", "final", "label").sink_ndjson(out)


if __name__ == "__main__":
    main(*sys.argv[1:])
