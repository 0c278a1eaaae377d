"""Real agent traces through our own path, against an independent normalised form of them (langfuse's ChatML).

The data is not part of the project: without it these tests are skipped.
"""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.world import World

from schemas.events import Event, Step
from schemas.records import Coordinate
from schemas.rows import Trajectory, TrajectoryStep, decode_interaction
from schemas.sources.cloudevents import micros
from schemas.sources.traces import read_file
from streams.marks import Hashes
from streams.scrub import Job, scrub
from streams.session import Sessions

if TYPE_CHECKING:
    from streams.epochs import Keys
    from streams.privacy.engine import Engine

TRACES = Path(__file__).parents[4] / "shared" / "data" / "traces"
CLAUDE, PYDANTIC = "claude-agent-2025-12-22", "pydantic-ai-tools-2025-12-04"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not TRACES.is_dir(), reason=f"{TRACES}: needed real traces, there are none here"),
]
Told = tuple[str, str, str, str, str]


def steps(events: list[Event], engine: Engine, keys: Keys) -> list[TrajectoryStep]:
    """The one trajectory of these events, scrubbed by the real engine; of equal ids the first counts."""
    world = World(Sessions(Hashes(keys.identity)))
    for offset, event in enumerate({event.id: event for event in reversed(events)}.values()):
        job = Job(event, Coordinate("redline.events", 0, offset), "v1")
        world.send(decode_interaction(scrub(job, engine.analyze, keys).interaction))
    world.flush()
    (row,) = (row for row in world.table.values() if isinstance(row, Trajectory))
    return row.steps


def told(step: TrajectoryStep) -> Told:
    return step.role, step.kind, step.content, step.tool_name if step.kind == "tool_call" else "", step.arguments


def ours(name: str, engine: Engine, keys: Keys) -> list[TrajectoryStep]:
    reading = read_file((TRACES / f"{name}.trace.json").read_bytes(), written_us=0)
    assert not reading.faults
    return steps(reading.events, engine, keys)


def theirs(name: str, engine: Engine, keys: Keys) -> list[Told]:
    """The messages of the normalised form: what was asked at an observation's start, what came back at its end."""
    document = json.loads((TRACES / f"{name}.trace.json").read_bytes())
    normalised = json.loads((TRACES / f"{name}.chatml.json").read_bytes())
    said: list[tuple[int, dict[str, Any]]] = []
    for one in document["observations"]:
        for side, at in (("input", one["startTime"]), ("output", one["endTime"])):
            if (found := normalised.get(one["id"], {}).get(side, {"success": False}))["success"]:
                said += [(micros(at), message) for message in found["data"]]
    events: list[Event] = []
    session = next(e.data.session_id for e in read_file(json.dumps(document).encode(), written_us=0).events)
    for at, message in sorted(said, key=lambda pair: pair[0]):
        for data in messages(message):
            step = Step(session_id=session, surface="agent", tool="t", **data)
            number = len(events)
            events.append(
                Event(source="x", id=f"{number}", type="redline.step.v1", time_us=at + number, subject=None, data=step)
            )
    return list(dict.fromkeys(told(step) for step in steps(events, engine, keys)))


def messages(message: dict[str, Any]) -> list[dict[str, Any]]:
    """One message as the fields of steps. A message without a role is a tool's answer there."""
    role = message.get("role", "tool")
    content = message.get("content")
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content or []
    found: list[dict[str, Any]] = []
    for part in parts:
        if part["type"] == "tool_use":
            found.append({"role": role, "kind": "tool_call", "tool_name": part["name"], "arguments": part["input"]})
        elif part["text"]:
            found.append(
                {"role": role, "kind": "tool_result" if role == "tool" else "message", "content": part["text"]}
            )
    for call in message.get("tool_calls", []):
        arguments = json.loads(call["arguments"])
        found.append({"role": role, "kind": "tool_call", "tool_name": call["name"], "arguments": arguments})
    return found


def in_groups(said: list[Told]) -> list[list[Told]]:
    """Calls that were made at once are in no order, nor are their results."""
    return [sorted(group) for _, group in groupby(said, key=lambda one: one[:2])]


def test_a_trace_with_parallel_calls_and_three_agents_is_the_normalised_form(engine: Engine, keys: Keys) -> None:
    found = ours(PYDANTIC, engine, keys)
    assert len(found) == 14
    assert in_groups([told(step) for step in found]) == in_groups(theirs(PYDANTIC, engine, keys))
    calls = {step.call_id: step.tool_name for step in found if step.kind == "tool_call"}
    assert len(calls) == 4
    answered = {step.call_id: step.content for step in found if step.kind == "tool_result"}
    assert {calls[call] for call in answered} == {
        "get_pun_suggestion",
        "get_dad_joke_suggestion",
        "get_one_liner_suggestion",
    }


def test_a_trace_whose_exporter_lost_questions_and_ids_has_what_the_normalised_form_has_and_more(
    engine: Engine, keys: Keys
) -> None:
    question, *rest = ours(CLAUDE, engine, keys)
    # Their form takes arrays only, and the question is an object. Where the exporter wrote `{"content": "role"}`
    # instead of a question neither has one.
    assert told(question)[:2] == ("user", "message")
    assert question.content.startswith("What's the weather like in ")
    # The same steps; here each call stands before its result: its answer's span ends later than the tool's.
    assert sorted(told(step) for step in rest) == sorted(theirs(CLAUDE, engine, keys))
    order = [(step.kind, step.call_id) for step in rest if step.call_id]
    assert order == [(kind, call) for call in ("call_1", "call_2") for kind in ("tool_call", "tool_result")]
