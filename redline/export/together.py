"""What belongs together, and so in one split: rows of one session, document or person.

`groups` looks it up in the restricted tables; here it is asked, and asked again if a file was replaced meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import numpy as np

from redline.export import groups
from redline.sql import connection
from schemas.errors import SinkError

if TYPE_CHECKING:
    from pathlib import Path

    from redline.export.groups import Groups
    from redline.export.plan import Plan
    from redline.export.rows import Rows

_ATTEMPTS = 5
_TABLES = ("interactions", "subjects")


def together(data_dir: Path, plan: Plan, rows: Rows) -> Groups:
    """Split and session of every row, and how many people they are from.

    Raises:
        SinkError: a table cannot be read, or its files kept changing, or the disk is full.
    """
    halves = np.asarray(rows.ids[:, 0]).astype(np.uint64)
    kind = ""
    for _ in range(_ATTEMPTS):
        try:
            with connection(data_dir, _TABLES) as live:
                return groups.find(
                    live, plan.table, halves, seed=plan.asked.seed, shares=list(plan.asked.splits.values())
                )
        except duckdb.IOException as error:
            kind = type(error).__name__
        except duckdb.Error as error:
            kind = type(error).__name__
            break
    # Not where it was caught: DuckDB's words quote values.
    raise SinkError(
        f"export: needed {' and '.join(_TABLES)} to see what belongs together, came {kind}; is the disk full? "
        "See `redline doctor`"
    )
