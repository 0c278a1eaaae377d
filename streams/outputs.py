"""What every stage says to the world: rows as records, and the right to write them. No import of Faust."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Protocol

from schemas import rows
from streams.delivery import Out

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from streams.keyed import Emit
    from streams.state import Overlay


class Committer(Protocol):
    """What `runtime.Commit` gives a stage."""

    @property
    def generation(self) -> int:
        """Changes with every rebalance."""

    def state(self, partition: int) -> Overlay:
        """State of one partition."""

    def write(self, outs: Sequence[Out]) -> Awaitable[None]:
        """Outputs, changelog, store: confirmed in that order."""


def out(emit: Emit) -> Out:
    """A row as a record of its topic."""
    return Out(emit.topic, emit.key, rows.encode(emit.row))


def utc_date(time_us: int) -> str:
    """The UTC day of a time in microseconds since 1970, as `YYYY-MM-DD`."""
    return dt.datetime.fromtimestamp(time_us / 1_000_000, dt.UTC).date().isoformat()
