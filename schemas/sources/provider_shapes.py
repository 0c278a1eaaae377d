"""What providers' own requests and answers hold, as messages of the GenAI conventions. Pure.

Instrumentations that know no convention write the object that a client library was given, or gave back: a request of
Gemini (`contents`, `config`), an answer of it (`candidates`), an OpenAI chat completion (`choices`) or response
(`output`), a call of Vercel's AI SDK (`toolCallId`), a message of LangChain (`additional_kwargs`). Sources: the
providers' API references; seen in langfuse/langfuse `worker/src/__tests__/chatml/framework-traces`.
"""

from __future__ import annotations

from typing import Any

_LEVELS = 4  # an answer in a candidate in a list; deeper ones are no message


def plain(value: Any, levels: int = _LEVELS) -> Any:
    """Messages, or the value as it came if it is none of these shapes."""
    if not levels:
        return value
    if isinstance(value, list):
        found: list[Any] = []
        for one in value:
            told = plain(one, levels - 1)
            found += told if isinstance(told, list) else [told]
        return found
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("contents"), str):
        return [*_instructions(value), {"role": "user", "content": value["contents"]}]
    if isinstance(value.get("contents"), list):
        return [*_instructions(value), *plain(value["contents"], levels - 1)]
    for name in ("candidates", "choices", "output", "messages"):
        if "role" not in value and isinstance(value.get(name), list):
            return plain(value[name], levels - 1)
    for name in ("message", "content"):
        if "role" not in value and isinstance(value.get(name), dict) and "role" in value[name]:
            return plain(value[name], levels - 1)
    return _message(value)


def _instructions(request: dict[str, Any]) -> list[dict[str, Any]]:
    config = request.get("config")
    said = config.get("system_instruction") if isinstance(config, dict) else None
    return [{"role": "system", "content": said}] if isinstance(said, str) and said else []


def _message(value: dict[str, Any]) -> dict[str, Any]:
    if value.get("type") == "function_call" and "call_id" in value:
        return {"role": "assistant", "parts": [{**value, "type": "tool_call", "id": value["call_id"]}]}
    if value.get("type") == "function_call_output":
        part = {"type": "tool_result", "id": value.get("call_id"), "result": value.get("output")}
        return {"role": "tool", "parts": [part]}
    if "toolCallId" in value and "toolName" in value:
        part = {"type": "tool_call", "id": value["toolCallId"], "name": value["toolName"]}
        return {"role": "assistant", "parts": [{**part, "arguments": value.get("input", value.get("args"))}]}
    if "role" not in value and value.keys() == {"prompt"}:
        return {"role": "user", "content": value["prompt"]}
    more = value.get("additional_kwargs")
    if isinstance(more, dict) and "tool_calls" in more and "tool_calls" not in value:
        value = {**value, "tool_calls": more["tool_calls"]}
    for name in ("parts", "content"):
        if isinstance(value.get(name), list):
            value = {**value, name: [_part(part) for part in value[name]]}
    return value


def _part(part: Any) -> Any:
    """A part of Gemini's has no type: the name of its one field says what it is."""
    if not isinstance(part, dict):
        return part
    if part.get("type") in {"input_text", "output_text"}:
        return {"type": "text", "content": part.get("text")}
    if "type" in part:
        return part
    if isinstance(part.get("text"), str):
        return {"type": "text", "content": part["text"]}
    for name in ("function_call", "functionCall"):
        if isinstance(call := part.get(name), dict):
            return {"type": "tool_call", "id": call.get("id"), "name": call.get("name"), "arguments": call.get("args")}
    for name in ("function_response", "functionResponse"):
        if isinstance(answer := part.get(name), dict):
            return {"type": "tool_result", "id": answer.get("id"), "result": answer.get("response")}
    return part
