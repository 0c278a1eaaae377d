"""Claude Code's telemetry events (the logs signal). Pure.

Body `claude_code.<name>`, attribute `event.name` with or without the prefix; most values come as strings. Source:
code.claude.com/docs/en/monitoring-usage, which calls the names version-specific.

Telemetry says less than a transcript, and it comes first; the first event of an identity wins for ever. So what it
gives has the transcript's ids only where it says the whole thing: a prompt, an answer, a decision, a proposal whose
input was not cut. What it says without content is skipped: `no_content` says which switch is off, `no_interaction` that
there is nothing to learn from.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from msgspec import structs

from schemas.sources.claude_code import identity, proposals
from schemas.sources.claude_code_otel_format import COMMON, EDITORS, EVENTS, NO_INTERACTION
from schemas.sources.fields import Fields
from schemas.sources.loose_json import parsed
from schemas.sources.reading import Drift, Reading, notice, safe_name, safe_version
from schemas.sources.scene import Scene, product

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.events import Decided, Event
    from schemas.sources.otlp_records import LogRecord

SCOPE: Final = "com.anthropic.claude_code.events"
PREFIX: Final = "claude_code."
_DRIFT = "claude_code_otel"
_REDACTED = "<REDACTED>"
# The tool cuts a value of an input at 512 characters and the whole at some 4,000, and marks neither for sure.
_CUT_VALUE = 512
_CUT_INPUT = 4_000
_VERDICTS: dict[str, Decided] = {"accept": "accepted", "reject": "rejected"}


def is_ours(record: LogRecord, name: str) -> bool:
    """Whether Claude Code wrote it."""
    return record.origin.scope == SCOPE or name.startswith(PREFIX) or str(record.body).startswith(PREFIX)


def read_log(record: LogRecord, name: str, subject: str | None) -> Reading:
    """The events of one log record. `name` is its event name where it says one.

    Raises:
        DecodeError: an attribute that is needed is missing or of another type.
    """
    reading = Reading()
    fields = Fields(record.attributes, "$.attributes")
    resource = Fields(record.origin.resource, "$.resource.attributes")
    version = fields.text("app.version") or resource.text("service.version") or record.origin.scope_version
    shown = safe_version(version or None)
    name = (name or str(record.body)).removeprefix(PREFIX)
    if name in NO_INTERACTION:
        reading.skipped["no_interaction"] += 1
        return reading
    if name not in EVENTS:
        reading.drift[Drift(_DRIFT, shown, "type", safe_name(name))] += 1
        reading.skipped["unknown_event"] += 1
        return reading
    for key in record.attributes.keys() - EVENTS[name] - COMMON:
        notice(reading.drift, Drift(_DRIFT, shown, "key", f"{name}/{safe_name(key)}"))
    time_us = record.time_us if record.time_us is not None else fields.time_us("event.timestamp")
    if time_us is None:
        raise fields.fault("missing_field", "event.timestamp", "RFC 3339 time")
    scene = Scene(
        source=identity.SOURCE,
        subject=_person(fields, resource, subject),
        session_id=fields.identifier("session.id"),
        surface="terminal",
        tool=product("claude-code", version),
        time_us=time_us,
    )
    found = _READERS[name](fields, scene)
    if isinstance(found, str):
        reading.skipped[found] += 1
    else:
        reading.events += found
    return reading


def _person(fields: Fields, resource: Fields, subject: str | None) -> str | None:
    """The mail address, which is there after a login; else who the caller says; else the account or installation."""
    mail = fields.text("user.email").strip() or resource.text("user.email").strip()
    account = fields.text("user.account_uuid").strip() or fields.text("user.id").strip()
    return mail or subject or account or None


def _user_prompt(fields: Fields, scene: Scene) -> list[Event] | str:
    if fields.text("command_name"):
        return "command"
    return _message(fields, scene, "prompt")


def _assistant_response(fields: Fields, scene: Scene) -> list[Event] | str:
    return _message(fields, scene, "response")


def _message(fields: Fields, scene: Scene, name: str) -> list[Event] | str:
    content = fields.text(name)
    if not content or content == _REDACTED:
        return "no_content"
    message = fields.text("message.uuid").strip()
    if not message:  # before 2.1.193: no transcript will tell of the same
        sequence = fields.count("event.sequence")
        message = f"{scene.session_id}/{fields.identifier('event.sequence') if sequence is None else sequence}"
    step = scene.step(
        identity.step_id(message), role="user" if name == "prompt" else "assistant", kind="message", content=content
    )
    return [step]


def _tool_decision(fields: Fields, scene: Scene) -> list[Event] | str:
    call = fields.identifier("tool_use_id")
    decision = fields.identifier("decision")
    if decision not in _VERDICTS:
        raise fields.fault("bad_value", "decision", "one of accept, reject")
    if fields.text("tool_name") not in EDITORS:
        return "no_proposal"
    aborted = fields.text("source") == "user_abort"
    return [scene.decision(call, "dismissed" if aborted else _VERDICTS[decision])]


def _tool_result(fields: Fields, scene: Scene) -> list[Event] | str:
    """The call it is the result of. Results hold no content, and a call of an editor is a proposal."""
    call = fields.identifier("tool_use_id")
    tool = fields.identifier("tool_name")
    said = fields.text("tool_input")
    if not said:
        return "no_content"
    arguments = parsed(said)
    if len(said) >= _CUT_INPUT or not isinstance(arguments, dict) or _cut(arguments):
        return "clipped"
    began = scene.time_us - (fields.count("duration_ms") or 0) * 1_000
    scene = replace(scene, time_us=max(0, began))
    events = [
        scene.step(
            identity.call_id(call),
            role="assistant",
            kind="tool_call",
            tool_name=tool,
            arguments=arguments,
            call_id=call,
        )
    ]
    proposed = proposals.proposal(call, tool, arguments) if tool in EDITORS else None
    if proposed is not None:
        path = proposed.path
        suggestion = scene.suggestion(
            call, task="edit", text=proposed.text, before=proposed.before, language=proposals.language(path), path=path
        )
        events.append(structs.replace(suggestion, id=identity.live_suggestion_id(call)))
    return events


def _cut(value: Any) -> bool:
    """Whether a string in it is so long that the tool may have cut it."""
    if isinstance(value, str):
        return len(value) >= _CUT_VALUE
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_cut(one) for one in inner)


_READERS: dict[str, Callable[[Fields, Scene], list[Event] | str]] = {
    "user_prompt": _user_prompt,
    "assistant_response": _assistant_response,
    "tool_decision": _tool_decision,
    "tool_result": _tool_result,
}
