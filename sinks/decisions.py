"""What was decided of the cells of a day, and where it is kept: a file that appears whole and never changes.

Decisions of before `task` was part of a cell have four columns. Their rows say `other` as task, and no time.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import msgspec

from schemas.errors import SinkError
from sinks.layout import Layout
from sinks.parquet import sync_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

COLUMNS = ("surface", "language", "model", "tool", "task")
TIME = "decision_ms_bucket"
WITHHELD, OTHER = "withheld", "other"
NEVER, TAKEN = "none", "some"  # all that is told of the time to a decision, unless the day says more
Columns = Literal["full", "cells", "coarse"]
Values = tuple[str, str, str, str, str]
Told = tuple[str, str, str, str, str, str]
"""The five columns of a cell, and the time."""
_ALL_OTHER: Values = (OTHER,) * 5
_PAGE, _DONE, _DONE_FOUR = ".json", ".shown", ".done"


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of each cell of a decided day. One that is not there is `other`."""

    cells: Mapping[Values, Values] = field(repr=False)
    columns: Columns = "cells"
    four: bool = False
    """It was made before `task` was part of a cell: keys have an empty task, values `other`."""

    def cell(self, values: Values) -> Values:
        """The cell that a row of this one is published in."""
        return self.cells.get((*values[:4], "") if self.four else values, _ALL_OTHER)

    def told(self, values: Told) -> Told:
        """What a row with these values says."""
        *cell, time = values
        return *self.cell(_cell(cell)), time if self.columns == "full" else taken(time)


class _Page(msgspec.Struct):
    """The file of one day: what was decided, for which k."""

    k: int
    cells: list[tuple[tuple[str, ...], tuple[str, ...]]]
    columns: Columns = "cells"


class Decisions:
    """The decided days of the tables of a data folder. What was read is kept: it never changes."""

    def __init__(self, data_dir: Path) -> None:
        self._layout = Layout(data_dir)
        self._read: dict[tuple[str, str], Decision] = {}

    def days(self, table: str) -> frozenset[str]:
        """The days that are decided, as `YYYY-MM-DD`, as of now. Raises OSError."""
        return self._named(table, _PAGE) | self._named(table, _DONE) | self._named(table, _DONE_FOUR)

    def of(self, table: str, day: str) -> Decision:
        """What was decided of a day.

        Raises:
            SinkError: the file cannot be read.
        """
        if (table, day) not in self._read:
            path = self._layout.cells(table) / f"{day}{_PAGE}"
            try:
                self._read[table, day] = _decision(msgspec.json.decode(path.read_bytes(), type=_Page))
            except (OSError, msgspec.DecodeError, ValueError) as error:
                came = type(error).__name__
            else:
                return self._read[table, day]
            # Deciding again could publish what the first decision held back.
            raise SinkError(f"{path}: needed the decision of a day, came {came}; put the file back from a backup")
        return self._read[table, day]

    def save(self, table: str, day: str, cells: Mapping[Values, Values], *, k: int, columns: Columns = "cells") -> bool:
        """Write a decision durably; False if there is one, which stands. Raises OSError."""
        folder = self._layout.cells(table)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = folder / f".{day}.{os.getpid()}"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.encode(_Page(k, sorted(cells.items()), columns)))
                file.flush()
                os.fsync(file.fileno())
            try:
                (folder / f"{day}{_PAGE}").hardlink_to(fresh)
            except FileExistsError:
                return False
        finally:
            fresh.unlink(missing_ok=True)
        for made in (folder, folder.parent, folder.parent.parent):
            sync_folder(made)
        return True

    def finished(self, table: str) -> frozenset[str]:
        """Decided days whose rows have all been rewritten; not by a version that knew four columns. Raises OSError."""
        return self._named(table, _DONE)

    def finish(self, table: str, day: str) -> None:
        """Note durably that a day's rows have been rewritten. Raises OSError."""
        folder = self._layout.cells(table)
        (folder / f"{day}{_DONE}").touch(mode=0o600)
        sync_folder(folder)

    def _named(self, table: str, ending: str) -> frozenset[str]:
        try:
            names = os.listdir(self._layout.cells(table))  # noqa: PTH208 - thousands of names, at each batch
        except FileNotFoundError:
            return frozenset()
        return frozenset(name.removesuffix(ending) for name in names if name.endswith(ending))


def _cell(values: Sequence[str]) -> Values:
    """The five columns. Raises ValueError: not five values."""
    surface, language, model, tool, task = values
    return surface, language, model, tool, task


def taken(time: str) -> str:
    """Whether a decision took any time, and no more."""
    return NEVER if time == NEVER else TAKEN


def _decision(page: _Page) -> Decision:
    """Raises ValueError: cells of another number of columns."""
    cells = {tuple(cell): tuple(to) for cell, to in page.cells}
    widths = {len(part) for pair in cells.items() for part in pair}
    if widths == {len(COLUMNS) - 1}:
        return Decision({_cell((*cell, "")): _cell((*to, OTHER)) for cell, to in cells.items()}, four=True)
    return Decision({_cell(cell): _cell(to) for cell, to in cells.items()}, page.columns)
