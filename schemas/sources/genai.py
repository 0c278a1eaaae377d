"""The GenAI semantic conventions of OpenTelemetry: spans, `operation.details` events and the old message events. Pure.

Everything becomes steps. A session is the conversation where one is named, else the trace.

- Every call to a model sends all that was said before once more. So a message is known by its content and by what
  stands before it, not by its span: the same message in the next call, in the event beside the span or in a redelivered
  batch is the same event. Where the conversation is named, messages up to the model's last answer are `history`: the
  calls before told them. Where it is not, this call may be all that is there of it, and every message is sent.
- A tool's call and result are known by trace and call id, in messages as in `execute_tool` spans.
- A span around an agent repeats what the calls in it said; it is read only where the agent is behind a network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from schemas.errors import DecodeError
from schemas.sources import genai_messages as wire
from schemas.sources.fields import Fields
from schemas.sources.genai_format import CALLS, NO_MESSAGES
from schemas.sources.genai_unit import Unit, drift, unit_of
from schemas.sources.loose_json import parsed
from schemas.sources.reading import Drift, Fault, Reading, safe_name
from schemas.sources.scene import content_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from schemas.sources.genai_messages import Turn
    from schemas.sources.otlp_records import LogRecord, Span
    from schemas.sources.scene import Role

DETAILS: Final = "gen_ai.client.inference.operation.details"
_DAY_US = 86_400_000_000
_CLIENT = 3  # of SpanKind: the work is done elsewhere
_AGENTS = frozenset({"invoke_agent", "create_agent", "invoke_workflow"})
_OLD: dict[str, Role] = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
    "gen_ai.choice": "assistant",
}
_OTHER_EVENTS = frozenset({"gen_ai.evaluation.result"})


def conversations(spans: Iterable[Span]) -> dict[str, str]:
    """The conversation of each trace, as far as spans of this batch name it: those of tools often do not."""
    found: dict[str, str] = {}
    for span in spans:
        named = span.attributes.get("gen_ai.conversation.id")
        if span.trace_id and isinstance(named, str) and named.strip():
            found.setdefault(span.trace_id, named)
    return found


def read_span(span: Span, known: Mapping[str, str], subject: str | None) -> Reading:
    """The events of one span. `known`: `conversations` of its batch.

    Raises:
        DecodeError: an attribute that is needed is missing or of another type.
    """
    start = span.start_us if span.start_us is not None else span.end_us
    unit = unit_of(span.origin, span.attributes, (span.trace_id, span.span_id), start, known=known, subject=subject)
    drift(unit)
    operation = unit.fields.text("gen_ai.operation.name")
    if operation == "execute_tool" or (not operation and "gen_ai.tool.call.id" in unit.fields):
        _tool(unit, later_us=_later(start, span.end_us))
        return unit.reading
    if operation in _AGENTS and span.kind != _CLIENT:
        unit.reading.skipped["agent_span"] += 1
        return unit.reading
    if operation in NO_MESSAGES:
        unit.reading.skipped["no_messages"] += 1
        return unit.reading
    if operation not in CALLS:
        unit.reading.drift[Drift(wire.DRIFT, unit.version, "value", "gen_ai.operation.name")] += 1
    _call(unit, later_us=_later(start, span.end_us))
    told = bool(unit.reading.events)
    for event in span.events:
        if event.name == DETAILS:
            _call(unit._replace(fields=Fields(event.attributes, "$.attributes")), later_us=1)
        elif event.name in _OLD and told:
            unit.reading.skipped["told_by_attributes"] += 1
        elif event.name in _OLD:
            _old(unit, event.name, _event_body(event.attributes))
    return _ended(unit.reading)


def read_log(record: LogRecord, name: str, subject: str | None) -> Reading:
    """The events of one log record. Raises as `read_span`."""
    place = (record.trace_id, record.span_id)
    unit = unit_of(record.origin, record.attributes, place, record.time_us, known={}, subject=subject)
    if name in _OTHER_EVENTS:
        unit.reading.skipped["no_messages"] += 1
        return unit.reading
    if name == DETAILS:
        drift(unit)
        _call(unit, later_us=1)
    elif name in _OLD:
        body = parsed(record.body) if isinstance(record.body, str) else record.body
        _old(unit, name, body if isinstance(body, dict) else _event_body(record.attributes))
    else:
        unit.reading.drift[Drift(wire.DRIFT, unit.version, "type", safe_name(name))] += 1
        unit.reading.skipped["unknown_event"] += 1
    return _ended(unit.reading)


def _ended(reading: Reading) -> Reading:
    """The reading; a record that gave nothing at all had no content."""
    if not (reading.events or reading.faults or reading.skipped):
        reading.skipped["no_content"] += 1
    return reading


def _later(start_us: int | None, end_us: int | None) -> int:
    """How long after the question the answer came (microseconds), 1 at least, a day at most: clocks can be broken."""
    return min(max(1, end_us - start_us), _DAY_US) if start_us is not None and end_us is not None else 1


def _call(unit: Unit, *, later_us: int) -> None:
    """One call to a model."""
    raw = unit.fields.raw
    told = wire.system(raw.get("gen_ai.system_instructions"), "$.attributes.system", unit.reading, unit.version)
    asked = _messages(unit, ("gen_ai.input.messages", "gen_ai.prompt"), "user")
    answered = _messages(unit, ("gen_ai.output.messages", "gen_ai.completion"), "assistant")
    session = unit.scene.session_id
    # An answer to nobody knows what follows on this very call.
    before = content_id(session) if asked else content_id(session, unit.identity)
    answers = [place for place, turn in enumerate(asked) if turn.role == "assistant"]
    new = answers[-1] + 1 if answers and unit.named else 0
    unit.reading.skipped.update({"history": new} if new else {})
    later = 0
    for turn in told if not new else []:
        later = _steps(unit, turn, turn.identity(content_id(session)), later)
    for place, turn in enumerate(asked):
        if turn.role == "system":  # some calls leave it out, so nothing follows on it
            identity = turn.identity(content_id(session))
        else:
            identity = before = turn.identity(before)
        if place >= new:
            later = _steps(unit, turn, identity, later)
    later = max(later, later_us)
    for turn in answered:
        before = turn.identity(before)
        later = _steps(unit, turn, before, later)


def _messages(unit: Unit, names: tuple[str, str], default: Role) -> list[Turn]:
    """The messages of an attribute, or of the one it replaced. A broken one is a fault and does not end the record."""
    name = next((name for name in names if name in unit.fields), names[0])
    value = unit.fields.raw.get(name)
    if name != names[0]:
        value = wire.loosely(value)
        if default == "user" and isinstance(value, dict) and "role" not in value and "parts" not in value:
            unit.reading.skipped["no_role"] += 1  # LangSmith exports `{"content": "role"}` where a list was asked
            return []
        if default == "user" and isinstance(value, dict) and "role" not in value and "parts" not in value:
            unit.reading.skipped["no_role"] += 1  # LangSmith exports `{"content": "role"}` where a list was asked
            return []
    try:
        return wire.messages(value, f"$.attributes.{name}", default, unit.reading, unit.version)
    except DecodeError as error:
        unit.reading.faults.append(Fault.of(error))
        return []


def _steps(unit: Unit, turn: Turn, identity: str, later_us: int) -> int:
    """The steps of one message; returns when the next may be."""
    session = unit.scene.session_id
    for place, part in enumerate(turn.parts):
        if part.call:
            name = f"step/{unit.trace}/{'call' if part.kind == 'tool_call' else 'result'}/{part.call}"
        else:
            name = f"step/{session}/{identity}/{place}" if place else f"step/{session}/{identity}"
        unit.reading.events.append(
            unit.scene.step(
                name,
                role="tool" if part.kind == "tool_result" else turn.role,
                kind=part.kind,
                content=part.content,
                tool_name=part.tool_name,
                arguments=part.arguments,
                call_id=part.call or None,
                later_us=later_us,
            )
        )
        later_us += 1
    return later_us


def _tool(unit: Unit, *, later_us: int) -> None:
    """A tool's span. Arguments and result have other names in OpenInference and Pydantic AI."""
    fields = unit.fields
    arguments = _first(
        fields.raw, "gen_ai.tool.call.arguments", "input.value", "input", "tool_arguments", "gen_ai.prompt"
    )
    result = _first(
        fields.raw, "gen_ai.tool.call.result", "output.value", "output", "tool_response", "gen_ai.completion"
    )
    if arguments is None and result is None:
        unit.reading.skipped["no_content"] += 1
        return
    call = fields.text("gen_ai.tool.call.id").strip()
    if not call:  # the messages tell of the same call, and nobody could see that it is the same
        unit.reading.skipped["no_call_id"] += 1
        return
    name = fields.text("gen_ai.tool.name")
    if arguments is not None:
        said = parsed(arguments) if isinstance(arguments, str) else arguments
        called = unit.scene.step(
            f"step/{unit.trace}/call/{call}",
            role="assistant",
            kind="tool_call",
            tool_name=name,
            arguments=said,
            call_id=call,
        )
        unit.reading.events.append(called)
    outcome = "failed" if "error.type" in fields else ""
    if result is not None or outcome:
        answered = unit.scene.step(
            f"step/{unit.trace}/result/{call}",
            role="tool",
            kind="tool_result",
            tool_name=name,
            content=wire.as_text(result),
            outcome=outcome,
            call_id=call,
            later_us=later_us,
        )
        unit.reading.events.append(answered)


def _first(raw: Mapping[str, Any], *names: str) -> Any:
    return next((raw[name] for name in names if raw.get(name) is not None), None)


def _old(unit: Unit, name: str, body: Mapping[str, Any]) -> None:
    """An event per message, as the conventions had it. It stands alone, so its content is all it is known by."""
    message = body.get("message") if name == "gen_ai.choice" else body
    if isinstance(message, str):
        said = parsed(message)
        message = said if isinstance(said, dict) else {"content": message}
    if not isinstance(message, dict):
        message = body
    turn = wire.one(message, "$.body", _OLD[name], unit.reading, unit.version)
    if turn is not None:
        identity = turn.identity(content_id(unit.scene.session_id, "alone"))
        _steps(unit, turn, identity, 1 if name == "gen_ai.choice" else 0)


def _event_body(attributes: Mapping[str, Any]) -> Mapping[str, Any]:
    """The message of an event without a body: its attributes are the message, or one of them holds it as JSON."""
    held = attributes.get("gen_ai.event.content")
    body = parsed(held) if isinstance(held, str) else held
    if isinstance(body, dict):
        return body
    return {**attributes, "content": body} if isinstance(body, str) else attributes
