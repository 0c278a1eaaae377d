"""What rows of an epoch lose when its key is destroyed: whatever leads from a row to another row, or to a person. Pure.

Ids become random, one by one. Rows that are done have epoch 0: they are told from the rest for ever, and a second
destruction finds nothing to do.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from schemas.tables import HIDDEN
from streams.keyed import derived_id
from streams.trajectory import KIN_DIGITS, family

if TYPE_CHECKING:
    from collections.abc import Iterable

DESTROYED = 0
_TOKEN_BYTES = 16
_JOINED = ("redline.suggestion.v1", "redline.decision.v1", "redline.edit.v1")
_OWN_STEPS = ("redline.step.v1", "redline.session.v1")
_IDS = ("record_id", "session_key", "interaction_key", "thread_key", "document_key")
_IDS_IN_DATA = (
    "agent_key",
    "call_key",
    "parent_call_key",
    "channel_key",
    "day_person",
    "message_key",
    "reply_key",
)  # streams.scrub puts them into the data of messages


class Spanning(msgspec.Struct, frozen=True):
    """Interactions and sessions with events of the epoch and of another: all of their events go with it."""

    interactions: list[str] = []
    sessions: list[str] = []

    @property
    def published(self) -> list[str]:
        """Ids of their rows in `pairs` and `trajectories`."""
        return [derived_id("pair", key.encode()) for key in self.interactions] + [
            derived_id("trajectory", key.encode()) for key in self.sessions
        ]


class Traces:
    """The changes of one epoch's rows, as `sinks.rewrite` wants them: None where a file has no such row."""

    def __init__(self, epoch: int, spanning: Spanning) -> None:
        self._epoch = epoch
        self._interactions = pa.array(spanning.interactions, pa.string())
        self._sessions = pa.array(spanning.sessions, pa.string())
        self._published = pa.array([family(name) for name in spanning.published], pa.string())

    def subjects(self, rows: pa.Table) -> pa.Table | None:
        """The rows without those of the epoch."""
        gone = pc.equal(rows.column("key_epoch"), self._epoch)
        return rows.filter(pc.invert(gone)) if pc.any(gone).as_py() else None

    def published(self, rows: pa.Table) -> pa.Table | None:
        """Pairs, trajectories or revisions with other ids and coordinates that nobody can open."""
        gone = pc.or_(
            pc.equal(rows.column("key_epoch"), self._epoch),
            pc.is_in(pc.utf8_slice_codeunits(rows.column("record_id"), 0, KIN_DIGITS), self._published),
        )
        if not pc.any(gone).as_py():
            return None
        mine = _flags(gone)
        rows = _put(rows, "record_id", _random_ids(rows.column("record_id"), mine))
        rows = _put(rows, "sources", _random_tokens(rows.column("sources"), mine))
        if HIDDEN in rows.column_names:  # sealed under the id that the row had
            rows = _put(rows, HIDDEN, _either(gone, None, rows.column(HIDDEN)))
        return _put(rows, "key_epoch", _either(gone, DESTROYED, rows.column("key_epoch")))

    def interactions(self, rows: pa.Table) -> pa.Table | None:
        """Events with other ids and without marks; other epochs' events without their variant of this one."""
        gone = self._gone(rows)
        mine = _flags(gone)
        variants = rows.column("variants").to_pylist() if rows.column("variants").null_count < rows.num_rows else []
        told = [bool(one) and any(v["key_epoch"] == self._epoch for v in one) for one in variants]
        if not any(mine) and not any(told):
            return None
        for name in _IDS:
            rows = _put(rows, name, _random_ids(rows.column(name), mine))
        for name in ("marks", "subject_mark"):
            rows = _put(rows, name, _either(gone, None, rows.column(name)))
        if variants:
            left = [
                None if is_mine or one is None else [v for v in one if v["key_epoch"] != self._epoch]
                for one, is_mine in zip(variants, mine, strict=True)
            ]
            rows = _put(rows, "variants", pa.array(left, rows.schema.field("variants").type))
        if any(mine):
            data = rows.column("data").to_pylist()
            rows = _put(rows, "data", pa.array([_other_ids(d) if m else d for d, m in zip(data, mine, strict=True)]))
        return _put(rows, "key_epoch", _either(gone, DESTROYED, rows.column("key_epoch")))

    def _gone(self, rows: pa.Table) -> Any:
        kind = rows.column("event_type")
        of_pair = pc.and_(
            pc.is_in(kind, pa.array(_JOINED)),
            pc.is_in(rows.column("interaction_key"), self._interactions),
        )
        of_session = pc.and_(pc.is_in(kind, pa.array(_OWN_STEPS)), pc.is_in(rows.column("session_key"), self._sessions))
        own = pc.equal(rows.column("key_epoch"), self._epoch)
        return pc.fill_null(pc.or_(own, pc.or_(of_pair, of_session)), fill_value=False)


