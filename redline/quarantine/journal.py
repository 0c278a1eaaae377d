"""What a release or a discard has begun: one file, so that whatever kills it, the next one finishes it first.

Ids of rows whose discard is done are kept for ever: an event that comes to such an interaction later finds no row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from redline import private_file
from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FOLDER = "quarantine"  # in the state folder
_FILE = "unfinished.json"


class Begun(msgspec.Struct, frozen=True):
    """One table's release or discard; `ids` are the rows that go, of a discard."""

    action: Literal["release", "discard"]
    table: str
    ids: list[str] = []


def load(state: Path) -> Begun | None:
    """What is unfinished; None if nothing is. Raises InputError if it cannot be read."""
    path = state / FOLDER / _FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Begun)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError:
        pass
    raise InputError(
        f"{path}: needed the journal of a release or a discard, came something else. Move it away, and run the "
        "command that was killed again"
    )


def begin(state: Path, begun: Begun) -> None:
    """Note durably what is about to be done. Raises OSError."""
    private_file.write(state / FOLDER / _FILE, msgspec.json.encode(begun))


def end(state: Path) -> None:
    """It is done."""
    (state / FOLDER / _FILE).unlink(missing_ok=True)


def discarded(state: Path, table: str) -> frozenset[str]:
    """Ids of all rows of a table that were ever discarded. Raises OSError."""
    try:
        return frozenset((state / FOLDER / f"{table}.ids").read_text("ascii").split())
    except FileNotFoundError:
        return frozenset()


def add_discarded(state: Path, table: str, ids: Iterable[str]) -> None:
    """Keep these as well, durably. Raises OSError."""
    every = discarded(state, table).union(ids)
    private_file.write(state / FOLDER / f"{table}.ids", "".join(f"{one}\n" for one in sorted(every)).encode())
