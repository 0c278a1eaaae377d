"""Where everything lies below the data folder: one place that spells the names.

Staging is beside the tables, not inside them: a reader of `dataset/**/*.parquet` must not see half a batch. Tables may
be in an object store (`sinks.location`); everything else is in the folder.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sinks import location

if TYPE_CHECKING:
    from pathlib import Path

    from sinks.places import Place

_NAME = re.compile(r"[A-Za-z0-9_.]+(?:-[A-Za-z0-9_.]+)*")
_FILE = re.compile(r".*--(?P<sink>[A-Za-z0-9_.]+(?:-[A-Za-z0-9_.]+)*)--[0-9a-f]{12}\.parquet")


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths below one data folder."""

    data_dir: Path

    def dataset(self, table: str) -> Place:
        """Root of a table: Hive folders and the Delta log."""
        return location.tables(self.data_dir) / "dataset" / table

    def quarantine(self, table: str) -> Place:
        """Root of the table of rows that failed the gate."""
        return location.tables(self.data_dir) / "quarantine" / table

    def staging(self, sink: str, kind: str, table: str) -> Path:
        """Files being written by one sink; `kind` is `dataset` or `quarantine`. On the file system of local tables."""
        return self.data_dir / "_staging" / sink / kind / table

    def index(self, kind: str, table: str, sink: str) -> Path:
        """One sink's index of one table."""
        return self.data_dir / "state" / "index" / (table if kind == "dataset" else f"{kind}-{table}") / sink

    @property
    def audit(self) -> Path:
        """Root of the audit table: beside the others, as it is no data."""
        return self.data_dir / "audit"

    @property
    def audit_head(self) -> Path:
        """What the newest entry of the audit table is."""
        return self.data_dir / "state" / "audit-head.json"

    @property
    def history(self) -> Path:
        """Root of the table of what is measured over time: beside the others likewise."""
        return self.data_dir / "quality_history"

    def cells(self, table: str) -> Path:
        """One file per decided day of a published table."""
        return self.data_dir / "state" / "cells" / table

    @property
    def halts(self) -> Path:
        """One file per halted table."""
        return self.data_dir / "state" / "halts"

    def tombstones(self, table: str) -> Path:
        """Erased record ids of a table."""
        return self.data_dir / "state" / "tombstones" / f"{table}.ids"

    def destroyed(self, table: str) -> Path:
        """Raw coordinates of a table's rows that lost their ids with their epoch's key."""
        return self.data_dir / "state" / "destroyed" / f"{table}.bits"

    @property
    def locks(self) -> Path:
        """One lock file per sink name; a held lock is a live sink."""
        return self.data_dir / "state" / "sinks"


def is_sink_name(name: str) -> bool:
    """True if a sink may have this name: letters, digits, `_`, `.` and single inner `-`."""
    return _NAME.fullmatch(name) is not None


def owner(file_name: str) -> str | None:
    """Name of the sink that wrote a data file, or None if no sink of ours did."""
    match = _FILE.fullmatch(file_name)
    return match["sink"] if match else None
