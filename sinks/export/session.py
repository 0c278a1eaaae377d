"""Formats over `trajectories`: one session at a time, from Arrow to chats with tools. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from sinks.export.turns import Turn, chats, declared

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from sinks.export.example import Example, Options, Rendered

COLUMNS = ("steps",)
_json = msgspec.json.Encoder().encode


def each(render: Callable[[list[Turn], Options], Example]) -> Callable[[pa.Table, Options], list[Rendered]]:
    """A function of a chat as one of a batch of sessions."""

    def rows(batch: pa.Table, options: Options) -> list[Rendered]:
        return [_session(steps or [], options, render) for steps in batch.column("steps").to_pylist()]

    return rows


def _session(
    steps: list[dict[str, Any]], options: Options, render: Callable[[list[Turn], Options], Example]
) -> Rendered:
    found = chats(steps, options)
    if isinstance(found, str):
        return found
    return [render(chat, options) for chat in found]


def messages(turns: list[Turn], *, texts: bool, ids: bool) -> list[dict[str, Any]]:
    """A chat's messages. `texts`: arguments as JSON strings, else objects; `ids`: calls and answers carry an id."""
    told: list[dict[str, Any]] = []
    number = 0
    for turn in turns:
        message: dict[str, Any] = {"role": turn.role, "content": turn.content}
        told.append(message)
        if not turn.calls:
            continue
        message["tool_calls"] = []
        answers: list[dict[str, Any]] = []
        for call in turn.calls:
            given: Any = _json(call.arguments).decode() if texts else call.arguments
            number += 1
            one = {"type": "function", "function": {"name": call.name, "arguments": given}}
            message["tool_calls"].append({"id": f"call_{number}", **one} if ids else one)
            answer = {"role": "tool", "name": call.name, "content": call.answer or ""}
            answers.append({**answer, "tool_call_id": f"call_{number}"} if ids else answer)
        if turn is not turns[-1]:
            told += answers
    return told


def tools(turns: list[Turn], options: Options) -> list[dict[str, Any]]:
    """The tools of a chat, none if they are not to be declared."""
    return declared(turns) if options.tools else []
