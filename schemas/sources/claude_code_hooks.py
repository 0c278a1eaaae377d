"""Claude Code's hooks, as it writes them to a hook command or posts them to an HTTP hook, to events. Pure.

Source: code.claude.com/docs, hooks reference. A body is one JSON object; it does not say when, so the time is the
reader's. Calls, proposals and decisions have the ids that transcripts and telemetry give them. Messages do not: a hook
knows its prompt's id and no message's uuid, so take conversations from hooks or from transcripts, not from both.

A call that a person declined leads to no hook at all: rejections are in transcripts and telemetry only.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from schemas import strict_json
from schemas.errors import DecodeError
from schemas.events import Decision, Event, Session, Step, Suggestion
from schemas.sources.claude_code import identity, proposals
from schemas.sources.reading import Drift, Fault, Reading, safe_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping

    from schemas.events import Data

READER: Final = "claude_code_hooks"
TOOL: Final = "claude-code"  # a hook does not say its version

_MAX_DEPTH = 64
_WRITERS = frozenset({"Edit", "Write", "MultiEdit", "NotebookEdit"})
_COMMON = frozenset(
    {
        "session_id",
        "prompt_id",
        "transcript_path",
        "cwd",
        "scratchpad_dir",
        "permission_mode",
        "effort",
        "hook_event_name",
        "agent_id",
        "agent_type",
    }
)
# Hooks that hold nothing we keep, with the rule that says why.
_SKIPPED: Mapping[str, str] = {
    "PostToolBatch": "told_by_post_tool_use",
    "PermissionRequest": "asked_not_answered",
    "FileChanged": "no_content",
    "ConfigChange": "no_interaction",
    "CwdChanged": "no_interaction",
    "Elicitation": "no_interaction",
    "ElicitationResult": "no_interaction",
    "InstructionsLoaded": "no_interaction",
    "Notification": "no_interaction",
    "PermissionDenied": "no_interaction",
    "PostCompact": "no_interaction",
    "PreCompact": "no_interaction",
    "Setup": "no_interaction",
    "StopFailure": "no_interaction",
    "SubagentStart": "no_interaction",
    "TaskCompleted": "no_interaction",
    "TaskCreated": "no_interaction",
    "TeammateIdle": "no_interaction",
    "UserPromptExpansion": "no_interaction",
    "WorktreeCreate": "no_interaction",
    "WorktreeRemove": "no_interaction",
}


class _Hook(NamedTuple):
    """One body, checked as far as every hook is alike."""

    name: str
    session_id: str
    tree: dict[str, Any]
    time_us: int
    subject: str | None
    prompts: MutableMapping[str, str]

    @property
    def prompt(self) -> str:
        """What the person asked for, where an earlier hook told; a subagent was asked something else."""
        turn = _text(self.tree, "prompt_id", default="")
        return "" if self.tree.get("agent_id") else self.prompts.get(turn, "")


def read_body(
    body: bytes, *, time_us: int, subject: str | None, prompts: MutableMapping[str, str] | None = None
) -> Reading:
    """The events of one hook.

    Args:
        body: what Claude Code wrote or posted.
        time_us: now, microseconds since 1970 UTC.
        subject: the person, as consent knows them; a hook does not say.
        prompts: what was asked under which `prompt_id`, by earlier hooks; this one's is added. A proposal gets its own.
    """
    reading = Reading()
    told = {} if prompts is None else prompts
    try:
        tree = _tree(body)
        hook = _Hook(_filled(tree, "hook_event_name"), _filled(tree, "session_id"), tree, time_us, subject, told)
        if (rule := _SKIPPED.get(hook.name)) is not None:
            reading.skipped[rule] += 1
        elif (kind := _KINDS.get(hook.name)) is None:
            reading.skipped["unknown_hook"] += 1
            reading.drift[Drift(READER, "?", "type", safe_name(hook.name))] += 1
        else:
            reading.events += kind.read(hook)
            for key in tree.keys() - _COMMON - kind.keys:
                reading.drift[Drift(READER, "?", "key", f"$.{safe_name(key)}")] += 1
    except DecodeError as error:
        reading.faults.append(Fault.of(error))
    return reading


def _tree(body: bytes) -> dict[str, Any]:
    tree = strict_json.parse(body, max_depth=_MAX_DEPTH, names=_NAMES)
    if not isinstance(tree, dict):
        raise DecodeError("wrong_type", "$", "object (the input of a hook)")
    return tree


def _session(hook: _Hook) -> list[Event]:
    started = hook.name == "SessionStart"
    state, key = ("started", "source") if started else ("ended", "reason")
    reason = _text(hook.tree, key, default="")
    data = Session(
        session_id=hook.session_id,
        surface="terminal",
        tool=TOOL,
        state="started" if started else "ended",
        reason=reason,
    )
    return [_event(hook, identity.session_event_id(hook.session_id, state, reason), data)]


def _prompt(hook: _Hook) -> list[Event]:
    text = _text(hook.tree, "prompt")
    if turn := _text(hook.tree, "prompt_id", default=""):
        hook.prompts[turn] = text
    return _message(hook, "user", "prompt", text)


def _stop(hook: _Hook) -> list[Event]:
    text = _text(hook.tree, "last_assistant_message", default="")
    return _message(hook, "assistant", hook.name.lower(), text) if text else []


def _message(hook: _Hook, role: str, place: str, text: str) -> list[Event]:
    turn = _text(hook.tree, "prompt_id", default="")
    agent = _text(hook.tree, "agent_id", default="")
    if turn and role == "user":
        mark = turn
    else:  # a turn can stop several times, and versions before 2.1.196 do not name it
        parts = "\x00".join((hook.session_id, turn, agent, str(hook.time_us), text))
        mark = hashlib.blake2b(parts.encode(), digest_size=16).hexdigest()
    data = Step(
        session_id=hook.session_id,
        surface="terminal",
        tool=TOOL,
        role="user" if role == "user" else "assistant",
        kind="message",
        content=text,
        agent_id=agent or None,
    )
    return [_event(hook, identity.step_id(f"{place}/{mark}"), data)]


def _call(hook: _Hook) -> list[Event]:
    call, tool_name, arguments = _called(hook)
    step = Step(
        session_id=hook.session_id,
        surface="terminal",
        tool=TOOL,
        role="assistant",
        kind="tool_call",
        tool_name=tool_name,
        arguments=arguments,
        call_id=call,
        agent_id=_text(hook.tree, "agent_id", default="") or None,
    )
    events = [_event(hook, identity.call_id(call), step)]
    if (proposed := _proposal(call, tool_name, arguments)) is not None:
        suggestion = Suggestion(
            session_id=hook.session_id,
            surface="terminal",
            tool=TOOL,
            interaction_id=call,
            task="edit" if proposed.before else "document",
            text=proposed.text,
            prompt=hook.prompt,
            before=proposed.before,
            language=proposals.language(proposed.path),
            path=proposed.path,
            call_id=call,
        )
        events.append(_event(hook, identity.live_suggestion_id(call), suggestion))
    return events


def _done(hook: _Hook) -> list[Event]:
    call, tool_name, arguments = _called(hook)
    writes = _proposal(call, tool_name, arguments) is not None
    # The answer to a write holds the whole file before and after: it is in the proposal, as far as it matters.
    content = "" if writes else _plain(hook.tree.get("tool_response"))
    events = [_event(hook, identity.result_id(call), _result(hook, call, tool_name, content, "success"))]
    if writes:
        events.append(_event(hook, identity.decision_id(call), _decision(hook, call, taken=True)))
    return events


def _failed(hook: _Hook) -> list[Event]:
    call, tool_name, arguments = _called(hook)
    interrupted = hook.tree.get("is_interrupt") is True
    outcome = "interrupted" if interrupted else "error"
    result = _result(hook, call, tool_name, _plain(hook.tree.get("error")), outcome)
    events = [_event(hook, identity.result_id(call), result)]
    if interrupted and _proposal(call, tool_name, arguments) is not None:
        events.append(_event(hook, identity.decision_id(call), _decision(hook, call, taken=False)))
    return events


def _called(hook: _Hook) -> tuple[str, str, dict[str, Any]]:
    arguments = hook.tree.get("tool_input")
    if not isinstance(arguments, dict):
        raise DecodeError("missing_field" if arguments is None else "wrong_type", "$.tool_input", "object")
    return _filled(hook.tree, "tool_use_id"), _filled(hook.tree, "tool_name"), arguments


def _proposal(call: str, tool_name: str, arguments: dict[str, Any]) -> proposals.Proposal | None:
    return proposals.proposal(call, tool_name, arguments) if tool_name in _WRITERS else None


def _result(hook: _Hook, call: str, tool_name: str, content: str, outcome: str) -> Step:
    return Step(
        session_id=hook.session_id,
        surface="terminal",
        tool=TOOL,
        role="tool",
        kind="tool_result",
        content=content,
        tool_name=tool_name,
        outcome=outcome,
        call_id=call,
        agent_id=_text(hook.tree, "agent_id", default="") or None,
    )


def _decision(hook: _Hook, call: str, *, taken: bool) -> Decision:
    return Decision(
        session_id=hook.session_id,
        surface="terminal",
        tool=TOOL,
        interaction_id=call,
        verdict="accepted" if taken else "dismissed",
    )


def _event(hook: _Hook, identifier: str, data: Data) -> Event:
    return Event(
        source=identity.SOURCE,
        id=identifier,
        type=_TYPE_NAMES[type(data)],
        time_us=hook.time_us,
        subject=hook.subject,
        data=data,
    )


def _plain(value: object) -> str:
    """A tool's answer as text: itself, or as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else _encode(value).decode()


