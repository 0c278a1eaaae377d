"""The Parquet file of rebuilt rows: it appears whole, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import pyarrow.parquet as pq

from schemas.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa


class Target:
    """As a context manager: a file of the given schema at `path`; does nothing without a path.

    Raises:
        InputError: on entry, if the file cannot be written.
    """

    def __init__(self, path: Path | None, schema: pa.Schema) -> None:
        self._path = path
        self._schema = schema
        self._partial = None if path is None else path.with_name(f".{path.name}.partial")
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> Self:
        if self._partial is not None:
            try:
                self._writer = pq.ParquetWriter(self._partial, self._schema, compression="zstd")
            except OSError as error:
                raise InputError(
                    f"{self._path}: needed a file that can be written, came {type(error).__name__}"
                ) from None
        return self

    def write(self, table: pa.Table) -> None:
        """Add rows."""
        if self._writer is not None and table.num_rows:
            self._writer.write_table(table)

    def __exit__(self, kind: object, error: object, at: object) -> None:
        if self._writer is None or self._partial is None or self._path is None:
            return
        self._writer.close()
        if kind is None:
            self._partial.replace(self._path)
        else:
            self._partial.unlink(missing_ok=True)
