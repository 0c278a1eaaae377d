"""Putting the steps of one session in order, pure.

A session closes on its end event (plus grace) or after inactivity, in event time. Suggestions, decisions and edits of
the session become steps too, but their fate is decided by the join: here they are never rejected. A session without
any step of its own (only completions in an editor, say) makes no trajectory. A long one makes several rows, its parts:
where it is cut depends on the set of its events alone. All events of a session are in memory when it settles.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from schemas import topics
from streams.keyed import Admission, Emit, Members, Settlement, turned_away, withdrawn
from streams.parts import PartLimits
from streams.steps import TOLD
from streams.trajectory import OWN, SESSION, trajectories

if TYPE_CHECKING:
    from schemas.rows import Interaction, Trajectory
    from streams.marks import Hashes

_HOUR = 3_600_000_000
TYPES = OWN | TOLD
"""Events that a session takes."""


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    """Event-time limits in microseconds, and how long a part of a session may be."""

    gap_us: int = 6 * _HOUR  # longer than a meeting or a lunch, shorter than a night
    grace_us: int = 60_000_000
    keep_us: int = 7 * 24 * _HOUR
    part: PartLimits = field(default_factory=PartLimits)


class _Header(msgspec.Struct, array_like=True):
    last_us: int
    ended_us: int | None = None
    own: int = 0
    revision: int = -1
    dirty: bool = True
    settled: bool = False


class _Mark(msgspec.Struct):
    state: str = ""


_encode = msgspec.msgpack.Encoder().encode
_header = msgspec.msgpack.Decoder(_Header).decode
_mark = msgspec.json.Decoder(_Mark).decode


class Sessions:
    """`KeyedLogic` for sessions. `hashes` are those that the scrubber made its marks with."""

    name = "session"

    def __init__(self, hashes: Hashes, policy: SessionPolicy | None = None) -> None:
        self._hashes = hashes
        self._policy = policy or SessionPolicy()

    def key_of(self, row: Interaction) -> bytes | None:
        """The re-keyed session id, for every type that can be a step."""
        if row.event_type not in TYPES:
            return None
        return row.session_key.encode()

    def admit(self, key: bytes, header: bytes | None, row: Interaction, *, known: bool) -> Admission:
        """Take an event into its session, or reject it (own types only) if that has settled."""
        del key
        if known:
            return Admission()
        own = row.event_type in OWN
        state = _Header(last_us=row.event_time) if header is None else _header(header)
        if state.settled:
            return Admission(emits=(_late(row),) if own else ())
        state.last_us = max(state.last_us, row.event_time)
        state.own += own
        if row.event_type == SESSION and _mark(row.data).state == "ended":
            state.ended_us = row.event_time if state.ended_us is None else max(state.ended_us, row.event_time)
        state.dirty = True
        return Admission(header=_encode(state), keep=True)

    def forgotten(self, row: Interaction) -> tuple[Emit, ...]:
        """Late, however much later; what the join decides of is left to it."""
        return (_late(row),) if row.event_type in OWN else ()

    def due(self, header: bytes) -> int:
        """The time the session closes, or a settled one may be forgotten."""
        state = _header(header)
        return self._deadline(state) + (self._policy.keep_us if state.settled else 0)

    def wants_flush(self, header: bytes) -> bool:
        """True for a session with steps of its own and something new since its last row."""
        state = _header(header)
        return state.dirty and not state.settled and state.own > 0

    def settle(self, key: bytes, header: bytes, members: list[Interaction], *, final: bool) -> Settlement:
        """The trajectory of this set, in its parts. An end event closes what came before it, whenever that arrives."""
        state = _header(header)
        if state.settled:
            return Settlement(None, Members.DROP)
        if not members:  # a zombie's old header over a settled key: its members are marks, its row is published
            state.settled = True
            return Settlement(_encode(state), Members.KEEP)
        emits: tuple[Emit, ...] = ()
        if state.own and state.dirty:
            state.revision += 1
            emits = tuple(Emit(topics.TRAJECTORIES, key, row) for row in self._rows(key, members, state, final=final))
        state.dirty = False
        state.settled = final
        return Settlement(_encode(state), Members.MARK if final else Members.KEEP, emits)

    def drop(self, header: bytes, members: list[Interaction], reason: str) -> Settlement:
        """Nothing of it is published any more; the join decides of what is not a step."""
        state = _header(header)
        state.dirty, state.settled = False, True
        return Settlement(
            _encode(state),
            Members.MARK,
            tuple(withdrawn(m, stage=self.name, reason=reason) for m in members if m.event_type in OWN),
        )

    def _rows(self, key: bytes, members: list[Interaction], state: _Header, *, final: bool) -> list[Trajectory]:
        ended = state.ended_us is not None and state.ended_us >= state.last_us
        closed_by = "ended" if ended else "inactivity" if final else "end_of_input"
        return trajectories(key, members, self._hashes, self._policy.part, revision=state.revision, closed_by=closed_by)

    def _deadline(self, state: _Header) -> int:
        inactive = state.last_us + self._policy.gap_us
        if state.ended_us is None or state.ended_us < state.last_us:
            return inactive  # it went on after its end event
        return min(inactive, state.ended_us + self._policy.grace_us)


def _late(row: Interaction) -> Emit:
    return turned_away(row, stage="session", reason="late", expected="an event before its session closed")