def _filled(tree: Mapping[str, Any], name: str) -> str:
    value = _text(tree, name)
    if not value or value.isspace():
        raise DecodeError("bad_value", f"$.{name}", "a string that is not empty")
    return value


def _text(tree: Mapping[str, Any], name: str, *, default: str | None = None) -> str:
    value = tree.get(name, default)
    if value is None:
        if default is not None:
            return default
        raise DecodeError("missing_field", f"$.{name}", "string")
    if not isinstance(value, str):
        raise DecodeError("wrong_type", f"$.{name}", "string")
    return value


class _Kind(NamedTuple):
    read: Callable[[_Hook], list[Event]]
    keys: frozenset[str]


_CALL = frozenset({"tool_name", "tool_input", "tool_use_id"})
_STOPPED = frozenset({"stop_hook_active", "last_assistant_message", "background_tasks", "session_crons"})
_KINDS: Mapping[str, _Kind] = {
    "SessionStart": _Kind(_session, frozenset({"source", "model", "session_title"})),
    "SessionEnd": _Kind(_session, frozenset({"reason"})),
    "UserPromptSubmit": _Kind(_prompt, frozenset({"prompt"})),
    "Stop": _Kind(_stop, _STOPPED),
    "SubagentStop": _Kind(_stop, _STOPPED | {"agent_transcript_path"}),
    "PreToolUse": _Kind(_call, _CALL),
    "PostToolUse": _Kind(_done, _CALL | {"tool_response", "duration_ms"}),
    "PostToolUseFailure": _Kind(_failed, _CALL | {"error", "is_interrupt", "duration_ms"}),
}
_NAMES = _COMMON.union(*(kind.keys for kind in _KINDS.values()))
_TYPE_NAMES: Mapping[type[Data], str] = {
    Step: "redline.step.v1",
    Suggestion: "redline.suggestion.v1",
    Decision: "redline.decision.v1",
    Session: "redline.session.v1",
}
_encode = msgspec.json.Encoder().encode
