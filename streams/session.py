"""Putting the steps of one session in order, pure.

A session closes on its end event (plus grace) or after inactivity, in event time. Suggestions, decisions and edits of
the session become steps too, but their fate is decided by the join: here they are never rejected. A session without
any step of its own (only completions in an editor, say) makes no trajectory.

A name that one step gave away is replaced in all steps; those of an interaction are a circle of their own, as their
surrogates are (`streams.marks`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from schemas import topics
from schemas.rows import Interaction, Trajectory, TrajectoryStep
from streams.keyed import Admission, Emit, Members, Settlement, derived_id, event_order, turned_away, withdrawn
from streams.marks import Hashes, Union, in_one_epoch, scope_of

if TYPE_CHECKING:
    from collections.abc import Callable

_HOUR = 3_600_000_000
STEP = "redline.step.v1"
SESSION = "redline.session.v1"
_OWN = frozenset({STEP, SESSION})
_SHARED = frozenset({"redline.suggestion.v1", "redline.decision.v1", "redline.edit.v1"})


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    """Event-time limits in microseconds."""

    gap_us: int = 6 * _HOUR  # longer than a meeting or a lunch, shorter than a night
    grace_us: int = 60_000_000
    keep_us: int = 7 * 24 * _HOUR


class _Header(msgspec.Struct, array_like=True):
    last_us: int
    ended_us: int | None = None
    own: int = 0
    revision: int = -1
    dirty: bool = True
    settled: bool = False


class _Payload(msgspec.Struct):
    """What a trajectory reads of an event's scrubbed data, whatever its type."""

    role: str = ""
    kind: str = ""
    content: str = ""
    tool_name: str = ""
    arguments: Any = None
    outcome: str = ""
    text: str = ""
    task: str = ""
    verdict: str = ""
    accepted_text: str | None = None
    origin: str = ""
    state: str = ""
    reason: str = ""


_encode = msgspec.msgpack.Encoder().encode
_json = msgspec.json.Encoder(order="deterministic").encode
_header = msgspec.msgpack.Decoder(_Header).decode
_payload = msgspec.json.Decoder(_Payload).decode


class Sessions:
    """`KeyedLogic` for sessions. `hashes` are those that the scrubber made its marks with."""

    name = "session"

    def __init__(self, hashes: Hashes, policy: SessionPolicy | None = None) -> None:
        self._hashes = hashes
        self._policy = policy or SessionPolicy()

    def key_of(self, row: Interaction) -> bytes | None:
        """The re-keyed session id, for every type that can be a step."""
        if row.event_type not in _OWN and row.event_type not in _SHARED:
            return None
        return row.session_key.encode()

    def admit(self, key: bytes, header: bytes | None, row: Interaction, *, known: bool) -> Admission:
        """Take an event into its session, or reject it (own types only) if that has settled."""
        del key
        if known:
            return Admission()
        own = row.event_type in _OWN
        state = _Header(last_us=row.event_time) if header is None else _header(header)
        if state.settled:
            return Admission(emits=(_late(row),) if own else ())
        state.last_us = max(state.last_us, row.event_time)
        state.own += own
        if row.event_type == SESSION and _payload(row.data).state == "ended":
            state.ended_us = row.event_time if state.ended_us is None else max(state.ended_us, row.event_time)
        state.dirty = True
        return Admission(header=_encode(state), keep=True)

    def forgotten(self, row: Interaction) -> tuple[Emit, ...]:
        """Late, however much later; what the join decides of is left to it."""
        return (_late(row),) if row.event_type in _OWN else ()

    def due(self, header: bytes) -> int:
        """The time the session closes, or a settled one may be forgotten."""
        state = _header(header)
        return self._deadline(state) + (self._policy.keep_us if state.settled else 0)

    def wants_flush(self, header: bytes) -> bool:
        """True for a session with steps of its own and something new since its last row."""
        state = _header(header)
        return state.dirty and not state.settled and state.own > 0

    def settle(self, key: bytes, header: bytes, members: list[Interaction], *, final: bool) -> Settlement:
        """The trajectory of this set. An end event closes what came before it, whenever that arrives."""
        state = _header(header)
        if state.settled:
            return Settlement(None, Members.DROP)
        if not members:  # a zombie's old header over a settled key: its members are marks, its row is published
            state.settled = True
            return Settlement(_encode(state), Members.KEEP)
        emits: tuple[Emit, ...] = ()
        if state.own and state.dirty:
            state.revision += 1
            emits = (_trajectory(key, sorted(members, key=event_order), state, self._hashes, final=final),)
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
            tuple(withdrawn(m, stage=self.name, reason=reason) for m in members if m.event_type in _OWN),
        )

    def _deadline(self, state: _Header) -> int:
        inactive = state.last_us + self._policy.gap_us
        if state.ended_us is None or state.ended_us < state.last_us:
            return inactive  # it went on after its end event
        return min(inactive, state.ended_us + self._policy.grace_us)