def spanning(parts: Iterable[pa.Table], epoch: int) -> Spanning:
    """Interactions and sessions of rows of `interactions` with events inside and outside of the epoch.

    Columns needed: `event_type`, `interaction_key`, `session_key`, `key_epoch`. Memory: about 100 bytes for each
    interaction and session of the epoch, and of the others.
    """
    inside: tuple[set[str], set[str]] = (set(), set())
    outside: tuple[set[str], set[str]] = (set(), set())
    for part in parts:
        own = pc.equal(part.column("key_epoch"), epoch)
        other = pc.and_(pc.invert(own), pc.not_equal(part.column("key_epoch"), DESTROYED))
        for place, (types, name) in enumerate(((_JOINED, "interaction_key"), (_OWN_STEPS, "session_key"))):
            fits = pc.is_in(part.column("event_type"), pa.array(types))
            for found, which in ((inside, own), (outside, other)):
                keys = pc.unique(part.column(name).filter(pc.and_(fits, which)))
                found[place].update(key for key in keys.to_pylist() if key is not None)
    return Spanning(*(sorted(one & two) for one, two in zip(inside, outside, strict=True)))


def unknown_now(before: pa.Table, after: pa.Table) -> Any:
    """Which rows of `before` are gone after a change, or stand there under a random id."""
    if after.num_rows < before.num_rows:
        return pc.invert(pc.is_in(before.column("record_id"), value_set=after.column("record_id").combine_chunks()))
    return pc.not_equal(before.column("record_id"), after.column("record_id"))


def _flags(mask: Any) -> list[bool]:
    return [bool(one) for one in mask.to_pylist()]


def _put(rows: pa.Table, name: str, values: Any) -> pa.Table:
    place = rows.schema.get_field_index(name)
    field = rows.schema.field(place)
    return rows.set_column(place, field, values.cast(field.type))


def _either(mask: Any, value: Any, column: Any) -> Any:
    """`value` where the mask is true, else what stands in the column; lists have no kernel for it."""
    kept = column.to_pylist()
    return pa.array([value if one else old for one, old in zip(_flags(mask), kept, strict=True)], column.type)


def _random_ids(column: Any, mine: list[bool]) -> pa.Array:
    drawn = zip(column.to_pylist(), mine, strict=True)
    return pa.array(
        [os.urandom(_TOKEN_BYTES).hex() if here and old is not None else old for old, here in drawn], pa.string()
    )


def _random_tokens(column: Any, mine: list[bool]) -> pa.Array:
    """As many tokens as before: how many events a row is made of is seen in its text as well."""
    old = column.to_pylist()
    return pa.array(
        [
            sorted(os.urandom(_TOKEN_BYTES) for _ in tokens) if here else tokens
            for tokens, here in zip(old, mine, strict=True)
        ],
        column.type,
    )


def _other_ids(data: str) -> str:
    if not any(name in data for name in _IDS_IN_DATA):
        return data
    fields = msgspec.json.decode(data)
    fields.update({name: os.urandom(_TOKEN_BYTES).hex() for name in _IDS_IN_DATA if name in fields})
    return msgspec.json.encode(fields, order="sorted").decode()
