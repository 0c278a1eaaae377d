"""The events of one session as steps, pure: what each one says, and to what other step it belongs.

Calls are numbered through the session (`call_1`), and so are sub-agents (`agent_1`): no id of a source is published. A
result without an id belongs to the first open call of the same agent and tool that has none either.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from schemas.rows import TrajectoryStep

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from schemas.rows import Interaction

STEP = "redline.step.v1"
SUGGESTION = "redline.suggestion.v1"
DECISION = "redline.decision.v1"
EDIT = "redline.edit.v1"
TOLD = frozenset({STEP, SUGGESTION, DECISION, EDIT})
"""Types of events that are steps."""


class Payload(msgspec.Struct):
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
    call_key: str | None = None
    agent_key: str | None = None
    parent_call_key: str | None = None


@dataclass(slots=True)
class Link:
    """What an event belongs to; `started_by` and `about` are positions in the session."""

    call: str | None = None
    agent: str | None = None
    started_by: int | None = None
    about: int | None = None


payload = msgspec.json.Decoder(Payload).decode
_CALLING = frozenset({"tool_call", "plan"})
_json = msgspec.json.Encoder(order="deterministic").encode


def links(rows: Sequence[tuple[Interaction, Payload]]) -> tuple[list[Link], list[tuple[int, int]]]:
    """The link of each event, in order, and the positions of each call and its result."""
    found = [Link() for _ in rows]
    calls = _calls(rows)
    names = {key: f"call_{number}" for number, key in enumerate(dict.fromkeys(key for key in calls if key), 1)}
    starts: dict[str, int] = {}
    results: dict[str, int] = {}
    agents: dict[str, str] = {}
    proposals: dict[str, int] = {}
    for at, ((row, data), key) in enumerate(zip(rows, calls, strict=True)):
        found[at].call = names.get(key)
        if row.event_type == STEP and data.kind in _CALLING:
            starts.setdefault(key, at)
        elif row.event_type == STEP and data.kind == "tool_result":
            results.setdefault(key, at)
        elif row.event_type == SUGGESTION and row.interaction_key is not None:
            proposals.setdefault(row.interaction_key, at)
        if data.agent_key:
            found[at].agent = agents.setdefault(data.agent_key, f"agent_{len(agents) + 1}")
    latest: dict[str, int] = {}
    parents = {d.agent_key: d.parent_call_key for _, d in reversed(rows) if d.agent_key and d.parent_call_key}
    for at, (row, data) in enumerate(rows):
        if parent := data.parent_call_key or parents.get(data.agent_key or ""):
            found[at].started_by = starts.get(parent)
        if row.event_type == SUGGESTION and row.interaction_key is not None:
            latest[row.interaction_key] = at
        elif row.event_type in {DECISION, EDIT} and row.interaction_key is not None:
            found[at].about = latest.get(row.interaction_key, proposals.get(row.interaction_key))
    return found, [(at, results[key]) for key, at in starts.items() if key and results.get(key, -1) > at]


def _calls(rows: Sequence[tuple[Interaction, Payload]]) -> list[str]:
    """What tells each event's call from others: the source's id, or the position of a call without one; or empty."""
    waiting: dict[tuple[str | None, str], list[str]] = defaultdict(list)
    keys: list[str] = []
    for at, (row, data) in enumerate(rows):
        key = data.call_key or ""
        if not key and row.event_type == STEP:
            of = (data.agent_key, data.tool_name)
            if data.kind == "tool_call":
                key = f"{at}"
                waiting[of].append(key)
            elif data.kind == "tool_result" and waiting[of]:
                key = waiting[of].pop(0)
        keys.append(key)
    return keys


def step(row: Interaction, data: Payload, repaired: Callable[[str], str]) -> TrajectoryStep:
    """One event as a step, without its links."""
    match row.event_type:
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
