"""Raw offsets that lose their row by somebody's decision, and what their rejects say: erased, or discarded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pyarrow.compute as pc

from schemas.rows import Source
from streams.keyed import reject

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa


class Fated(msgspec.Struct, frozen=True):
    """What the reject of one raw offset will say. `stage` is scrub for events that lose their own row."""

    source: Source
    stage: str
    event_date: str
    scrub_version: str
    event_type: str = ""

    def as_row(self, reason: str, *, expected: str, path: str = "$") -> dict[str, object]:
        """The row of `rejects`."""
        emit = reject(
            self.source,
            stage=self.stage,
            reason=reason,
            event_date=self.event_date,
            scrub_version=self.scrub_version,
            event_type=self.event_type,
            path=path,
            expected=expected,
            dropped=True,
        )
        row: dict[str, object] = msgspec.to_builtins(emit.row)
        return row


def retold(rows: pa.Table, hit: pa.BooleanArray, said: Mapping[str, str]) -> pa.Table | None:
    """The rows, those of `hit` with the values of `said` in its columns; None if `hit` has none."""
    if not pc.any(hit).as_py():
        return None
    for name, value in said.items():
        place = rows.schema.get_field_index(name)
        column = pc.if_else(hit, value, rows.column(name).combine_chunks())
        rows = rows.set_column(place, rows.schema.field(place), column)
    return rows
