"""Formats of TRL's trainers over `pairs`.

Source: docs/source/dataset_formats.md of huggingface/trl at f2cd577 (2026-07): preference with an explicit prompt,
unpaired preference, prompt-completion; conversational, or plain texts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from sinks.export.conversation import Message, conversation, spoken
from sinks.export.example import Format
from sinks.export.pair import COLUMNS, Pair, each
from sinks.export.preference import better, judged, why_not

if TYPE_CHECKING:
    from sinks.export.example import Options, Rendered

MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))


def answer(text: str) -> list[Message]:
    """A completion as a conversation has it."""
    return [{"role": "assistant", "content": text}]


def _preference(row: Pair, options: Options) -> Rendered:
    choice = better(row)
    if isinstance(choice, str):
        return choice
    return _asked(row, options, [{"chosen": choice[0], "rejected": choice[1]}])


def _kto(row: Pair, options: Options) -> Rendered:
    verdicts = judged(row, options)
    if isinstance(verdicts, str):
        return verdicts
    return _asked(row, options, [{"completion": text, "label": good} for text, good in verdicts])


def _sft(row: Pair, options: Options) -> Rendered:
    return why_not(row) or _asked(row, options, [{"completion": row.final}])


def _asked(row: Pair, options: Options, answers: list[dict[str, Any]]) -> Rendered:
    """Examples of the row's prompt and its answers."""
    turns = conversation(row.prompt, row.before, options)
    if isinstance(turns, str):
        return turns
    if options.plain:
        prompt = spoken(turns, row.task)
        return [{"prompt": prompt, **answered} for answered in answers]
    return [
        {"prompt": turns, **{k: answer(v) if isinstance(v, str) else v for k, v in answered.items()}}
        for answered in answers
    ]


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
