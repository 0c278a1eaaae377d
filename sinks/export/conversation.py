"""A pair's prompt and `before` as the turns of a chat, up to where the model answers. Pure.

The result has at most one system message, first, then turns of user and assistant in strict alternation, beginning and
ending with the user: what the strictest chat templates (Mistral, Gemma) and loaders (LLaMA-Factory) ask for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from sinks.export.example import Options

Message = dict[str, str]

# The roles of the field's chats. What a tool said reads as told by the user: a prompt does not have the call.
_ROLES = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "tool": "user",
    "function": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "gpt": "assistant",
    "model": "assistant",
}
_SPOKEN = {"system": "System", "user": "User", "assistant": "Assistant"}
_TICKS = re.compile("`{3,}")


class _Turn(msgspec.Struct):
    role: str
    content: str


_turns = msgspec.json.Decoder(list[_Turn]).decode


def conversation(prompt: str, before: str, options: Options) -> list[Message] | str:
    """The turns that the model answers, or the reason why there are none (`no_prompt`, `bad_prompt`)."""
    try:
        turns = _turns(prompt) if prompt and prompt != "[]" else []
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "bad_prompt"
    told: list[tuple[str, str]] = []
    for turn in turns:
        role = _ROLES.get(turn.role.lower())
        if role is None:
            return "bad_prompt"
        told.append((role, turn.content))
    if options.before and before.strip() and not any(before.strip() in text for _, text in told):
        told.append(("user", fenced(before)))
    made = alternating(told, options.system)
    if not made or made[-1]["role"] == "system":
        return "no_prompt"
    return made if made[-1]["role"] == "user" else "bad_prompt"


def alternating(told: list[tuple[str, str]], system: str = "") -> list[Message]:
    """(role, text) as one system message and alternating turns that begin with the user.

    Neighbours of one role become one turn, a blank line between them. Empty texts and what an assistant says before
    anybody asks are left out. `system` stands in where there is no system message.
    """
    rules = "\n\n".join(text for role, text in told if role == "system" and text.strip()) or system
    made = [{"role": "system", "content": rules}] if rules else []
    first = len(made)
    for role, text in told:
        if role == "system" or not text.strip():
            continue
        if len(made) == first and role == "assistant":
            continue
        if len(made) > first and made[-1]["role"] == role:
            made[-1]["content"] += "\n\n" + text
        else:
            made.append({"role": role, "content": text})
    return made


def fenced(text: str) -> str:
    """A text as a Markdown block, its fence longer than any in the text (CommonMark 4.5)."""
    longest = max((len(run) for run in _TICKS.findall(text)), default=2)
    fence = "`" * (longest + 1)
    end = "" if text.endswith("\n") else "\n"
    return f"{fence}\n{text}{end}{fence}"


def spoken(messages: list[Message], task: str) -> str:
    """A conversation as one text that the answer follows on: for models without a chat template.

    One question alone is itself; more turns are told apart by who speaks. A completion goes on where its prompt ends.
    """
    if len(messages) == 1:
        return messages[0]["content"] if task == "completion" else messages[0]["content"] + "\n\n"
    return f"{_transcript(messages)}\n\nAssistant: "


def question(messages: list[Message]) -> tuple[str, str]:
    """(system message or nothing, what is asked): for targets that take one question only."""
    system, turns = apart(messages)
    return system, turns[0]["content"] if len(turns) == 1 else _transcript(turns)


def apart(messages: list[Message]) -> tuple[str, list[Message]]:
    """(system message or nothing, the other turns)."""
    return (messages[0]["content"], messages[1:]) if messages[0]["role"] == "system" else ("", messages)


def _transcript(messages: list[Message]) -> str:
    return "\n\n".join(f"{_SPOKEN[turn['role']]}: {turn['content']}" for turn in messages)