def _trajectory(key: bytes, members: list[Interaction], state: _Header, hashes: Hashes, *, final: bool) -> Emit:
    ended = state.ended_us is not None and state.ended_us >= state.last_us
    members = in_one_epoch(members, next(m for m in members if m.event_type in _OWN))
    own = [m for m in members if m.event_type in _OWN]
    head = own[0]
    scopes: dict[str, list[Interaction]] = {}
    for m in members:
        scopes.setdefault(scope_of(m), []).append(m)
    unions = {scope: Union(rows, hashes) for scope, rows in scopes.items()}
    told: set[tuple[str, str]] = set()
    steps: list[TrajectoryStep] = []
    for m in members:
        step = _step(m, unions[scope_of(m)].of(m))
        if step is None:
            continue
        if step.kind == "suggestion":  # several channels may tell the same proposal
            if (once := (scope_of(m), step.content)) in told:
                continue
            told.add(once)
        steps.append(step)
    for index, step in enumerate(steps):
        step.index = index
    row = Trajectory(
        record_id=derived_id("trajectory", key),
        scrub_version=head.scrub_version,
        sources=sorted(source for m in own for source in m.sources),
        event_date=min(m.event_date for m in own),
        revision=state.revision,
        surface=head.surface,
        tool=head.tool,
        closed_by="ended" if ended else "inactivity" if final else "end_of_input",
        steps=steps,
        key_epoch=head.key_epoch,
    )
    return Emit(topics.TRAJECTORIES, key, row)


def _step(row: Interaction, repaired: Callable[[str], str]) -> TrajectoryStep | None:
    """One event as a step; session marks are the frame, not a step."""
    data = _payload(row.data)
    match row.event_type:
        case "redline.step.v1":
            arguments = "" if data.arguments is None else _json(_everywhere(data.arguments, repaired)).decode()
            return TrajectoryStep(
                index=0,
                role=data.role,
                kind=data.kind,
                content=repaired(data.content),
                tool_name=data.tool_name,
                arguments=arguments,
                outcome=repaired(data.outcome),
            )
        case "redline.suggestion.v1":
            return TrajectoryStep(
                index=0, role="assistant", kind="suggestion", content=repaired(data.text), outcome=data.task
            )
        case "redline.decision.v1":
            return TrajectoryStep(
                index=0, role="user", kind="decision", content=repaired(data.accepted_text or ""), outcome=data.verdict
            )
        case "redline.edit.v1":
            return TrajectoryStep(index=0, role="user", kind="edit", content=repaired(data.text), outcome=data.origin)
        case _:
            return None


def _everywhere(value: Any, repaired: Callable[[str], str]) -> Any:
    """Arguments with each of their texts repaired; a key that would become another one stays."""
    if isinstance(value, str):
        return repaired(value)
    if isinstance(value, list):
        return [_everywhere(one, repaired) for one in value]
    if isinstance(value, dict):
        names = {key: repaired(key) for key in value}
        free = len(set(names.values())) == len(names)
        return {(names[key] if free else key): _everywhere(one, repaired) for key, one in value.items()}
    return value


def _late(row: Interaction) -> Emit:
    return turned_away(row, stage="session", reason="late", expected="an event before its session closed")
