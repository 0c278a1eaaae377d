"""Formats of OpenAI's fine-tuning, and OpenPipe's, which adds the split.

Source: developers.openai.com, guides on supervised fine-tuning and on direct preference optimization (2026-11);
docs.openpipe.ai, uploading data. Arguments are JSON strings here, and names of functions have 64 letters, digits,
underscores and dashes at most.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sinks.export import pair, session
from sinks.export.example import Format
from sinks.export.preference import choice, demonstration
from sinks.export.trl import answer

if TYPE_CHECKING:
    from sinks.export.example import Example, Options, Rendered
    from sinks.export.pair import Pair
    from sinks.export.turns import Turn

_NO_NAME = re.compile(r"[^a-zA-Z0-9_-]")
_LONGEST_NAME = 64
_MEANS = {
    "messages": "the chat; calls of tools have their arguments as JSON strings",
    "tools": "the tools it calls, by what the calls tell of them; absent if there are none",
}


def _session(turns: list[Turn], options: Options) -> Example:
    for turn in turns:
        for call in turn.calls:
            call.name = _NO_NAME.sub("_", call.name)[:_LONGEST_NAME] or "tool"
    told = session.messages(turns, texts=True, ids=True)
    for message in told:
        message.pop("name", None)  # an answer says whose it is by the call's id
        if "tool_calls" in message and not message["content"]:
            del message["content"]
    used = session.tools(turns, options)
    return {"messages": told, "tools": used} if used else {"messages": told}


def _split(turns: list[Turn], options: Options) -> Example:
    return {**_session(turns, options), "split": _side(options)}


def _side(options: Options) -> str:
    """OpenPipe knows two sides only: what is not for training is for testing."""
    return "TRAIN" if options.split == "train" else "TEST"


def _pair(row: Pair, options: Options) -> Rendered:
    found = demonstration(row, options)
    return found if isinstance(found, str) else [{"messages": found[0] + answer(found[1])}]


def _preference(row: Pair, options: Options) -> Rendered:
    found = choice(row, options)
    if isinstance(found, str):
        return found
    turns, chosen, rejected = found
    asked = {"messages": turns, "tools": [], "parallel_tool_calls": True}
    return [{"input": asked, "preferred_output": answer(chosen), "non_preferred_output": answer(rejected)}]


SESSIONS = Format(
    "openai",
    "OpenAI chat fine-tuning: sessions with their calls of tools",
    "trajectories",
    session.COLUMNS,
    _MEANS,
    session.each(_session),
)
PAIRS = Format(
    "openai-pairs",
    "OpenAI chat fine-tuning: what was asked, and the answer a person stands by",
    "pairs",
    pair.COLUMNS,
    {"messages": "the chat, up to what the person kept or wrote"},
    pair.each(_pair),
)
PREFERENCE = Format(
    "openai-preference",
    "OpenAI direct preference optimization",
    "pairs",
    pair.COLUMNS,
    {
        "input": "what was asked, as messages",
        "preferred_output": "what the person made of it",
        "non_preferred_output": "what the model proposed",
    },
    pair.each(_preference),
)
OPENPIPE = Format(
    "openpipe",
    "OpenPipe: sessions as OpenAI has them, with the split",
    "trajectories",
    session.COLUMNS,
    {**_MEANS, "split": "TRAIN, or TEST for every other split"},
    session.each(_split),
)
