"""Messages of the GenAI semantic conventions, taken apart into what becomes steps. Pure.

A message is `{"role", "parts": [{"type", …}]}`, structured or as a JSON string; older instrumentations write
`{"role", "content", "tool_calls", "tool_call_id"}`. Source: open-telemetry/semantic-conventions-genai,
docs/gen-ai/gen-ai-input-messages.json and gen-ai-output-messages.json; the old events of the main repository.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from schemas.errors import DecodeError
from schemas.sources.loose_json import parsed
from schemas.sources.provider_shapes import plain
from schemas.sources.reading import Drift, Reading, safe_name
from schemas.sources.scene import Kind, Role, content_id

if TYPE_CHECKING:
    from collections.abc import Mapping

DRIFT: Final = "genai"
_MOST_MESSAGES = 4_096
_MOST_PARTS = 1_024
_CUT = re.compile(r"\.\.\.\[truncated, original \d+ chars\]\Z", re.ASCII)  # as VS Code Copilot and others cut
_ROLES: dict[str, Role] = {
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "model": "assistant",
    "ai": "assistant",
    "system": "system",
    "developer": "system",
    "tool": "tool",
    "function": "tool",
}
# Parts that hold nothing a step could hold, and the rule's name.
_SKIPPED = {
    "reasoning": "reasoning",
    "thinking": "reasoning",
    "blob": "media",
    "file": "media",
    "uri": "media",
    "image": "media",
    "image_url": "media",
    "compaction": "compaction",
    "server_tool_call": "server_tool",
    "server_tool_call_response": "server_tool",
}

_MCP = frozenset({"content", "isError", "is_error"})
_encode = msgspec.json.Encoder(order="deterministic").encode


class Part(NamedTuple):
    """One step to be. `call` is the id of the tool call it belongs to."""

    kind: Kind
    content: str = ""
    tool_name: str = ""
    arguments: Any = None
    call: str = ""


class Turn(NamedTuple):
    """One message."""

    role: Role
    parts: tuple[Part, ...]

    def identity(self, before: str) -> str:
        """Who this message is behind those `before` it: equal conversations, equal identities."""
        said = [[part.kind, part.content.strip(), part.tool_name, part.arguments] for part in self.parts]
        return content_id(before, self.role, _encode(said).decode())


def messages(value: Any, path: str, default: Role, reading: Reading, version: str) -> list[Turn]:
    """The messages of an attribute, those with nothing to keep included. What is left out is counted in `reading`.

    Raises:
        DecodeError: no array of messages.
    """
    if isinstance(value, str):
        if _CUT.search(value):
            reading.skipped["clipped"] += 1
            return []
        value = parsed(value)
        if isinstance(value, str):
            raise DecodeError("not_json", path, "an array of messages, or JSON of it")
    if value is None:
        return []
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        raise DecodeError("wrong_type", path, "array of messages")
    if len(value) > _MOST_MESSAGES:
        raise DecodeError("too_large", path, f"at most {_MOST_MESSAGES} messages")
    turns = []
    for message in value:
        if not isinstance(message, dict):
            raise DecodeError("wrong_type", f"{path}[]", "object")
        turn = one(message, path, default, reading, version)
        if turn is not None:
            turns.append(turn)
    return turns


def loosely(value: Any) -> Any:
    """The value of `gen_ai.prompt` or `gen_ai.completion`, of which no convention ever said what it holds."""
    said = parsed(value) if isinstance(value, str) else value
    if isinstance(said, str):
        return value if _CUT.search(said) else [{"content": said}]
    return plain(said)


def one(message: Mapping[str, Any], path: str, default: Role, reading: Reading, version: str) -> Turn | None:
    """One message, in the new form or the old one; None where its role is none we know."""
    said = message.get("role")
    role = default if said is None else _ROLES.get(said.lower()) if isinstance(said, str) else None
    if role is None:
        reading.drift[Drift(DRIFT, version, "value", "role")] += 1
        reading.skipped["unknown_role"] += 1
        return None
    parts: list[Part] = []
    content = message.get("parts")
    if content is None:
        content = message.get("content")
    if isinstance(content, str):
        content = [{"type": "text", "content": content}]
    if content is None:
        content = []
    if isinstance(content, dict):
        content = [content]
    if not isinstance(content, list):
        raise DecodeError("wrong_type", f"{path}[].parts", "array of parts")
    calls = message.get("tool_calls")
    if isinstance(calls, str):
        calls = parsed(calls)
    if calls is not None and not isinstance(calls, list):
        raise DecodeError("wrong_type", f"{path}[].tool_calls", "array of tool calls")
    for part in [*content[:_MOST_PARTS], *(calls or [])[:_MOST_PARTS]]:
        parts += _part(
            {"type": "text", "content": part} if isinstance(part, str) else part, path, role, reading, version
        )
    call = message.get("tool_call_id") or (message.get("id") if role == "tool" else None)
    if role == "tool" and isinstance(call, str) and "parts" not in message:
        parts = [part._replace(kind="tool_result", call=call) for part in parts]
    return Turn(role, tuple(parts))


def system(value: Any, path: str, reading: Reading, version: str) -> list[Turn]:
    """System instructions: an array of parts, a JSON string of it, or plain text."""
    if isinstance(value, str):
        value = parsed(value)
    if isinstance(value, str):
        value = [{"type": "text", "content": value}]
    if not value:
        return []
    turn = one({"role": "system", "parts": value}, path, "system", reading, version)
    return [] if turn is None else [turn]


def _part(part: Any, path: str, role: Role, reading: Reading, version: str) -> list[Part]:
    if not isinstance(part, dict):
        raise DecodeError("wrong_type", f"{path}[].parts[]", "object")
    kind = part.get("type")
    function = part.get("function")
    if kind == "text":
        text = part.get("content", part.get("text"))
        return _text(text, path, role) if text else []
    if isinstance(function, dict) and "arguments" not in function and "parameters" in function:
        reading.skipped["tool_definition"] += 1  # LangChain puts the tools there are among the messages
        return []
    if kind in {"tool_call", "tool_use"} or isinstance(function, dict):
        named = function if isinstance(function, dict) else part
        arguments = named.get("arguments", named.get("input"))
        return [
            Part(
                "tool_call",
                tool_name=_string(named.get("name")),
                arguments=parsed(arguments) if isinstance(arguments, str) else arguments,
                call=_string(part.get("id")),
            )
        ]
    if kind in {"tool_call_response", "tool_result"}:
        result = next((part[key] for key in ("response", "result", "content") if part.get(key) is not None), "")
        call = _string(part.get("id")) or _string(part.get("tool_use_id"))
        return [Part("tool_result", as_text(result), call=call)]
    if isinstance(kind, str) and kind in _SKIPPED:
        reading.skipped[_SKIPPED[kind]] += 1
    else:
        reading.drift[Drift(DRIFT, version, "type", f"part/{safe_name(kind)}"[:64])] += 1
        reading.skipped["unknown_part"] += 1
    return []


def _text(text: Any, path: str, role: Role) -> list[Part]:
    if not isinstance(text, str):
        raise DecodeError("wrong_type", f"{path}[].parts[].content", "string")
    return [Part("tool_result" if role == "tool" else "message", text)]


def as_text(value: Any) -> str:
    """A tool's answer as text: a string as it is, the texts of an MCP result, anything else as JSON."""
    if value is None:
        return ""
    told = _mcp(value)
    if told is not None:
        return told
    return value if isinstance(value, str) else _encode(value).decode()


def _mcp(value: Any) -> str | None:
    """The texts of a `CallToolResult` of the Model Context Protocol that has nothing but texts."""
    if isinstance(value, str):
        value = parsed(value) if value.lstrip().startswith("{") else None
    if not isinstance(value, dict) or not value.keys() <= _MCP or not isinstance(value.get("content"), list):
        return None
    said = [one.get("text") if isinstance(one, dict) else None for one in value["content"]]
    texts = [text for text in said if isinstance(text, str)]
    return "\n".join(texts) if texts and len(texts) == len(said) else None


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""
