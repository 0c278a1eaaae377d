"""Formats of TRL's trainers.

Source: docs/source/dataset_formats.md of huggingface/trl at f2cd577 (2026-07): preference with an explicit prompt,
unpaired preference, prompt-completion, each conversational or as plain texts; messages with tools.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa

from sinks.export import session
from sinks.export.conversation import Message, spoken
from sinks.export.example import Format
from sinks.export.pair import COLUMNS, Pair, each
from sinks.export.preference import choice, demonstration, verdicts

if TYPE_CHECKING:
    from sinks.export.example import Example, Options, Rendered
    from sinks.export.turns import Turn

MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
_FUNCTION = pa.struct([("name", pa.string()), ("arguments", pa.string())])
_CALLS = pa.list_(pa.struct([("type", pa.string()), ("function", _FUNCTION)]))
_WITH_TOOLS = pa.list_(
    pa.struct([("role", pa.string()), ("content", pa.string()), ("tool_calls", _CALLS), ("name", pa.string())])
)


def answer(text: str) -> list[Message]:
    """A completion as a conversation has it."""
    return [{"role": "assistant", "content": text}]


def _preference(row: Pair, options: Options) -> Rendered:
    found = choice(row, options)
    if isinstance(found, str):
        return found
    turns, chosen, rejected = found
    return [_asked(row, options, turns, chosen=chosen, rejected=rejected)]


def _kto(row: Pair, options: Options) -> Rendered:
    found = verdicts(row, options)
    if isinstance(found, str):
        return found
    turns, answers = found
    return [{**_asked(row, options, turns, completion=text), "label": good} for text, good in answers]


def _sft(row: Pair, options: Options) -> Rendered:
    found = demonstration(row, options)
    if isinstance(found, str):
        return found
    turns, text = found
    return [_asked(row, options, turns, completion=text)]


def _asked(row: Pair, options: Options, turns: list[Message], **answers: str) -> Example:
    if options.plain:
        return {"prompt": spoken(turns, row.task), **answers}
    return {"prompt": turns, **{name: answer(text) for name, text in answers.items()}}


def _session(turns: list[Turn], options: Options) -> Example:
    return {
        "messages": session.messages(turns, texts=options.form == "parquet", ids=False),
        "tools": msgspec.json.encode(session.tools(turns, options)).decode(),
    }


def _columns(**kinds: pa.DataType | None) -> Any:
    """Parquet columns; of those without a type, texts or messages."""

    def schema(options: Options) -> pa.Schema:
        told = pa.string() if options.plain else MESSAGES
        return pa.schema([(name, kind or told) for name, kind in kinds.items()])

    return schema


PREFERENCE = Format(
    "trl-preference",
    "TRL preference: a prompt with a better and a worse answer, for DPOTrainer, CPOTrainer and RewardTrainer",
    "pairs",
    COLUMNS,
    {"prompt": "what was asked", "chosen": "what the person made of it", "rejected": "what the model proposed"},
    each(_preference),
    _columns(prompt=None, chosen=None, rejected=None),
)
KTO = Format(
    "trl-kto",
    "TRL unpaired preference: an answer and whether it is desirable, for KTOTrainer and BCOTrainer",
    "pairs",
    COLUMNS,
    {"prompt": "what was asked", "completion": "an answer", "label": "whether it is desirable"},
    each(_kto),
    _columns(prompt=None, completion=None, label=pa.bool_()),
)
SFT = Format(
    "trl-sft",
    "TRL prompt-completion: what was asked, and the answer a person stands by, for SFTTrainer",
    "pairs",
    COLUMNS,
    {"prompt": "what was asked", "completion": "what the person kept or wrote"},
    each(_sft),
    _columns(prompt=None, completion=None),
)
SESSIONS = Format(
    "trl-messages",
    "TRL messages with tools: whole sessions, for SFTTrainer; Axolotl's chat_template reads them too",
    "trajectories",
    session.COLUMNS,
    {
        "messages": "the chat; arguments of calls are objects, JSON strings in Parquet",
        "tools": "JSON list of the tools it calls, by what the calls tell of them",
    },
    session.each(_session),
    lambda _: pa.schema([("messages", _WITH_TOOLS), ("tools", pa.string())]),
)
