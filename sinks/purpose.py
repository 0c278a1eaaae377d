"""What a table is for, as its own metadata says, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.errors import PurposeError, SinkError
from schemas.tables import PURPOSES, TABLES
from sinks import delta_table
from sinks.layout import Layout

if TYPE_CHECKING:
    from pathlib import Path


def require(data_dir: Path, table: str, purpose: str) -> None:
    """Refuse any use of a table but the one it is for. Exports and reports ask before they read a row.

    Raises:
        PurposeError: the table is for something else, it does not say what for, or there is no such purpose.
        SinkError: there is no such table in the vocabulary.
    """
    if table not in TABLES:
        raise SinkError(f"table: needed one of {', '.join(TABLES)}, came another name")
    if purpose not in PURPOSES:
        raise PurposeError(f"purpose: needed one of {', '.join(PURPOSES)}, came another word")
    root = Layout(data_dir).dataset(table)
    said = delta_table.purpose(root)
    if said == purpose:
        return
    if not said:
        raise PurposeError(
            f"{root}: needed a table that says what it is for, came none, or one of an older version; "
            "a sink's start writes it: `redline up`"
        )
    raise PurposeError(
        f"table {table}: refused for {purpose}: it is for {said} only"
        + (f" ({PURPOSES[said]})" if said in PURPOSES else "")
    )
